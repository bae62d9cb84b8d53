// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Storage
import Testing

/// PERM-2, PERM-7 to PERM-10: which policy decides, why, and that remembering changes no answer.
@Suite struct RightsBookTests {
    // MARK: Inheritance and reasons

    @Test("the nearest resource that has a policy decides, alone (PERM-1, PERM-2)")
    func inheritance() throws {
        let (contract, method) = (Deposit.contract, Deposit.method)
        let field = Polity.label("title")
        let founding: [(Resource, String)] = [
            (.fieldWrites(contract, field), "any of role(developer)"),
            (.method(contract, method), "any of role(auditor)"),
            (.contractCalls(contract), "any of role(operator)"), (.calls, "any of role(supervisor)"),
            (.fieldReads(contract, field), "any of org(audit)"), (.contractReads(contract), "any of org(bank)"),
            (.reads, "forbidden"),
        ]
        let acts: [(Act, [Int])] = [
            (.write(contract, method: method, field: field), [1, 2, 3]), (.call(contract, method), [1, 2, 3]),
            (.call(contract, EvidenceNote.method), [2, 3]), (.call(Polity.label("other"), method), [3]),
            (.read(contract, field: field), [5, 6]), (.read(contract, field: nil), [5, 6]),
            (.read(Polity.label("other"), field: nil), [6]),
        ]
        for (act, order) in acts {
            for start in order.indices {
                // Without the nearer ones the next decides.
                let left = founding.indices.filter { !order[..<start].contains($0) }
                let policies = try left.map { FoundingPolicy(founding[$0].0, try Policy(founding[$0].1)) }
                let polity = try Polity(policies: policies)
                let rule = try polity.reader.read { try $0.rule(act) }
                #expect(rule.resource == founding[order[start]].0 && !rule.isStandard)
                #expect(rule.policy?.text == founding[order[start]].1)
                #expect(rule.passed == Array(act.resources.prefix { $0 != rule.resource }))
                let narrower = act.fields.filter { own in founding.contains { $0.0 == own.resource } }
                #expect(rule.fields.map(\.field) == narrower.map(\.field), "\(act)")
            }
        }
        let plain = try Polity()
        #expect(try plain.reader.read { try $0.rule(.call(contract, method)) }.isStandard)
    }

    @Test("a founding policy that is none allows nothing, and more than one a resource founds no chain (PERM-3)")
    func damaged() throws {
        let policy = FoundingPolicy(resource: Resource.calls.encoded, text: Array("whoever".utf8))
        var polity = try Polity(policies: [policy])
        #expect(polity.codes(try polity.run([polity.deposit(by: "court.user")])) == [1809])
        #expect(throws: Polity.Unfit.self) { try Polity(policies: [policy, policy]) }
    }

