// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Storage
import Testing

/// GOV-20, PERM-20: what people are told beforehand is what the chain does afterwards.
@Suite struct MotionProbeTests {
    private func probe(_ polity: Polity) -> MotionProbe<MemoryStore> {
        let header = Header(
            chain: polity.spec.id, epoch: .zero, view: View(1), height: Height(polity.height),
            parent: polity.spec.genesis.id, timestamp: Timestamp(9_000), proposer: ValidatorIndex(0), payload: .empty,
            execHeight: .zero, execRoot: .zero, nextCommittee: nil)
        return MotionProbe(polity.tree, header: header)
    }

    @Test("a rehearsal gives the code the proposal would get, and writes nothing (GOV-20)")
    func rehearsal() throws {
        var polity = try Polity()
        let account = Polity.account("court.admin")
        let cases: [(GovernanceAct, by: String)] = [
            (.removeMember(Polity.account("bank.user")), "court.admin"),
            (.removeMember(account), "court.admin"), (.removeMember(Polity.account("stranger")), "court.admin"),
            (.removeValidator(Polity.validatorKey(0)), "court.admin"),
            (.setPolicy(.acts(.policies), .forbidden), "court.admin"),
            (.setPolicy(.contractCalls(GovernanceContract.contract), .anybody), "court.admin"),
            (.unfreezeMember(Polity.account("bank.user")), "bank.admin"),
            (.removeMember(Polity.account("court.user")), "bank.user"),
            (.setPolicy(.calls, .anybody), "stranger"),
        ]
        for (act, name) in cases {
            let motion = polity.motion([act])
            var probe = probe(polity)
            let told = try probe.rehearse(motion, by: Polity.account(name))
            let again = try probe.rehearse(motion, by: Polity.account(name))
            #expect(told.code == again.code && told.record == again.record, "a rehearsal left something behind")
            let done = try polity.attempt([polity.propose(motion, by: name)]).outcomes[0]
            #expect(told.code == done.code, "\(act.english): \(told.code.value), then \(done.code.value)")
            #expect((told.record == nil) == !done.code.isSuccess)
        }
    }

