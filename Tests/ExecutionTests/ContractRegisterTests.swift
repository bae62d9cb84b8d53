// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Storage
import Testing

/// How code comes to a chain, gets a name, changes and goes.
@Suite struct ContractRegisterTests {
    private static let idle: PaperEngine.Function = { _ throws(PaperEnd) in }

    private static func polity(_ functions: [String: PaperEngine.Function] = [:]) throws -> Polity {
        try Polity(["idle": idle].merging(functions) { $1 })
    }

    private func code(_ polity: Polity, _ module: [UInt8]) throws -> CodeRecord? {
        try polity.tree.value(for: ContractsContract.codeKey(SM3.hash(module))).map { try CodeRecord(decoding: $0) }
    }

    // MARK: Uploads

    @Test("a module of several parts is uploaded in any order, published, and stands as it was (CTR-1, CTR-3)")
    func uploads() throws {
        var polity = try Self.polity()
        let module = PaperModule.bytes(
            "idle", imports: [.call], migrates: true, pages: 3, padding: 100_000, description: "{}")
        let parts = UploadPart.parts(of: module)
        #expect(parts.count == 3 && parts.map(\.bytes.count).reduce(0, +) == module.count)
        for part in parts.reversed() {
            #expect(
                polity.codes(try polity.run([polity.register(ContractsContract.upload, part.encoded, purse: 0)])) == [0]
            )
        }
        let outcome = try polity.run([polity.register(ContractsContract.publish, SM3.hash(module).encoded)])
        #expect(polity.codes(outcome) == [0])
        #expect(outcome.outcomes[0].events.map(\.name.text) == ["published"])
        let record = try #require(try code(polity, module))
        #expect(record.size == module.count && record.pages == 3)
        #expect(record.migrates && record.description == SM3.hash(Array("{}".utf8)))
        #expect(record.publisher == Polity.account("bank.user"))
        #expect(outcome.awaited.isEmpty, "anybody may publish, and compiling is dear")
        var stored: [UInt8] = []
        for slice in 0..<3 {
            stored += try #require(try polity.tree.value(for: ContractsContract.sliceKey(SM3.hash(module), slice)))
        }
        #expect(stored == module)
        // Nothing of the upload is left but what was published.
        let again = try polity.run([
            polity.register(ContractsContract.discard, UploadDiscard(module: SM3.hash(module)).encoded)
        ])
        #expect(polity.codes(again) == [2603])
    }

    @Test("publishing again, by whomever, changes nothing and costs little (CTR-4)")
    func twice() throws {
        var polity = try Self.polity()
        let module = PaperModule.bytes("idle")
        #expect(try polity.publish(module) == 0)
        let before = try #require(try code(polity, module))
        #expect(try polity.publish(module, by: "court.user") == 0)
        #expect(try code(polity, module) == before)
        let outcome = try polity.run([polity.register(ContractsContract.publish, SM3.hash(module).encoded, purse: 0)])
        #expect(polity.codes(outcome) == [0] && outcome.awaited.isEmpty)
    }

    @Test("a liar's parts spoil nobody's upload but its own, and are refused by name (CTR-1, CTR-2)")
    func liar() throws {
        var polity = try Self.polity()
        let module = PaperModule.bytes("idle", padding: 60_000)
        let parts = UploadPart.parts(of: module)
        var lie = parts[1].bytes
        lie[0] ^= 1
        let wrong = UploadPart(module: parts[1].module, size: parts[1].size, part: 1, bytes: lie)
        let outcome = try polity.run([
            polity.register(ContractsContract.upload, parts[0].encoded, by: "court.user"),
            polity.register(ContractsContract.upload, wrong.encoded, by: "court.user"),
            polity.register(ContractsContract.publish, SM3.hash(module).encoded, by: "court.user"),
        ])
        #expect(polity.codes(outcome) == [0, 0, 2605])
        #expect(try polity.publish(module) == 0)
        // The liar's own upload is there to be mended or thrown away.
        let last = try polity.run([
            polity.register(
                ContractsContract.discard, UploadDiscard(module: SM3.hash(module)).encoded, by: "court.user"),
            polity.register(
                ContractsContract.discard, UploadDiscard(module: SM3.hash(module)).encoded, by: "court.user"),
        ])
        #expect(polity.codes(last) == [0, 2603])
    }

    @Test("parts that fit nothing, too many uploads and missing parts are refused (CTR-1, CTR-5)")
    func unfit() throws {
        var polity = try Self.polity()
        let module = PaperModule.bytes("idle", padding: 60_000)
        let parts = UploadPart.parts(of: module)
        func part(_ size: UInt64, _ number: UInt64, _ count: Int) -> [UInt8] {
            UploadPart(
                module: SM3.hash([9]), size: size, part: number, bytes: [UInt8](repeating: 0, count: count)
            ).encoded
        }
        let bad = [
            part(0, 0, 0), part(UInt64(ContractLimits.codeBytesMax) + 1, 0, ContractLimits.partBytes),
            part(10, 0, 9), part(10, 1, 0), part(.max, 0, 1), part(100_000, 1, ContractLimits.partBytes - 1),
        ]
        for argument in bad {
            #expect(
                polity.codes(try polity.run([polity.register(ContractsContract.upload, argument)])) == [2602])
        }
        let outcome = try polity.run([
            polity.register(ContractsContract.upload, parts[0].encoded),
            polity.register(ContractsContract.upload, parts[0].encoded),
            polity.register(ContractsContract.publish, SM3.hash(module).encoded),
            polity.register(ContractsContract.publish, SM3.hash([7]).encoded),
            polity.register(ContractsContract.upload, [1, 2, 3]),
            polity.call(ContractsContract.contract, ContractsContract.upload, [], by: Polity.key("bank.user")),
            polity.register(Polity.label("nonsense"), []),
        ])
        #expect(polity.codes(outcome) == [0, 0, 2604, 2603, 1203, 1203, 1202])
        let many = (0..<4).map { UploadPart(module: SM3.hash([0, $0]), size: 1, part: 0, bytes: [1]).encoded }
        let full = try polity.run(many.map { polity.register(ContractsContract.upload, $0) })
        #expect(polity.codes(full) == [0, 0, 0, 2606])
    }

    @Test("what is no module, or asks for what there is not, is refused with the flaw's own code (CTR-2)")
    func gate() throws {
        var polity = try Self.polity()
        #expect(try polity.publish([1, 2, 3]) == 2501)
        var start = PaperModule.bytes("idle")
        start += [0x08, 1, 0]
        let code = try polity.publish(start)
        #expect((2501...2568).contains(code))
        let chatty = PaperModule.bytes("idle", description: String(repeating: "x", count: 70_000))
        #expect(try polity.publish(chatty) == 2607)
        // An import of another module's, by changing one letter.
        var foreign = PaperModule.bytes("idle", imports: [.get])
        let place = try #require(foreign.indices.first { foreign[$0...].starts(with: Array("get".utf8)) })
        foreign[place] = UInt8(ascii: "j")
        #expect(try polity.publish(foreign) == 2564)
    }

    @Test("who may publish is policy, and a freeze of the register stops it (CTR-6)")
    func rights() throws {
        let policy = try Policy("any of org(bank)")
        var polity = try Polity(
            ["idle": Self.idle],
            policies: [FoundingPolicy(.method(ContractsContract.contract, ContractsContract.publish), policy)])
        let module = PaperModule.bytes("idle")
        #expect(try polity.publish(module, by: "court.user") == 1809)
        #expect(try polity.publish(module, by: "bank.user") == 0)
        let freeze = GovernanceAct.Freeze(reason: Polity.label("review"))
        #expect(try polity.pass([.freezeContract(ContractsContract.contract, freeze)]).isEffective)
        #expect(try polity.publish(PaperModule.bytes("idle", pages: 2)) == 1808)
    }

    @Test("publishing is paid for by size (CTR-16)")
    func price() throws {
        var polity = try Self.polity()
        let module = PaperModule.bytes("idle", padding: 40_000)
        for part in UploadPart.parts(of: module) {
            try polity.run([polity.register(ContractsContract.upload, part.encoded)])
        }
        let poor = try polity.run([polity.register(ContractsContract.publish, SM3.hash(module).encoded, purse: 100_000)]
        )
        #expect(polity.codes(poor) == [1204])
        let paid = try polity.run([polity.register(ContractsContract.publish, SM3.hash(module).encoded)])
        #expect(polity.codes(paid) == [0])
        #expect(paid.outcomes[0].gasUsed.value > 12 * UInt64(module.count))
    }

    // MARK: Lives

    @Test("a contract is deployed, called, upgraded with and without migration, and retired (CTR-8 to CTR-11)")
    func life() throws {
        let first: PaperEngine.Function = { run throws(PaperEnd) in
            if run.entry == .initialise { return try run.put("n", try run.argument()) }
            try run.answer([1] + (try run.get("n") ?? []))
        }
        let second: PaperEngine.Function = { run throws(PaperEnd) in
            if run.entry == .migrate { return try run.put("n", (try run.get("n") ?? []) + [9]) }
            try run.answer([2] + (try run.get("n") ?? []))
        }
        var polity = try Self.polity(["first": first, "second": second])
        #expect(try polity.deploy(PaperModule.bytes("first", imports: [.get]), as: "box", argument: [7]).isEffective)
        #expect(try polity.invoked("box").output == [1, 7])
        let plain = PaperModule.bytes("second")
        let moving = PaperModule.bytes("second", migrates: true)
        try polity.publish(plain)
        try polity.publish(moving)
        func upgrade(_ module: [UInt8], _ migrates: Bool) -> GovernanceAct {
            .upgradeContract(
                ContractUpgrade(name: Polity.label("box"), code: SM3.hash(module), migrates: migrates))
        }
        #expect(try polity.pass([upgrade(plain, true)]).refusal == 2614, "it cannot migrate, and says so at once")
        #expect(try polity.pass([upgrade(plain, false)]).isEffective)
        #expect(try polity.invoked("box").output == [2, 7])
        #expect(try polity.pass([upgrade(plain, false)]).refusal == 2616)
        #expect(try polity.pass([upgrade(moving, true)]).isEffective)
        #expect(try polity.invoked("box").output == [2, 7, 9])
        let record = try #require(try polity.contract("box"))
        #expect(record.version == 3 && record.code == SM3.hash(moving) && record.changed > record.deployed)
        #expect(try polity.pass([.retireContract(Polity.label("box"))]).isEffective)
        #expect(try polity.invoked("box").code.value == 2612)
        #expect(try polity.pass([upgrade(plain, false)]).refusal == 2612)
        #expect(try polity.deploy(plain, as: "box").refusal == 2610, "a name is never used twice")
        #expect(try polity.held("box", "n") == [7, 9])
    }

    @Test("a migration that fails leaves code and data as they were, and the proposal is void with its code (CTR-10)")
    func failedMigration() throws {
        let old: PaperEngine.Function = { run throws(PaperEnd) in
            if run.entry == .initialise { return try run.put("n", [1]) }
            try run.answer((try run.get("n")) ?? [])
        }
        let new: PaperEngine.Function = { run throws(PaperEnd) in
            try run.put("n", [2])
            try run.fail(42, "no")
        }
        var polity = try Self.polity(["old": old, "new": new])
        try polity.deploy(paper: "old")
        let module = PaperModule.bytes("new", migrates: true)
        try polity.publish(module)
        let upgrade = ContractUpgrade(name: Polity.label("old"), code: SM3.hash(module), migrates: true)
        #expect(try polity.pass([.upgradeContract(upgrade)]).refusal == 10_042)
        #expect(try polity.invoked("old").output == [1])
        #expect(try polity.contract("old")?.version == 1)
    }

    @Test("acts on what is not there, and names that are none, are refused at the proposal (CTR-7, CTR-9)")
    func refusedActs() throws {
        var polity = try Self.polity()
        let module = PaperModule.bytes("idle")
        try polity.publish(module)
        let digest = SM3.hash(module)
        func deploy(_ name: String, _ code: Digest) -> GovernanceAct {
            .deployContract(ContractDeployment(name: Polity.label(name), code: code))
        }
        #expect(try polity.pass([deploy("box", SM3.hash([1]))]).refusal == 2601)
        for name in [
            "", "Box", "1box", "box.a", "jd-box", "evidence", "contracts", "governance", "-a", "盒子",
            String(repeating: "a", count: 33),
        ] {
            #expect(try polity.pass([deploy(name, digest)]).refusal == 2611, "\(name)")
        }
        #expect(try polity.pass([.retireContract(Polity.label("box"))]).refusal == 2613)
        #expect(try polity.pass([.dropTemplate(Polity.label("t"))]).refusal == 2615)
        #expect(try polity.pass([deploy("box", digest), deploy("box", digest)]).refusal == 2610)
        #expect(try polity.pass([deploy("box", digest), deploy("box-2", digest)]).isEffective, "side by side")
    }

    @Test("an init that runs for ever ends with its purse, and its proposal is void (CTR-9, CTR-18)")
    func endlessInit() throws {
        let spin: PaperEngine.Function = { run throws(PaperEnd) in while true { try run.spend(1_000_000) } }
        var polity = try Self.polity(["spin": spin])
        #expect(try polity.deploy(PaperModule.bytes("spin"), as: "spin").refusal == 2620)
        #expect(try polity.contract("spin") == nil)
    }

    // MARK: Templates

    @Test("members make contracts of an approved template where its policy lets them, named like it (CTR-12, CTR-13)")
    func templates() throws {
        let note: PaperEngine.Function = { run throws(PaperEnd) in
            if run.entry == .initialise {
                try run.put("by", Array((try run.text(2)).utf8))
                try run.put("a", try run.argument())
                return try run.answer([5])
            }
            try run.answer((try run.get("a")) ?? [])
        }
        var polity = try Self.polity(["note": note])
        let module = PaperModule.bytes("note")
        try polity.publish(module)
        let name = Polity.label("notes")
        func make(_ contract: String, by member: String = "bank.user", template: Label? = nil) throws -> Outcome {
            let request = Instantiation(
                template: template ?? name, name: Polity.label(contract), argument: [3, 4])
            return try polity.run([
                polity.register(ContractsContract.instantiate, request.encoded, by: member)
            ]).outcomes[0]
        }
        #expect(try make("notes-mine").code.value == 2615)
        let template = ContractTemplate(name: name, code: SM3.hash(module), policy: try Policy("any of org(bank)"))
        #expect(try polity.pass([.setTemplate(template)]).isEffective)
        #expect(try make("notes-mine", by: "court.user").code.value == 1809)
        let made = try make("notes-mine")
        #expect(made.code.isSuccess && made.output == [5] && made.events.map(\.name.text) == ["instantiated"])
        let record = try #require(try polity.contract("notes-mine"))
        #expect(record.template == name && record.founder == Polity.account("bank.user"))
        #expect(try polity.held("notes-mine", "by") == Array(Polity.account("bank.user").hex.utf8))
        #expect(try polity.invoked("notes-mine").output == [3, 4])
        #expect(try make("notes-mine").code.value == 2610)
        // What others expect under a name of its own is nobody's to take, nor half a name.
        for unfit in ["notes-Mine", "mine", "notes", "notes-", "other-mine"] {
            #expect(try make(unfit).code.value == 2611)
        }
        #expect(try polity.pass([.dropTemplate(name)]).isEffective)
        #expect(try make("notes-other").code.value == 2615)
        #expect(try polity.invoked("notes-mine").output == [3, 4], "what was made of it stays")
    }

    @Test("a delegated key that makes a contract has made one call, whatever the contract does (CTR-13)")
    func delegated() throws {
        let store: PaperEngine.Function = { run throws(PaperEnd) in try run.put("k", [1]) }
        let relay: PaperEngine.Function = { run throws(PaperEnd) in
            _ = try run.call("store", "go")
            _ = try run.call("store", "go")
        }
        var polity = try Self.polity(["store": store, "relay": relay])
        try polity.deploy(paper: "store")
        let module = PaperModule.bytes("relay", imports: [.call])
        try polity.publish(module)
        let template = ContractTemplate(name: Polity.label("relays"), code: SM3.hash(module), policy: try Policy("any"))
        #expect(try polity.pass([.setTemplate(template)]).isEffective)
        let request = DelegationRequest(
            key: Polity.key("bank.delegate"),
            delegation: Delegation(
                contract: ContractsContract.contract, methods: [ContractsContract.instantiate],
                until: Height(polity.height + 50), calls: 2))
        let grant = polity.call(
            MembershipContract.contract, MembershipContract.delegate, request.encoded, by: Polity.key("bank.user"))
        #expect(polity.codes(try polity.run([grant])) == [0])
        var codes: [UInt16] = []
        for name in ["relays-a", "relays-b", "relays-c"] {
            let made = Instantiation(template: Polity.label("relays"), name: Polity.label(name), argument: [])
            let call = polity.register(ContractsContract.instantiate, made.encoded, by: "bank.delegate")
            codes += polity.codes(try polity.run([call]))
        }
        #expect(codes == [0, 0, 1807])
        #expect(try polity.contract("relays-a")?.founder == Polity.account("bank.user"))
    }
}
