// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Testbed
import Testing

@Suite("A chain in memory to try contracts on (KIT-21)")
struct TestbedTests {
    static let counter = Label(literal: "counter")
    static let add = Label(literal: "add")
    static let clerk = TestbedPerson(Label(literal: "li"), of: Label(literal: "court"))
    static let auditor = TestbedPerson(
        Label(literal: "wu"), of: Label(literal: "audit"), roles: RoleSet(.auditor))

    /// Counts its calls under `n`, and says who called and when.
    private static let functions: [String: PaperEngine.Function] = [
        "counter": { run throws(PaperEnd) in
            let old = try run.get("n")?.first ?? 0
            guard run.entry == .call else { return try run.put("n", [100]) }
            try run.put("n", [old &+ 1])
            if try run.text(1) == "fail" { try run.fail(7, "as asked") }
            try run.emit("counted", [old])
            try run.answer(Array(try run.text(3).utf8))
        }
    ]

    private func bed(policies: [FoundingPolicy] = []) throws -> Testbed {
        try Testbed(
            people: [Self.clerk, Self.auditor], policies: policies, engine: PaperEngine(Self.functions))
    }

    private func deployed(policies: [FoundingPolicy] = []) throws -> Testbed {
        var bed = try bed(policies: policies)
        try bed.deploy(PaperModule.bytes("counter", imports: HostFunction.allCases), as: Self.counter)
        return bed
    }

    private func count(_ bed: Testbed) throws -> UInt8? { try bed.value(Self.counter, Array("n".utf8))?.first }

    @Test("a contract is deployed by its organisations' decision, and a call has a receipt with gas and events")
    func calls() throws {
        var bed = try deployed()
        #expect(try count(bed) == 100)
        let receipt = try bed.call(Self.counter, Self.add, [], by: Self.clerk.key)
        #expect(receipt.outcome.code.isSuccess && receipt.height == bed.height)
        #expect(receipt.outcome.gasUsed.value > 3_000)
        #expect(receipt.outcome.events.map(\.name.text) == ["counted"])
        #expect(receipt.outcome.output == Array("court".utf8))
        #expect(try count(bed) == 101)
    }

    @Test("a failed call keeps nothing and says its own code; what a policy forbids is refused as on every chain")
    func refusals() throws {
        var bed = try deployed()
        let failed = try bed.call(Self.counter, Label(literal: "fail"), [], by: Self.clerk.key)
        #expect(failed.outcome.code.value == 10_007)
        #expect(String(decoding: failed.outcome.output, as: UTF8.self) == "as asked")
        #expect(try count(bed) == 100)
        let denied = try bed.call(Self.counter, Self.add, [], by: Self.auditor.key)
        #expect(denied.outcome.code == .deniedByPolicy)
        let open = FoundingPolicy(.method(Self.counter, Self.add), Policy.role(RoleSet(.auditor)))
        var narrow = try deployed(policies: [open])
        #expect(try narrow.call(Self.counter, Self.add, [], by: Self.auditor.key).outcome.code.isSuccess)
        #expect(try narrow.call(Self.counter, Self.add, [], by: Self.clerk.key).outcome.code == .deniedByPolicy)
    }

    @Test("going back to a mark or a height brings that state, time and height back, and both ways can be gone on")
    func travel() throws {
        var bed = try deployed()
        let start = bed.mark
        let (height, root, time) = (bed.height, bed.root, bed.time)
        for _ in 0..<3 { _ = try bed.call(Self.counter, Self.add, [], by: Self.clerk.key) }
        let (there, later) = (bed.mark, bed.root)
        try bed.go(back: start)
        #expect(bed.height == height && bed.root == root && bed.time == time)
        #expect(try count(bed) == 100)
        // The other way writes the same key at the same heights, and neither disturbs the other.
        for _ in 0..<5 { _ = try bed.call(Self.counter, Self.add, [], by: Self.clerk.key) }
        #expect(try count(bed) == 105)
        try bed.go(back: Height(height.value + 2))
        #expect(try count(bed) == 102)
        try bed.go(back: there)
        #expect(try count(bed) == 103 && bed.root == later)
        _ = try bed.call(Self.counter, Self.add, [], by: Self.clerk.key)
        #expect(try count(bed) == 104)
        #expect(throws: TestbedError.unreachable(Height(1_000))) { try bed.go(back: Height(1_000)) }
    }

    @Test("a copy goes its own way")
    func copies() throws {
        var bed = try deployed()
        var other = bed
        _ = try bed.call(Self.counter, Self.add, [], by: Self.clerk.key)
        for _ in 0..<2 { _ = try other.call(Self.counter, Self.add, [], by: Self.clerk.key) }
        #expect(try count(bed) == 101)
        #expect(try count(other) == 102)
    }

    @Test("heights and times are gone on to, and time never goes back")
    func later() throws {
        var bed = try deployed()
        let (height, time) = (bed.height, bed.time)
        try bed.go(to: Height(height.value + 10))
        #expect(bed.time.value == time.value + 10 * Testbed.blockMillis)
        bed.wait(milliseconds: 5_000)
        _ = try bed.call(Self.counter, Self.add, [], by: Self.clerk.key)
        #expect(bed.time.value == time.value + 11 * Testbed.blockMillis + 5_000)
        let noon = Timestamp(bed.time.value + 3_600_000)
        try bed.go(to: noon)
        _ = try bed.call(Self.counter, Self.add, [], by: Self.clerk.key)
        #expect(bed.time == noon)
        #expect(throws: TestbedError.unreachable(bed.height)) { try bed.go(to: time) }
        #expect(throws: TestbedError.unreachable(height)) { try bed.go(to: height) }
    }

    @Test("a question changes nothing, a dry run tells each import, and a block takes no more gas than on a chain")
    func looking() throws {
        var bed = try deployed()
        let root = bed.root
        let asked = try bed.ask(Self.counter, Self.add, [], by: Self.auditor.account)
        #expect(asked.code.isSuccess)
        var imports: [HostFunction] = []
        let tried = try bed.attempt(Self.counter, Self.add, [], by: Self.clerk.key) { imports.append($0.function) }
        #expect(tried.code.isSuccess && imports.contains(.put) && imports.contains(.emit))
        #expect(bed.root == root)
        let greedy = PursedArguments(purse: ContractLimits.purseMax, argument: []).encoded
        let calls = (0..<10).map { _ in bed.transaction(Self.counter, Self.add, greedy, by: Self.clerk.key) }
        #expect(throws: TestbedError.blockFull) { try bed.run(calls) }
        #expect(bed.root == root)
    }

    @Test("what no chain is founded with, and modules a chain refuses, are refused with their reason")
    func unfit() throws {
        #expect(throws: TestbedError.self) { try Testbed(people: [], engine: nil) }
        #expect(throws: TestbedError.self) { try Testbed(people: [Self.clerk, Self.clerk], engine: nil) }
        var bed = try bed()
        do throws(TestbedError) {
            try bed.publish([0, 0x61, 0x73, 0x6d])
            Issue.record("a torn module was published")
        } catch {
            guard case .refused(let code, _) = error else { throw error }
            #expect((2_500..<2_570).contains(code.value))
        }
    }
}
