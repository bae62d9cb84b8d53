// SPDX-License-Identifier: Apache-2.0
import ContractKit
import ContractTesting
import Form
import Testing

@Suite("form")
struct FormTests {
    @Test("KIT-16, KIT-17: its stories go as written")
    func stories() throws {
        for story in try Scenario.beside(#filePath) { try story.run(on: Form.self) }
    }

    @Test("KIT-17: after the story every record stands once in its state's index and in each field's, and nowhere else")
    func indexes() throws {
        let story = try #require(try Scenario.beside(#filePath).first)
        let chain = try story.run(on: Form.self)
        var states: [UInt64] = []
        for state in 0..<4 as Range<UInt8> {
            var writer = Writer()
            writer.byte(state)
            writer.put(Bytes?.none)
            var reader = Reader(Bytes(try chain.call("form", "in-state", bytes: writer.done().array)))
            states.append(try reader.number())
        }
        #expect(states == [0, 0, 1, 1])
        var reader = Reader(
            Bytes(try chain.call("form", "by-holder", bytes: arguments(Text?.none, Text?.none, Bytes?.none))))
        #expect(try reader.number() == 2)
        #expect(try Text(from: &reader) == "L-001")
    }

    @Test(
        "KIT-16: bytes that are no form are refused at the start",
        arguments: [[], [1], [2, 1, 0x61, 0, 0, 0, 0, 0, 0, 0, 0, 0], [UInt8](repeating: 0xff, count: 40)])
    func refuses(_ form: [UInt8]) {
        #expect(throws: TestChain.Refusal.self) {
            try TestChain().install(Form.self, as: "form", arguments(Bytes(form)))
        }
    }

    @Test("KIT-16: of the example's form no shortened and no single changed byte traps")
    func survives() throws {
        let file = try Scenario.bytes("../Examples/licence-index.form", beside: #filePath)
        let form = try Bytes(decoding: Bytes(file)).array
        for count in 0..<form.count { expectNoTrap(Array(form[..<count])) }
        for place in form.indices {
            for value in [0, 1, 0x7f, 0xff] as [UInt8] {
                var changed = form
                changed[place] = value
                expectNoTrap(changed)
            }
        }
    }

    /// Started or refused, and then called: whatever comes of it, it comes as an answer or a code.
    private func expectNoTrap(_ form: [UInt8]) {
        let chain = TestChain()
        chain.sign(as: "a", of: "market-bureau")
        guard (try? chain.install(Form.self, as: "form", arguments(Bytes(form)))) != nil else { return }
        _ = chain.failure("form", "join", Text("issuer"), Text("market-bureau"))
        let licence = arguments(Text("L-001"), Text("A"), UInt64(0), Moment(9), false, false)
        _ = try? chain.call("form", "create", bytes: licence)
        _ = chain.failure("form", "approve", Text("L-001"))
        _ = chain.failure("form", "lapse", Text("L-001"))
        _ = chain.failure("form", "revoke", Text("L-001"), Text?.none)
        _ = chain.failure("form", "by-expires", Moment?.none, Moment?.none, Bytes?.none)
    }
}
