// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Testing

/// What running contracts may do, what it costs, and every way a run ends.
@Suite struct ContractCallTests {
    private static func polity(_ functions: [String: PaperEngine.Function]) throws -> Polity {
        var polity = try Polity(functions)
        for name in functions.keys.sorted() { try polity.deploy(paper: name) }
        return polity
    }

    // MARK: Calls

    @Test("a call writes, tells, answers and learns who calls, where and when (CTR-14, CTR-22)")
    func call() throws {
        let clerk: PaperEngine.Function = { run throws(PaperEnd) in
            guard run.entry == .call else { return }
            try run.put("k", [1, 2, 3])
            try run.remove("gone")
            try run.emit("wrote", [9])
            var words: [String] = []
            for which in UInt64(0)...5 { words.append(try run.text(which)) }
            let numbers = [try run.number(0), try run.number(1), try run.number(3)]
            let holds = [try run.holds("user"), try run.holds("orgAdmin"), try run.holds("nonsense")]
            try run.answer([0])
            try run.answer(Array("\(words) \(numbers) \(holds)".utf8))
        }
        var polity = try Self.polity(["clerk": clerk])
        let (height, now) = (polity.height, polity.now.value)
        let outcome = try polity.invoked("clerk", "go")
        #expect(outcome.code.isSuccess)
        let account = Polity.account("bank.user").hex
        let words = ["clerk", "go", account, "bank", "", "polity"]
        #expect(outcome.said == "\(words) \([height, now, 0]) [true, false, false]")
        #expect(outcome.events == [Event(contract: Polity.label("clerk"), name: Polity.label("wrote"), data: [9])])
        #expect(try polity.held("clerk", "k") == [1, 2, 3])
        #expect(StateKey.of(Polity.label("clerk"), [7]) == [5] + Array("clerk".utf8) + [7], "EXEC-4")
    }

    @Test("a failure undoes all, has the contract's own code above 10000, and its text in the receipt (CTR-23)")
    func failure() throws {
        let sorry: PaperEngine.Function = { run throws(PaperEnd) in
            guard run.entry == .call else { return }
            try run.put("k", [1])
            try run.emit("wrote", [9])
            try run.fail(UInt64(try run.argument()[0]), "数量不足")
        }
        var polity = try Self.polity(["sorry": sorry])
        let outcome = try polity.invoked("sorry", "go", [7])
        #expect(outcome.code.value == 10_007 && outcome.said == "数量不足" && outcome.events.isEmpty)
        #expect(try polity.held("sorry", "k") == nil)
        #expect(try Outcome(decoding: outcome.encoded) == outcome)
        #expect(try polity.invoked("sorry", "go", [0]).code.value == 2647)
        // The next one's receipt has nothing of it.
        #expect(try polity.invoked("nobody").output.isEmpty)
    }

    @Test("what is not there, retired, frozen or forbidden is not run, in this order (CTR-14, EXEC-5)")
    func order() throws {
        let idle: PaperEngine.Function = { run throws(PaperEnd) in try run.answer([1]) }
        var polity = try Self.polity(["idle": idle])
        #expect(try polity.invoked("nobody").code.value == 1201)
        #expect(try polity.invoked("idle", by: "stranger").code.value == 1205)
        #expect(try polity.invoked("idle", by: "bureau.auditor").code.value == 1809)
        let bare = polity.call(Polity.label("idle"), Polity.label("go"), [], by: Polity.key("bank.user"))
        #expect(polity.codes(try polity.run([bare])) == [1203])
        let policy = GovernanceAct.setPolicy(
            .method(Polity.label("idle"), Polity.label("go")), try Policy("any of org(court)"))
        #expect(try polity.pass([policy]).isEffective)
        #expect(try polity.invoked("idle").code.value == 1809)
        #expect(try polity.invoked("idle", "other").code.isSuccess)
        #expect(try polity.invoked("idle", by: "court.user").code.isSuccess)
        let freeze = GovernanceAct.Freeze(until: Height(polity.height + 20), reason: Polity.label("r"))
        #expect(try polity.pass([.freezeContract(Polity.label("idle"), freeze)]).isEffective)
        #expect(try polity.invoked("idle", by: "court.user").code.value == 1808)
        #expect(try polity.pass([.unfreezeContract(Polity.label("idle"))]).isEffective)
        #expect(try polity.invoked("idle", by: "court.user").code.isSuccess)
    }

