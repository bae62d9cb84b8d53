// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi
import Storage

/// What a liar does beside what an honest node would.
/// - Spec: SIM-6.
package struct Tricks: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Two proposals to two halves, two notarizations.
    package static let equivocate = Tricks(rawValue: 1 << 0)
    package static let withhold = Tricks(rawValue: 1 << 1)
    package static let selectiveSend = Tricks(rawValue: 1 << 2)
    package static let replay = Tricks(rawValue: 1 << 3)
    package static let otherEpochs = Tricks(rawValue: 1 << 4)
    package static let garbage = Tricks(rawValue: 1 << 5)
    /// Nullifies below what it has finalized, and finalizes what it has given up.
    package static let falseLevel = Tricks(rawValue: 1 << 6)
    /// Nullity certificates resting on a notarization below their levels; proposals on stale ones.
    package static let staleBase = Tricks(rawValue: 1 << 7)
    package static let wrongRoot = Tricks(rawValue: 1 << 8)
    package static let wrongTime = Tricks(rawValue: 1 << 9)
    /// Unsigned, repeated or expired transactions in a payload.
    package static let badPayload = Tricks(rawValue: 1 << 10)
    package static let withholdBody = Tricks(rawValue: 1 << 11)
    package static let lyingSync = Tricks(rawValue: 1 << 12)
    package static let farViews = Tricks(rawValue: 1 << 13)
    package static let flood = Tricks(rawValue: 1 << 14)
    /// Statements in other validators' names.
    package static let forge = Tricks(rawValue: 1 << 15)
    /// Tells others they have voted what they have not, and reports false views.
    package static let falseReports = Tricks(rawValue: 1 << 16)
    /// Closes an epoch with another committee than the state names, and again after it began.
    package static let falseHandover = Tricks(rawValue: 1 << 17)

    /// Tells a validator that it was heard to vote what it has not.
    package static let falseHeard = Tricks(rawValue: 1 << 18)

    /// How many of them random worlds draw from.
    package static let count = 19
    package static let all = Tricks(rawValue: (1 << UInt32(count)) - 1)
}

/// A message and the slots it goes to.
typealias Outgoing = (message: PeerMessage, slots: [Int])

extension Cluster {
    /// What a liar sends where an honest node would send `message` to `slots`.
    mutating func twist(_ message: PeerMessage, to slots: [Int], of slot: Int, _ tricks: Tricks) -> [Outgoing] {
        if tricks.contains(.withhold), random.happens(250) { return [] }
        var targets = slots
        if tricks.contains(.selectiveSend), slots.count > 1, random.happens(400) {
            targets = random.some(random.below(slots.count) + 1, of: slots)
        }
        switch message {
        case .proposal(let proposal): return twist(proposal, to: targets, of: slot, tricks)
        case .ballot(let ballot, let base): return twist(ballot, base, to: targets, of: slot, tricks)
        case .body where tricks.contains(.withholdBody):
            return [(message, random.some(spec.committee.faultsMax + 1, of: targets))]
        case .blocks(let range) where tricks.contains(.lyingSync) && random.happens(700):
            return [(.blocks(forged(range)), targets)]
        case .snapshotOffer(let offer) where tricks.contains(.lyingSync) && random.happens(500):
            return [(.snapshotOffer(forged(offer)), targets)]
        case .chunk(let place, let bytes) where tricks.contains(.lyingSync) && random.happens(500):
            return [(.chunk(place, forged(bytes)), targets)]
        case .nullity(let epoch, let certificate) where tricks.contains(.staleBase) && random.happens(500):
            let stale = NullityCertificate(view: certificate.view, votes: certificate.votes, base: nil)
            return [(.nullity(epoch, stale), targets), (message, targets)]
        case .summary(let summary)
        where !tricks.isDisjoint(with: [.falseReports, .falseHeard]) && random.happens(500):
            return [(.summary(falsified(summary, of: slot, aboutVotes: tricks.contains(.falseHeard))), targets)]
        case .returnReport(let report) where tricks.contains(.falseReports):
            let stale = ReturnReport(
                epoch: report.epoch, instance: report.instance, view: View(1), entry: .epochStart, isClosing: false)
            return [(.returnReport(stale), targets)]
        default: return [(message, targets)]
        }
    }

    private mutating func twist(
        _ proposal: Proposal, to slots: [Int], of slot: Int, _ tricks: Tricks
    ) -> [Outgoing] {
        guard let context = nodes[slot].replica?.votingContext, let me = nodes[slot].replica?.voter.me else {
            return []
        }
        let honest: Outgoing = (.proposal(proposal), slots)
        guard proposal.header.proposer == me, let (block, entry) = variant(of: proposal, by: slot, tricks) else {
            return [honest]
        }
        oracles.noteHeader(block.header)
        let signer = nodes[slot].signer
        let other = signer.proposal(block.header, entry, proposal.finality, in: context)
        let vote = signer.ballot(.notarize(block.id), block.header.view, in: context, as: me)
        var first: [Int] = []
        var second = slots
        if tricks.contains(.equivocate), random.happens(700) {
            let half = slots.count / 2 + random.below(2)
            second = random.some(half, of: slots)
            first = slots.filter { !second.contains($0) }
            // Now and then some get both.
            if random.happens(300), let both = second.first { first.append(both) }
        }
        return [
            (.proposal(proposal), first), (.proposal(other), second), (.body(block), second),
            (.ballot(vote, base: nil), slots),
        ]
    }

