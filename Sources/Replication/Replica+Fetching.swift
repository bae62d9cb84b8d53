// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
package import Ledger
import Storage

// Getting what is missing: single bodies by identifier, final blocks by ranges (R10, 2.12;
// PEER-7 to PEER-9, SYNC-1 to SYNC-4).
extension Replica {
    // MARK: Bodies

    mutating func take(_ body: Verified<Block>, _ ids: [TransactionID], from peer: PeerID) {
        guard isWanted(body.value.header) else { return }
        let known = KnownBlock(body.value, ids: ids)
        if isAwaited(known.id) { return admitBody(known) }
        // A body that overtook its proposal waits for it; one a leader, so that none can drive another's out.
        guard isFromLeader(known.header, peer) else { return }
        earlyBodies.removeAll { $0.header.view < voter.record.view || $0.header.proposer == known.header.proposer }
        if earlyBodies.count >= Pacing.earlyBodiesMax { earlyBodies.removeFirst() }
        earlyBodies.append(known)
    }

    /// The newest block with a quorum is wanted from the moment its certificate is here: a quorum of others may have
    /// voted, and ended its view, before its body has been checked here, and the next block stands on it (PEER-9).
    @inline(__always)
    mutating func wantHighest() {
        guard let high = voter.record.highQC, tree[high.block] == nil, high.block != tipID, closing == nil,
            high.view > tip.view || tip.epoch != committee.epoch
        else { return }
        fetches.want(high.block, signers: high.signatures.map(\.signer.value))
    }

    /// Takes in a body that is asked for. There is always room: what comes here is one proposal a view, or has a
    /// certificate, and a block far above the executed height is empty (CONS-15).
    mutating func admitBody(_ known: KnownBlock) {
        makeRoom(for: known.id)
        tree.insert(known)
        earlyBodies.removeAll { $0.id == known.id }
    }

    /// Where the tree is full, forgets the blocks that no certificate and no proposal of now stands on.
    mutating func makeRoom(for block: BlockID) {
        guard tree.isFull else { return }
        let record = voter.record
        // What a missing block stands on is not known, so everything voted for stays until it is here.
        if let high = record.highQC?.block, high != tipID, tree[high] == nil {
            return tree.keepVotedFor(above: tip.height)
        }
        let needed = [
            record.highQC?.block, record.finality?.block, undecided?.header.parent, voter.justification.parent?.block,
        ]
        tree.keepBranches(of: needed.compactMap { $0 } + [block, tipID], above: tip.height)
    }

    mutating func noteBroken(_ header: Header, from peer: PeerID) {
        let id = header.id
        if isFromLeader(header, peer) { peers[peer]?.brokenView = header.view }
        guard !brokenBodies.contains(id) else { return }
        if brokenBodies.count >= BlockTree.blocksMax { brokenBodies.removeFirst() }
        brokenBodies.append(id)
    }

    /// Rebuilds a body from the transactions that wait here; what lacks is asked for whole.
    mutating func take(_ header: Header, _ ids: [TransactionID]) {
        let id = header.id
        guard isAwaited(id), tree[id] == nil else { return }
        // The header bounds what is put together before it is compared with it.
        guard UInt64(ids.count) == header.transactionCount, Set(ids).count == ids.count else { return }
        var transactions: [SignedTransaction] = []
        var bytes: UInt64 = 0
        for id in ids {
            guard let transaction = mempool[id]?.value else { return }
            bytes += UInt64(transaction.bytes.count)
            guard bytes <= header.payloadBytes else { return }
            transactions.append(transaction)
        }
        guard let block = Block(header: header, payload: Payload(transactions)) else { return }
        admitBody(KnownBlock(block, ids: ids))
    }

    mutating func askForMissing() {
        let (requests, again) = fetches.due(
            at: now.instant, patience: Pacing.relay, breadth: committee.faultsMax + 1, of: committee.count)
        for request in requests where !Mutant.noFetching.isOn {
            for index in request.from {
                let peer = peers.validators[index]
                if peer != peers.own { effects.append(.send(.peer(peer), .bodyRequest(request.id))) }
            }
        }
        if let again { fetchAgain(at: again) }
    }

    // MARK: Ranges

    /// True where this node is so far behind that it cannot lead.
    @inline(__always)
    var isFarBehind: Bool {
        if closing != nil || ranges.isFar { return true }
        guard let since = ranges.behindSince else { return false }
        return now.instant.since(since) >= Pacing.behindPatience
    }

    /// The greatest final height that somebody who is believed tells of, or did until lately.
    package var claimedHeight: Height { ranges.highest }

