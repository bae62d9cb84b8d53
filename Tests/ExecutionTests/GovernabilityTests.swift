// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Testing

/// Acts drawn at random, by whoever and approved by whoever, as a mob would govern.
struct ChanceStory {
    private var open: [(id: MotionID, due: UInt64)] = []
    private static let admins = Polity.homes.flatMap { ["\($0).admin", "\($0).deputy"] } + ["new.admin"]
    private static let everybody =
        admins + Polity.homes.map { "\($0).user" } + ["bureau.system", "bureau.security", "bureau.auditor", "new.user"]
    private static let texts = [
        "forbidden", "any", "self", "all", "majority", "5 of orgs by role(orgAdmin)", "2 of orgs by role(orgAdmin)",
        "any of role(auditAdmin)", "all of orgs by role(user)", "majority of org(court, bank) by role(orgAdmin)",
        "any of org(court) and any of org(bank)", "2 of role(orgAdmin)", "any of group(nobody) or all",
        "majority of orgs by role(securityAdmin)", "any of role(orgAdmin) and any of role(securityAdmin)",
    ]

    /// Admins with a certificate each, that may be taken back, and one who changes his key again and again.
    static let certified = ["court.clerk", "bank.clerk", "bank.spare"]
    private var restless = Polity.key("audit.clerk")

    /// A consortium that has them.
    static func polity() throws -> Polity {
        let holders = try certified.map {
            Polity.holding($0, try Polity.certificate(Polity.key($0)), RoleSet(.orgAdmin))
        }
        return try Polity(members: holders + [Polity.member("audit.clerk", "audit", RoleSet(.orgAdmin))])
    }

    /// The transactions of the next block.
    mutating func next(_ polity: inout Polity, _ random: inout SeededRandom) -> [SignedTransaction] {
        var transactions: [SignedTransaction] = []
        for _ in 0..<(1 + random.below(3)) {
            let proposer = random.pick(ChanceStory.admins)
            let acts = (0..<(1 + random.below(random.happens(700) ? 1 : 4))).map { _ in
                ChanceStory.act(&random, polity.height)
            }
            let due = random.happens(700) ? 0 : polity.height + random.next() % 12
            let motion = polity.motion(acts, due: due, expires: polity.height + 20, overrides: random.happens(500))
            let id = motion.id(by: Polity.account(proposer))
            transactions.append(polity.propose(motion, by: proposer))
            open.append((id, due))
            for name in ChanceStory.admins where random.happens(600) {
                transactions.append(polity.approve(id, by: name))
            }
        }
        if random.happens(300), let old = open.last?.id {
            transactions.append(polity.approve(old, by: random.pick(ChanceStory.admins)))
        }
        for _ in 0..<3 { transactions.append(polity.deposit(by: random.pick(ChanceStory.everybody))) }
        if random.happens(300), let old = open.last?.id {
            let method = random.happens(700) ? GovernanceContract.withdraw : GovernanceContract.revoke
            let name = random.pick(ChanceStory.admins)
            transactions.append(
                polity.call(GovernanceContract.contract, method, old.encoded, by: Polity.key(name)))
        }
        if random.happens(200) {
            let request = DelegationRequest(
                key: Polity.key(random.pick(["mallory", "new.user", "new.admin"])),
                delegation: Delegation(
                    contract: Deposit.contract, methods: [Deposit.method], until: Height(polity.height + 9), calls: 2))
            transactions.append(
                polity.call(
                    MembershipContract.contract, MembershipContract.delegate, request.encoded,
                    by: Polity.key(random.pick(ChanceStory.everybody))))
            transactions.append(polity.deposit(by: "mallory"))
        }
        if random.happens(100) {
            let name = random.pick(ChanceStory.admins)
            transactions.append(
                polity.call(
                    MembershipContract.contract, MembershipContract.announce, Polity.key("twin").encoded,
                    by: Polity.key(name)))
            transactions.append(
                polity.call(MembershipContract.contract, MembershipContract.takeOver, [], by: Polity.key("twin")))
        }
        return transactions + reissue(&polity, &random)
    }

    /// Certificates are taken back, and one admin approves with one key after another.
    private mutating func reissue(_ polity: inout Polity, _ random: inout SeededRandom) -> [SignedTransaction] {
        var transactions: [SignedTransaction] = []
        if random.happens(200), let certificate = try? Polity.certificate(Polity.key(random.pick(Self.certified))) {
            let name = random.pick(ChanceStory.admins + Self.certified)
            transactions.append(polity.revocation(of: certificate.der, by: name))
        }
        let (height, account) = (Height(polity.height), AccountID(restless))
        let subject = try? polity.reader.read { try $0.subject(account) }
        guard random.happens(300), let old = open.last?.id, subject?.isActive(at: height) == true else {
            return transactions
        }
        for _ in 0..<(1 + random.below(12)) {
            let next = SM2.ThrowAwaySigner(from: &random).publicKey
            let (membership, governance) = (MembershipContract.contract, GovernanceContract.contract)
            transactions += [
                polity.call(governance, GovernanceContract.approve, old.encoded, by: restless),
                polity.call(membership, MembershipContract.announce, next.encoded, by: restless),
                polity.call(membership, MembershipContract.takeOver, [], by: next),
            ]
            restless = next
        }
        return transactions
    }

    /// How many approvals an organisation has on a proposal, at most.
    func mostApprovals(_ polity: Polity) throws -> Int {
        guard let last = open.last?.id else { return 0 }
        return try polity.reader.read { reader in
            var counts: [Label: Int] = [:]
            for account in try reader.motion(last)?.approvals ?? [] {
                guard let home = try reader.member(account)?.member.organization else { continue }
                counts[home, default: 0] += 1
            }
            return counts.values.max() ?? 0
        }
    }

