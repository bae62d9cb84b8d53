// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi
import Storage
import Testing

/// What a liar can do to a node that looks for a snapshot: cost it time.
@Suite struct SnapshotLiarTests {
    private typealias Network = PocketNetwork

    private func grow(_ network: inout Network, to height: UInt64, at index: Int = 0) throws {
        var number = 30_000 + Int(network.nodes[index].replica.finalHeight.value) * 10
        while network.nodes[index].replica.finalHeight.value < height {
            let tip = network.nodes[index].replica.finalHeight.value
            try network.submit([network.deposit(number, from: tip)], at: index)
            number += 1
            try network.run(millis: 150)
            try #require(number < 40_000, "the chain stands still at \(tip)")
        }
        try network.run(millis: 500)
    }

    private func longChain(newcomers: Int) throws -> Network {
        var network = try Network(validators: 4, observers: newcomers)
        for index in 4..<4 + newcomers { network.stop(index) }
        try grow(&network, to: 90)
        return network
    }

    private func expectJoined(_ network: Network, _ index: Int, _ story: String) throws {
        let (mine, theirs) = (network.nodes[index], network.nodes[1])
        #expect(mine.halted == nil, "\(story)")
        #expect(mine.bases.count == 1, "\(story)")
        #expect(mine.replica.executedTip.leaf == theirs.replica.executedTip.leaf, "\(story)")
        var audit = ChainAudit(mine.store, spec: network.spec, scheme: PaperScheme())
        #expect(try audit.run { _, _ in true }.fault == nil, "\(story)")
    }

    private func changed(_ header: Header, execRoot: Digest) -> Header {
        Header(
            chain: header.chain, epoch: header.epoch, view: header.view, height: header.height, parent: header.parent,
            timestamp: header.timestamp, proposer: header.proposer, payload: .empty, execHeight: header.execHeight,
            execRoot: execRoot, nextCommittee: header.nextCommittee)
    }

    /// An offer of a state nobody computed, signed by whoever is named.
    private func forged(_ good: SnapshotOffer, by keys: [SM2.PublicKey], spec: ChainSpec) -> SnapshotOffer {
        let leaf = HistoryLeaf(
            height: good.leaf.height, block: good.leaf.block, payloadRoot: good.leaf.payloadRoot,
            receiptsRoot: good.leaf.receiptsRoot, stateRoot: SM3.hash([1]))
        let root = good.path.root(from: leaf.digest) ?? .zero
        let attesting = changed(good.attesting, execRoot: root)
        let context = VotingContext(chain: spec.id, epoch: spec.committee.epoch, committee: spec.committee.id)
        let message = context.signedMessage(.finalize(attesting.id), view: attesting.view)
        let seals = keys.enumerated().map { place, key in
            QuorumCertificate.Seal(signer: ValidatorIndex(place), signature: PaperScheme.sign(message, by: key))
        }
        return SnapshotOffer(
            header: good.header, leaf: leaf, path: good.path, attesting: attesting,
            certificate: QuorumCertificate(
                kind: .finality, view: attesting.view, block: attesting.id, signatures: seals),
            handovers: good.handovers)
    }

    @Test("offers that are forged and parts that are false only cost time (SYNC-6, SYNC-7)")
    func liar() throws {
        var network = try longChain(newcomers: 5)
        let spec = network.spec
        let strangers = Array(Network.keys(20)[10..<14])
        let two = Array(spec.committee.validators.map(\.key)[..<2])
        final class Lies { var count = 0 }
        let lies = Lies()
        let stories: [(String, (PeerMessage) -> PeerMessage?)] = [
            (
                "another root",
                { message in
                    guard case .snapshotOffer(let good) = message else { return message }
                    let leaf = HistoryLeaf(
                        height: good.leaf.height, block: good.leaf.block, payloadRoot: good.leaf.payloadRoot,
                        receiptsRoot: good.leaf.receiptsRoot, stateRoot: SM3.hash([1]))
                    return .snapshotOffer(
                        SnapshotOffer(
                            header: good.header, leaf: leaf, path: good.path, attesting: good.attesting,
                            certificate: good.certificate, handovers: good.handovers))
                }
            ),
            (
                "another committee",
                { message in
                    guard case .snapshotOffer(let good) = message else { return message }
                    return .snapshotOffer(forged(good, by: strangers, spec: spec))
                }
            ),
            (
                "too few",
                { message in
                    guard case .snapshotOffer(let good) = message else { return message }
                    return .snapshotOffer(forged(good, by: two, spec: spec))
                }
            ),
            (
                "false parts",
                { message in
                    guard case .chunk(let place, var bytes) = message else { return message }
                    bytes[bytes.count - 1] ^= 1
                    return .chunk(place, bytes)
                }
            ),
            (
                "silence",
                { message in
                    switch message {
                    case .snapshotOffer, .chunk: nil
                    default: message
                    }
                }
            ),
        ]
        for (story, lie) in stories {
            let newcomer = try #require(network.nodes.firstIndex { !$0.isUp })
            lies.count = 0
            network.lie = { from, to, message in
                guard from == 0, to == newcomer else { return message }
                let told = lie(message)
                if told != message { lies.count += 1 }
                return told
            }
            try network.start(newcomer)
            try network.run(millis: 9_000)
            #expect(lies.count > 0, "\(story)")
            #expect(lies.count < 12, "\(story)")
            try expectJoined(network, newcomer, story)
        }
    }

