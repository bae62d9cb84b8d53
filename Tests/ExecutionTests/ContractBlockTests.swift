// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Storage
import Testing

/// Contracts within blocks: gas, machines in trouble, older rules, dry runs.
@Suite struct ContractBlockTests {
    private static let store: PaperEngine.Function = { run throws(PaperEnd) in
        guard run.entry == .call else { return }
        try run.put("k", try run.argument())
        try run.answer(try run.argument())
    }

    /// An engine that fails until it is mended.
    private final class Faulty: ContractEngine {
        let inner = PaperEngine(["store": ContractBlockTests.store])
        let heals: Bool
        init(heals: Bool) { self.heals = heals }

        func prepare(_ program: ContractProgram) throws(EngineTrouble) {
            throw EngineTrouble(what: "no room", heals: heals)
        }

        func run(
            _ program: ContractProgram, entry: ContractEntry, gas: Int64, depth: Int32, host: any ContractHost
        ) throws(EngineTrouble) -> ContractRun {
            _ = try inner.run(program, entry: entry, gas: gas, depth: depth, host: host)
            throw EngineTrouble(what: "no room", heals: heals)
        }
    }

    private func polity() throws -> Polity {
        var polity = try Polity(["store": Self.store])
        try polity.deploy(paper: "store")
        return polity
    }

    // MARK: Gas

    @Test("the purse stands in the bytes and in the ceiling; what was not used is not charged (CTR-15, EXEC-9)")
    func purse() throws {
        var polity = try polity()
        let call = polity.invoke("store", "go", [1], purse: 50_000)
        #expect(GasSchedule.ceiling(of: call.body) == 5_000 + 2 * UInt64(call.body.arguments.count) + 50_000)
        let outcome = try polity.run([call])
        #expect(polity.codes(outcome) == [0] && outcome.outcomes[0].gasUsed.value < 10_000)
        #expect(try polity.invoked("store", purse: 0).code.value == 2620)
        // Too much to put aside is no purse.
        let rich = polity.invoke("store", purse: ContractLimits.purseMax + 1)
        #expect(GasSchedule.ceiling(of: rich.body) == 5_000 + 2 * UInt64(rich.body.arguments.count))
        #expect(polity.codes(try polity.run([rich])) == [1203])
        // Nothing of it touches evidence or the platform.
        let deposit = polity.deposit(by: "bank.user")
        #expect(GasSchedule.ceiling(of: deposit.body) == 5_000 + 2 * UInt64(deposit.body.arguments.count))
    }

    @Test("a read is paid for by the value's whole length, also where there is no room for it (CTR-17)")
    func reads() throws {
        let reader: PaperEngine.Function = { run throws(PaperEnd) in
            guard run.entry == .call else { return try run.put("big", [UInt8](repeating: 1, count: 64_000)) }
            let key = try run.argument() == [1] ? "big" : "none"
            let before = run.gas
            try run.ask(.get, run.place(Array(key.utf8)) + [0, 0])
            try run.answer(Array("\((before - run.gas) / ContractPrices.fine)".utf8))
        }
        var polity = try Polity(["reader": reader])
        try polity.deploy(paper: "reader")
        #expect(try polity.invoked("reader", "go", [1]).said == "8116")
        #expect(try polity.invoked("reader", "go", [0]).said == "116")
    }

    @Test("a run pays for its pages and its code's size, and a nested call for its lookups (CTR-17)")
    func base() throws {
        var polity = try Polity([
            "store": Self.store,
            "relay": { run throws(PaperEnd) in
                guard run.entry == .call else { return }
                let before = run.gas
                _ = try run.call(String(decoding: try run.argument(), as: UTF8.self), "go")
                try run.answer(Array("\((before - run.gas) / ContractPrices.fine)".utf8))
            },
        ])
        try polity.deploy(paper: "relay")
        var gas: [UInt64] = []
        var nested: [Int] = []
        for (name, module) in [
            ("small", PaperModule.bytes("store")), ("wide", PaperModule.bytes("store", pages: 11)),
            ("long", PaperModule.bytes("store", padding: 32_000)),
        ] {
            #expect(try polity.deploy(module, as: name).isEffective)
            gas.append(try polity.invoked(name).gasUsed.value)
            nested.append(Int(try polity.invoked("relay", "go", Array(name.utf8)).said) ?? 0)
        }
        #expect(gas[1] == gas[0] + 10 * 2_048 && gas[2] >= gas[0] + 1_000)
        #expect(nested[1] == nested[0] + 10 * 2_048 && nested[0] >= 200 + 1_000 + 2_048)
        #expect(try polity.invoked("relay", "go", Array("nobody".utf8)).said.count == 3, "200 and what copying costs")
    }