    @Test("what it still needs is counted as it is counted in a block, and names who may still approve (GOV-20)")
    func needs() throws {
        var polity = try Polity()
        let motion = polity.motion([.removeMember(Polity.account("bank.user")), .setPolicy(.calls, .anybody)])
        try polity.run([polity.propose(motion, by: "court.admin")])
        let id = motion.id(by: Polity.account("court.admin"))
        for (name, left) in [("bank.admin", ["audit", "bureau"]), ("audit.admin", [])] {
            try polity.run([polity.approve(id, by: name)])
            let record = try #require(try polity.reader.read { try $0.motion(id) })
            var probe = probe(polity)
            let needs = try probe.needs(of: record)
            guard record.status == .open else {
                #expect(needs.allSatisfy { $0.isMet && $0.awaited.isEmpty } && left.isEmpty)
                #expect(try probe.obstacle(to: record).isSuccess)
                continue
            }
            #expect(needs.map(\.kind) == [.members, .policies] && needs[0].concerned == Polity.label("bank"))
            // The bank's own admin has approved, which is enough for its member and half of what a policy takes.
            #expect(needs.map(\.isMet) == [true, false] && needs[1].awaited.map(\.text) == left)
            #expect(needs[1].clauses == [ClauseStanding("majority of orgs by role(orgAdmin)", 2, 3)])
            let asked = [Polity.account("bank.user"), Polity.account("audit.deputy"), Polity.account("stranger")]
            let voices = try probe.voices(asked, for: record)
            #expect(
                voices.map(\.counts) == [false, true, false] && voices.map { $0.member == nil } == [false, false, true])
        }
    }

    @Test("what a view of a proposal costs does not grow with its acts, and is counted (GOV-20)")
    func bounded() throws {
        var costs: [UInt64] = []
        for count in [1, Limits.proposalActsMax] {
            var polity = try Polity()
            let acts = (0..<count).map { number in
                GovernanceAct.freezeContract(Polity.label("c\(number)"), .init(reason: Polity.label("r")))
            }
            let motion = polity.motion(acts)
            try polity.run([polity.propose(motion, by: "court.admin")])
            let id = motion.id(by: Polity.account("court.admin"))
            let record = try #require(try polity.reader.read { try $0.motion(id) })
            var probe = probe(polity)
            #expect(probe.spent == 0)
            #expect(try probe.needs(of: record).count == 1)
            let once = probe.spent
            #expect(try probe.voices(record.approvals, for: record).map(\.counts) == [true])
            #expect(probe.spent > once)
            costs.append(once)
            // A rehearsal is counted too, and does not begin the count anew.
            _ = try probe.rehearse(motion, by: Polity.account("court.deputy"))
            #expect(probe.spent > 2 * once)
        }
        #expect(costs[0] > 500 && costs[0] == costs[1], "\(costs)")
    }

    @Test(
        "acts and resources are written as one would say them, and read back (PERM-20)",
        arguments: [
            "call evidence.deposit", "read evidence", "read evidence/title", "write evidence.deposit/title",
            "propose set-policy", "call a.b.c", "approve " + String(repeating: "0f", count: 32),
        ])
    func phrases(_ text: String) throws {
        #expect(try #require(ActPhrase(text)).text == text)
        for wrong in [text + " ", " " + text, text.uppercased(), text + " x"]
        where wrong != text + " " && wrong != " " + text {
            #expect(ActPhrase(wrong) == nil, "\(wrong)")
        }
    }

    @Test("what is no act and no resource is refused (PERM-20)")
    func nonsense() {
        for text in [
            "", "call", "call evidence", "call .x", "call x.", "read", "read /x", "write a/b", "propose x",
            "approve 0f", "dance now",
        ] {
            #expect(ActPhrase(text) == nil, "\(text)")
        }
        for text in [
            "calls", "reads", "calls evidence", "reads evidence", "method evidence.deposit", "reads evidence/title",
            "writes evidence/title", "acts validatorKeys",
        ] {
            #expect(Resource(phrase: text)?.phrase == text, "\(text)")
        }
        for text in [
            "", "call", "calls a b", "method evidence", "method .x", "writes evidence", "reads a/", "acts x",
            "calls a/b",
        ] {
            #expect(Resource(phrase: text) == nil, "\(text)")
        }
        for name in ActName.allCases { #expect(ActPhrase("propose \(name.rawValue)") == .propose(name)) }
    }

    @Test("a verdict on a proposal or an approval is what the contract then says (PERM-20)")
    func verdicts() throws {
        var polity = try Polity()
        let motion = polity.motion([.removeMember(Polity.account("bank.user"))])
        let id = motion.id(by: Polity.account("court.admin"))
        func told(_ phrase: ActPhrase, _ name: String) throws -> Verdict {
            try polity.reader.read { try $0.verdict(phrase, by: Polity.account(name)) }
        }
        #expect(try told(.approve(id), "bank.admin").decision.code == .proposalUnknown)
        try polity.run([polity.propose(motion, by: "court.admin")])
        for name in ["bank.admin", "bank.user", "court.admin", "court.deputy", "stranger", "bureau.auditor"] {
            let verdict = try told(.approve(id), name)
            let code = try polity.attempt([polity.approve(id, by: name)]).outcomes[0].code
            var probe = probe(polity)
            let told = verdict.judged(try probe.rehearse(approving: id, by: Polity.account(name)))
            #expect(told.decision.code == code, "\(name)")
            #expect(verdict.decision.code == code, "nobody here has two keys: \(name)")
            #expect(verdict.decision.isAllowed || verdict.decision.steps.last?.holds == false, "\(name)")
        }
        #expect(try told(.propose(.setPolicy), "bank.user").decision.code == .notProposer)
        let voice = try told(.propose(.setPolicy), "bank.admin")
        #expect(
            voice.decision.isAllowed && voice.clauses == [ClauseStanding("majority of orgs by role(orgAdmin)", 1, 3)])
        let call = ActPhrase.act(.call(Deposit.contract, Deposit.method))
        #expect(try told(call, "bank.user").decision.isAllowed)
        #expect(try told(call, "bureau.auditor").clauses.map(\.found) == [0])
    }

    @Test("the names of what is listed are those the contracts write (DATA-12)")
    func register() {
        let account = Polity.account("court.admin")
        let pairs: [(Register, [UInt8])] = [
            (.members, MembershipContract.stateKey(account)),
            (.organizations, MembershipContract.organizationKey(Polity.label("court"))),
            (.policies, PermissionsContract.policyKey(.calls)),
            (.contracts, ContractsContract.contractKey(Deposit.contract)),
            (.codes, ContractsContract.codeKey(SM3.hash([1]))),
            (.templates, ContractsContract.templateKey(Deposit.contract)),
            (.frozenContracts, PermissionsContract.standingKey(Deposit.contract)),
            (.proposals, GovernanceContract.motionKey(.zero)),
        ]
        for (register, key) in pairs { #expect(key.starts(with: register.prefix), "\(register)") }
        #expect(pairs.count == Register.allCases.count)
    }
}

extension ClauseStanding {
    fileprivate init(_ text: String, _ found: Int, _ needed: Int) {
        self.init(text: text, found: found, needed: needed)
    }
}
