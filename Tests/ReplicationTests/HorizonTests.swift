// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import Replication
import Storage
import Testing

/// What a node without its old blocks says to others.
@Suite struct HorizonTests {
    @Test("a range that begins at or below the horizon is not served; one above is, and newcomers find both (ARCH-7)")
    func ranges() throws {
        var network = try PocketNetwork(validators: 4, observers: 1)
        network.stop(4)
        try network.grow(to: 30)
        // Blocks leave node 0's store alone.
        let blocks = BlockStore(network.nodes[0].store)
        while let batch = try blocks.takeOut(upTo: Height(20), bytesMax: 1_000) {
            try blocks.store.write(batch, durably: false)
        }
        #expect(try blocks.horizon() == Height(20) && blocks.firstKept() == Height(21))
        final class Answers { var first: [UInt64] = [] }
        let answers = Answers()
        network.passes = { from, to, message in
            if from == 0, to == 4, case .blocks(let range) = message, let first = range.blocks.first {
                answers.first.append(first.header.height.value)
            }
            return true
        }
        try network.start(4)
        // Asked of node 0 by hand, at each height around the horizon.
        for height in [1, 20, 21, 25] as [UInt64] {
            try network.run(millis: 100)
            try network.hand(.blocksRequest(from: Height(height)), from: 4, to: 0)
        }
        try network.run(millis: 6_000)
        #expect(answers.first.contains(21) && answers.first.contains(25))
        #expect(!answers.first.contains { $0 <= 20 })
        #expect(network.nodes[4].replica.finalHeight == network.nodes[0].replica.finalHeight)
        // What it proves of newer blocks rests on the history, which stays.
        let proof = try ProofBuilder(network.nodes[0].store).proofs(at: Height(21))
        #expect(proof?.leaf == (try ProofBuilder(network.nodes[1].store).proofs(at: Height(21)))?.leaf)
        #expect(try ProofBuilder(network.nodes[0].store).proofs(at: Height(20)) == nil)
        // A restart finds all it needs.
        network.stop(0)
        try network.start(0)
        try network.grow(to: 35, at: 1)
        try network.run(millis: 1_000)
        #expect(network.nodes[0].halted == nil)
        #expect(network.nodes[0].replica.finalHeight == network.nodes[1].replica.finalHeight)
    }
}
