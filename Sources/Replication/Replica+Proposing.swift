// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import ShangMi
import Storage

// When this node proposes, and what (R3, 2.8).
extension Replica {
    /// Why a block should come now, if at all (CONS-17).
    @inline(__always)
    var hasDemand: Bool {
        !mempool.isEmpty || hasUnfinishedBranch || lastFilled > tip.execHeight || tip.height == epochParent.height
            || executed.pending != nil || heartbeatDue || isInDoubt || Mutant.neverAtRest.isOn
    }

    /// Others want to go on with what this node cannot judge: until each of them has led once since, it helps views to
    /// end, though nothing waits here (SYNC-9).
    @inline(__always)
    private var isInDoubt: Bool {
        doubtfulView.map { voter.record.view.value <= $0.value + UInt64(committee.count) } ?? false
    }

    /// A block above the final tip is notarized and holds something, or is not known.
    @inline(__always)
    private var hasUnfinishedBranch: Bool {
        guard let high = voter.record.highQC, high.view > voter.record.finality?.view ?? .zero else {
            return isBehindFinality
        }
        guard case .whole(let path) = tree.branch(from: high.block, to: tipID, at: tip.height) else { return true }
        return path.contains { $0.header.transactionCount > 0 || $0.header.nextCommittee != nil }
    }

    mutating func propose() throws(StoreError) {
        guard voter.demand, voter.mayPropose, closing == nil else { return }
        guard !isBehindFinality else { return try declineIfBehind() }
        let parentID = voter.justification.parent?.block ?? epochParentID
        let ancestry: [KnownBlock]
        switch tree.branch(from: parentID, to: tipID, at: tip.height) {
        case .missing(let missing):
            fetches.want(missing)
            return try declineIfBehind()
        case .elsewhere: return
        case .whole(let path): ancestry = path
        }
        let parent = ancestry.first?.header ?? tip
        guard executed.height >= max(parent.execHeight, epochParent.height) else { return try declineIfBehind() }
        let due = parent.timestamp.value + committee.parameters.blockIntervalMillis
        if now.wall.value < due, parent.height != .zero, isEarly(on: parentID, by: due - now.wall.value) {
            return
        }
        let isClosed = ancestry.contains { $0.header.nextCommittee != nil }
        let height = parent.height.next
        let payload = isClosed ? ([], .empty) : draftPayload(at: height, on: parentID)
        guard !payload.transactions.isEmpty || mayBeEmpty(on: parent) else { return }
        try propose(payload, on: parent, parentID)
    }

    private mutating func propose(
        _ payload: (transactions: [Verified<SignedTransaction>], payload: Payload), on parent: Header,
        _ parentID: BlockID
    ) throws(StoreError) {
        makeRoom(for: parentID)
        let header = Header(
            chain: voter.context.chain, epoch: committee.epoch, view: voter.record.view, height: parent.height.next,
            parent: parentID, timestamp: Swift.max(now.wall, parent.timestamp.next),
            proposer: committee.leader(of: voter.record.view), payload: payload.payload,
            execHeight: executed.height, execRoot: executed.root, nextCommittee: executed.pending?.id)
        guard let block = Block(header: header, payload: payload.payload) else {
            preconditionFailure("a header made for a payload names it")
        }
        tree.insert(KnownBlock(block, ids: payload.transactions.map(\.id)))
        tree.markKept(block.id)
        effects.append(.keep(block))
        try vote(.drafted(header))
    }

    /// Sends a proposal, and after it what it proposes.
    mutating func broadcast(_ proposal: Proposal) {
        tellValidators(.proposal(proposal))
        guard let known = tree[proposal.header.id] else { return }
        let isCheap = known.header.payloadBytes <= Pacing.fullPayloadBytes
        if isCheap || committee.count <= Pacing.fullPayloadPeers {
            tellValidators(.body(known.block))
        } else {
            // Clients' transactions reach every validator on their own way; who lacks one asks for the body.
            tellValidators(.outline(known.header, known.ids))
        }
    }

    /// True until a block on `parent` has waited as long as the wall clock asked for when it was first asked.
    ///
    /// A wall clock set back must not stop the chain for longer than an interval, and later events must not
    /// put the end of the wait off.
    private mutating func isEarly(on parent: BlockID, by millis: UInt64) -> Bool {
        if let pacing, pacing.parent == parent { return now.instant < pacing.until }
        let wait = min(millis, committee.parameters.blockIntervalMillis)
        let until = now.instant.advanced(by: .milliseconds(wait))
        pacing = (parent, until)
        effects.append(.arm(.proposing, at: until))
        return now.instant < until
    }

    private mutating func draftPayload(
        at height: Height, on parent: BlockID
    ) -> (transactions: [Verified<SignedTransaction>], payload: Payload) {
        guard height.value - executed.height.value <= Limits.executionLagMax else { return ([], .empty) }
        let tree = tree
        let drafted = mempool.draft(
            at: height, transactionsMax: committee.parameters.blockTransactionsMax,
            bytesMax: Limits.payloadBytesMax, except: { tree.contains($0, onBranchOf: parent) })
        return (drafted, drafted.isEmpty ? .empty : Payload(drafted.map(\.value)))
    }

    /// An empty block is worth making to attest the last results, to begin or end an epoch, as a sign of life, or to
    /// carry an older block to finality that did not get there by its own votes.
    private mutating func mayBeEmpty(on parent: Header) -> Bool {
        if executed.height >= lastFilled && lastFilled > parent.execHeight { return true }
        if parent.height == epochParent.height || Mutant.neverAtRest.isOn { return true }
        // One sign of life is enough: while it is not final, blocks on it only help it to finality.
        if heartbeatDue, parent.height == tip.height { return true }
        if executed.pending != nil, parent.nextCommittee == nil { return true }
        // What is in demand may stand in the parent, which is not final: without a block on it views would end by their
        // timers until the next heartbeat (found by the simulator, seed 8965).
        guard parent.height > tip.height || hasUnfinishedBranch else { return false }
        if let helping, helping.view == voter.record.view { return now.instant >= helping.until }
        let until = now.instant.advanced(by: Pacing.helper)
        helping = (voter.record.view, until)
        effects.append(.arm(.proposing, at: until))
        return false
    }

    /// A leader that is catching up gives its view up at once instead of making all others wait for its timer.
    private mutating func declineIfBehind() throws(StoreError) {
        if isFarBehind { try vote(.declined) }
    }

    @inline(__always)
    var isHeartbeatDue: Bool {
        now.wall.value >= tip.timestamp.value + committee.parameters.heartbeatMillis
    }

    mutating func armHeartbeat() {
        arm(.heartbeat, after: .milliseconds(committee.parameters.heartbeatMillis))
    }
}