    @Test("every way a run can end has its code, and all of the purse is used where it runs out (CTR-18, CTR-25)")
    func ends() throws {
        let end: PaperEngine.Function = { run throws(PaperEnd) in
            guard run.entry == .call else { return }
            switch try run.argument()[0] {
            case 0: throw .tooDeep
            case 1: while true { try run.spend(10_000) }
            case let place: throw .trapped(TrapKind.allCases[Int(place) - 2])
            }
        }
        var polity = try Self.polity(["end": end])
        for (argument, code) in [
            (0, 2621), (1, 2620), (2, 2622), (3, 2623), (4, 2624), (5, 2625), (6, 2626), (7, 2627),
        ] {
            let outcome = try polity.invoked("end", "go", [UInt8(argument)], purse: 100_000)
            #expect(Int(outcome.code.value) == code)
            #expect(StableCode.numbered(code) != nil)
            if code == 2620 { #expect(outcome.gasUsed.value > 100_000 && outcome.gasUsed.value < 106_000) }
        }
    }

    // MARK: What a contract asks

    @Test("pointers outside the memory stop the run, whichever import they go to (CTR-22)")
    func wildPointers() throws {
        let wild: PaperEngine.Function = { run throws(PaperEnd) in
            guard run.entry == .call else { return }
            let argument = try run.argument()
            guard let function = HostFunction(rawValue: argument[0]) else { return }
            let far = UInt64(UInt32.max) - 2
            var numbers = function.parameters.indices.map { _ in UInt64(0) }
            switch function {
            case .get, .put, .remove, .emit, .holds, .answer, .digest, .call: (numbers[0], numbers[1]) = (far, 8)
            case .argument: (numbers[0], numbers[1]) = (far, 16)
            case .text: (numbers[1], numbers[2]) = (far, 16)
            case .fail: (numbers[0], numbers[1], numbers[2]) = (5, far, 16)
            case .number, .trace: numbers[0] = far
            }
            try run.ask(function, numbers)
        }
        var polity = try Self.polity(["wild": wild])
        for function in HostFunction.allCases {
            let code = try polity.invoked("wild", "go", [function.rawValue, 1, 1, 1]).code.value
            switch function {
            case .number: #expect(code == 2641)
            case .trace: #expect(code == 0)
            default: #expect(code == 2640, "\(function)")
            }
        }
    }

    @Test("what is too long, too many or unknown stops the run with its own code (CTR-24)")
    func tooMuch() throws {
        let greedy: PaperEngine.Function = { run throws(PaperEnd) in
            guard run.entry == .call else { return }
            let large = [UInt8](repeating: 1, count: 65_537)
            switch try run.argument()[0] {
            case 0: try run.put(String(repeating: "k", count: 129), [])
            case 1: try run.put("k", large)
            case 2: try run.answer(large)
            case 3: try run.emit("e", large)
            case 4: for _ in 0..<33 { try run.emit("e", []) }
            case 5: try run.emit("", [])
            case 6: try run.emit(String(repeating: "e", count: 65), [])
            case 7: for _ in 0..<4 { try run.emit("e", [UInt8](repeating: 1, count: 16_000)) }
            case 8: try run.answer([UInt8](repeating: 1, count: 50_000))
            case 9: _ = try run.text(6)
            case 10: _ = try run.number(4)
            case 11: try run.fail(10_000)
            case 12: try run.fail(1, String(repeating: "x", count: 513))
            case 13: _ = try run.call("idle", "go", large)
            default: try run.put(String(repeating: "k", count: 128), [UInt8](repeating: 1, count: 65_536))
            }
        }
        var polity = try Self.polity(["greedy": greedy])
        let codes: [UInt16] = [
            2642, 2643, 2643, 2643, 2645, 2644, 2644, 2646, 2646, 2641, 2641, 2647, 2647, 2643, 0,
        ]
        for (argument, code) in codes.enumerated() {
            #expect(try polity.invoked("greedy", "go", [UInt8(argument)]).code.value == code, "\(argument)")
        }
    }

    @Test("no contract reaches another's keys, whatever it calls its own (EXEC-4, CTR-22)")
    func keysOfOthers() throws {
        let thief: PaperEngine.Function = { run throws(PaperEnd) in
            guard run.entry == .call else { return }
            var found: [UInt8] = []
            for key in ["k", "\u{5}owner" + "k", "../owner/k"] { found += (try run.get(key)) ?? [] }
            try run.put("\u{5}ownerk", [6])
            try run.answer(found)
        }
        let owner: PaperEngine.Function = { run throws(PaperEnd) in try run.put("k", [5]) }
        var polity = try Self.polity(["owner": owner, "thief": thief])
        #expect(try polity.invoked("thief").output.isEmpty)
        #expect(try polity.held("owner", "k") == [5])
    }

    // MARK: Contracts that call each other

    @Test("a callee's failure undoes the callee alone, and the caller learns the code (CTR-19)")
    func nested() throws {
        let inner: PaperEngine.Function = { run throws(PaperEnd) in
            guard run.entry == .call else { return }
            try run.put("k", try run.argument())
            try run.emit("inner", Array(try run.text(4).utf8))
            if try run.text(1) == "fail" { try run.fail(3, "no") }
            try run.answer(Array("depth \(try run.number(3)) for \(try run.text(3))".utf8))
        }
        let outer: PaperEngine.Function = { run throws(PaperEnd) in
            guard run.entry == .call else { return }
            try run.put("k", [1])
            let first = try run.call("inner", "go", [7])
            let second = try run.call("inner", "fail", [8])
            let third = try run.call("nobody", "go")
            let fourth = try run.call("evidence", "go")
            try run.answer(first.answer + Array(" \(second.code) \(third.code) \(fourth.code)".utf8))
        }
        var polity = try Self.polity(["inner": inner, "outer": outer])
        let outcome = try polity.invoked("outer")
        #expect(outcome.said == "depth 1 for bank 10003 1201 1201")
        #expect(outcome.events.map(\.contract.text) == ["inner"] && outcome.events[0].data == Array("outer".utf8))
        #expect(try polity.held("inner", "k") == [7] && polity.held("outer", "k") == [1])
    }

    @Test("nothing of a call stays where the outermost fails after its callees succeeded (CTR-19)")
    func nestedUndo() throws {
        let inner: PaperEngine.Function = { run throws(PaperEnd) in try run.put("k", try run.argument()) }
        let outer: PaperEngine.Function = { run throws(PaperEnd) in
            guard run.entry == .call else { return }
            _ = try run.call("inner", "go", [7])
            throw .trapped(.unreachable)
        }
        var polity = try Self.polity(["inner": inner, "outer": outer])
        #expect(try polity.invoked("outer").code.value == 2622)
        #expect(try polity.held("inner", "k") == [])
    }

    @Test("no contract is entered twice, and at most eight run inside each other (CTR-19)")
    func reentrancy() throws {
        let next: PaperEngine.Function = { run throws(PaperEnd) in
            guard run.entry == .call else { return }
            let own = try run.text(0)
            let number = Int(own.dropFirst(1)) ?? 0
            let again = try run.call(own, "go").code
            let deeper = try run.call("c\(number + 1)", "go")
            try run.answer(Array("\(again) \(deeper.code) ".utf8) + deeper.answer)
        }
        var polity = try Polity(["next": next])
        let module = PaperModule.bytes("next")
        try polity.publish(module)
        let acts = (0..<10).map {
            GovernanceAct.deployContract(ContractDeployment(name: Polity.label("c\($0)"), code: SM3.hash(module)))
        }
        #expect(try polity.pass(acts).isEffective)
        let outcome = try polity.invoked("c0", purse: 10_000_000)
        #expect(outcome.said == String(repeating: "2632 0 ", count: 7) + "2631 2631 ")
    }

    @Test("a callee is asked for by its own policy and standing, of the member behind it all (CTR-14, CTR-19)")
    func nestedRights() throws {
        let inner: PaperEngine.Function = { run throws(PaperEnd) in try run.put("k", [1]) }
        let outer: PaperEngine.Function = { run throws(PaperEnd) in
            guard run.entry == .call else { return }
            try run.answer(Array("\(try run.call("inner", "go").code)".utf8))
        }
        var polity = try Self.polity(["inner": inner, "outer": outer])
        let policy = GovernanceAct.setPolicy(.contractCalls(Polity.label("inner")), try Policy("any of org(court)"))
        #expect(try polity.pass([policy]).isEffective)
        #expect(try polity.invoked("outer").said == "1809")
        #expect(try polity.invoked("outer", by: "court.user").said == "0")
        let freeze = GovernanceAct.Freeze(reason: Polity.label("r"))
        #expect(try polity.pass([.freezeContract(Polity.label("inner"), freeze)]).isEffective)
        #expect(try polity.invoked("outer", by: "court.user").said == "1808")
        #expect(try polity.pass([.retireContract(Polity.label("inner"))]).isEffective)
        #expect(try polity.pass([.unfreezeContract(Polity.label("inner"))]).isEffective)
        #expect(try polity.invoked("outer", by: "court.user").said == "2612")
    }

    @Test("a contract pays for the text of the policy that decides its call, allowed or not, each time (CTR-17)")
    func nestedPolicies() throws {
        let inner: PaperEngine.Function = { run throws(PaperEnd) in try run.put("k", [1]) }
        let outer: PaperEngine.Function = { run throws(PaperEnd) in
            guard run.entry == .call else { return }
            var told = ""
            for method in ["a", "a", "b"] {
                let before = run.gas
                _ = try run.call("inner", method)
                told += "\((before - run.gas) / ContractPrices.fine) "
            }
            try run.answer(Array(told.utf8))
        }
        var polity = try Self.polity(["inner": inner, "outer": outer])
        let standard = try polity.invoked("outer").said.split(separator: " ").compactMap { Int($0) }
        let short = try Policy("any of org(court)")
        let long = try Policy("any of org(court) or any of org(bureau) or any of org(nowhere)")
        var paid: [Int] = []
        for policy in [short, long] {
            #expect(try polity.pass([.setPolicy(.contractCalls(Polity.label("inner")), policy)]).isEffective)
            let each = try polity.invoked("outer").said.split(separator: " ").compactMap { Int($0) }
            #expect(each.count == 3 && Set(each).count == 1, "what a node remembers is paid for like the rest")
            paid += each.prefix(1)
        }
        #expect(Set(standard).count == 1)
        #expect(paid[1] - paid[0] == 10 * (long.text.utf8.count - short.text.utf8.count))
    }

    @Test("a callee without end takes the caller's gas with it, and nothing else of the block (CTR-18, CTR-19)")
    func nestedGas() throws {
        let inner: PaperEngine.Function = { run throws(PaperEnd) in
            guard run.entry == .call else { return }
            while true { try run.spend(1_000) }
        }
        let outer: PaperEngine.Function = { run throws(PaperEnd) in
            guard run.entry == .call else { return }
            try run.put("k", [1])
            _ = try run.call("inner", "go")
            try run.put("k", [2])
        }
        var polity = try Self.polity(["inner": inner, "outer": outer])
        let outcome = try polity.run([polity.invoke("outer", purse: 50_000), polity.deposit(by: "bank.user")])
        #expect(polity.codes(outcome) == [2620, 0])
        #expect(try polity.held("outer", "k") == nil)
    }
}