    @Test("blocks of calls come to the same with and without what a node remembers (EXEC-6, CTR-17)")
    func remembered() throws {
        var codes: [[UInt16]] = []
        var roots: [[Digest]] = []
        for remembers in [true, false] {
            var polity = try polity()
            polity.remembers = remembers
            var found: [Digest] = []
            for number in UInt8(0)..<6 {
                let outcome = try polity.run([
                    polity.invoke("store", "go", [number]), polity.invoke("store", purse: 100),
                    polity.invoke("nobody"),
                ])
                codes.append(polity.codes(outcome))
                found += [outcome.receiptsRoot, polity.tree.root]
            }
            roots.append(found)
        }
        #expect(roots[0] == roots[1])
        #expect(Set(codes) == [[0, 2620, 1201]])
    }

    @Test("calls of one block leave each other nothing: other contracts, other callers, failed ones (EXEC-6, CTR-20)")
    func between() throws {
        let first: PaperEngine.Function = { run throws(PaperEnd) in
            guard run.entry == .call else { return }
            try run.put("k", try run.argument())
            try run.emit("e", [1])
            if try run.argument() == [9] { try run.fail(3, "no") }
            if try run.argument() == [8] { try run.spend(1 << 40) }
            try run.answer(Array("1\(try run.text(0))\(try run.text(3))\(try run.text(4))\(try run.number(3))".utf8))
        }
        let second: PaperEngine.Function = { run throws(PaperEnd) in
            guard run.entry == .call else { return }
            let inner = try run.argument()
            _ = try run.call("first", "go", inner)
            try run.answer(Array("2\(try run.text(0))\(try run.text(3))\(inner)".utf8))
        }
        var roots: [[Digest]] = []
        for remembers in [true, false] {
            var polity = try Polity(["first": first, "second": second])
            polity.remembers = remembers
            try polity.deploy(paper: "first")
            try polity.deploy(paper: "second")
            let block = [
                polity.invoke("first", "go", [1]), polity.invoke("second", "go", [2], by: "court.user"),
                polity.invoke("first", "go", [9]), polity.invoke("first", "go", [3], by: "court.user"),
                polity.invoke("second", "go", [9]), polity.invoke("first", "go", [8], purse: 50_000),
                polity.invoke("second", "go", [5]),
            ]
            let outcome = try polity.run(block)
            #expect(polity.codes(outcome) == [0, 0, 10_003, 0, 0, 2620, 0])
            let said = outcome.outcomes.map(\.said)
            #expect(
                said == [
                    "1firstbank0", "2secondcourt[2]", "no", "1firstcourt0", "2secondbank[9]", "", "2secondbank[5]",
                ])
            #expect(outcome.outcomes.map(\.events.count) == [1, 1, 0, 1, 0, 0, 1])
            #expect(try polity.held("first", "k") == [5])
            roots.append([outcome.receiptsRoot, polity.tree.root])
        }
        #expect(roots[0] == roots[1])
    }

    // MARK: Machines in trouble

    @Test("an engine's trouble executes nothing of the block, and the same block is executed once it is over (CTR-21)")
    func trouble() throws {
        var polity = try polity()
        let block = [polity.deposit(by: "bank.user"), polity.invoke("store", "go", [4])]
        let root = polity.tree.root
        let good = polity.engine
        for heals in [true, false] {
            polity.engine = Faulty(heals: heals)
            #expect(throws: ExecutionTrouble.engine(EngineTrouble(what: "no room", heals: heals))) {
                try polity.attempt(block)
            }
        }
        polity.engine = nil
        #expect(throws: ExecutionTrouble.self) { try polity.attempt(block) }
        // What calls no contract is executed without any engine.
        #expect(polity.codes(try polity.attempt([polity.deposit(by: "bank.user")])) == [0])
        #expect(polity.tree.root == root)
        polity.engine = good
        #expect(polity.codes(try polity.run(block)) == [0, 0])
        #expect(try polity.held("store", "k") == [4])
    }

    @Test("trouble inside a nested call or an act ends the block too, and is nobody's failure (CTR-21)")
    func nestedTrouble() throws {
        var polity = try Polity(["store": Self.store])
        let module = PaperModule.bytes("store")
        try polity.publish(module)
        let motion = polity.motion([
            .deployContract(ContractDeployment(name: Polity.label("box"), code: SM3.hash(module)))
        ])
        let id = motion.id(by: Polity.account("court.admin"))
        polity.engine = nil
        // Proposing and approving run no code; taking effect does.
        let codes = polity.codes(
            try polity.run([
                polity.propose(motion, by: "court.admin"), polity.approve(id, by: "bank.admin"),
                polity.approve(id, by: "bureau.admin"),
            ]))
        #expect(codes == [0, 0, 0])
        #expect(throws: ExecutionTrouble.self) { try polity.attempt([]) }
        polity.engine = PaperEngine(["store": Self.store])
        try polity.run()
        #expect(try polity.contract("box") != nil)
    }

    // MARK: Rules

    @Test("to a chain of older rules all of this is not there, byte for byte (CTR-27)")
    func older() throws {
        var old = try Polity(engine: PaperEngine([:]))
        let module = PaperModule.bytes("store")
        let call = old.invoke("store")
        let upload = old.register(ContractsContract.upload, UploadPart.parts(of: module)[0].encoded, purse: 0)
        let act = GovernanceAct.retireContract(Polity.label("box"))
        let proposal = old.propose(old.motion([act]), by: "court.admin")
        let junk = old.call(GovernanceContract.contract, GovernanceContract.propose, [0], by: Polity.key("court.admin"))
        let outcome = try old.run([call, upload, proposal, junk])
        #expect(old.codes(outcome) == [1201, 1201, 1203, 1203])
        #expect(outcome.writes.isEmpty)
        #expect(try old.tree.value(for: GovernanceContract.rulesKey) == nil)
        for (transaction, result) in zip([call, upload, proposal], outcome.outcomes) {
            #expect(result.gasUsed.value == 200 + UInt64(transaction.body.arguments.count))
        }
    }

    @Test("a chain takes contracts up by deciding on the rules that have them, from that height on (CTR-27, GOV-13)")
    func takenUp() throws {
        var polity = try Polity(engine: PaperEngine(["store": Self.store]))
        #expect(try polity.pass([.setRules(.contracts, Height(polity.height + 6))]).isEffective)
        #expect(try polity.publish(PaperModule.bytes("store")) == 1201)
        try polity.idle(until: 20)
        #expect(try polity.deploy(PaperModule.bytes("store"), as: "store").isEffective)
        #expect(try polity.invoked("store", "go", [3]).output == [3])
        let founded = try Polity(["store": Self.store])
        #expect(try founded.reader.read { try $0.rules() }.map(\.version) == [.contracts])
        #expect(founded.spec.rules == .contracts)
    }

    // MARK: Dry runs

    private func header(_ polity: Polity) -> Header {
        Header(
            chain: polity.spec.id, epoch: .zero, view: View(polity.height), height: Height(polity.height),
            parent: polity.spec.genesis.id, timestamp: polity.now, proposer: ValidatorIndex(0), payload: Payload([]),
            execHeight: .zero, execRoot: .zero, nextCommittee: nil)
    }

    @Test("a dry run comes to what the block comes to, gas and all, and leaves nothing (CTR-26)")
    func dryRun() throws {
        var polity = try Polity([
            "store": Self.store,
            "relay": { run throws(PaperEnd) in
                guard run.entry == .call else { return }
                try run.ask(.trace, [77])
                try run.answer(try run.call("store", "go", try run.argument()).answer)
            },
        ])
        for name in ["store", "relay"] { try polity.deploy(paper: name) }
        var probe = ContractProbe(polity.tree, header: header(polity), machine: polity.machine)
        let calls = [
            polity.invoke("relay", "go", [1, 2]), polity.invoke("relay", purse: 3_000), polity.invoke("nobody"),
            polity.invoke("store", by: "stranger"), polity.deposit(by: "bank.user"),
        ]
        var steps: [ContractStep] = []
        for call in calls {
            let told = try probe.call(call.body) { steps.append($0) }
            #expect(try polity.attempt([call]).outcomes[0] == told)
        }
        #expect(try probe.call(calls[0].body).code.isSuccess, "asked again, it says the same")
        let expected: [HostFunction] = [.trace, .argument, .argument, .put, .argument, .answer, .call, .answer]
        #expect(steps.prefix(8).map(\.function) == expected)
        #expect(steps.prefix(8).map(\.depth) == [0, 0, 1, 1, 1, 1, 0, 0] && steps[0].arguments == [77])
        let put = try #require(steps.first { $0.function == .put })
        #expect(put.contract.text == "store" && put.subject == Array("k".utf8))
        #expect(zip(steps, steps.dropFirst()).prefix(7).allSatisfy { $0.gasLeft >= $1.gasLeft })
        #expect(try polity.held("store", "k") == nil)
    }

    @Test("a question is answered to whoever may read, and writes nothing (CTR-26)")
    func question() throws {
        var polity = try polity()
        var probe = ContractProbe(polity.tree, header: header(polity), machine: polity.machine)
        let auditor = Polity.account("bureau.auditor")
        let outcome = try probe.query(
            Polity.label("store"), Polity.label("go"), [8], by: auditor, purse: 100_000)
        #expect(outcome.code.isSuccess && outcome.output == [8])
        let stranger = try probe.query(
            Polity.label("store"), Polity.label("go"), [8], by: Polity.account("stranger"), purse: 100_000)
        #expect(stranger.code.value == 1205)
        #expect(try polity.held("store", "k") == nil)
        let policy = GovernanceAct.setPolicy(.contractReads(Polity.label("store")), try Policy("any of org(court)"))
        #expect(try polity.pass([policy]).isEffective)
        probe = ContractProbe(polity.tree, header: header(polity), machine: polity.machine, shelf: probe.shelf)
        let denied = try probe.query(
            Polity.label("store"), Polity.label("go"), [8], by: auditor, purse: 100_000)
        #expect(denied.code.value == 1809)
        // A stranger, whom a node lets read, is nobody; and what is frozen answers nobody.
        func anybody() throws -> Outcome {
            probe = ContractProbe(polity.tree, header: header(polity), machine: polity.machine)
            return try probe.query(Polity.label("store"), Polity.label("go"), [8], by: nil, purse: 100_000)
        }
        #expect(try anybody().output == [8])
        let freeze = GovernanceAct.Freeze(reason: Polity.label("r"))
        #expect(try polity.pass([.freezeContract(Polity.label("store"), freeze)]).isEffective)
        #expect(try anybody().code.value == 1808)
    }

    @Test("what was used before a run comes off its purse, so that no run fails after it ended well (CTR-15)")
    func eatenPurse() throws {
        var polity = try polity()
        let module = PaperModule.bytes("store", padding: 10)
        try polity.publish(module)
        // Reading so long a policy costs more than the part of the ceiling that is no purse.
        let text =
            String(repeating: "any of org(bureau) or ", count: 30) + "any of org(bank)"
        let template = ContractTemplate(name: Polity.label("t"), code: SM3.hash(module), policy: try Policy(text))
        #expect(try polity.pass([.setTemplate(template)]).isEffective)
        #expect(10 * text.utf8.count > 5_000)
        let request = Instantiation(template: template.name, name: Polity.label("t-one"), argument: [])
        let made = try polity.run([
            polity.register(ContractsContract.instantiate, request.encoded, by: "bank.user", purse: 20_000)
        ]).outcomes[0]
        #expect(made.code.isSuccess, "\(made.code.value), \(made.gasUsed.value)")
    }

    @Test("a stranger whom somebody else let read is nobody to the contract, and leaves nothing (CTR-26)")
    func nobody() throws {
        var polity = try Polity([
            "who": { run throws(PaperEnd) in
                guard run.entry == .call else { return }
                try run.put("seen", [1])
                let held = [try run.holds("user"), try run.holds("orgAdmin")]
                try run.answer(Array("\(try run.text(2))|\(try run.text(3))|\(held)".utf8))
            }
        ])
        try polity.deploy(paper: "who")
        let (who, go) = (Polity.label("who"), Polity.label("go"))
        var probe = ContractProbe(polity.tree, header: header(polity), machine: polity.machine)
        let told = try probe.query(who, go, [], by: nil, purse: 100_000)
        #expect(told.code.isSuccess && String(decoding: told.output, as: UTF8.self) == "||[false, false]")
        let member = try probe.query(who, go, [], by: Polity.account("bureau.auditor"), purse: 100_000)
        #expect(String(decoding: member.output, as: UTF8.self).contains("|bureau|"))
        #expect(try polity.held("who", "seen") == nil)
        for name in ["evidence", "nothing"] {
            #expect(try probe.query(Polity.label(name), go, [], by: nil, purse: 100_000).code.value == 1201)
        }
    }

    @Test("looking at a decided proposal runs no code (CTR-9, GOV-20)")
    func preview() throws {
        var polity = try Polity(["store": { run throws(PaperEnd) in while true { try run.spend(1) } }])
        let module = PaperModule.bytes("store")
        try polity.publish(module)
        let motion = polity.motion(
            [
                .deployContract(ContractDeployment(name: Polity.label("box"), code: SM3.hash(module)))
            ], due: polity.height + 9)
        let id = motion.id(by: Polity.account("court.admin"))
        try polity.run([
            polity.propose(motion, by: "court.admin"), polity.approve(id, by: "bank.admin"),
            polity.approve(id, by: "bureau.admin"),
        ])
        let record = try #require(try polity.reader.read { try $0.motion(id) })
        var probe = MotionProbe(polity.tree, header: header(polity))
        #expect(try probe.obstacle(to: record).isSuccess)
        #expect(probe.spent < 100_000)
        #expect(
            EffectPreview(of: motion, on: polity.spec.committee).lines[0].english.contains("deploy the contract box"))
    }
}
