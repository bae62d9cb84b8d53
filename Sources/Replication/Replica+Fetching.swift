// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Storage

// Getting what is missing: single bodies by identifier, final blocks by ranges (R10, 2.12;
// PEER-7 to PEER-9, SYNC-1 to SYNC-4).
extension Replica {
    // MARK: Bodies

    /// Asked for, or the payload of a proposal that may come right after it.
    func isWanted(_ block: Block) -> Bool {
        if tree[block.id] != nil { return false }
        if fetches.wants(block.id) { return true }
        let header = block.header
        return header.epoch == committee.epoch && header.view >= voter.view
            && header.view.value <= voter.view.value + Timing.viewsAhead && header.height > tip.height
            && header.proposer == committee.leader(of: header.view)
    }

    mutating func take(_ body: Verified<Block>, _ ids: [TransactionID], from peer: PeerID) {
        guard isWanted(body.value) else { return }
        let known = KnownBlock(body.value, ids: ids)
        if fetches.wants(known.id) || undecided?.header.id == known.id { return admitBody(known) }
        // A body that overtook its proposal waits for it; one a leader, so that none can drive another's out.
        guard peers.validators[known.header.proposer.value] == peer else { return }
        earlyBodies.removeAll { $0.header.view < voter.view || $0.header.proposer == known.header.proposer }
        if earlyBodies.count >= Pacing.earlyBodiesMax { earlyBodies.removeFirst() }
        earlyBodies.append(known)
    }

    mutating func admitBody(_ known: KnownBlock) {
        if tree.isFull { tree.keepBranch(of: voter.record.highQC?.block ?? tipID, above: tip.height) }
        guard !tree.isFull else { return }
        tree.insert(known)
        earlyBodies.removeAll { $0.id == known.id }
    }

    mutating func noteBroken(_ id: BlockID) {
        guard !brokenBodies.contains(id) else { return }
        if brokenBodies.count >= BlockTree.blocksMax { brokenBodies.removeFirst() }
        brokenBodies.append(id)
    }

    /// Rebuilds a body from the transactions that wait here; what lacks is asked for whole.
    mutating func take(_ header: Header, _ ids: [TransactionID]) {
        guard fetches.wants(header.id) || undecided?.header.id == header.id, tree[header.id] == nil else { return }
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

    mutating func serveBody(_ id: BlockID, to peer: PeerID) {
        guard let known = tree[id] else { return }
        effects.append(.send(.peer(peer), .body(known.block)))
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
    var isFarBehind: Bool {
        if closing != nil { return true }
        guard let since = ranges.behindSince else { return false }
        return now.instant.since(since) >= Pacing.behindPatience
    }

    mutating func askForRange() {
        // Mostly nobody is ahead, and one comparison says so however many peers there are.
        guard ranges.highest > tip.height else {
            ranges.behindSince = nil
            return
        }
        let ahead = peers.everyone.filter { peers[$0]?.summary?.finalHeight ?? .zero > tip.height }
        guard !ahead.isEmpty else {
            ranges.behindSince = nil
            return
        }
        if ranges.behindSince == nil { ranges.behindSince = now.instant }
        guard !quest.isOn else { return }
        let gap = ahead.compactMap { peers[$0]?.summary?.finalHeight.value }.max() ?? 0
        let since = ranges.behindSince ?? now.instant
        let isUrgent = gap > tip.height.value + Pacing.behindBlocks
        guard isUrgent || now.instant.since(since) >= Pacing.behindPatience else {
            return fetchAgain(at: now.instant.advanced(by: Pacing.behindPatience))
        }
        if let asked = ranges.askedAt, now.instant.since(asked) < Pacing.rangePatience {
            return fetchAgain(at: now.instant.advanced(by: Pacing.rangePatience))
        }
        guard closing == nil, tip.height.value - executed.height.value < Pacing.unexecutedMax,
            !Mutant.noFetching.isOn
        else { return }
        let peer = ahead[ranges.turn % ahead.count]
        ranges.ask(peer, at: now.instant)
        effects.append(.send(.peer(peer), .blocksRequest(from: tip.height.next)))
        fetchAgain(at: now.instant.advanced(by: Pacing.rangePatience))
    }

    mutating func take(
        _ range: FinalRange, _ ids: [[TransactionID]], _ certificate: Verified<QuorumCertificate>, from peer: PeerID
    ) throws(StoreError) {
        guard ranges.asked == peer else { return }
        ranges.answered()
        guard closing == nil else { return }
        // What became final here meanwhile is cut off the front.
        let skipped = range.blocks.firstIndex { $0.header.height > tip.height } ?? range.blocks.count
        let news = FinalRange(
            epoch: range.epoch, blocks: Array(range.blocks[skipped...]), tail: range.tail,
            certificate: certificate.value)
        guard news.links(to: tipID) || Mutant.syncUnchecked.isOn, news.endsRightly else { return }
        try vote(.certificateReceived(certificate))
        let path = zip(news.blocks, ids[skipped...]).map { block, ids in tree[block.id] ?? KnownBlock(block, ids: ids) }
        for known in path { tree.insert(known) }
        try append(path, tail: range.tail, certificate.value)
    }

    /// Serves a range of one epoch, as long as allowed, up to where a certificate is.
    mutating func serveRange(from start: Height, to peer: PeerID) throws(StoreError) {
        guard start <= tip.height, start > .zero else { return }
        guard mayServe(peer) else { return }
        var found: [Block] = []
        var records: [FinalRecord] = []
        var bytes = 0
        var height = start
        while height <= tip.height, found.count < FinalRange.blocksMax {
            guard let record = try blocks.finalRecord(at: height),
                let block = try blocks.block(at: height, record.header.id)
            else { return }
            if let first = records.first, first.header.epoch != record.header.epoch { break }
            // One block always fits; a second must not make the message longer than may be sent (PEER-2).
            if !found.isEmpty, bytes + block.payload.bytes.count > Pacing.rangeBytesMax { break }
            found.append(block)
            records.append(record)
            bytes += block.payload.bytes.count
            if record.header.nextCommittee != nil {
                guard let proof = try blocks.handover(ending: record.header.epoch) else { return }
                return answer(peer, found, tail: proof.descendants, proof.certificate)
            }
            height = height.next
        }
        if let last = records.lastIndex(where: { $0.certificate.block == $0.header.id }) {
            return answer(peer, Array(found[...last]), tail: [], records[last].certificate)
        }
        guard let last = records.last else { return }
        try serveWithTail(found, last, to: peer)
    }

    /// So many blocks became final by one certificate that it lies beyond the range: headers lead to it.
    private mutating func serveWithTail(
        _ found: [Block], _ last: FinalRecord, to peer: PeerID
    ) throws(StoreError) {
        var tail: [Header] = []
        var height = last.header.height.next
        while tail.count < Limits.epochTailMax, let record = try blocks.finalRecord(at: height) {
            tail.append(record.header)
            if record.header.id == last.certificate.block {
                return answer(peer, found, tail: tail, last.certificate)
            }
            height = height.next
        }
    }

    private mutating func answer(
        _ peer: PeerID, _ blocks: [Block], tail: [Header], _ certificate: QuorumCertificate
    ) {
        guard let epoch = blocks.first?.header.epoch else { return }
        let range = FinalRange(epoch: epoch, blocks: blocks, tail: tail, certificate: certificate)
        effects.append(.send(.peer(peer), .blocks(range)))
    }
}

extension FinalRange {
    /// Nothing may follow a closing block in its epoch but the way to its certificate.
    var endsRightly: Bool { !blocks.dropLast().contains { $0.header.nextCommittee != nil } }
}