    func takenEffect(_ polity: Polity) -> Int {
        open.count { item in (try? polity.reader.read { try $0.motion(item.id)?.status.isEffective }) ?? false }
    }

    private static func act(_ random: inout SeededRandom, _ height: UInt64) -> GovernanceAct {
        let (home, name) = (Polity.label(random.pick(Polity.homes + ["company"])), random.pick(everybody))
        let until = random.happens(300) ? Height(Height.max) : Height(height + 1 + random.next() % 30)
        let freeze = GovernanceAct.Freeze(until: until, reason: Polity.label("chance"))
        let roles = RoleSet(bits: UInt16(random.below(1 << 9)))
        switch random.below(26) {
        case 0: return .addOrganization(Polity.organization("company"))
        case 1: return .freezeOrganization(home, freeze)
        case 2: return .unfreezeOrganization(home)
        case 3: return .removeOrganization(home)
        case 4:
            return .addMember(
                Polity.member(
                    random.pick(["new.admin", "new.user"]), home.text, roles, person: random.pick(["p", "q", nil])))
        case 5, 6: return .setRoles(Polity.account(name), roles)
        case 7, 8: return .freezeMember(Polity.account(name), freeze)
        case 9: return .unfreezeMember(Polity.account(name))
        case 10, 11: return .removeMember(Polity.account(name))
        case 12, 13, 14:
            let kind = random.happens(600) ? ActClass.policies : random.pick(ActClass.allCases)
            return .setPolicy(.acts(kind), random.happens(100) ? nil : try? Policy(random.pick(texts)))
        case 15: return .removeValidator(Polity.validatorKey(random.below(4)))
        default: return business(&random, height, home, name, freeze)
        }
    }

    /// Acts on everything else that there is.
    private static func business(
        _ random: inout SeededRandom, _ height: UInt64, _ home: Label, _ name: String, _ freeze: GovernanceAct.Freeze
    ) -> GovernanceAct {
        let contract = random.pick([Deposit.contract, Polity.label("other"), GovernanceContract.contract])
        let policy = random.happens(200) ? nil : try? Policy(random.pick(texts))
        let field = random.pick(DataField.of(Deposit.contract))
        switch random.below(11) {
        case 0: return .freezeContract(contract, freeze)
        case 1: return .unfreezeContract(contract)
        case 2: return .setPolicy(random.pick([.calls, .reads, .contractCalls(contract)]), policy)
        case 3: return .setPolicy(.fieldWrites(Deposit.contract, field), policy)
        case 4: return .setPolicy(.method(contract, Deposit.method), policy)
        case 5: return .changeOrganization(Polity.organization(home.text))
        case 6: return .replaceKey(Polity.account(name), Polity.key(random.pick(["twin", "new.admin"])))
        case 7: return .addValidator(Polity.validator(9, home.text, cloud: "c9"))
        case 8: return .rotateValidator(Polity.validatorKey(random.below(4)), Polity.validatorKey(8))
        case 9: return .setParameters(ConsensusParameters())
        default: return .setRules(random.pick([.first, .newest]), Height(height + 2))
        }
    }
}

/// GOV-12: no sequence of acts leads to a state in which nobody can govern.
@Suite struct GovernabilityTests {
    @Test("whatever organisations decide, all admins together can still change policies (GOV-12)", arguments: 0..<8)
    func property(seed: UInt64) throws {
        var polity = try ChanceStory.polity()
        var random = SeededRandom(seed: seed &* 97 &+ 5)
        var story = ChanceStory()
        for round in 0..<150 {
            try polity.run(story.next(&polity, &random))
            #expect(try GovernabilityTests.isGovernable(polity), "seed \(seed), round \(round)")
            #expect(try story.mostApprovals(polity) <= Limits.organizationApprovalsMax)
            // Time may pass: freezes end.
            if random.happens(50) {
                try polity.idle(until: polity.height + 1 + random.next() % 40)
                #expect(try GovernabilityTests.isGovernable(polity), "seed \(seed), round \(round), after a rest")
            }
        }
        #expect(story.takenEffect(polity) > 5)
        let revoked = try polity.reader.read { try $0.revocations(after: nil) }
        #expect(!revoked.isEmpty, "seed \(seed)")
    }

    /// In this block or one of the next two: what was decided may bring an organisation back as a block begins, whose
    /// admins were nobody before.
    private static func isGovernable(_ polity: Polity) throws -> Bool {
        var copy = polity
        for _ in 0..<3 {
            if try canOpen(copy) { return true }
            try copy.run()
        }
        return false
    }

    /// Tried for real, on a copy: every admin approves that everything becomes open, and it does.
    private static func canOpen(_ polity: Polity) throws -> Bool {
        var copy = polity
        let admins = try copy.reader.read { try $0.electorate() }.admins
        // Whoever has no room for another proposal still has friends.
        for proposer in admins {
            let motion = copy.motion([.setPolicy(.acts(.members), .anybody)])
            let id = motion.id(by: proposer.account)
            let propose = GovernanceContract.propose
            var transactions = [
                copy.call(GovernanceContract.contract, propose, motion.encoded, by: proposer.member.key)
            ]
            for other in admins where other.account != proposer.account {
                transactions.append(
                    copy.call(GovernanceContract.contract, GovernanceContract.approve, id.encoded, by: other.member.key)
                )
            }
            let outcome = try copy.attempt(transactions)
            let replies = outcome.outcomes.compactMap { try? MotionReply(decoding: $0.output) }
            if replies.contains(where: { if case .decided = $0.status { true } else { false } }) { return true }
        }
        return false
    }
}
