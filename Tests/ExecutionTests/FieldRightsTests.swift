// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Storage
import Testing

/// PERM-15: fields of evidence have policies, and what they say is what happens.
@Suite struct FieldRightsTests {
    private static let evidence = Deposit.contract
    private static let names =
        Polity.homes.flatMap { ["\($0).admin", "\($0).user"] } + [
            "bureau.auditor", "court.clerk", "bank.delegate", "stranger",
        ]
    private static let texts = [
        "forbidden", "any", "any of members", "any of role(user)", "any of role(auditAdmin, user)",
        "any of org(court)", "any of group(blue)", "any of role(user) and any of org(bank, court)",
        "any of orgs by role(user)", "majority of org(court) by role(user)", "2 of members",
    ]

    private static func deposit(_ random: inout SeededRandom) -> Deposit {
        func text(_ word: String) -> Label { random.happens(400) ? Polity.label("") : Polity.label(word) }
        return Deposit(
            businessType: text("licence"), title: text("case 7"), digest: SM3.hash([UInt8(random.below(256))]),
            size: 1, mediaType: text("text/plain"), capture: .upload)
    }

    /// A consortium with policies drawn at random, a member in a group, one frozen, and a delegated key.
    private static func polity(_ random: inout SeededRandom) throws -> Polity {
        let blue = Polity.member("court.clerk", "court", RoleSet(.user), groups: ["blue"])
        var polity = try Polity(members: [blue])
        var resources: [Resource] = DataField.of(evidence).flatMap {
            [.fieldReads(evidence, $0), .fieldWrites(evidence, $0)]
        }
        resources += [.contractReads(evidence), .contractCalls(evidence), .method(evidence, Deposit.method)]
        let acts: [GovernanceAct] = try resources.filter { _ in random.happens(400) }.map {
            .setPolicy($0, try Policy(random.pick(texts)))
        }
        if !acts.isEmpty { #expect(try polity.pass(acts).isEffective) }
        let freeze = GovernanceAct.Freeze(until: Height(10_000), reason: Polity.label("lost"))
        if random.happens(500) { try polity.pass([.freezeMember(Polity.account("audit.user"), freeze)]) }
        let request = DelegationRequest(
            key: Polity.key("bank.delegate"),
            delegation: Delegation(
                contract: evidence, methods: [Deposit.method], until: Height(10_000), calls: 1_000))
        let grant = polity.call(
            MembershipContract.contract, MembershipContract.delegate, request.encoded, by: Polity.key("bank.user"))
        #expect(polity.codes(try polity.run([grant])) == [0])
        return polity
    }

    private static func verdict(_ polity: Polity, _ phrase: String, _ name: String) throws -> Decision {
        let phrase = try #require(ActPhrase(phrase))
        return try polity.reader.read { try $0.verdict(phrase, by: Polity.account(name)) }.decision
    }

    @Test(
        "what `why` says of calls and of fields is what a block says, with the same code (PERM-15)", arguments: 0..<40)
    func writes(seed: UInt64) throws {
        var random = SeededRandom(seed: seed &* 31 &+ 7)
        var polity = try FieldRightsTests.polity(&random)
        var refused = 0
        for name in FieldRightsTests.names {
            let deposit = FieldRightsTests.deposit(&random)
            let note = Annotation(digest: deposit.digest, text: [0x61])
            for (method, arguments) in [
                (Deposit.method, deposit.encoded), (EvidenceNote.method, note.encoded),
            ] {
                let call = try FieldRightsTests.verdict(polity, "call evidence.\(method.text)", name)
                let filled = DataField.filled(by: method, of: FieldRightsTests.evidence, arguments)
                var expected = call.code
                for field in filled {
                    let write = try FieldRightsTests.verdict(
                        polity, "write evidence.\(method.text)/\(field.text)", name)
                    if expected.isSuccess { expected = write.code }
                    #expect(call.isAllowed || !write.isAllowed, "a field's policy opens nothing")
                    #expect(write.steps.last?.holds == write.isAllowed)
                }
                let transaction = polity.call(FieldRightsTests.evidence, method, arguments, by: Polity.key(name))
                var code = try polity.attempt([transaction]).outcomes[0].code
                // Allowed, and there is nothing of one's own to annotate.
                if code == .evidenceNotFound { code = .success }
                #expect(code == expected, "seed \(seed): \(name) calls \(method.text)")
                if code == .fieldDenied { refused += 1 }
            }
        }
        #expect(seed > 0 || refused > 0, "the first seed has refusals")
    }

    @Test("what `why` says of reading a field is what readers are shown (PERM-15)", arguments: 0..<40)
    func reads(seed: UInt64) throws {
        var random = SeededRandom(seed: seed &* 37 &+ 11)
        let polity = try FieldRightsTests.polity(&random)
        for name in FieldRightsTests.names {
            let whole = try FieldRightsTests.verdict(polity, "read evidence", name)
            let withheld = try polity.reader.read {
                try $0.fieldsWithheld(FieldRightsTests.evidence, from: Polity.account(name))
            }
            for field in DataField.of(FieldRightsTests.evidence) {
                let told = try FieldRightsTests.verdict(polity, "read evidence/\(field.text)", name)
                let isShown = whole.isAllowed && !withheld.contains { $0.field == field }
                #expect(told.isAllowed == isShown, "seed \(seed): \(name) reads \(field.text)")
                if whole.isAllowed, !isShown { #expect(told.code == .fieldDenied) }
            }
        }
        // To strangers every field with a policy of its own is closed, whatever the policy.
        let closed = try polity.reader.read { try $0.fieldsWithheld(FieldRightsTests.evidence, from: nil) }
        let own = try polity.reader.read { reader in
            try DataField.of(FieldRightsTests.evidence).filter {
                try reader.ownPolicy(of: .fieldReads(FieldRightsTests.evidence, $0)) != nil
            }
        }
        #expect(closed.map(\.field) == own)
    }

    @Test("a text that is left empty is not written: its policy does not matter then")
    func empty() throws {
        var polity = try Polity()
        #expect(try polity.pass([.setPolicy(.fieldWrites(Deposit.contract, DataField.title), .forbidden)]).isEffective)
        func deposit(_ title: String) -> SignedTransaction {
            let deposit = Deposit(
                businessType: Polity.label("b"), title: Polity.label(title), digest: .zero, size: 1,
                mediaType: Polity.label("m"), capture: .upload)
            return polity.call(Deposit.contract, Deposit.method, deposit.encoded, by: Polity.key("court.user"))
        }
        #expect(polity.codes(try polity.run([deposit("a name"), deposit(""), deposit("a name")])) == [1810, 0, 1810])
    }

    @Test("no policy is set for a field that is in no contract's list, and `why` knows none")
    func unknown() throws {
        var polity = try Polity()
        for resource in [
            Resource.fieldReads(Deposit.contract, Polity.label("colour")),
            .fieldWrites(Deposit.contract, Polity.label("number")), .fieldReads(Polity.label("other"), DataField.title),
        ] {
            #expect(try polity.pass([.setPolicy(resource, .forbidden)]).refusal == 1811)
            #expect(try polity.pass([.setPolicy(resource, nil)]).isEffective)
        }
        for phrase in ["read evidence/colour", "write evidence.annotate/title", "write evidence.deposit/notes"] {
            #expect(try FieldRightsTests.verdict(polity, phrase, "court.user").code == .fieldUnknown)
        }
    }

    @Test("what is remembered of a field's policy is forgotten with it")
    func remembered() throws {
        var polity = try Polity()
        let resource = Resource.fieldWrites(Deposit.contract, DataField.digest)
        #expect(polity.codes(try polity.run([polity.deposit(by: "court.user")])) == [0])
        try polity.pass([.setPolicy(resource, .forbidden)])
        #expect(polity.codes(try polity.run([polity.deposit(by: "court.user")])) == [1810])
        try polity.pass([.setPolicy(resource, nil)])
        #expect(polity.codes(try polity.run([polity.deposit(by: "court.user")])) == [0])
    }
}
