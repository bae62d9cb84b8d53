// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Execution
import Ledger
import ShangMi
import Storage

// What is not worth a signature check: asked of every message before one is paid (PEER-4).
extension Replica {
    /// Whether a message is worth checking signatures for.
    /// - Returns: nil where it is.
    /// - Cost: comparisons and one or two look-ups, one more for each transaction.
    /// - Spec: PEER-4.
    package mutating func refusal(of message: PeerMessage, from peer: PeerID) -> MessageRefusal? {
        // Most messages do not need to know.
        var isValidator: Bool { peers.isValidator(peer) }
        switch message {
        case .proposal(let proposal): return refusal(of: proposal)
        case .ballot(let ballot, _): return refusal(of: ballot)
        case .certificate(let epoch, let certificate):
            guard epoch == committee.epoch || Mutant.oldEpochCertificates.isOn else { return .otherEpoch }
            let isNews =
                certificate.view >= voter.record.view
                || certificate.kind == .finality && certificate.view > voter.record.finality?.view ?? .zero
            guard isNews else { return .stale }
        case .nullity(let epoch, let certificate):
            guard epoch == committee.epoch else { return .otherEpoch }
            guard certificate.view >= voter.record.view else { return .stale }
        case .body(let block): return refusal(of: block, from: peer)
        case .outline(let header, let ids): return refusal(of: header, ids, from: peer)
        case .blocks(let range):
            guard ranges.awaits(peer) else { return .unwanted }
            guard range.epoch == committee.epoch else { return .otherEpoch }
        case .returnRequest: guard isValidator else { return .stranger }
        case .returnReport:
            guard isValidator else { return .stranger }
            guard voter.record.silence == .unbounded else { return .unwanted }
        case .transactions(let transactions):
            guard isValidator || peers.observers.contains(peer) else { return .stranger }
            return refusal(of: transactions)
        case .snapshotOffer: guard quest.awaitsOffer(from: peer) else { return .unwanted }
        case .chunk(let place, _): guard quest.awaits(place, from: peer) else { return .unwanted }
        case .summary(let summary):
            // Its ballots cost a check each, and only a validator's word on them counts.
            guard isValidator || summary.heard?.ballots.isEmpty ?? true else { return .stranger }
        case .bodyRequest, .blocksRequest, .snapshotRequest, .chunkRequest: break
        }
        return nil
    }

    private func refusal(of proposal: Proposal) -> MessageRefusal? {
        let header = proposal.header
        guard header.chain == voter.context.chain else { return .otherChain }
        guard header.epoch == committee.epoch else { return .otherEpoch }
        guard header.view >= voter.record.view else { return .stale }
        guard isNear(header.view) else { return .farAhead }
        guard header.proposer == committee.leader(of: header.view) else { return .stranger }
        // The leader's signature does not cover the entry certificate: a true proposal with another one, by which its
        // parent is not the justified one, would drive the true copy out (CONS-8).
        guard header.parent == proposal.entry.parent?.block ?? epochParentID else {
            return .badCertificate
        }
        if let pending = voter.pending, pending.value == proposal { return .stale }
        return nil
    }

    private func refusal(of ballot: Ballot) -> MessageRefusal? {
        guard ballot.epoch == committee.epoch else { return .otherEpoch }
        guard committee.key(of: ballot.signer) != nil else { return .stranger }
        guard isNear(ballot.view) || Mutant.rememberFarViews.isOn else { return .farAhead }
        // Not counted; what its sender lacks it is told when it next says where it stands.
        if case .finalize = ballot.statement {
            return ballot.view <= voter.record.finality?.view ?? .zero ? .stale : nil
        }
        return ballot.view < voter.record.view ? .stale : nil
    }

    /// A body costs a signature check a transaction, so it comes because it was asked for, or from the leader itself,
    /// once, in a view that may yet be voted in.
    private func refusal(of block: Block, from peer: PeerID) -> MessageRefusal? {
        guard block.header.chain == voter.context.chain else { return .otherChain }
        guard isWanted(block.header) else { return .unwanted }
        if isAwaited(block.id) { return brokenBodies.contains(block.id) ? .unwanted : nil }
        guard isFromLeader(block.header, peer) else { return .stranger }
        guard peers[peer]?.brokenView ?? .zero < block.header.view,
            !earlyBodies.contains(where: { $0.header.view == block.header.view })
        else { return .tooOften }
        return nil
    }

    private func refusal(
        of header: Header, _ ids: [TransactionID], from peer: PeerID
    ) -> MessageRefusal? {
        guard header.chain == voter.context.chain else { return .otherChain }
        guard isWanted(header), isAwaited(header.id) else { return .unwanted }
        guard isFromLeader(header, peer) else { return .stranger }
        // The header bounds what is put together before it is compared with it.
        guard UInt64(ids.count) == header.transactionCount else { return .malformed }
        return nil
    }

    /// Honest peers pass on what they have taken in themselves; some senders may have lost their right since.
    private mutating func refusal(of transactions: [SignedTransaction]) -> MessageRefusal? {
        // Whom `door` does not remember, each looked up once: they may be many, and nothing of this is signed yet.
        var verdicts: [SM2.PublicKey: Bool] = [:]
        var strangers = 0
        var isNews = false
        for transaction in transactions {
            let sender = transaction.body.sender
            guard transaction.body.chain == voter.context.chain else { return .otherChain }
            let isFit = door.knows(sender) || verdicts[sender] ?? mayWait(sender)
            if !door.knows(sender) { verdicts[sender] = isFit }
            if isFit {
                isNews = isNews || !mempool.contains(transaction.id)
            } else {
                strangers += 1
                guard strangers <= Pacing.strangersMax else { return .stranger }
            }
        }
        if strangers > 0, strangers == transactions.count { return .stranger }
        return isNews ? nil : .unwanted
    }

    @inline(__always)
    private func isNear(_ view: View) -> Bool { view.value <= voter.record.view.value + Timing.viewsAhead }

    @inline(__always)
    func isFromLeader(_ header: Header, _ peer: PeerID) -> Bool {
        peers.validators[committee.leader(of: header.view).value] == peer
    }

    /// Asked for, or the payload of the proposal that is being judged.
    @inline(__always)
    func isAwaited(_ id: BlockID) -> Bool { fetches.wants(id) || undecided?.header.id == id }

    /// Asked for, or the payload of a proposal that may come right after it.
    func isWanted(_ header: Header) -> Bool {
        if tree[header.id] != nil { return false }
        if fetches.wants(header.id) { return true }
        return header.epoch == committee.epoch && header.view >= voter.record.view && isNear(header.view)
            && header.height > tip.height && header.proposer == committee.leader(of: header.view)
    }

    /// Whether transactions of this sender may wait here at all: remembered, or read from the executed state.
    private mutating func mayWait(_ sender: SM2.PublicKey) -> Bool {
        do throws(StoreError) { return try obstacle(to: sender) == nil } catch { return false }
    }

    /// What keeps a sender's transactions from waiting here.
    mutating func obstacle(to sender: SM2.PublicKey) throws(StoreError) -> SendingObstacle? {
        // The store alone is captured: with the replica, what the door remembers would be copied for each newcomer.
        let store = blocks.store
        return try door.obstacle(to: sender, at: executed.height) { () throws(StoreError) in
            try StateTree(store: store, keyspace: BlockStore<Store>.stateKeyspace, cacheBytesMax: 0)
        }
    }
}