    @Test("a claim to be far ahead holds a node up for a moment, not for ever (SYNC-7)")
    func boaster() throws {
        var network = try Network(validators: 4, observers: 1)
        network.stop(4)
        try grow(&network, to: 20)
        network.lie = { from, _, message in
            guard from == 0, case .summary(let summary) = message else { return message }
            return .summary(
                Summary(
                    epoch: summary.epoch, view: summary.view, finality: summary.finality,
                    finalHeight: Height(Height.max), executedHeight: summary.executedHeight, clock: summary.clock,
                    instance: summary.instance, isHello: summary.isHello, heard: summary.heard))
        }
        try network.start(4)
        try network.run(millis: 8_000)
        #expect(network.nodes[4].bases.isEmpty)
        #expect(network.nodes[4].replica.executedTip.leaf == network.nodes[1].replica.executedTip.leaf)
        try grow(&network, to: 40, at: 1)
        #expect(network.nodes[2].replica.finalHeight.value >= 40)
    }

    @Test("an offer with any byte changed, a handover left out or exchanged is refused (SYNC-6)")
    func changedOffers() throws {
        let chain = try PaperChain()
        let good = try offer(chain, of: 5, by: 9)
        var checker = MessageChecker(PaperScheme(), spec: chain.spec)
        let context = VotingContext(
            chain: chain.spec.id, epoch: chain.spec.committee.epoch, committee: chain.spec.committee.id)
        func refusal(_ offer: SnapshotOffer) -> MessageRefusal? {
            switch checker.check(.snapshotOffer(offer), in: context, committee: chain.spec.committee) {
            case .success: nil
            case .failure(let refusal): refusal
            }
        }
        #expect(refusal(good) == nil)
        let bytes = good.encoded
        #expect(try SnapshotOffer(decoding: bytes) == good)
        var random = SeededRandom(seed: 5)
        for _ in 0..<500 {
            var other = bytes
            other[random.below(bytes.count)] ^= UInt8(1 + random.below(255))
            if let offer = try? SnapshotOffer(decoding: other) { #expect(refusal(offer) != nil) }
        }
        func with(_ handovers: [EpochProof]) -> SnapshotOffer {
            SnapshotOffer(
                header: good.header, leaf: good.leaf, path: good.path, attesting: good.attesting,
                certificate: good.certificate, handovers: handovers)
        }
        let (first, second) = (good.handovers[0], good.handovers[1])
        for handovers in [[], [first], [second], [second, first], [first, first], [first, second, second]] {
            #expect(refusal(with(handovers)) == .badCertificate)
        }
        let other = MessageChecker(PaperScheme(), spec: try Network(validators: 4).spec)
        checker = other
        #expect(refusal(good) == .badCertificate)
    }

    /// Any height below what a header attests can be offered by it.
    private func offer(_ chain: PaperChain, of height: Int, by attesting: Int) throws -> SnapshotOffer {
        let header = chain.headers[attesting]
        let leaves = chain.tips[...Int(header.execHeight.value)].map(\.leaf.digest)
        let epochs = Int(header.epoch.value)
        return SnapshotOffer(
            header: chain.headers[height], leaf: chain.tips[height].leaf, path: MerkleTree.path(to: height, in: leaves),
            attesting: header, certificate: chain.certificate(of: header),
            handovers: try chain.blocks.handovers(from: .zero, to: Epoch(UInt64(epochs))))
    }

    @Test("a block attested by a later epoch is gone on from in its own, with the history it closed (SYNC-8, DATA-10)")
    func attestedLater() throws {
        let chain = try PaperChain()
        for (height, epoch) in [(1, 0), (2, 0), (3, 1), (4, 1), (5, 1), (6, 2), (7, 2)] {
            for attesting in 8...9 where height <= Int(chain.headers[attesting].execHeight.value) {
                let offer = try offer(chain, of: height, by: attesting)
                var checker = SignatureChecker(PaperScheme())
                let checked = try checker.check(offer, of: chain.spec.id, foundedBy: chain.spec.committee)
                #expect(checked.committee == chain.committees[epoch])
                let store = MemoryStore()
                try ExecutionLane.found(chain.spec, in: store)
                let pending = chain.tips[height].pending
                let batch = try #require(
                    BlockStore<MemoryStore>.rebase(onto: checked, pending: pending, state: WriteBatch()))
                try store.write(batch, durably: true)
                let recovered = try Recovered.read(
                    from: BlockStore(store), spec: chain.spec, key: nil, recollection: .fresh, instance: 1)
                #expect(recovered.base == Height(UInt64(height)))
                #expect(recovered.committee == chain.committees[epoch])
                #expect(recovered.executed.history == chain.tips[height].history)
                #expect(recovered.executed.pending == pending)
                #expect(recovered.tip?.header == chain.headers[height])
                #expect(try BlockStore(store).base() == offer)
            }
        }
    }

