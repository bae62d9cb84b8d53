// SPDX-License-Identifier: Apache-2.0
import Consensus
import Ledger
import Replication
import ShangMi
import Storage
import Testing

/// Single stories of several nodes of one chain, each told in a few lines.
@Suite struct ManyReplicasTests {
    @Test("evidence given to any of four validators is final at all of them, and then the chain rests (CONS-17)")
    func four() throws {
        var network = try PocketNetwork(validators: 4)
        for index in 0..<4 { try network.submit(deposits: index * 10..<index * 10 + 10, at: index) }
        try network.run(millis: 2_000)
        for number in 0..<40 { #expect(try network.has(number, number % 4), "deposit \(number)") }
        let height = network.nodes[0].replica.finalHeight
        try network.expectSameBooks(upTo: height.value, of: [0, 1, 2, 3])
        let views = network.nodes.map { $0.replica.view }
        try network.run(millis: 20_000)
        #expect(network.nodes.map { $0.replica.view } == views, "no view passes at rest")
        #expect(network.nodes[0].replica.attestedHeight.value >= height.value - 1)
    }

    @Test("an attesting block whose finality was lost is helped on at once, not by the next heartbeat (CONS-17)")
    func attestationHelped() throws {
        var network = try PocketNetwork(validators: 4)
        try network.submit(deposits: 0..<1, at: 0)
        while try !network.has(0, 0) { try network.run(millis: 1) }
        let filled = try #require(try BlockStore(network.nodes[0].store).place(of: network.deposit(0).id)).height
        try #require(network.nodes[0].replica.attestedHeight < filled)
        // The proposal comes and no vote does, until everybody has given the view up: then it is notarized and nobody
        // may finalize it any more.
        network.passes = { _, _, message in
            switch message {
            case .proposal, .body: true
            default: false
            }
        }
        try network.run(millis: 1_500)
        network.passes = { _, _, _ in true }
        try network.run(millis: 3_000)
        for node in network.nodes { #expect(node.replica.attestedHeight >= filled) }
    }

    @Test("without a quorum nothing moves, and with it again the chain goes on at once (CONS-9)")
    func noQuorum() throws {
        var network = try PocketNetwork(validators: 4)
        try network.submit(deposits: 0..<1, at: 0)
        try network.run(millis: 1_000)
        network.stop(2)
        network.stop(3)
        try network.submit(deposits: 1..<2, at: 0)
        try network.run(millis: 500)
        let views = network.nodes.map { $0.replica.view }
        try network.run(millis: 60_000)
        #expect(network.nodes.map { $0.replica.view } == views)
        try network.start(2)
        try network.run(millis: 3_000)
        #expect(try network.has(1, 2))
    }

    @Test("all at once stopped and started again, the chain continues")
    func wholeSite() throws {
        var network = try PocketNetwork(validators: 4)
        try network.submit(deposits: 0..<20, at: 1)
        try network.run(millis: 45)
        for index in 0..<4 { network.stop(index) }
        try network.run(millis: 1_000)
        for index in 0..<4 { try network.start(index) }
        try network.submit(deposits: 0..<30, at: 2)
        try network.run(millis: 4_000)
        for number in 0..<30 { #expect(try network.has(number, 0), "deposit \(number)") }
        try network.expectSameBooks(upTo: network.nodes[0].replica.finalHeight.value, of: [0, 1, 2, 3])
    }

    @Test("a node far behind catches up by ranges and then votes (SYNC-1 to SYNC-4)")
    func catchingUp() throws {
        var network = try PocketNetwork(validators: 4, observers: 1)
        network.stop(3)
        for number in 0..<150 {
            try network.submit(deposits: number..<number + 1, at: 0)
            try network.run(millis: 200)
        }
        #expect(network.nodes[0].replica.finalHeight.value > 100)
        try network.start(3)
        try network.run(millis: 4_000)
        // The observer stands outside the committee and follows (CONS-26).
        try network.expectSameBooks(upTo: network.nodes[0].replica.finalHeight.value, of: [0, 3, 4])
    }

    @Test("a validator that lost its record is silent until it can contradict nothing, then votes again (CONS-23)")
    func lostRecord() throws {
        var network = try PocketNetwork(validators: 4)
        try network.submit(deposits: 0..<5, at: 0)
        try network.run(millis: 1_000)
        network.stop(2)
        network.loseRing(of: 2)
        try network.start(2)
        #expect(network.nodes[2].observations.contains(.recordLost))
        #expect(!network.nodes[2].replica.voter.canSpeak)
        for number in 5..<20 {
            try network.submit(deposits: number..<number + 1, at: 0)
            try network.run(millis: 1_000)
        }
        #expect(network.nodes[2].replica.voter.canSpeak)
        network.stop(0)
        try network.submit(deposits: 30..<31, at: 1)
        try network.run(millis: 8_000)
        #expect(try network.has(30, 2), "with one other down its vote is needed")
    }

    @Test("the committee changes at a closing block; who comes in votes, who leaves follows (CONS-25, CONS-26)")
    func committeeChange() throws {
        var network = try PocketNetwork(validators: 4, observers: 1)
        try network.submit(deposits: 0..<5, at: 0)
        try network.run(millis: 2_000)
        let keys = network.nodes.map(\.key)
        let next = PocketNetwork.committee([keys[1], keys[2], keys[3], keys[4]], epoch: 1)
        try network.change(to: next, at: 0)
        try network.run(millis: 5_000)
        for node in network.nodes {
            #expect(node.replica.committee == next, "everybody is in the new epoch")
            #expect(node.halted == nil)
        }
        try network.submit(deposits: 10..<15, at: 4)
        try network.run(millis: 3_000)
        for number in 10..<15 { #expect(try network.has(number, 0), "deposit \(number) at the one that left") }
        // The newcomer's vote counts: with one of the old ones down it is needed.
        network.stop(1)
        try network.submit(deposits: 20..<21, at: 4)
        try network.run(millis: 8_000)
        #expect(try network.has(20, 4))
        // A node that slept through the change finds its way into the new epoch.
        try network.start(1)
        try network.run(millis: 4_000)
        try network.expectSameBooks(upTo: network.nodes[4].replica.finalHeight.value, of: [4, 0, 1, 2, 3])
    }

    @Test("a link that is broken for good between two validators stops nothing")
    func brokenLink() throws {
        var network = try PocketNetwork(validators: 4)
        network.passes = { from, to, _ in !(from == 0 && to == 1 || from == 1 && to == 0) }
        for number in 0..<20 {
            try network.submit(deposits: number..<number + 1, at: number % 4)
            try network.run(millis: 500)
        }
        try network.run(millis: 6_000)
        for number in 0..<20 { #expect(try network.has(number, number % 4), "deposit \(number)") }
        try network.expectSameBooks(upTo: network.nodes[0].replica.finalHeight.value, of: [0, 1, 2, 3])
    }

    @Test("large payloads go as identifiers where many would each get a copy, and who lacks some asks (PEER-8, PEER-9)")
    func outlines() throws {
        final class Counter: @unchecked Sendable {  // SAFETY: used by one thread of one test.
            var outlines = 0
            var requests = 0
        }
        let counter = Counter()
        var network = try PocketNetwork(validators: 8)
        network.passes = { from, to, message in
            if case .outline = message { counter.outlines += 1 }
            if case .bodyRequest = message { counter.requests += 1 }
            // Clients' transactions never reach number 5, so it can rebuild nothing.
            if case .transactions = message { return to != 5 }
            return true
        }
        try network.submit(deposits: 0..<400, at: 0)
        try network.run(millis: 3_000)
        #expect(counter.outlines > 0)
        #expect(counter.requests > 0)
        for index in 0..<8 { #expect(try network.has(399, index), "node \(index)") }
    }

    /// What went to and from one node.
    private final class Traffic: @unchecked Sendable {  // SAFETY: used by one thread of one test.
        var asked: Set<BlockID> = []
    }

    /// Every view from the first final block to the last ended with a block: nobody lost a turn.
    private func expectNoTurnLost(_ network: PocketNetwork, _ index: Int) throws {
        let blocks = BlockStore(network.nodes[index].store)
        let last = network.nodes[index].replica.finalHeight.value
        #expect(last > 20)
        let views = try (5...last).map { try #require(try blocks.finalRecord(at: Height($0))).header.view.value }
        #expect(zip(views, views.dropFirst()).allSatisfy { $1 == $0 + 1 }, "\(views)")
    }

    @Test(
        "a body that comes after a quorum of others has ended its view is taken; its receiver leads in turn (PEER-9)"
    )
    func lateBodies() throws {
        let traffic = Traffic()
        var network = try PocketNetwork(validators: 4)
        network.lateness = { to, message in
            if case .body = message, to == 3 { return 14 }
            return 0
        }
        network.passes = { from, _, message in
            if case .bodyRequest(let id) = message, from == 3 { traffic.asked.insert(id) }
            return true
        }
        for number in 0..<100 {
            try network.submit(deposits: number..<number + 1, at: number % 4)
            try network.run(millis: 20)
        }
        try network.run(millis: 1_000)
        #expect(traffic.asked.isEmpty, "it asked for \(traffic.asked.count) bodies that were on their way")
        for index in 0..<4 { #expect(try network.has(99, index), "node \(index)") }
        try expectNoTurnLost(network, 0)
    }

    @Test("a node cut off from its quorum, or behind it, is not in step; the others are (SYNC-10)")
    func inStep() throws {
        var network = try PocketNetwork(validators: 4)
        func inStep(_ index: Int) -> Bool { network.nodes[index].replica.isInStep(at: network.now) }
        #expect(!inStep(0), "nobody was heard yet")
        try network.run(millis: 1_500)
        for index in 0..<4 { #expect(inStep(index), "node \(index)") }
        network.passes = { from, to, _ in from != 3 && to != 3 }
        try network.submit(deposits: 0..<5, at: 0)
        try network.run(millis: 4_000)
        for index in 0..<3 { #expect(inStep(index), "node \(index)") }
        #expect(!inStep(3))
        // It hears again and lacks the blocks: still not, until they are here.
        network.passes = { _, to, message in
            if case .blocks = message { return false }
            if case .body = message { return to != 3 }
            return true
        }
        try network.run(millis: 5_000)
        #expect(!inStep(3))
        network.passes = { _, _, _ in true }
        try network.run(millis: 5_000)
        #expect(inStep(3))
    }

    @Test(
        "a body that was lost is had by asking for it, though the others have made its block final meanwhile (PEER-9)")
    func lostBodies() throws {
        let traffic = Traffic()
        var network = try PocketNetwork(validators: 4)
        network.passes = { from, to, message in
            switch message {
            case .bodyRequest(let id) where from == 3: traffic.asked.insert(id)
            // Nothing it did not ask for, and no ranges, which would hide what is the matter here.
            case .body(let block) where to == 3: return traffic.asked.contains(block.id)
            case .blocks where to == 3: return false
            default: break
            }
            return true
        }
        for number in 0..<20 {
            try network.submit(deposits: number..<number + 1, at: number % 3)
            try network.run(millis: 300)
        }
        try network.run(millis: 3_000)
        #expect(!traffic.asked.isEmpty)
        for index in 0..<4 { #expect(try network.has(19, index), "node \(index)") }
    }

    @Test("a node whose results differ from what a quorum attests stops, and the others go on (CONS-27)")
    func divergence() throws {
        var network = try PocketNetwork(validators: 4)
        network.miscalculates = (node: 1, from: 4)
        for number in 0..<12 {
            try network.submit(deposits: number..<number + 1, at: 0)
            try network.run(millis: 1_000)
        }
        try network.run(millis: 3_000)
        guard case .divergence(let height) = try #require(network.nodes[1].halted) else {
            Issue.record("it stopped for another reason")
            return
        }
        #expect(height.value >= 4)
        for number in 0..<12 { #expect(try network.has(number, 0)) }
        for index in [0, 2, 3] { #expect(network.nodes[index].halted == nil) }
    }

    @Test("finality of a second branch, which only more than f liars can make, stops a node for good (CONS-27)")
    func fork() throws {
        var network = try PocketNetwork(validators: 4)
        try network.submit(deposits: 0..<5, at: 0)
        try network.run(millis: 2_000)
        let replica = network.nodes[0].replica
        let committee = replica.committee
        let view = View(replica.view.value + 4)
        let header = Header(
            chain: network.spec.id, epoch: .zero, view: view, height: Height(1), parent: network.spec.genesis.id,
            timestamp: Timestamp(1_700_000_009_000), proposer: committee.leader(of: view), payload: .empty,
            execHeight: .zero, execRoot: try #require(replica.executedTip.history.peaks.first), nextCommittee: nil)
        let block = try #require(Block(header: header, payload: .empty))
        let message = replica.votingContext.signedMessage(.finalize(block.id), view: view)
        let seals = (0..<3).map {
            QuorumCertificate.Seal(
                signer: ValidatorIndex($0), signature: PaperScheme.sign(message, by: committee.validators[$0].key))
        }
        let finality = QuorumCertificate(kind: .finality, view: view, block: block.id, signatures: seals)
        try network.hand(.certificate(.zero, finality), from: 1, to: 0)
        #expect(network.nodes[0].halted == nil, "a block nobody has shown is no branch yet")
        try network.hand(.body(block), from: 1, to: 0)
        #expect(network.nodes[0].halted == .fork(final: replica.finalTip.id, other: block.id))
        let view1 = network.nodes[0].replica.view
        try network.run(millis: 10_000)
        #expect(network.nodes[0].replica.view == view1, "it does nothing any more")
    }

    @Test("bodies nobody asked for are kept for one view a leader, whatever a liar sends (PEER-7)")
    func earlyBodies() throws {
        var network = try PocketNetwork(validators: 4)
        try network.submit(deposits: 0..<1, at: 0)
        try network.run(millis: 2_000)
        let before = network.nodes[0].replica.treeCount
        let tip = network.nodes[0].replica.finalTip
        for salt in 0..<300 as Range<UInt64> {
            let view = View(network.nodes[0].replica.view.value + salt % 8)
            let leader = network.nodes[0].replica.committee.leader(of: view)
            let header = Header(
                chain: network.spec.id, epoch: .zero, view: view, height: tip.height.next, parent: tip.id,
                timestamp: Timestamp(1_700_000_000_000 + salt), proposer: leader, payload: .empty,
                execHeight: .zero, execRoot: .zero, nextCommittee: nil)
            let block = try #require(Block(header: header, payload: .empty))
            try network.hand(.body(block), from: leader.value == 0 ? 1 : leader.value, to: 0)
        }
        #expect(network.nodes[0].replica.treeCount == before)
        try network.submit(deposits: 1..<2, at: 0)
        try network.run(millis: 3_000)
        #expect(try network.has(1, 3))
    }
}
