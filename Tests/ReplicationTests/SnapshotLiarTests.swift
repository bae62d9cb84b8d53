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

    private struct Lie {
        let story: String
        /// Nil is silence.
        let tell: (PeerMessage) -> PeerMessage?

        /// One about offers, all else as it is.
        static func about(_ story: String, _ tell: @escaping (SnapshotOffer) -> SnapshotOffer) -> Lie {
            Lie(story: story) { message in
                guard case .snapshotOffer(let offer) = message else { return message }
                return .snapshotOffer(tell(offer))
            }
        }
    }

    private func lies(_ spec: ChainSpec) -> [Lie] {
        let strangers = Array(Network.keys(20)[10..<14])
        let two = Array(spec.committee.validators.map(\.key)[..<2])
        return [
            .about("another root") { good in
                let other = forged(good, by: [], spec: spec)
                return SnapshotOffer(
                    header: good.header, leaf: other.leaf, path: good.path, attesting: good.attesting,
                    certificate: good.certificate, handovers: good.handovers)
            },
            .about("another committee") { forged($0, by: strangers, spec: spec) },
            .about("too few") { forged($0, by: two, spec: spec) },
            Lie(story: "false parts") { message in
                guard case .chunk(let place, var bytes) = message else { return message }
                bytes[bytes.count - 1] ^= 1
                return .chunk(place, bytes)
            },
            Lie(story: "silence") { message in
                switch message {
                case .snapshotOffer, .chunk: nil
                default: message
                }
            },
        ]
    }

    @Test("offers that are forged and parts that are false only cost time (SYNC-6, SYNC-7)")
    func liar() throws {
        var network = try Network.long(newcomers: 5)
        final class Count { var lies = 0 }
        for lie in lies(network.spec) {
            let newcomer = try #require(network.nodes.firstIndex { !$0.isUp })
            let count = Count()
            network.lie = { from, to, message in
                guard from == 0, to == newcomer else { return message }
                let told = lie.tell(message)
                if told != message { count.lies += 1 }
                return told
            }
            try network.start(newcomer)
            try network.run(millis: 9_000)
            #expect(count.lies > 0, "\(lie.story)")
            // Who has sent something false is not asked again while others can be; silence is no proof of anything.
            #expect(count.lies < (lie.story == "silence" ? 12 : 2), "\(lie.story)")
            try expectJoined(network, newcomer, lie.story)
        }
    }

    @Test("a claim to be far ahead holds a node up for a moment, not for ever (SYNC-7)")
    func boaster() throws {
        var network = try Network(validators: 4, observers: 1, snapshotGap: 30)
        network.stop(4)
        try network.grow(to: 20)
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
        try network.grow(to: 40, at: 1)
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

    @Test("a block attested by a later epoch is gone on from in its own, with the history it closed (SYNC-8, DATA-11)")
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
        var network = try Network(validators: 4, snapshotGap: 30)
        network.stop(3)
        let old = network.deposit(1, from: 0)
        try network.submit([old], at: 0)
        try network.grow(to: 90)
        try network.start(3)
        try network.run(millis: 6_000)
        #expect(network.nodes[3].bases.count == 1)
        let base = Height(network.nodes[3].bases[0])
        try network.submit([old], at: 3)
        #expect(network.nodes[3].admissions == [.refused(.beforeBase(base: base))])
        #expect(network.nodes[3].replica.waitingCount == 0)
        // A liar leads and proposes it once more, with everything else as it should be.
        let seen = Replays()
        network.lie = replaying(old, in: network, seen)
        let height = network.nodes[1].replica.finalHeight.value
        try network.grow(to: height + 8, at: 1)
        #expect(seen.bodies > 0 && !seen.blocks.isEmpty)
        #expect(!seen.votes.isEmpty, "it votes for what it can judge")
        for vote in seen.votes {
            if case .notarize(let block) = vote.statement { #expect(!seen.blocks.contains(block)) }
        }
        try network.run(millis: 3_000)
        #expect(network.nodes[3].replica.executedTip.leaf == network.nodes[1].replica.executedTip.leaf)
        #expect(network.nodes.allSatisfy { $0.halted == nil })
    }

    @Test(
        "a view that needs the vote of one that cannot know whether a transaction is new still ends (SYNC-9, CONS-17)")
    func needed() throws {
        var network = try Network(validators: 4, snapshotGap: 30)
        network.stop(3)
        try network.grow(to: 90)
        try network.start(3)
        try network.run(millis: 20_000)
        #expect(network.nodes[3].bases.count == 1)
        network.stop(2)
        let doubtful = network.deposit(2, from: 0)
        let fresh = network.deposit(3, from: network.nodes[0].replica.finalHeight.value)
        try network.submit([doubtful, fresh], at: 0)
        try network.run(millis: 60_000)
        let store = BlockStore(network.nodes[0].store)
        #expect(try store.place(of: fresh.id) != nil, "where it leads itself it proposes what it can know")
        // The others go on proposing the other one, and it alone keeps them from being stuck with it.
        let view = network.nodes[3].replica.view
        try network.run(millis: 120_000)
        #expect(network.nodes[3].replica.view.value > view.value + 2)
        #expect(try store.place(of: doubtful.id) == nil)
        #expect(network.nodes.allSatisfy { $0.halted == nil })
    }

    /// What was proposed once more, and how everybody voted.
    private final class Replays {
        var blocks: Set<BlockID> = []
        var bodies = 0
        /// Of the newcomer.
        var votes: [Ballot] = []
    }

    private func replaying(
        _ old: SignedTransaction, in network: Network, _ seen: Replays
    ) -> (Int, Int, PeerMessage) -> PeerMessage? {
        let liar = network.nodes[0].key
        let committee = network.spec.committee
        let context = VotingContext(chain: network.spec.id, epoch: committee.epoch, committee: committee.id)
        let payload = Payload([old])
        func again(_ header: Header) -> Header {
            Header(
                chain: header.chain, epoch: header.epoch, view: header.view, height: header.height,
                parent: header.parent, timestamp: header.timestamp, proposer: header.proposer, payload: payload,
                execHeight: header.execHeight, execRoot: header.execRoot, nextCommittee: header.nextCommittee)
        }
        return { from, _, message in
            switch message {
            case .proposal(let proposal) where from == 0 && proposal.header.proposer == ValidatorIndex(0):
                let header = again(proposal.header)
                seen.blocks.insert(header.id)
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
    }
}