    @Test("what was executed before the base and is said again is neither taken nor voted for (SYNC-9)")
    func replayed() throws {
        var network = try Network(validators: 4)
        network.stop(3)
        let old = network.deposit(1, from: 0)
        try network.submit([old], at: 0)
        try grow(&network, to: 90)
        try network.start(3)
        try network.run(millis: 6_000)
        #expect(network.nodes[3].bases.count == 1)
        let base = Height(network.nodes[3].bases[0])
        try network.submit([old], at: 3)
        #expect(network.nodes[3].admissions == [.refused(.beforeBase(base: base))])
        #expect(network.nodes[3].replica.waitingCount == 0)
        // A liar leads and proposes it once more, with everything else as it should be.
        let liar = network.nodes[0].key
        let payload = Payload([old])
        func again(_ header: Header) -> Header {
            Header(
                chain: header.chain, epoch: header.epoch, view: header.view, height: header.height,
                parent: header.parent, timestamp: header.timestamp, proposer: header.proposer, payload: payload,
                execHeight: header.execHeight, execRoot: header.execRoot, nextCommittee: header.nextCommittee)
        }
        final class Seen {
            var replays: Set<BlockID> = []
            var bodies = 0
            var votes: [Ballot] = []
        }
        let seen = Seen()
        let committee = network.spec.committee
        let context = VotingContext(chain: network.spec.id, epoch: committee.epoch, committee: committee.id)
        network.lie = { from, _, message in
            switch message {
            case .proposal(let proposal) where from == 0 && proposal.header.proposer == ValidatorIndex(0):
                let header = again(proposal.header)
                seen.replays.insert(header.id)
                return .proposal(
                    Proposal(
                        header: header, entry: proposal.entry, finality: proposal.finality,
                        signature: PaperScheme.sign(context.signedProposal(header.id), by: liar)))
            case .body(let block) where from == 0 && block.header.proposer == ValidatorIndex(0):
                seen.bodies += 1
                return Block(header: again(block.header), payload: payload).map { .body($0) }
            case .ballot(let ballot, _):
                if from == 3 { seen.votes.append(ballot) }
                return message
            default: return message
            }
        }
        let height = network.nodes[1].replica.finalHeight.value
        try grow(&network, to: height + 8, at: 1)
        #expect(seen.bodies > 0 && !seen.replays.isEmpty)
        #expect(!seen.votes.isEmpty, "it votes for what it can judge")
        for vote in seen.votes {
            if case .notarize(let block) = vote.statement { #expect(!seen.replays.contains(block)) }
        }
        try network.run(millis: 3_000)
        #expect(network.nodes[3].replica.executedTip.leaf == network.nodes[1].replica.executedTip.leaf)
        #expect(network.nodes.allSatisfy { $0.halted == nil })
    }
}
