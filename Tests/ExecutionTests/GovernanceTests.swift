// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Testing

/// GOV-1 to GOV-15, COMM-3, COMM-6, COMM-8 to COMM-10: proposals from their making to what they do.
@Suite struct GovernanceTests {
    private var polity: Polity

    init() throws { polity = try Polity() }

    private static let company = GovernanceAct.addOrganization(Polity.organization("company"))

    private static func freeze(until height: UInt64? = nil) -> GovernanceAct.Freeze {
        GovernanceAct.Freeze(until: Height(height ?? Height.max), reason: Label(literal: "lost card"))
    }

    private func status(_ id: MotionID) throws -> MotionStatus? { try polity.reader.read { try $0.motion(id)?.status } }

    private func code(_ outcome: BlockOutcome, _ place: Int = 0) -> UInt16 { outcome.outcomes[place].code.value }

    // MARK: Deciding and taking effect

    @Test("the third of four organisations decides, and the next block brings it (GOV-5, GOV-6, GOV-8)")
    mutating func story() throws {
        let motion = polity.motion([Self.company])
        let id = motion.id(by: Polity.account("court.admin"))
        var outcome = try polity.run([
            polity.propose(motion, by: "court.admin"), polity.approve(id, by: "bureau.admin"),
        ])
        #expect(try MotionReply(decoding: outcome.outcomes[1].output).approvals == 2)
        #expect(try MotionReply(decoding: outcome.outcomes[1].output).status == .open)
        outcome = try polity.run([polity.approve(id, by: "bank.deputy"), polity.approve(id, by: "audit.admin")])
        let reply = try MotionReply(decoding: outcome.outcomes[0].output)
        #expect(reply.status == .decided(Height(2)) && reply.id == id)
        #expect(outcome.outcomes[0].events.map(\.name.text) == ["approved", "decided"])
        #expect(outcome.outcomes[1].code.isSuccess, "an approval more does no harm")
        #expect(try polity.reader.read { try $0.organization(Polity.label("company")) } == nil)
        try polity.run()
        #expect(try status(id) == .effective(Height(3)))
        #expect(try polity.reader.read { try $0.organization(Polity.label("company"))?.standing } == .active)
        #expect(try polity.reader.read { try $0.agenda() } == [])
    }

    @Test("what is decided in a block binds nobody within it, and everybody one block later (GOV-8, MEMB-11, EXEC-8)")
    mutating func nextBlock() throws {
        let act = GovernanceAct.freezeMember(Polity.account("court.user"), Self.freeze())
        let motion = polity.motion([act])
        let outcome = try polity.run([polity.propose(motion, by: "court.admin"), polity.deposit(by: "court.user")])
        #expect(polity.codes(outcome) == [0, 0])
        #expect(code(try polity.run([polity.deposit(by: "court.user")])) == 1801)
    }

    @Test("a proposal waits for its height, is withdrawn, approved again, and revoked (GOV-7, GOV-8)")
    mutating func scheduled() throws {
        let motion = polity.motion([Self.company], due: 20)
        let id = motion.id(by: Polity.account("court.admin"))
        try polity.run([
            polity.propose(motion, by: "court.admin"), polity.approve(id, by: "bureau.admin"),
            polity.approve(id, by: "bank.admin"),
        ])
        #expect(try polity.reader.read { try $0.agenda() } == [id])
        try polity.run([
            polity.call(
                GovernanceContract.contract, GovernanceContract.withdraw, id.encoded, by: Polity.key("bank.admin"))
        ])
        #expect(try status(id) == .open && polity.reader.read { try $0.agenda() } == [])
        let twice = try polity.run([
            polity.call(
                GovernanceContract.contract, GovernanceContract.withdraw, id.encoded, by: Polity.key("bank.admin"))
        ])
        #expect(code(twice) == 1911)
        try polity.run([polity.approve(id, by: "audit.admin")])
        try polity.idle(until: 20)
        #expect(try status(id) == .decided(Height(4)))
        var other = polity
        try other.run()
        #expect(try other.reader.read { try $0.motion(id)?.status } == .effective(Height(20)))
    }

