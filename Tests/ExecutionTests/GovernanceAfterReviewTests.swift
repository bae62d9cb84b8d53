// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Storage
import Testing

/// Ways in which a consortium could have been stalled, found by reading (GOV-6, GOV-11, GOV-13).
@Suite struct GovernanceAfterReviewTests {
    @Test("who replaced a key approves anew what the old key approved, and it counts once (MEMB-9, GOV-6)")
    func replacedApprover() throws {
        var polity = try Polity()
        let motion = polity.motion([.removeMember(Polity.account("audit.user"))])
        let id = motion.id(by: Polity.account("court.admin"))
        var codes = polity.codes(
            try polity.run([polity.propose(motion, by: "court.admin"), polity.approve(id, by: "bureau.admin")]))
        #expect(codes == [0, 0])
        let membership = MembershipContract.contract
        let announce = polity.call(
            membership, MembershipContract.announce, Polity.key("new.admin").encoded, by: Polity.key("bureau.admin"))
        let takeOver = polity.call(membership, MembershipContract.takeOver, [], by: Polity.key("new.admin"))
        codes = polity.codes(try polity.run([announce, takeOver, polity.approve(id, by: "new.admin")]))
        #expect(codes == [0, 0, 0])
        #expect(polity.codes(try polity.run([polity.approve(id, by: "new.admin")])) == [1909])
        try polity.run()
        let open = try #require(try polity.reader.read { try $0.motion(id) })
        #expect(open.status == .open, "two of four organisations are no majority")
        try polity.run([polity.approve(id, by: "bank.admin")])
        try polity.run()
        let done = try #require(try polity.reader.read { try $0.motion(id) })
        guard case .effective = done.status else { Issue.record("\(done.status)"); return }
    }

    @Test("parameters under which no chain lives are refused (GOV-11)")
    func deadParameters() throws {
        let dead = [
            ConsensusParameters(blockTransactionsMax: 0), ConsensusParameters(heartbeatMillis: 0),
            ConsensusParameters(heartbeatMillis: 999), ConsensusParameters(clockToleranceMillis: 0),
        ]
        for parameters in dead {
            var polity = try Polity()
            #expect(try polity.pass([.setParameters(parameters)]).refusal == 1924, "\(parameters)")
        }
        var polity = try Polity()
        let slow = ConsensusParameters(heartbeatMillis: 1_000, clockToleranceMillis: 50, blockTransactionsMax: 1)
        #expect(try polity.pass([.setParameters(slow)]).refusal == 0)
    }

    // MARK: Candidates for a seat

    private static func ready(_ polity: inout Polity) -> SignedTransaction {
        polity.call(
            CommitteeContract.contract, CommitteeContract.ready, Height(polity.height - 1).encoded,
            by: Polity.validatorKey(9))
    }

    @Test("a proposal of another organisation for the same key ends nobody else's candidacy (COMM-9)")
    func rivalProposal() throws {
        var polity = try Polity()
        let act = GovernanceAct.addValidator(Polity.validator(9, "court", cloud: "c9"))
        let (motion, rival) = (polity.motion([act]), polity.motion([act]))
        let id = motion.id(by: Polity.account("court.admin"))
        let other = rival.id(by: Polity.account("bureau.admin"))
        let revoke = polity.call(
            GovernanceContract.contract, GovernanceContract.revoke, other.encoded, by: Polity.key("bureau.admin"))
        let outcome = try polity.run([
            polity.propose(motion, by: "court.admin"), Self.ready(&polity), polity.propose(rival, by: "bureau.admin"),
            revoke, polity.approve(id, by: "bank.admin"),
        ])
        #expect(polity.codes(outcome) == [0, 0, 0, 0, 0])
        #expect(polity.codes(try polity.attempt([Self.ready(&polity)])) == [0], "it is a candidate still")
        try polity.run([polity.approve(id, by: "audit.admin")])
        try polity.run()
        #expect(try polity.pending()?.count == 5, "its word stands, whoever else named it")
        #expect(try polity.tree.value(for: CommitteeContract.candidateKey(AccountID(Polity.validatorKey(9)))) == nil)
    }