    @Test("who holds two of the three offices, in two keys or one, founds no chain (MEMB-4)")
    func offices() throws {
        let auditor = Polity.member("new.user", "bank", RoleSet(.auditAdmin), person: "system")
        #expect(throws: Polity.Unfit.self) { try Polity(members: [auditor]) }
        let both = Polity.member("new.user", "bank", RoleSet(.auditAdmin, .systemAdmin), person: "x")
        #expect(throws: Polity.Unfit.self) { try Polity(members: [both]) }
        #expect(throws: (any Error).self) {
            try Polity(members: [Polity.member("new.user", "bank", RoleSet(.auditAdmin))])
        }
    }

    @Test(
        "a ninth key of a person in one organisation founds no chain; eight there and one elsewhere do (MEMB-5, MEMB-2)"
    )
    func foundingKeys() throws {
        let names = ["court.spare", "court.clerk", "court.delegate", "bank.spare", "bank.clerk", "bank.delegate"]
        let nine = (names + ["audit.spare", "audit.clerk", "audit.delegate"]).map {
            Polity.member($0, "court", RoleSet(.user), person: "many")
        }
        #expect(throws: Polity.Unfit.self) { try Polity(members: nine) }
        let elsewhere = Polity.member("audit.delegate", "audit", RoleSet(.user), person: "many")
        var polity = try Polity(members: nine.dropLast() + [elsewhere])
        let tenth = GovernanceAct.addMember(Polity.member("new.user", "court", RoleSet(.user), person: "many"))
        #expect(try polity.pass([tenth], []).refusal == 1833, "the founding's keys are counted")
        let officers = nine.indices.map { place in
            Polity.member(
                (names + ["audit.spare", "audit.clerk", "audit.delegate"])[place], Polity.homes[place % 4],
                RoleSet(.auditAdmin), person: "many")
        }
        #expect(throws: Polity.Unfit.self) { try Polity(members: officers) }
    }

    @Test("a decision says rule by rule why, in two languages (PERM-7, PERM-9)")
    func reasons() throws {
        var polity = try Polity()
        let act = Act.call(Deposit.contract, Deposit.method)
        func decision(_ name: String, _ act: Act = act) throws -> Decision {
            try polity.reader.read { try $0.decide(act, by: Polity.account(name)) }
        }
        let yes = try decision("court.user")
        #expect(yes.isAllowed && yes.steps.allSatisfy { $0.holds })
        #expect(yes.steps.map(\.english)[0] == "court.user is an active member of court with: user")
        #expect(yes.steps.last?.english.contains("any of role(orgAdmin, operator, developer, user)") == true)
        let no = try decision("bureau.auditor")
        #expect(no.code == .deniedByPolicy && no.steps.last?.holds == false)
        #expect(no.steps.last?.english == "any of role(orgAdmin, operator, developer, user): needs 1, has 0")
        #expect(no.steps.allSatisfy { $0.chinese.unicodeScalars.contains { $0.value > 0x4e00 } })
        #expect(try decision("mallory").code == .unknownSender)
        #expect(try decision("bureau.auditor", .read(Deposit.contract, field: nil)).isAllowed)
        try polity.pass([.freezeMember(Polity.account("court.user"), .init(reason: Polity.label("lost card")))])
        let frozen = try decision("court.user")
        #expect(frozen.code == .memberFrozen && frozen.steps.last?.english == "the member is frozen: lost card")
        #expect(try decision("court.user", .read(Deposit.contract, field: nil)).code == .memberFrozen)
    }

    @Test("codes of outcomes are the codes of decisions, in the same order (PERM-7, EXEC-5)")
    func order() throws {
        var polity = try Polity()
        let home = GovernanceAct.freezeOrganization(Polity.label("bank"), .init(reason: Polity.label("r")))
        let contract = GovernanceAct.freezeContract(Deposit.contract, .init(reason: Polity.label("r")))
        try polity.pass([.setPolicy(.calls, .forbidden)], ["bureau.admin", "audit.admin"])
        try polity.pass([contract], ["bureau.admin", "audit.admin"])
        try polity.pass([home], ["bureau.admin", "audit.admin"])
        try polity.pass(
            [.freezeMember(Polity.account("bank.user"), .init(reason: Polity.label("r")))],
            ["bureau.admin", "audit.admin"])
        let unfreeze: [GovernanceAct] = [
            .unfreezeMember(Polity.account("bank.user")), .unfreezeOrganization(Polity.label("bank")),
            .unfreezeContract(Deposit.contract), .setPolicy(.calls, nil),
        ]
        for (act, code) in zip(unfreeze, [1801, 1803, 1808, 1809] as [UInt16]) {
            let decision = try polity.reader.read {
                try $0.decide(.call(Deposit.contract, Deposit.method), by: Polity.account("bank.user"))
            }
            let outcome = try polity.run([polity.deposit(by: "bank.user")])
            #expect(polity.codes(outcome) == [code] && decision.code.value == code)
            #expect(try polity.pass([act], ["bureau.admin", "audit.admin"]).isEffective)
        }
        #expect(polity.codes(try polity.run([polity.deposit(by: "bank.user")])) == [0])
    }

    // MARK: Remembering

    @Test("a chain that remembers members and policies comes to the same states as one that does not (PERM-10, EXEC-6)")
    func remembering() throws {
        var (with, without) = (try ChanceStory.polity(), try ChanceStory.polity())
        without.remembers = false
        var random = SeededRandom(seed: 77)
        var story = ChanceStory()
        for _ in 0..<120 {
            let transactions = story.next(&with, &random)
            let (first, second) = (try with.run(transactions), try without.run(transactions))
            #expect(first.outcomes == second.outcomes)
            #expect(with.tree.root == without.tree.root)
        }
        #expect(story.takenEffect(with) > 10)
    }

    @Test("a call that fails leaves nothing of what it wrote in what is remembered (PERM-10, EXEC-2)")
    func undone() throws {
        var polity = try Polity()
        // The delegation is written and read within a call that then fails for want of gas.
        let request = DelegationRequest(
            key: Polity.key("court.delegate"),
            delegation: Delegation(contract: Deposit.contract, methods: [Deposit.method], until: Height(90), calls: 5))
        let membership = MembershipContract.contract
        let taken = polity.call(
            membership, MembershipContract.undelegate, Polity.account("court.delegate").encoded,
            by: Polity.key("court.user"))
        let outcome = try polity.run([
            polity.deposit(by: "court.delegate"),
            polity.call(membership, MembershipContract.delegate, request.encoded, by: Polity.key("court.user")),
            polity.deposit(by: "court.delegate"), taken, polity.deposit(by: "court.delegate"),
        ])
        #expect(polity.codes(outcome) == [1205, 0, 0, 0, 1205])
    }

    @Test("a proposal that is refused leaves nobody behind whom its first acts made (PERM-10, EXEC-2)")
    func phantom() throws {
        var polity = try Polity()
        // The second act looks at the member of the first and is then refused: its freeze is over before it begins.
        let motion = polity.motion([
            .addMember(Polity.member("mallory", "court", RoleSet(.orgAdmin))),
            .freezeMember(Polity.account("mallory"), .init(until: Height(1), reason: Polity.label("r"))),
        ])
        let outcome = try polity.run([
            polity.propose(motion, by: "court.admin"), polity.deposit(by: "mallory"),
            polity.propose(polity.motion([.setPolicy(.reads, .anybody)]), by: "mallory"),
        ])
        #expect(polity.codes(outcome) == [1826, 1205, 1205])
    }

    @Test("what waits, and what fails without having changed anything, costs nobody's memory (PERM-10, GOV-9)")
    func precise() throws {
        var polity = try Polity()
        let acts: [GovernanceAct] = [
            .addMember(Polity.member("new.user", "court", RoleSet(.user))),
            .addValidator(Polity.validator(9, "court", cloud: "c9")),
        ]
        #expect(try polity.pass(acts) == .decided(Height(1)))
        try polity.run([polity.deposit(by: "court.user"), polity.deposit(by: "bank.user")])
        let known = polity.rights.count
        #expect(known >= 3)
        try polity.run()
        #expect(polity.rights.count == known, "a proposal waits")
        let unknown = polity.approve(MotionID(SM3.hash([1])), by: "court.deputy")
        #expect(polity.codes(try polity.run([unknown])) == [1905])
        #expect(polity.rights.count > known, "a call failed")
        try polity.run([polity.propose(polity.motion([.setPolicy(.reads, .anybody)]), by: "court.admin")])
        #expect(polity.rights.count == 0 || polity.rights.count < known, "a rehearsal wrote a policy")
    }

    @Test("ten thousand members and a thousand policies: each decides as it should (PERM-1, MEMB-2)")
    func many() throws {
        var random = SeededRandom(seed: 3)
        let crowd = (0..<Limits.foundingMembersMax - 20).map { number in
            Member(
                key: SM2.ThrowAwaySigner(from: &random).publicKey, name: Polity.label("m\(number)"),
                organization: Polity.label(Polity.homes[number % 4]), groups: [Polity.label("g\(number % 100)")])
        }
        let policies = try (0..<Limits.foundingPoliciesMax).map { number in
            FoundingPolicy(
                .method(Polity.label("c\(number / 10)"), Polity.label("m\(number % 10)")),
                try Policy("any of group(g\(number % 100))"))
        }
        let polity = try Polity(members: crowd, policies: policies)
        var allowed = 0
        try polity.reader.read { reader in
            for number in stride(from: 0, to: crowd.count, by: 97) {
                let act = Act.call(Polity.label("c\(number % 100)"), Polity.label("m\(number % 10)"))
                let decision = try reader.decide(act, by: crowd[number].account)
                let group = (number % 100 * 10 + number % 10) % 100
                #expect(decision.isAllowed == (group == number % 100))
                if decision.isAllowed { allowed += 1 }
            }
        }
        #expect(allowed > 0)
        #expect(try ChainSpec(decoding: polity.spec.encoded) == polity.spec)
    }

    @Test("what is remembered is bounded (PERM-10)")
    func bounded() throws {
        var polity = try Polity()
        var random = SeededRandom(seed: 9)
        let label = Polity.label("x")
        for _ in 0..<4 {
            let calls = (0..<5_000).map { number in
                polity.call(
                    label, Polity.label("m\(random.next())"), [],
                    by: Polity.key(number % 2 == 0 ? "court.user" : "bank.user"))
            }
            try polity.run(calls)
            #expect(polity.rights.count <= 2 * RightsBook.entriesMax && polity.rights.count > 1_000)
        }
    }
}
