// SPDX-License-Identifier: Apache-2.0
import Hosting
import Ledger
import Replication
import ShangMi
import Storage
import Testing

/// One chain of four hosts with real signatures over real sockets.
@Suite(.serialized) struct FourNodesTests {
    private func height(_ progress: Hosting.Progress?) -> Height? {
        if case .attested(let number) = progress { return number.height }
        return nil
    }

    /// Waits until all have executed a height, and demands one history.
    private func agree(_ four: FourNodes, on nodes: [Int], at height: Height) async {
        for node in nodes { #expect(await four.wait(node, for: height), "node \(node) at \(height.value)") }
        for _ in 0..<200 {
            var tips: [ExecutedTip] = []
            for node in nodes { if let tip = await four.executed(node) { tips.append(tip) } }
            if tips.count == nodes.count, Set(tips.map(\.height)).count == 1 {
                return #expect(Set(tips.map(\.root)).count == 1)
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
        #expect(Bool(false), "the nodes do not come to one height")
    }

    @Test("evidence goes in at any of four and is executed at all of them, with one history (HOST-1, HOST-2, LINK-1)")
    func everywhere() async throws {
        let four = try FourNodes()
        for node in 0..<4 { try await four.start(node) }
        var last = Height.zero
        for node in 0..<4 {
            last = try #require(height(try await four.put(UInt64(node), at: node)))
        }
        await agree(four, on: [0, 1, 2, 3], at: last)
        for node in 0..<4 { await four.stop(node) }
    }

    @Test("with one of four gone the chain goes on; started again it catches up and votes (HOST-6, SYNC-1)")
    func oneGone() async throws {
        let four = try FourNodes()
        for node in 0..<4 { try await four.start(node) }
        #expect(height(try await four.put(1, at: 0)) != nil)
        await four.stop(3)
        for number in 2..<12 { #expect(height(try await four.put(UInt64(number), at: Int(number % 3))) != nil) }
        try await four.start(3)
        let last = try #require(height(try await four.put(20, at: 3)))
        await agree(four, on: [0, 1, 2, 3], at: last)
        // Its vote is needed now.
        await four.stop(1)
        let next = try #require(height(try await four.put(21, at: 3)))
        await agree(four, on: [0, 2, 3], at: next)
        for node in [0, 2, 3] { await four.stop(node) }
    }

    @Test("all four stopped and started again go on where they were (HOST-6)")
    func allAgain() async throws {
        let four = try FourNodes()
        for node in 0..<4 { try await four.start(node) }
        let before = try #require(height(try await four.put(1, at: 0)))
        for node in 0..<4 { await four.stop(node) }
        for node in 0..<4 { try await four.start(node) }
        let after = try #require(height(try await four.put(2, at: 1)))
        #expect(after > before)
        #expect(height(try await four.put(1, at: 2)) == before)
        await agree(four, on: [0, 1, 2, 3], at: after)
        for node in 0..<4 { await four.stop(node) }
    }

    @Test("a node whose disk was emptied builds itself up from the others (SYNC-1, CONS-23)")
    func emptied() async throws {
        let four = try FourNodes()
        for node in 0..<4 { try await four.start(node) }
        var last = Height.zero
        for number in 0..<30 { last = try #require(height(try await four.put(UInt64(number), at: number % 4))) }
        await four.stop(2)
        try four.wipe(2)
        try await four.start(2)
        #expect(await four.wait(2, for: last))
        await agree(four, on: [0, 1, 2, 3], at: last)
        for node in 0..<4 { await four.stop(node) }
    }
}
