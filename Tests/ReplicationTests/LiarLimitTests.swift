// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi
import Storage
import Testing

/// What a liar, or a network at its worst, can make an honest node do, remember or send.
@Suite struct LiarLimitTests {
    private func has(
        _ network: PocketNetwork, _ number: Int, _ index: Int, until: UInt64 = 1_000
    ) throws -> Bool {
        try BlockStore(network.nodes[index].store).place(of: network.deposit(number, until: until).id) != nil
    }

    private func isFinality(_ message: PeerMessage) -> Bool {
        switch message {
        case .ballot(let ballot, _): if case .finalize = ballot.statement { true } else { false }
        case .certificate(_, let certificate): certificate.kind == .finality
        default: false
        }
    }

    @Test(
        "hundreds of notarized blocks without finality become final at once, and who slept gets them (PEER-7, SYNC-2)")
    func longBranch() throws {
        var network = try PocketNetwork(validators: 4)
        try network.submit([network.deposit(0, until: 90_000)], at: 0)
        try network.run(millis: 1_000)
        // Everything passes but finality: views go on by notarizations, and nothing becomes final.
        var isMute = true
        network.passes = { _, _, message in !isMute || !isFinality(message) }
        network.stop(3)
        let before = network.nodes[0].replica.finalHeight.value
        for number in 1..<200 {
            try network.submit([network.deposit(number, until: 90_000)], at: number % 3)
            try network.run(millis: 800)
        }
        #expect(network.nodes[0].replica.finalHeight.value == before)
        let held = network.nodes[0].replica.treeCount
        #expect(held > 160, "the branch is longer than the tree is kept in peace: \(held)")
        #expect(held < 1_200, "and a block that only helps others waits for their votes: \(held) in 160 s")
        isMute = false
        network.passes = { _, _, _ in true }
        try network.run(millis: 10_000)
        for number in 0..<200 { #expect(try has(network, number, 0, until: 90_000), "deposit \(number)") }
        #expect(network.nodes[0].replica.treeCount < 160)
        try network.start(3)
        try network.run(millis: 20_000)
        for index in 0..<4 {
            #expect(network.nodes[index].replica.finalHeight == network.nodes[0].replica.finalHeight, "node \(index)")
            #expect(network.nodes[index].halted == nil)
        }
        #expect(try has(network, 199, 3, until: 90_000))
    }

    @Test("a claim to be far ahead costs the chain nothing, and who is really behind still catches up (SYNC-1)")
    func falseHeights() throws {
        var network = try PocketNetwork(validators: 4)
        network.lie = { from, _, message in
            guard from == 3, case .summary(let summary) = message else { return message }
            return .summary(
                Summary(
                    epoch: summary.epoch, view: summary.view, finality: summary.finality,
                    finalHeight: Height(1 << 40), executedHeight: summary.executedHeight, clock: summary.clock,
                    instance: summary.instance, isHello: summary.isHello, heard: summary.heard))
        }
        // It claims and never shows.
        var requests = 0
        network.passes = { _, to, message in
            guard to == 3, case .blocksRequest = message else { return true }
            requests += 1
            return false
        }
        for number in 0..<60 {
            try network.submit([network.deposit(number)], at: number % 3)
            try network.run(millis: 500)
        }
        for number in 0..<60 { #expect(try has(network, number, 0), "deposit \(number)") }
        #expect(network.nodes[0].replica.view.value < 200, "leaders went on leading: \(network.nodes[0].replica.view)")
        #expect(requests > 0 && requests < 3 * 12, "three nodes, less often each time: \(requests) in 30 s")
        network.stop(0)
        for number in 60..<100 {
            try network.submit([network.deposit(number)], at: 1)
            try network.run(millis: 300)
        }
        try network.start(0)
        try network.run(millis: 6_000)
        #expect(try has(network, 99, 0))
    }

    @Test("who asks without end is answered with measure (PEER-10)")
    func endlessQuestions() throws {
        var network = try PocketNetwork(validators: 4)
        // One message each second holds four mebibytes; only what stands above the executed height is served.
        var book = PeerBook(network.spec.committee, own: .zero, at: Instant(nanoseconds: 0))
        let peer = PeerID(network.nodes[1].key)
        var answered = 0
        for millis in 0..<UInt64(10_000) {
            let now = Instant(nanoseconds: millis * 1_000_000)
            for _ in 0..<3 where book.spend(4 << 20, on: peer, at: now) { answered += 1 }
        }
        #expect(answered > 300 && answered < 330, "16 MiB and 128 MiB a second, not 30,000 answers: \(answered)")
        let isStrangerServed = book.spend(1, on: PeerID.zero, at: Instant(nanoseconds: 0))
        #expect(!isStrangerServed)
        // The same through the door: a report is asked for ten thousand times at once.
        try network.run(millis: 3_000)
        let before = network.nodes[0].sent
        for _ in 0..<10_000 { try network.hand(.returnRequest(.zero, instance: 7), from: 1, to: 0) }
        #expect(network.nodes[0].sent - before > 100)
        #expect(network.nodes[0].sent - before < 400)
        let refused = network.nodes[0].observations.count { observation in
            if case .refused(_, .tooOften) = observation { true } else { false }
        }
        #expect(refused > 9_000, "and the rest is counted")
    }

    @Test("an observer that is gone makes room for a new one, one that is here does not (PEER-7)")
    func observers() throws {
        let keys = PocketNetwork.keys(4)
        var book = PeerBook(PocketNetwork.committee(keys), own: .zero, at: Instant(nanoseconds: 0))
        let strangers = PocketNetwork.keys(211).suffix(201).map { PeerID($0) }
        func stranger(_ number: UInt64) -> PeerID { strangers[Int(number)] }
        func second(_ number: UInt64) -> Instant { Instant(nanoseconds: number * 1_000_000_000) }
        func hear(_ number: UInt64, _ at: UInt64) -> Bool { book.hear(stranger(number), at: second(at)) }
        for number in 0..<UInt64(PeerBook.observersMax) where !hear(number, number) {
            Issue.record("\(number) was not heard")
        }
        let early = hear(200, 59)
        #expect(!early, "all were heard of in the last minute")
        let late = hear(200, 60)
        #expect(late)
        #expect(!book.observers.contains(stranger(0)) && book.observers.contains(stranger(1)))
        #expect(book.observers.count == PeerBook.observersMax)
        let again = hear(0, 60)
        #expect(!again)
    }

    @Test("what waits is said again in turn, and no message of it is too long (PEER-8)")
    func repeats() throws {
        var network = try PocketNetwork(validators: 4)
        network.stop(2)
        network.stop(3)
        var longest = 0
        var said: Set<TransactionID> = []
        let submitted = 600
        var isRepeating = false
        network.passes = { _, to, message in
            guard to == 1, case .transactions(let transactions) = message else { return true }
            longest = max(longest, message.encoded.count)
            if isRepeating { said.formUnion(transactions.map(\.id)) }
            return true
        }
        try network.submit((0..<submitted).map { network.call($0, bytes: 30_000) }, at: 0)
        #expect(longest > 2 << 20 && longest < 5 << 20, "a submission is passed on in parts: \(longest)")
        isRepeating = true
        try network.run(millis: 8_000)
        #expect(longest < 5 << 20)
        #expect(said.count == submitted, "every one had its turn: \(said.count)")
    }

    @Test(
        "a true proposal with a certificate that does not justify its parent is refused, the true one taken (CONS-8)"
    )
    func otherEntry() throws {
        var network = try PocketNetwork(validators: 4)
        var proposals: [Proposal] = []
        network.passes = { _, to, message in
            guard to == 2 else { return true }
            if case .proposal(let proposal) = message, proposal.header.height.value > 3 { proposals.append(proposal) }
            // From the first of them on nothing comes, so it waits for that proposal still.
            return proposals.isEmpty
        }
        for number in 0..<8 {
            try network.submit([network.deposit(number)], at: 0)
            try network.run(millis: 100)
        }
        let replica = network.nodes[2].replica
        let proposal = try #require(proposals.first)
        let peer = PeerID(network.nodes[1].key)
        let nullity = NullityCertificate(view: proposal.entry.view, votes: [], base: nil)
        let copy = Proposal(
            header: proposal.header, entry: .nullity(nullity), finality: nil, signature: proposal.signature)
        #expect(replica.verdict(on: .proposal(copy), from: peer) == .badCertificate)
        #expect(replica.verdict(on: .proposal(proposal), from: peer) == nil)
    }

    @Test("bodies and outlines come from their leader, bodies once, or because they were asked for (PEER-4)")
    func bodiesAtTheDoor() throws {
        var network = try PocketNetwork(validators: 4)
        for number in 0..<4 {
            try network.submit([network.deposit(number)], at: 0)
            try network.run(millis: 100)
        }
        try network.run(millis: 3_000)
        let replica = network.nodes[0].replica
        let committee = replica.committee
        let view = replica.view.next
        let leader = committee.leader(of: view)
        func body(_ number: Int) throws -> Block {
            let payload = Payload([network.deposit(number)])
            let header = Header(
                chain: network.spec.id, epoch: .zero, view: view, height: replica.finalHeight.next,
                parent: replica.finalTip.id, timestamp: replica.finalTip.timestamp.next, proposer: leader,
                payload: payload, execHeight: replica.executedTip.height, execRoot: .zero, nextCommittee: nil)
            return try #require(Block(header: header, payload: payload))
        }
        let leaderNode = try #require(network.nodes.firstIndex { $0.key == committee.validators[leader.value].key })
        try #require(leaderNode != 0, "the story is told by another than the leader")
        let other = try #require((1..<4).first { $0 != leaderNode })
        let block = try body(50)
        let fromLeader = PeerID(network.nodes[leaderNode].key)
        #expect(replica.verdict(on: .body(block), from: PeerID(network.nodes[other].key)) == .stranger)
        #expect(replica.verdict(on: .body(block), from: fromLeader) == nil)
        #expect(replica.verdict(on: .outline(block.header, []), from: fromLeader) == .unwanted)
        try network.hand(.body(block), from: leaderNode, to: 0)
        let after = network.nodes[0].replica
        #expect(after.verdict(on: .body(try body(51)), from: fromLeader) == .tooOften, "one that waits is enough")
    }

    @Test("transactions of other chains, of nobody, or that wait already are not checked (PEER-4)")
    func transactionsAtTheDoor() throws {
        var network = try PocketNetwork(validators: 4)
        network.passes = { _, _, _ in false }
        try network.submit([network.deposit(0)], at: 0)
        let replica = network.nodes[0].replica
        let peer = PeerID(network.nodes[1].key)
        #expect(replica.verdict(on: .transactions([network.deposit(0)]), from: peer) == .unwanted)
        #expect(replica.verdict(on: .transactions([network.deposit(0), network.deposit(1)]), from: peer) == nil)
        let foreign = try PocketNetwork(validators: 5).deposit(1)
        #expect(replica.verdict(on: .transactions([foreign]), from: peer) == .otherChain)
        let nobodies = PocketNetwork.keys(60)[40..<57].map { network.ready($0) }
        func verdict(_ transactions: [SignedTransaction]) -> MessageRefusal? {
            replica.verdict(on: .transactions(transactions), from: peer)
        }
        #expect(verdict([nobodies[0]]) == .stranger)
        // Who was a member when a peer took its transaction in need not be one now: the others are not lost for it.
        #expect(verdict(nobodies.dropLast() + [network.deposit(1)]) == nil)
        #expect(verdict(nobodies.dropLast() + [network.deposit(0)]) == .unwanted)
        #expect(verdict(nobodies + [network.deposit(1)]) == .stranger)
        try network.hand(.transactions([nobodies[0], network.deposit(1)]), from: 1, to: 0)
        #expect(network.nodes[0].replica.waitingCount == 2, "the stranger's is not kept")
    }

    @Test("only a look at its votes in this epoch confirms a validator that has just started (CONS-18)")
    func emptyConfirmations() throws {
        var network = try PocketNetwork(validators: 4)
        var confirmations: [Summary] = []
        network.passes = { _, to, message in
            if to == 0, case .summary(let summary) = message, summary.heard != nil { confirmations.append(summary) }
            return true
        }
        try network.submit([network.deposit(0)], at: 0)
        try network.run(millis: 5_000)
        network.stop(0)
        try network.start(0)
        confirmations = []
        try network.run(millis: 5_000)
        #expect(confirmations.count >= 2, "it was confirmed by those that looked")
        #expect(!network.nodes[0].replica.voter.isHeldBack)
        confirmations = []
        // One of another epoch says hello: nobody has anything to say about its votes there.
        let hello = Summary(
            epoch: Epoch(7), view: View(1), finality: .zero, finalHeight: .zero, executedHeight: .zero, clock: .zero,
            instance: 99, isHello: true, heard: nil)
        try network.hand(.summary(hello), from: 0, to: 1)
        try network.run(millis: 1)
        try network.run(millis: 20)
        #expect(confirmations.isEmpty)
    }

    @Test(
        "a clock that is off from the median of the others' is told of, once, one liar's is not (CONS-28)",
        arguments: [1, 3])
    func clocks(offCount: Int) throws {
        var network = try PocketNetwork(validators: 4)
        var ahead: UInt64 = 400
        network.lie = { from, to, message in
            guard to == 0, (4 - offCount...3).contains(from), case .summary(let summary) = message else {
                return message
            }
            return .summary(
                Summary(
                    epoch: summary.epoch, view: summary.view, finality: summary.finality,
                    finalHeight: summary.finalHeight, executedHeight: summary.executedHeight,
                    clock: Timestamp(summary.clock.value + ahead), instance: summary.instance,
                    isHello: summary.isHello, heard: summary.heard))
        }
        func alarms() -> [Int64?] {
            network.nodes[0].observations.compactMap { observation in
                if case .clockOff(let millis) = observation { .some(millis) } else { nil }
            }
        }
        try network.run(millis: 10_000)
        // A summary takes 10 ms to come.
        #expect(alarms() == (offCount == 3 ? [390] : []))
        ahead = 0
        try network.run(millis: 10_000)
        #expect(alarms() == (offCount == 3 ? [390, nil] : []))
    }

    @Test("over a link on which a range takes seconds a node catches up all the same (SYNC-1)")
    func slowRanges() throws {
        var network = try PocketNetwork(validators: 4)
        network.stop(3)
        try network.grow(to: 60)
        network.lateness = { _, message in if case .blocks = message { 3_500 } else { 0 } }
        try network.start(3)
        try network.run(millis: 3_900)
        #expect(network.nodes[3].replica.finalHeight == network.nodes[0].replica.finalHeight)
    }

    @Test("from one peer ranges come as fast as it serves them, and none is asked for too soon (SYNC-1, SYNC-3)")
    func fastRanges() throws {
        var network = try PocketNetwork(validators: 4)
        network.stop(3)
        try network.grow(to: 200)
        // One peer answers, of the others nothing is heard.
        network.passes = { from, to, _ in to != 3 || from == 0 }
        network.delay = 2
        try network.start(3)
        try network.run(millis: 1_500)
        #expect(network.nodes[3].replica.finalHeight.value > 190, "\(network.nodes[3].replica.finalHeight)")
        let refused = network.nodes[0].observations.contains { if case .refused = $0 { true } else { false } }
        #expect(!refused)
    }

    @Test("a snapshot that comes a leaf at a time is given up, and blocks are fetched (SYNC-7)")
    func tricklingSnapshot() throws {
        var network = try PocketNetwork.long(newcomers: 1)
        network.lateness = { _, message in if case .chunk = message { 20_000 } else { 0 } }
        try network.start(4)
        try network.run(millis: 50_000)
        #expect(network.nodes[4].replica.finalHeight.value < 50, "it waits for parts still")
        try network.run(millis: 30_000)
        #expect(network.nodes[4].bases.isEmpty)
        #expect(network.nodes[4].replica.finalHeight == network.nodes[0].replica.finalHeight)
    }

    @Test("transactions among which one is not signed by its sender are not taken from a peer (PEER-5)")
    func unsignedAmong() throws {
        let network = try PocketNetwork(validators: 4)
        let replica = network.nodes[0].replica
        var checker = MessageChecker(PaperScheme(), spec: network.spec)
        let good = network.deposit(1)
        let bad = SignedTransaction(
            network.deposit(2).body, signature: PaperScheme.sign([1], by: PocketNetwork.member))
        func verdict(_ transactions: [SignedTransaction]) -> MessageRefusal? {
            let message = PeerMessage.transactions(transactions)
            if case .failure(let refusal) = checker.check(
                message, in: replica.votingContext, committee: replica.committee)
            {
                return refusal
            }
            return nil
        }
        #expect(verdict([good]) == nil)
        #expect(verdict([good, bad]) == .badSignature)
    }
}