    /// True where this node has more to fetch than one in step ever has, by more validators' word than may lie.
    @inline(__always)
    package var isCatchingUp: Bool { ranges.isFar }

    mutating func askForRange() {
        // Mostly nobody is ahead, and one comparison says so however many peers there are.
        guard ranges.highest > tip.height else { return ranges.arrived(at: tip.height) }
        let ahead = peers.ahead(of: tip.height)
        // One peer's word makes this node ask, until it turns out to be worth nothing; to give up leading it takes more
        // than may lie.
        let isBehind = isBehindFinality || ahead.count(where: \.isValidator) > committee.faultsMax
        let believed = isBehind ? ahead : ahead.filter { !ranges.isBlamed($0.id, at: now.instant) }
        guard let highest = believed.map(\.height).max() else { return ranges.arrived(at: tip.height) }
        if ranges.aheadSince == nil { ranges.aheadSince = now.instant }
        ranges.behindSince = isBehind ? ranges.behindSince ?? now.instant : nil
        ranges.isFar =
            ahead.count { $0.isValidator && $0.height.value > tip.height.value + Pacing.catchingUp }
            > committee.faultsMax
        if let due = ranges.expire(at: now.instant) { fetchAgain(at: due) }
        guard !quest.isOn, !isWaitingForQuest else { return }
        // To an observer no block comes unasked, so it waits for none.
        let isUrgent = voter.me == nil || highest.value > tip.height.value + Pacing.behindBlocks
        let since = ranges.aheadSince ?? now.instant
        guard isUrgent || now.instant.since(since) >= Pacing.behindPatience else {
            return fetchAgain(at: now.instant.advanced(by: Pacing.behindPatience))
        }
        guard ranges.asked == nil, closing == nil, tip.height.value - executed.height.value < Pacing.unexecutedMax,
            !Mutant.noFetching.isOn
        else { return }
        // Anybody may watch a chain and claim to be ahead; validators are asked first.
        let validators = ahead.filter(\.isValidator).map(\.id)
        let others = ahead.filter { !$0.isValidator }.map(\.id)
        let (start, instant) = (tip.height.next, now.instant)
        let found =
            ranges.next(of: validators, from: start, at: instant) ?? ranges.next(of: others, from: start, at: instant)
        guard let peer = found else { return fetchAgain(at: now.instant.advanced(by: Pacing.rangeSpacing)) }
        effects.append(.send(.peer(peer), .blocksRequest(from: start)))
        fetchAgain(at: now.instant.advanced(by: Pacing.rangePatience))
    }

    mutating func take(
        _ range: FinalRange, _ ids: [[TransactionID]], _ certificate: Verified<QuorumCertificate>, from peer: PeerID
    ) throws(StoreError) {
        guard ranges.awaits(peer) else { return }
        let isAnswer = ranges.answered(by: peer, from: range.blocks.first?.header.height)
        guard closing == nil else { return }
        // What became final here meanwhile is cut off the front.
        let skipped = range.blocks.firstIndex { $0.header.height > tip.height } ?? range.blocks.count
        let news = FinalRange(
            epoch: range.epoch, blocks: Array(range.blocks[skipped...]), tail: range.tail,
            certificate: certificate.value)
        // It came late, and nothing in it is new: or it is an old one, sent instead of what was asked for.
        guard !news.blocks.isEmpty else {
            return isAnswer ? ranges.forgive(peer) : ranges.blame(peer, since: now.instant)
        }
        guard news.links(to: tipID) || Mutant.syncUnchecked.isOn, news.endsRightly else {
            return ranges.blame(peer, since: now.instant)
        }
        ranges.forgive(peer)
        try vote(.certificateReceived(certificate))
        let path = zip(news.blocks, ids[skipped...]).map { block, ids in tree[block.id] ?? KnownBlock(block, ids: ids) }
        for known in path { tree.insert(known) }
        try append(path, tail: range.tail, certificate.value)
    }

    /// A range was refused at the door, so nothing of it is here: another peer is asked at once, not when this one's
    /// time is over.
    mutating func refuseRange(from peer: PeerID, beginning start: Height?) {
        guard ranges.awaits(peer) else { return }
        let isAnswer = ranges.answered(by: peer, from: start)
        // The epoch may have ended here while the range was on its way.
        guard !isAnswer || start ?? .zero > tip.height else { return }
        ranges.blame(peer, since: now.instant)
    }
}

extension FinalRange {
    /// Nothing may follow a closing block in its epoch but the way to its certificate.
    var endsRightly: Bool { !blocks.dropLast().contains { $0.header.nextCommittee != nil } }
}
