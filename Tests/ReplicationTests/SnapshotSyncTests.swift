// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi
import Storage
import Testing

extension PocketNetwork {
    /// Makes the chain grow by a deposit at a time until it has reached a height.
    mutating func grow(to height: UInt64, at index: Int = 0) throws {
        var number = 10_000 + Int(nodes[index].replica.finalHeight.value) * 10
        while nodes[index].replica.finalHeight.value < height {
            let tip = nodes[index].replica.finalHeight.value
            try submit([deposit(number, from: tip)], at: index)
            number += 1
            try run(millis: 150)
            try #require(number < 20_000, "the chain stands still at \(tip)")
        }
        try run(millis: 500)
    }

    /// A chain of a hundred blocks, with nodes that never were there.
    static func long(newcomers: Int) throws -> PocketNetwork {
        var network = try PocketNetwork(validators: 4, observers: newcomers, snapshotGap: 30)
        for index in 4..<4 + newcomers { network.stop(index) }
        try network.grow(to: 100)
        return network
    }
}

/// Stories of nodes that are too far behind to execute every block: they go on from a state others computed.
@Suite struct SnapshotSyncTests {
    private typealias Network = PocketNetwork

    private func expectSame(_ network: Network, _ index: Int, as other: Int = 0) throws {
        let (mine, theirs) = (network.nodes[index], network.nodes[other])
        #expect(mine.halted == nil)
        #expect(mine.replica.finalHeight == theirs.replica.finalHeight)
        let (tip, expected) = (mine.replica.executedTip, theirs.replica.executedTip)
        #expect(tip.leaf == expected.leaf && tip.history == expected.history && tip.pending == expected.pending)
        #expect(mine.lane.tree.root == theirs.lane.tree.root)
        var audit = ChainAudit(mine.store, spec: network.spec, scheme: PaperScheme())
        #expect(try audit.run { _, _ in true }.fault == nil)
    }

    private func client(_ network: Network) throws -> LightClient<PaperScheme> {
        let (spec, committee) = (network.spec, network.spec.committee)
        let message = TrustAnchor.signedMessage(chain: spec.id, name: spec.name, committee: committee)
        let seals = committee.validators.enumerated().map { place, validator in
            QuorumCertificate.Seal(
                signer: ValidatorIndex(place), signature: PaperScheme.sign(message, by: validator.key))
        }
        return try LightClient(
            anchor: TrustAnchor(chain: spec.id, name: spec.name, committee: committee, seals: seals),
            scheme: PaperScheme())
    }