    @Test("a proposal that expires while it is open leaves no candidate behind (COMM-9, GOV-5)")
    func expiredCandidate() throws {
        var polity = try Polity()
        var door = Doorkeeper<MemoryStore>()
        let key = Polity.validatorKey(9)
        func admits() throws -> Bool {
            let tree = polity.tree
            return try door.admits(key, at: Height(polity.height - 1)) { () throws(StoreError) in tree }
        }
        let motion = polity.motion([.addValidator(Polity.validator(9, "court", cloud: "c9"))], expires: 5)
        let id = motion.id(by: Polity.account("court.admin"))
        try polity.run([polity.propose(motion, by: "court.admin")])
        #expect(try admits())
        try polity.idle(until: 6)
        #expect(try !admits(), "the door has not learnt it by heart")
        #expect(polity.codes(try polity.attempt([Self.ready(&polity)])) == [1925])
        let candidate = CommitteeContract.candidateKey(AccountID(key))
        #expect(try polity.tree.value(for: candidate) != nil)
        try polity.run([polity.propose(polity.motion([.setPolicy(.reads, .anybody)]), by: "court.deputy")])
        #expect(try polity.tree.value(for: candidate) == nil)
        #expect(try polity.reader.read { try $0.motion(id)?.status } == .void(Height(6), .proposalExpired))
    }

    // MARK: Turns

    /// Decided proposals that wait for a validator that is not there: so many, by several organisations.
    private static func crowd(_ count: Int, _ polity: inout Polity) throws {
        for number in 0..<count {
            let home = number % Polity.homes.count
            let act = GovernanceAct.rotateValidator(Polity.validatorKey(home), Polity.validatorKey(8 + number))
            let motion = polity.motion([act], expires: 500)
            try polity.run([polity.propose(motion, by: "\(Polity.homes[home]).admin")])
        }
        try polity.run()
        #expect(try polity.reader.read { try $0.agenda() }.count == count)
    }

    @Test("however many wait, what is decided takes effect in the next block (GOV-8, MEMB-11)", arguments: 0..<9)
    func crowdedAgenda(rest: UInt64) throws {
        var polity = try Polity()
        try Self.crowd(12, &polity)
        try polity.idle(until: polity.height + rest)
        let freeze = GovernanceAct.Freeze(reason: Polity.label("lost"))
        let act = GovernanceAct.freezeMember(Polity.account("bank.user"), freeze)
        #expect(try polity.pass([act], by: "bank.admin", []).isEffective)
    }

    @Test("each of many that wait has its turn within a bounded number of blocks (GOV-8)")
    func turns() throws {
        for last in 8..<20 {
            var polity = try Polity()
            try Self.crowd(12, &polity)
            let word = polity.call(
                CommitteeContract.contract, CommitteeContract.ready, Height(polity.height - 1).encoded,
                by: Polity.validatorKey(last))
            #expect(polity.codes(try polity.run([word])) == [0])
            try polity.idle(until: polity.height + 3)
            #expect(try polity.pending()?.index(of: Polity.validatorKey(last)) != nil, "of twelve, four a block")
        }
    }

    // MARK: Homes