    /// Another block for the same view, by one of the tricks that a leader has.
    private mutating func variant(
        of proposal: Proposal, by slot: Int, _ tricks: Tricks
    ) -> (Block, EntryCertificate)? {
        let kinds: [Tricks] = [
            .equivocate, .wrongRoot, .wrongTime, .badPayload, .staleBase, .falseHandover,
        ].filter { tricks.contains($0) }
        guard !kinds.isEmpty, random.happens(600) else { return nil }
        var draft = Draft(proposal.header, payload(of: proposal.header.id, at: slot))
        var entry = proposal.entry
        switch random.pick(kinds) {
        case .wrongRoot:
            draft.execRoot = Digest(words: (random.next(), 0, 0, 0))
        case .wrongTime:
            let far = 600 + random.next() % 3_600_000
            draft.timestamp = random.happens(700) ? draft.timestamp + far : draft.timestamp - min(draft.timestamp, far)
        case .badPayload: spoil(&draft)
        case .staleBase:
            guard case .nullity(let certificate) = entry, certificate.base != nil else { return nil }
            let stale = random.happens(800) ? staleFinality(at: slot) : nil
            entry = .nullity(
                NullityCertificate(view: certificate.view, votes: certificate.votes, base: stale?.certificate))
            draft.parent = stale?.certificate.block ?? oracles.ledger.epochParent
            draft.height = stale?.height.next ?? oracles.ledger.epochBegin
        case .falseHandover:
            draft.nextCommittee = CommitteeID(Digest(words: (1, 2, 3, 4)))
            guard random.happens(700), let closing = oracles.ledger.newestClosing else { break }
            // What the last closing block attested and named, once more.
            draft.execHeight = closing.execHeight
            draft.execRoot = closing.execRoot
            draft.nextCommittee = closing.nextCommittee
            draft.payload = .empty
        default: draft.timestamp += 1 + random.next() % 3
        }
        return draft.block.map { ($0, entry) }
    }

    /// A certificate of a block that has a final child: who does not know of the child may believe it to be the tip.
    private mutating func staleFinality(at slot: Int) -> (certificate: QuorumCertificate, height: Height)? {
        let blocks = BlockStore(nodes[slot].disk)
        guard var height = nodes[slot].finalHeight?.previous else { return nil }
        for _ in 0..<(1 + random.below(3)) {
            guard height >= oracles.ledger.epochBegin, let record = try? blocks.finalRecord(at: height) else {
                return nil
            }
            if record.certificate.block == record.header.id { return (record.certificate, height) }
            guard let below = height.previous else { return nil }
            height = below
        }
        return nil
    }

    private func payload(of id: BlockID, at slot: Int) -> Payload {
        let blocks = BlockStore(nodes[slot].disk)
        guard let header = oracles.statements.header(id), let block = try? blocks.block(at: header.height, id) else {
            return .empty
        }
        return block.payload
    }

    /// Puts a transaction into a payload that no honest leader would.
    private mutating func spoil(_ draft: inout Draft) {
        var transactions = draft.payload.transactions
        let height = draft.height
        switch random.below(4) {
        case 0:
            let good = clients.deposit(from: .zero, until: Height(height.value + 100), &random)
            transactions.append(SignedTransaction(good.body, signature: SM2.Signature(r: .zero, s: .zero)))
        case 1:
            transactions.append(clients.deposit(from: .zero, until: height.previous ?? .zero, &random))
        case 2:
            guard let old = clients.wishes.first(where: { oracles.ledger.place(of: $0.id) != nil }) else { return }
            transactions.append(old.transaction)
        default: if let first = transactions.first { transactions.append(first) }
        }
        draft.payload = Payload(transactions)
    }

    private mutating func twist(
        _ ballot: Ballot, _ base: QuorumCertificate?, to slots: [Int], of slot: Int, _ tricks: Tricks
    ) -> [Outgoing] {
        let honest: Outgoing = (.ballot(ballot, base: base), slots)
        guard let context = nodes[slot].replica?.votingContext, let me = nodes[slot].replica?.voter.me,
            ballot.epoch == context.epoch, ballot.signer == me
        else { return [honest] }
        let signer = nodes[slot].signer
        var out = [honest]
        if tricks.contains(.falseLevel), random.happens(500) {
            let level = random.happens(500) ? View.zero : base?.view.previous ?? .zero
            let lie = signer.ballot(.nullify(level: level), ballot.view, in: context, as: me)
            out.append((.ballot(lie, base: base), slots))
            if case .notarize(let block) = ballot.statement {
                out.append(
                    (.ballot(signer.ballot(.finalize(block), ballot.view, in: context, as: me), base: nil), slots))
            }
        }
        if tricks.contains(.equivocate), case .notarize(let block) = ballot.statement, random.happens(400) {
            let other = BlockID(Digest(words: (block.digest.words.0, 9, 9, 9)))
            let lie = signer.ballot(.notarize(other), ballot.view, in: context, as: me)
            out.append((.ballot(lie, base: nil), random.some(slots.count / 2, of: slots)))
        }
        return out
    }