    /// Everything above the base is proven by this node as by any other; below it nothing is.
    private func expectProofs(_ network: Network, _ index: Int) throws {
        let node = network.nodes[index]
        let builder = ProofBuilder(node.store)
        var client = try client(network)
        let base = try #require(try BlockStore(node.store).base()).height.value
        #expect(base == node.bases.last)
        var count = 0
        for height in (base + 1)..<node.replica.attestedHeight.value {
            guard let block = try BlockStore(node.store).block(at: Height(height)) else {
                Issue.record("block \(height) is missing")
                continue
            }
            for transaction in block.payload.transactions {
                let (found, proof) = try #require(try builder.proof(of: transaction.id))
                #expect(try client.verify(found, proof).height == Height(height))
                let theirs = try #require(try ProofBuilder(network.nodes[0].store).proof(of: transaction.id)).1
                #expect(proof.receipt == theirs.receipt && proof.leaf == theirs.leaf)
                count += 1
            }
        }
        #expect(count > 0)
        for height in [1, base - 1, base] { #expect(try builder.proofs(at: Height(height)) == nil) }
    }

    private func offer(_ network: Network, at index: Int = 0) throws -> SnapshotOffer {
        try #require(try ProofBuilder(network.nodes[index].store).snapshotOffer())
    }

    @Test("a store has all its lists from its founding on, also where it goes on from a snapshot (DATA-12)")
    func lists() throws {
        var network = try PocketNetwork.long(newcomers: 1)
        try network.start(4)
        try network.run(millis: 10_000)
        #expect(!network.nodes[4].bases.isEmpty)
        for index in [0, 4] {
            let blocks = BlockStore(network.nodes[index].store)
            #expect(try blocks.isRegisterWhole(), "node \(index)")
            #expect(try blocks.keys(of: .members, after: nil, limit: 9).count == 1, "node \(index)")
            #expect(try blocks.completeRegister(of: network.nodes[index].lane.tree) == nil)
        }
    }

    @Test("a newcomer joins by a snapshot and the blocks above it, and its books are the others' (SYNC-5, SYNC-8)")
    func newcomer() throws {
        var network = try Network.long(newcomers: 2)
        #expect(network.nodes[0].lane.tree.pins == [81, 97], "the newest two are kept")
        #expect(try PaperChain().lane.tree.pins == [4, 7], "and those of closing blocks")
        try network.start(4)
        try network.run(millis: 6_000)
        #expect(network.nodes[4].bases.count == 1)
        #expect(network.nodes[4].bases[0] >= 80)
        try expectSame(network, 4)
        try network.grow(to: 150)
        try network.run(millis: 2_000)
        try expectSame(network, 4)
        try expectProofs(network, 4)
        // It knows no block below its base and says nothing of them.
        let early = network.nodes[0].store
        let first = try #require(try BlockStore(early).block(at: Height(40)))
        for transaction in first.payload.transactions {
            #expect(try ProofBuilder(network.nodes[4].store).proof(of: transaction.id) == nil)
        }
        // And it gives snapshots itself, to one that hears nobody else.
        network.passes = { from, to, _ in from != 5 && to != 5 || from == 4 || to == 4 }
        try network.start(5)
        try network.link(5, to: 4)
        try network.run(millis: 8_000)
        #expect(network.nodes[5].bases.count == 1)
        try expectSame(network, 5)
        try expectProofs(network, 5)
    }

    @Test("a validator that was away for long comes back by a snapshot, and then its vote counts (SYNC-5, HOST-10)")
    func awayForLong() throws {
        var network = try Network(validators: 4, snapshotGap: 30)
        try network.grow(to: 5)
        network.stop(3)
        try network.grow(to: 110)
        try network.start(3)
        try network.run(millis: 6_000)
        #expect(network.nodes[3].bases.count == 1)
        try expectSame(network, 3)
        network.stop(0)
        try network.grow(to: network.nodes[3].replica.finalHeight.value + 10, at: 1)
        try network.run(millis: 3_000)
        try expectSame(network, 3, as: 1)
        // A restart knows what it began with.
        network.stop(3)
        try network.start(3)
        try network.run(millis: 3_000)
        #expect(network.nodes[3].bases.count == 1)
        try expectSame(network, 3, as: 1)
    }

    /// A chain that has changed its committee twice: 0 to 3, then 1 to 4, then 2, 3, 4 and 0.
    private func threeCommittees(newcomers: Int) throws -> Network {
        var network = try Network(validators: 4, observers: 1 + newcomers, snapshotGap: 30)
        for index in 5..<5 + newcomers { network.stop(index) }
        let keys = network.nodes.map(\.key)
        for (epoch, members) in [[1, 2, 3, 4], [2, 3, 4, 0]].enumerated() {
            try network.grow(to: UInt64(epoch + 1) * 40)
            let next = Network.committee(members.map { keys[$0] }, epoch: UInt64(epoch) + 1)
            let tip = network.nodes[0].replica.finalHeight.value
            try network.change(to: next, at: 2, from: tip)
            try network.run(millis: 5_000)
            #expect(network.nodes[2].replica.committee == next)
        }
        return network
    }

    @Test("a newcomer that knows the founding committee alone is led across two epochs (SYNC-6)")
    func acrossEpochs() throws {
        var network = try threeCommittees(newcomers: 2)
        // The newest snapshot is that of the closing block, attested by the epoch after it.
        let atTheEnd = try offer(network)
        #expect(atTheEnd.header.nextCommittee != nil && atTheEnd.attesting.epoch == atTheEnd.header.epoch.next)
        try network.start(5)
        try network.run(millis: 8_000)
        #expect(network.nodes[5].bases == [atTheEnd.height.value])
        #expect(network.nodes[5].replica.committee.epoch == Epoch(2))
        try expectSame(network, 5)
        try network.grow(to: 130)
        let offer = try offer(network)
        #expect(offer.handovers.count == 2)
        try network.start(6)
        try network.run(millis: 8_000)
        #expect(network.nodes[6].bases == [offer.height.value])
        try network.grow(to: 140)
        for index in 5...6 {
            try expectSame(network, index)
            try expectProofs(network, index)
        }
    }

    @Test("a quest that a restart interrupts goes on where it was (SYNC-7, SNAP-6)")
    func interrupted() throws {
        var network = try Network.long(newcomers: 2)
        final class Count { var parts = [4: 0, 5: 0] }
        let count = Count()
        network.passes = { _, to, message in
            if case .chunk = message { count.parts[to, default: 0] += 1 }
            return true
        }
        try network.start(5)
        try network.run(millis: 6_000)
        #expect(network.nodes[5].bases.count == 1)
        let all = try #require(count.parts[5])
        #expect(all > 8)
        try network.start(4)
        while count.parts[4, default: 0] < all / 2 { try network.run(millis: 10) }
        #expect(network.nodes[4].bases.isEmpty)
        network.stop(4)
        try network.run(millis: 2_000)
        try network.start(4)
        try network.run(millis: 6_000)
        #expect(network.nodes[4].bases == network.nodes[5].bases)
        try expectSame(network, 4)
        // What was under way when it stopped is lost, what was written is not.
        #expect(count.parts[4, default: 0] <= all + 4)
    }

    @Test("blocks that overtake an unfinished snapshot are executed, and what lies there of it is dropped (SYNC-7)")
    func overtaken() throws {
        var network = try Network.long(newcomers: 1)
        final class Gate { var parts = 0 }
        let gate = Gate()
        network.passes = { _, _, message in
            guard case .chunk = message else { return true }
            gate.parts += 1
            return gate.parts <= 3
        }
        try network.start(4)
        try network.run(millis: 20_000)
        #expect(network.nodes[4].replica.finalHeight == .zero, "no blocks are asked for while parts may come")
        let left = try StateAssembly.underWay(
            in: network.nodes[4].store, keyspace: BlockStore<MemoryStore>.stateKeyspace)
        #expect(left != nil)
        try network.run(millis: 20_000)
        #expect(network.nodes[4].bases.isEmpty)
        try expectSame(network, 4)
        #expect(
            try StateAssembly.underWay(
                in: network.nodes[4].store, keyspace: BlockStore<MemoryStore>.stateKeyspace) == nil)
    }
}
