// SPDX-License-Identifier: Apache-2.0
import ContractKit
import ContractTesting
import Ledger
import Testing

@Suite("ledger")
struct LedgerTests {
    @Test("its stories go as written")
    func stories() throws {
        for story in try Scenario.beside(#filePath) { try story.run(on: Ledger.self) }
    }

    /// A fixed sequence without a pattern: the house's tests repeat to the bit.
    private struct Draws {
        private var state: UInt64 = 0x9e37_79b9_7f4a_7c15

        mutating func below(_ bound: UInt64) -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state % bound
        }
    }

    @Test("whatever is transferred, held, captured and released, all balances together are zero")
    func sumIsZero() throws {
        let chain = TestChain()
        try chain.install(Ledger.self, as: "ledger", arguments(Text("org-1")))
        let names: [Text] = ["mint", "a", "b", "c", "d"]
        try chain.call("ledger", "open-issuing", names[0])
        for name in names.dropFirst() { try chain.call("ledger", "open", name) }
        var draws = Draws()
        var failed = 0
        for _ in 0..<600 {
            let from = names[Int(draws.below(5))]
            let to = names[Int(draws.below(5))]
            let amount = draws.below(400)
            let failure: Failure? =
                switch draws.below(4) {
                case 0:
                    chain.failure("ledger", "hold", from, to, amount, Moment(chain.time.milliseconds + draws.below(9)))
                case 1: chain.failure("ledger", "capture", draws.below(80))
                case 2: chain.failure("ledger", "release", draws.below(80))
                default: chain.failure("ledger", "transfer", from, to, amount, Text("x"))
                }
            if failure != nil { failed += 1 }
            chain.advance(milliseconds: draws.below(3))
            var sum: Int64 = 0
            for name in names { sum += try balance(of: name, in: chain) }
            #expect(sum == 0)
        }
        #expect(failed > 50 && failed < 550, "both ends are reached")
    }

    private func balance(of name: Text, in chain: TestChain) throws -> Int64 {
        var reader = Reader(Bytes(try chain.call("ledger", "account", bytes: arguments(name))))
        #expect(try Bool(from: &reader))
        _ = try Text(from: &reader)
        let isIssuing = try Bool(from: &reader)
        let balance = try Int64(from: &reader)
        let held = try Int64(from: &reader)
        #expect(held >= 0 && (isIssuing || balance >= held))
        return balance
    }
}