    private mutating func forged(_ range: FinalRange) -> FinalRange {
        guard let last = range.blocks.last else { return range }
        switch random.below(4) {
        case 0:
            // Another block in the middle, the rest as it was.
            var blocks = range.blocks
            let place = random.below(blocks.count)
            var draft = Draft(blocks[place].header, blocks[place].payload)
            draft.timestamp += 1
            if let block = draft.block { blocks[place] = block }
            return FinalRange(epoch: range.epoch, blocks: blocks, tail: range.tail, certificate: range.certificate)
        case 1:
            // A block too many on top.
            var draft = Draft(last.header, .empty)
            draft.height = last.header.height.next
            draft.parent = last.id
            draft.timestamp += 1
            let blocks = range.blocks + (draft.block.map { [$0] } ?? [])
            return FinalRange(epoch: range.epoch, blocks: blocks, tail: range.tail, certificate: range.certificate)
        case 2:
            let blocks = Array(range.blocks.dropLast())
            return FinalRange(epoch: range.epoch, blocks: blocks, tail: range.tail, certificate: range.certificate)
        default:
            return FinalRange(
                epoch: range.epoch, blocks: range.blocks, tail: [last.header], certificate: range.certificate)
        }
    }

    /// An offer of another state than the quorum attested, or with another proof.
    private mutating func forged(_ offer: SnapshotOffer) -> SnapshotOffer {
        var leaf = offer.leaf
        var handovers = offer.handovers
        if random.happens(500) || handovers.isEmpty {
            leaf = HistoryLeaf(
                height: leaf.height, block: leaf.block, payloadRoot: leaf.payloadRoot, receiptsRoot: leaf.receiptsRoot,
                stateRoot: Digest(words: (random.next(), 0, 0, 0)))
        } else {
            handovers.removeLast()
        }
        return SnapshotOffer(
            header: offer.header, leaf: leaf, path: offer.path, attesting: offer.attesting,
            certificate: offer.certificate, handovers: handovers)
    }

    /// A part of a snapshot in which a leaf is missing or holds something else; still a part by its bytes.
    private mutating func forged(_ bytes: [UInt8]) -> [UInt8] {
        guard let chunk = try? StateChunk(decoding: bytes), !chunk.leaves.isEmpty else { return bytes }
        var leaves = chunk.leaves
        let place = random.below(leaves.count)
        if random.happens(300) {
            leaves.remove(at: place)
        } else {
            leaves[place] = StateChunk.Leaf(key: leaves[place].key, value: leaves[place].value + [1])
        }
        return StateChunk(prefix: chunk.prefix, siblings: chunk.siblings, leaves: leaves).encoded
    }

    /// False places, and votes that the receiver is said to have cast.
    private mutating func falsified(_ summary: Summary, of slot: Int, aboutVotes lies: Bool) -> Summary {
        var ballots = summary.heard?.ballots ?? []
        if lies, let voter = nodes[slot].engine?.replica.voter, let me = voter.me {
            let view = View(voter.view.value + random.next() % 5)
            let index = random.happens(500) ? me : ValidatorIndex(random.below(voter.committee.count))
            ballots = [nodes[slot].signer.ballot(.nullify(level: .zero), view, in: voter.context, as: index)]
        }
        let heard = summary.heard.map { Summary.Heard(instance: $0.instance, ballots: ballots) }
        return Summary(
            epoch: summary.epoch, view: View(random.next() % 1_000), finality: View(random.next() % 1_000),
            finalHeight: Height(random.next() % 10_000), executedHeight: Height(random.next() % 10_000),
            clock: Timestamp(random.next() % 1_000_000), instance: summary.instance, isHello: random.happens(500),
            heard: heard)
    }
}

/// A header in pieces, to be put together differently.
struct Draft {
    let header: Header
    var height: Height
    var parent: BlockID
    var timestamp: UInt64
    var payload: Payload
    var execHeight: Height
    var execRoot: Digest
    var nextCommittee: CommitteeID?

    init(_ header: Header, _ payload: Payload) {
        self.header = header
        self.payload = payload
        height = header.height
        parent = header.parent
        timestamp = header.timestamp.value
        execHeight = header.execHeight
        execRoot = header.execRoot
        nextCommittee = header.nextCommittee
    }

    var block: Block? {
        let made = Header(
            chain: header.chain, epoch: header.epoch, view: header.view, height: height, parent: parent,
            timestamp: Timestamp(timestamp), proposer: header.proposer, payload: payload,
            execHeight: execHeight, execRoot: execRoot, nextCommittee: nextCommittee)
        return Block(header: made, payload: payload)
    }
}