    @Test("a validator's key is moved under no organisation that is not an active one (GOV-11)")
    func reseated() throws {
        let freeze = GovernanceAct.freezeOrganization(
            Polity.label("audit"), GovernanceAct.Freeze(reason: Polity.label("r")))
        for home in ["company", "audit"] {
            var polity = try Polity()
            #expect(try polity.pass([freeze]).isEffective)
            let moved = Polity.validator(0, home, cloud: "c0")
            let acts: [[GovernanceAct]] = [
                [.removeValidator(Polity.validatorKey(0)), .addValidator(moved)],
                [.replaceValidator(Polity.validatorKey(0), moved)],
            ]
            for acts in acts { #expect(try polity.pass(acts).refusal == 1922) }
            let stays = Polity.validator(0, "court", cloud: "c8")
            #expect(try polity.pass([.replaceValidator(Polity.validatorKey(0), stays)]).isEffective)
        }
    }

    @Test("admins of an organisation that has left are removed like anybody else (ORG-6, GOV-10)")
    func leftBehind() throws {
        var polity = try Polity()
        let admin = Polity.member("new.admin", "company", RoleSet(.orgAdmin), person: "janus")
        #expect(try polity.pass([.addOrganization(Polity.organization("company")), .addMember(admin)]).isEffective)
        #expect(try polity.pass([.removeOrganization(Polity.label("company"))]).isEffective)
        var copy = polity
        #expect(try copy.pass([.setRoles(admin.account, RoleSet(.user))]).isEffective)
        #expect(try copy.pass([.setRoles(admin.account, RoleSet(.orgAdmin))]).refusal == 1820)
        #expect(try polity.pass([.removeMember(admin.account)]).isEffective)
        #expect(try polity.reader.read { try $0.organization(Polity.label("company"))?.admins } == [])
    }

    @Test("rules that would hold from a height no chain reaches are refused, and block no later ones (GOV-13)")
    func rulesFarAhead() throws {
        var polity = try Polity()
        #expect(try polity.pass([.setRules(RuleVersion(2), Height(20_000_000))]).refusal == 1923)
        #expect(try polity.pass([.setRules(RuleVersion(2), Height(500))]).refusal == 0)
    }

    @Test("a version typed wrong is refused, and one decided too early is taken back before its height (GOV-13)")
    func rulesTakenBack() throws {
        var polity = try Polity()
        #expect(try polity.pass([.setRules(RuleVersion(20), Height(600))]).refusal == 1923)
        #expect(try polity.pass([.setRules(.first, Height(600))]).refusal == 1923, "there is nothing to take back")
        #expect(try polity.pass([.setRules(RuleVersion(2), Height(600))]).isEffective)
        #expect(try polity.pass([.setRules(.first, Height(600))]).isEffective)
        #expect(try polity.reader.read { try $0.rules() }.isEmpty)
        #expect(try polity.pass([.setRules(RuleVersion(2), Height(700))]).isEffective)
    }

    @Test("nobody and nothing is frozen without a reason (MEMB-6)")
    func unexplained() throws {
        var polity = try Polity()
        let freeze = GovernanceAct.Freeze(until: Height(50), reason: Label(literal: ""))
        let acts: [GovernanceAct] = [
            .freezeMember(Polity.account("court.user"), freeze), .freezeOrganization(Polity.label("bank"), freeze),
            .freezeContract(Deposit.contract, freeze),
        ]
        for act in acts { #expect(try polity.pass([act]).refusal == 1856) }
    }

    @Test("the preview says what values become, and what a majority is then (GOV-15)")
    func changes() throws {
        var polity = try Polity()
        let parameters = ConsensusParameters(blockIntervalMillis: 20, blockTransactionsMax: 2_048)
        let other = Member(
            key: Polity.key("court.user"), name: Polity.label("court.user"), organization: Polity.label("court"),
            groups: [Polity.label("filing")])
        let freeze = GovernanceAct.Freeze(until: Height(50), reason: Polity.label("inquiry"))
        let motion = polity.motion([
            .setParameters(parameters), .changeOrganization(Polity.organization("bank")), .changeMember(other),
            .freezeOrganization(Polity.label("audit"), freeze),
        ])
        let register = try polity.reader.read { try $0.register(for: motion) }
        let known = EffectPreview(of: motion, on: polity.spec.committee, knowing: register).lines
        let user = Polity.account("court.user").hex.prefix(12)
        #expect(
            known.prefix(5).map(\.english) == [
                "change the parameters of consensus: shortest time between blocks 8 ms -> 20 ms; transactions of a "
                    + "block 4096 -> 2048",
                "change the organisation bank: credit code - -> 91350100M000100Y43; region - -> 110000; cloud - -> c9; "
                    + "site - -> s",
                "change the member \(user): groups - -> filing",
                "freeze the organisation audit until height 50: inquiry",
                "a majority is then 2 of 3 organisations; now it is 3 of 4",
            ])
        #expect(known[4].chinese == "此后 3 个机构中 2 个构成多数；目前为 4 个中的 3 个")
        let blind = EffectPreview(of: motion, on: polity.spec.committee).lines.map(\.english)
        #expect(
            blind[2] == "change the member \(user): name court.user; groups filing; certificate -; encryption key -")
        let same = polity.motion([.setParameters(ConsensusParameters())])
        #expect(
            EffectPreview(of: same, on: polity.spec.committee).lines[0].english
                == "change the parameters of consensus: nothing is different")
    }

    // MARK: Room for everybody

    /// Members of organisations `o0`, `o1` and so on: of each so many with a role.
    private static func crowd(_ homes: Int, _ count: Int, _ roles: RoleSet, seed: UInt64) -> [Member] {
        var random = SeededRandom(seed: seed)
        return (0..<homes * count).map { number in
            Member(
                key: SM2.ThrowAwaySigner(from: &random).publicKey, name: Polity.label("\(number)"),
                organization: Polity.label("o\(number / count)"), roles: roles)
        }
    }

    private static func approve(_ id: MotionID, by member: Member, _ polity: inout Polity) -> SignedTransaction {
        polity.call(GovernanceContract.contract, GovernanceContract.approve, id.encoded, by: member.key)
    }

    @Test("approvals of removed and replaced keys make room; a frozen member's stays (GOV-6)")
    func gone() throws {
        var polity = try Polity()
        let policy = try Polity.policy("all")
        #expect(try polity.pass([.setPolicy(.acts(.organizations), policy)]).isEffective)
        let motion = polity.motion([.addOrganization(Polity.organization("company"))])
        let id = motion.id(by: Polity.account("court.admin"))
        try polity.run([
            polity.propose(motion, by: "court.admin"), polity.approve(id, by: "bureau.admin"),
            polity.approve(id, by: "bank.admin"),
        ])
        let freeze = GovernanceAct.Freeze(until: Height(polity.height + 9), reason: Polity.label("lost"))
        let acts = [
            GovernanceAct.removeMember(Polity.account("bureau.admin")),
            .freezeMember(Polity.account("bank.admin"), freeze),
        ]
        #expect(try polity.pass(acts, ["bank.deputy", "audit.admin"]).isEffective)
        #expect(polity.codes(try polity.run([polity.approve(id, by: "audit.admin")])) == [0])
        let names = ["court.admin", "bank.admin", "audit.admin"]
        #expect(try polity.reader.read { try $0.motion(id)?.approvals } == names.map(Polity.account))
        try polity.idle(until: freeze.until.value)
        #expect(polity.codes(try polity.run([polity.approve(id, by: "bureau.deputy")])) == [0])
        try polity.run()
        #expect(try polity.reader.read { try $0.motion(id)?.status.isEffective } == true, "who was frozen counts again")
    }

    @Test("where 512 approvals stand, each organisation finds two places all the same, and no third (GOV-6)")
    func fullList() throws {
        let share = Limits.organizationApprovalsMax
        let homes = Limits.approvalsMax / share
        let crowd = Self.crowd(homes + 1, share, RoleSet(.orgAdmin), seed: 12)
        let all = try Polity.policy("all")
        var polity = try Polity(members: crowd, policies: [FoundingPolicy(.acts(.organizations), all)])
        let motion = polity.motion([.addOrganization(Polity.organization("company"))])
        let id = motion.id(by: AccountID(crowd[0].key))
        let propose = polity.call(
            GovernanceContract.contract, GovernanceContract.propose, motion.encoded, by: crowd[0].key)
        let filling = [propose] + crowd[1..<homes * share].map { Self.approve(id, by: $0, &polity) }
        #expect(Set(polity.codes(try polity.run(filling))) == [0])
        let approvals = { try polity.reader.read { try $0.motion(id)?.approvals ?? [] } }
        #expect(try approvals().count == Limits.approvalsMax)
        let late = crowd[(homes * share)...].prefix(3).map { Self.approve(id, by: $0, &polity) }
        #expect(polity.codes(try polity.run(late)) == [0, 0, 1928])
        let kept = try approvals()
        #expect(
            kept.count == Limits.approvalsMax
                && Array(kept.suffix(2)) == crowd[(homes * share)...].prefix(2).map(\.account))
        let honest = Polity.homes.map { polity.approve(id, by: "\($0).admin") }
        #expect(polity.codes(try polity.run(honest)) == [0, 0, 0, 0])
        try polity.run()
        #expect(try polity.reader.read { try $0.motion(id)?.status.isEffective } == true)
    }

    @Test("policies that take more voices than a list of approvals holds are refused while many share it (GOV-12)")
    func moreThanTheListHolds() throws {
        let crowd = Self.crowd(Limits.organizationsMax - 4, 8, RoleSet(.orgAdmin), seed: 13)
        var polity = try Polity(members: crowd)
        for (count, refusal) in [(508, UInt16(0)), (513, 1916)] {
            let policy = try Polity.policy("\(count) of role(orgAdmin)")
            let motion = polity.motion([.setPolicy(.acts(.policies), policy)])
            #expect(polity.codes(try polity.attempt([polity.propose(motion, by: "court.admin")])) == [refusal])
        }
    }

    @Test("32 organisations with all they may have decided far ahead keep nobody from deciding (GOV-8)")
    func fullAgenda() throws {
        let admins = Self.crowd(32, 1, RoleSet(.orgAdmin), seed: 14)
        let users = Self.crowd(32, 1, RoleSet(.user), seed: 15)
        var polity = try Polity(members: admins + users)
        let freeze = GovernanceAct.Freeze(until: Height(9_000_000), reason: Polity.label("years ahead"))
        for (admin, user) in zip(admins, users) {
            let calls = (0..<Limits.openProposalsMax).map { _ in
                let motion = polity.motion([.freezeMember(user.account, freeze)], due: 5_000_000, expires: 5_000_100)
                return polity.call(
                    GovernanceContract.contract, GovernanceContract.propose, motion.encoded, by: admin.key)
            }
            #expect(polity.codes(try polity.run(calls)) == [0, 0, 0, 0, 1913, 1913, 1913, 1913])
        }
        #expect(try polity.reader.read { try $0.agenda() }.count == 32 * Limits.organizationDueProposalsMax)
        let motion = polity.motion([.addOrganization(Polity.organization("company"))])
        let id = motion.id(by: Polity.account("court.admin"))
        let calls = [polity.propose(motion, by: "court.admin")] + admins.map { Self.approve(id, by: $0, &polity) }
        #expect(polity.codes(try polity.run(calls)).allSatisfy { $0 == 0 })
        try polity.run()
        #expect(try polity.reader.read { try $0.motion(id)?.status.isEffective } == true)
    }
}