    @Test("a decided proposal is revoked by its organisation until it takes effect, not after (GOV-7)")
    mutating func revoked() throws {
        let motion = polity.motion([Self.company], due: 20)
        let id = motion.id(by: Polity.account("court.admin"))
        let revocation = { (polity: inout Polity) in
            polity.call(
                GovernanceContract.contract, GovernanceContract.revoke, id.encoded, by: Polity.key("court.deputy"))
        }
        try polity.run([
            polity.propose(motion, by: "court.admin"), polity.approve(id, by: "bureau.admin"),
            polity.approve(id, by: "bank.admin"), revocation(&polity),
        ])
        #expect(try status(id) == .revoked(Height(1)))
        try polity.idle(until: 22)
        #expect(try polity.reader.read { try $0.organization(Polity.label("company")) } == nil)
        #expect(code(try polity.run([revocation(&polity)])) == 1906)
    }

    @Test("an approval by a member that is frozen before the effect counts no more (GOV-6, GOV-9)")
    mutating func lapsed() throws {
        let motion = polity.motion([Self.company], due: 10)
        let id = motion.id(by: Polity.account("court.admin"))
        try polity.run([
            polity.propose(motion, by: "court.admin"), polity.approve(id, by: "bureau.admin"),
            polity.approve(id, by: "bank.admin"),
        ])
        #expect(
            try polity.pass(
                [.freezeMember(Polity.account("bank.admin"), Self.freeze(until: 30))], by: "bank.deputy", []
            )
            .isEffective)
        try polity.idle(until: 11)
        #expect(try status(id) == .open)
        try polity.run([polity.approve(id, by: "bank.deputy")])
        try polity.run()
        #expect(try status(id)?.isEffective == true)
    }

    @Test("of two proposals that contradict each other the first takes effect and the second is void (GOV-9)")
    mutating func contradiction() throws {
        let user = Polity.account("court.user")
        let first = polity.motion([.removeMember(user)], due: 6)
        let second = polity.motion([.setRoles(user, RoleSet(.developer))], due: 7)
        try polity.run([polity.propose(first, by: "court.admin"), polity.propose(second, by: "court.deputy")])
        try polity.idle(until: 9)
        #expect(try status(first.id(by: Polity.account("court.admin"))) == .effective(Height(6)))
        let void = MotionStatus.void(Height(7), .memberUnknown)
        #expect(try status(second.id(by: Polity.account("court.deputy"))) == void)
    }

    @Test("a proposal does all of its acts or none (GOV-9)")
    mutating func whole() throws {
        let user = Polity.account("court.user")
        let blocker = polity.motion([.removeMember(user)], due: 6)
        let both = polity.motion(
            [.addMember(Polity.member("new.user", "court", RoleSet(.user))), .removeMember(user)], due: 7)
        try polity.run([polity.propose(blocker, by: "court.admin"), polity.propose(both, by: "court.admin")])
        try polity.idle(until: 9)
        #expect(try status(both.id(by: Polity.account("court.admin")))?.refusal == 1827)
        #expect(try polity.reader.read { try $0.member(Polity.account("new.user")) } == nil)
    }

    @Test("heights that make no sense, a ninth open proposal and one without an end are refused (GOV-5)")
    mutating func schedules() throws {
        for motion in [
            polity.motion([Self.company], expires: 1), polity.motion([Self.company], due: 90, expires: 80),
            polity.motion([Self.company], expires: 2 + Limits.proposalHeightsMax + 1),
        ] { #expect(code(try polity.attempt([polity.propose(motion, by: "court.admin")])) == 1904) }
        let proposals = (0..<9).map { _ in polity.propose(polity.motion([Self.company], expires: 5), by: "court.admin")
        }
        #expect(polity.codes(try polity.run(proposals)) == Array(repeating: 0, count: 8) + [1903])
        try polity.idle(until: 6)
        let later = polity.propose(polity.motion([Self.company]), by: "court.admin")
        #expect(code(try polity.run([later])) == 0, "what has expired makes room")
    }

    // MARK: Freezes

    @Test("a freeze of a member, an organisation or a contract is over at its height (MEMB-6, ORG-5)")
    mutating func freezes() throws {
        let acts: [(GovernanceAct, GovernanceAct, UInt16)] = [
            (
                .freezeMember(Polity.account("bank.user"), Self.freeze(until: 10)),
                .unfreezeMember(Polity.account("bank.user")), 1801
            ),
            (
                .freezeOrganization(Polity.label("bank"), Self.freeze(until: 10)),
                .unfreezeOrganization(Polity.label("bank")), 1803
            ),
            (.freezeContract(Deposit.contract, Self.freeze(until: 10)), .unfreezeContract(Deposit.contract), 1808),
        ]
        for (freeze, end, refusal) in acts {
            var polity = try Polity()
            #expect(try polity.pass([freeze], ["bureau.admin", "audit.admin"]).isEffective)
            var early = polity
            #expect(code(try polity.run([polity.deposit(by: "bank.user")])) == refusal)
            try polity.idle(until: 9)
            #expect(code(try polity.run([polity.deposit(by: "bank.user")])) == refusal)
            #expect(code(try polity.run([polity.deposit(by: "bank.user")])) == 0)
            #expect(try early.pass([end], ["bureau.admin", "audit.admin"]).isEffective)
            #expect(code(try early.run([early.deposit(by: "bank.user")])) == 0)
            #expect(try early.pass([end], ["bureau.admin", "audit.admin"]).refusal == 1825)
            #expect(
                try early.pass([freeze], ["bureau.admin", "audit.admin"]).refusal == (early.height < 11 ? 0 : 1826))
        }
    }

    // MARK: Members and organisations

    @Test("an organisation joins with people of its own, votes, and leaves (ORG-4, ORG-6, GOV-4)")
    mutating func joining() throws {
        let admin = Polity.member("new.admin", "company", RoleSet(.orgAdmin))
        #expect(try polity.pass([Self.company, .addMember(admin)]).isEffective)
        #expect(try polity.reader.read { try $0.electorate().organizations.count } == 5)
        // Three of five now.
        #expect(try polity.pass([.setPolicy(.reads, .forbidden)], by: "new.admin", ["bank.admin"]) == .open)
        #expect(
            try polity.pass([.setPolicy(.reads, .forbidden)], by: "new.admin", ["bank.admin", "audit.admin"])
                .isEffective)
        #expect(try polity.pass([.removeOrganization(Polity.label("company"))]).isEffective)
        let proposal = polity.propose(polity.motion([.setPolicy(.reads, nil)]), by: "new.admin")
        #expect(code(try polity.run([proposal])) == 1804)
        #expect(try polity.pass([Self.company]).refusal == 1822)
        let again = GovernanceAct.addOrganization(Polity.organization("company-new"))
        #expect(try polity.pass([again]).isEffective, "its credit code is free again")
    }

    @Test("roles, groups and certificates change by the organisation's own admin (MEMB-7, GOV-3)")
    mutating func changes() throws {
        let user = Polity.account("bank.user")
        #expect(try polity.pass([.setRoles(user, RoleSet(.auditor))], by: "bank.admin", []).isEffective)
        #expect(code(try polity.run([polity.deposit(by: "bank.user")])) == 1809)
        let changed = Member(
            key: Polity.key("bank.user"), name: Polity.label("renamed"), organization: Polity.label("bank"),
            roles: RoleSet(.auditor), groups: [Polity.label("night")], certificate: SM3.hash([1]),
            encryptionKey: Polity.key("stranger"))
        #expect(try polity.pass([.changeMember(changed)], by: "bank.admin", []).isEffective)
        #expect(try polity.reader.read { try $0.member(user)?.member } == changed)
        let policy = try Policy("any of group(night)")
        #expect(try polity.pass([.setPolicy(.method(Deposit.contract, Deposit.method), policy)]).isEffective)
        #expect(
            polity.codes(try polity.run([polity.deposit(by: "bank.user"), polity.deposit(by: "court.user")])) == [
                0, 1809,
            ])
    }

    @Test("a member's new key takes over, with its roles and without its delegations (MEMB-9, MEMB-10)")
    mutating func rotation() throws {
        let request = DelegationRequest(
            key: Polity.key("court.delegate"),
            delegation: Delegation(
                contract: Deposit.contract, methods: [Deposit.method], until: Height(90), calls: 5))
        let membership = MembershipContract.contract
        let outcome = try polity.run([
            polity.call(membership, MembershipContract.delegate, request.encoded, by: Polity.key("court.admin")),
            polity.deposit(by: "court.delegate"),
            polity.call(
                membership, MembershipContract.announce, Polity.key("new.admin").encoded,
                by: Polity.key("court.admin")),
            polity.deposit(by: "new.admin"),
            polity.call(membership, MembershipContract.takeOver, [], by: Polity.key("new.admin")),
            polity.deposit(by: "new.admin"), polity.deposit(by: "court.admin"), polity.deposit(by: "court.delegate"),
        ])
        #expect(polity.codes(outcome) == [0, 0, 0, 1205, 0, 0, 1802, 1802])
        let old = try #require(try polity.reader.read { try $0.member(Polity.account("court.admin")) })
        #expect(old.successor == Polity.account("new.admin") && old.standing == .removed)
        #expect(try polity.pass([Self.company], by: "new.admin").isEffective)
    }

    @Test("an organisation's admin replaces a lost key, and takes a delegation back (MEMB-9, MEMB-10)")
    mutating func lostKey() throws {
        let act = GovernanceAct.replaceKey(Polity.account("bank.user"), Polity.key("new.user"))
        #expect(try polity.pass([act], by: "bank.admin", []).isEffective)
        let membership = MembershipContract.contract
        try polity.run([polity.call(membership, MembershipContract.takeOver, [], by: Polity.key("new.user"))])
        #expect(
            polity.codes(try polity.run([polity.deposit(by: "new.user"), polity.deposit(by: "bank.user")])) == [
                0, 1802,
            ])
        let request = DelegationRequest(
            key: Polity.key("bank.delegate"),
            delegation: Delegation(contract: Deposit.contract, methods: [Deposit.method], until: Height(90), calls: 5))
        let account = Polity.account("bank.delegate").encoded
        let outcome = try polity.run([
            polity.call(membership, MembershipContract.delegate, request.encoded, by: Polity.key("new.user")),
            polity.call(membership, MembershipContract.undelegate, account, by: Polity.key("court.user")),
            polity.call(membership, MembershipContract.undelegate, account, by: Polity.key("new.user")),
            polity.deposit(by: "bank.delegate"),
        ])
        #expect(polity.codes(outcome) == [0, 1838, 0, 1205])
    }

    // MARK: The committee

    private mutating func ready(_ number: Int, height: UInt64? = nil) throws -> UInt16 {
        let word = polity.call(
            CommitteeContract.contract, CommitteeContract.ready, Height(height ?? polity.height - 1).encoded,
            by: Polity.validatorKey(number))
        return code(try polity.run([word]))
    }

    @Test(
        "a validator is seated once it is ready, and the header that names it closes (COMM-6, COMM-9, COMM-10)"
    )
    mutating func seating() throws {
        let newcomer = Polity.validator(9, "court", cloud: "c9")
        #expect(try ready(9) == 1925)
        let motion = polity.motion([.addValidator(newcomer)])
        let id = motion.id(by: Polity.account("court.admin"))
        try polity.run([
            polity.propose(motion, by: "court.admin"), polity.approve(id, by: "bureau.admin"),
            polity.approve(id, by: "bank.admin"),
        ])
        try polity.run()
        #expect(try status(id) == .decided(Height(2)) && polity.pending() == nil, "it waits")
        #expect(try ready(9, height: polity.height) == 1926)
        #expect(try ready(9) == 0)
        let outcome = try polity.run()
        let next = try #require(try polity.pending())
        #expect(outcome.pending == .some(next) && next.validators == polity.spec.committee.validators + [newcomer])
        #expect(next.epoch == Epoch(1) && next.parameters == polity.spec.committee.parameters)
        #expect(try status(id)?.isEffective == true && polity.active() == polity.spec.committee)
        // Another change is decided meanwhile, and waits for the epoch.
        #expect(try polity.pass([.removeValidator(Polity.validatorKey(9))]) == .decided(Height(polity.height - 2)))
        try polity.run(closing: next.id)
        #expect(try polity.active() == next && polity.pending() == nil)
        try polity.run()
        #expect(try polity.pending()?.validators == polity.spec.committee.validators)
    }

    @Test("validators are removed, replaced, given new keys and parameters in one proposal (GOV-2, GOV-11)")
    mutating func committee() throws {
        let acts: [GovernanceAct] = [
            .replaceValidator(Polity.validatorKey(0), Polity.validator(8, "court", cloud: "c8")),
            .rotateValidator(Polity.validatorKey(1), Polity.validatorKey(9)),
            .setParameters(ConsensusParameters(blockIntervalMillis: 100)),
        ]
        let motion = polity.motion(acts)
        let id = motion.id(by: Polity.account("court.admin"))
        try polity.run([
            polity.propose(motion, by: "court.admin"), polity.approve(id, by: "bureau.admin"),
            polity.approve(id, by: "bank.admin"),
        ])
        #expect(try ready(8) == 0)
        #expect(try ready(9) == 0)
        try polity.run()
        let next = try #require(try polity.pending())
        let keys = [8, 9, 2, 3].map { Polity.validatorKey($0) }
        #expect(next.validators.map(\.key) == keys && next.parameters.blockIntervalMillis == 100)
        #expect(next.validators[1].organization == Polity.label("bureau"))
    }

    @Test("a word that is a thousand blocks old seats nobody (COMM-10)")
    mutating func staleWord() throws {
        let motion = polity.motion([.addValidator(Polity.validator(9, "court", cloud: "c9"))], expires: 5_000)
        let id = motion.id(by: Polity.account("court.admin"))
        try polity.run([polity.propose(motion, by: "court.admin"), polity.approve(id, by: "bureau.admin")])
        #expect(try ready(9) == 0)
        try polity.idle(until: 3 + Limits.readyHeights)
        try polity.run([polity.approve(id, by: "bank.admin")])
        try polity.run()
        #expect(try status(id)?.isClosed == false && polity.pending() == nil)
        #expect(try ready(9) == 0)
        try polity.run()
        #expect(try polity.pending()?.count == 5)
    }

    @Test("the cloud rule gives way to an explicit override, and a waiting change expires (GOV-9, GOV-11)")
    mutating func overrides() throws {
        let act = GovernanceAct.replaceValidator(Polity.validatorKey(0), Polity.validator(9, "court", cloud: "c1"))
        #expect(try polity.pass([act]).refusal == 1918)
        let motion = polity.motion([act], expires: 8, overrides: true)
        let id = motion.id(by: Polity.account("court.admin"))
        let outcome = try polity.run([
            polity.propose(motion, by: "court.admin"), polity.approve(id, by: "bureau.admin"),
            polity.approve(id, by: "bank.admin"),
        ])
        #expect(polity.codes(outcome) == [0, 0, 0])
        try polity.idle(until: 10)
        #expect(try status(id) == .void(Height(8), .validatorNotReady))
        #expect(try ready(9) == 1925, "nobody's candidate any more")
    }

    @Test("rules go forwards, by height (GOV-13)")
    mutating func rules() throws {
        #expect(try polity.pass([.setRules(RuleVersion(2), Height(500))]).isEffective)
        #expect(try polity.pass([.setRules(RuleVersion(2), Height(600))]).refusal == 1923)
        #expect(try polity.pass([.setRules(RuleVersion(3), Height(400))]).refusal == 1923)
        #expect(try polity.reader.read { try $0.rules() }.map(\.version.value) == [2])
    }

    // MARK: In plain words

    @Test("the preview says who could stop the chain afterwards (GOV-15)")
    func preview() {
        let committee = polity.spec.committee
        let add = EffectPreview(
            of: Motion([.addValidator(Polity.validator(9, "bank", cloud: "unicom"))], expires: Height(9)), on: committee
        )
        let words = add.lines.map(\.english)
        #expect(words[1] == "after this, 2 of 5 validators can stop the chain; no cloud alone could stop it")
        #expect(add.lines.allSatisfy { !$0.isWarning })
        let two = EffectPreview(
            of: Motion(
                [
                    .replaceValidator(Polity.validatorKey(0), Polity.validator(8, "bank", cloud: "unicom")),
                    .replaceValidator(Polity.validatorKey(1), Polity.validator(9, "bank", cloud: "unicom/b")),
                ], expires: Height(9)), on: committee)
        #expect(
            two.lines[2].english == "after this, 2 of 4 validators can stop the chain; cloud unicom alone could stop it"
        )
        #expect(two.lines[2].chinese == "此后，4 个验证节点中 2 个可使链停止；云 unicom 单独即可使链停止")
        #expect(two.lines[3].isWarning && two.lines[3].english.contains("JD-1918"))
        let bad = EffectPreview(
            of: Motion([.removeValidator(Polity.validatorKey(0))], expires: Height(9)), on: committee)
        #expect(bad.lines.contains { $0.isWarning && $0.english.contains("below four") })
    }
}
