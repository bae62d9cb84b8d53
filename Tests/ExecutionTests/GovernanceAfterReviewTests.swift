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
        var door = Doorkeeper()
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
}
