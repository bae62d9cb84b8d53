// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Storage

// What others ask this node for, and how often it answers (PEER-10, SYNC-2, SYNC-3, SYNC-7).
extension Replica {
    /// True at most once in `Pacing.service` for each peer, for answers of mebibytes.
    private mutating func mayServe(_ peer: PeerID) -> Bool {
        let isSoon = peers[peer]?.served.map { now.instant.since($0) < Pacing.service } ?? false
        // Before anything is read.
        if isSoon || !peers.spend(0, on: peer, at: now.instant) {
            effects.append(.note(.refused(peer, .tooOften)))
            return false
        }
        peers[peer]?.served = now.instant
        return true
    }

    /// Sends what a peer asked for, if it has not had its share already (PEER-10).
    mutating func answer(_ peer: PeerID, _ message: PeerMessage, bytes: Int) {
        guard peers.spend(bytes, on: peer, at: now.instant) else {
            return effects.append(.note(.refused(peer, .tooOften)))
        }
        effects.append(.send(.peer(peer), message))
    }

    /// A block that is final already is not in the tree any more, and whoever missed its body asks for it only then.
    mutating func serveBody(_ id: BlockID, to peer: PeerID) throws(StoreError) {
        if let known = tree[id] {
            return answer(peer, .body(known.block), bytes: known.block.payload.bytes.count)
        }
        // Before anything is read, and whether or not it is found: looking costs eight records.
        guard peers.spend(Pacing.lookUpBytes, on: peer, at: now.instant) else {
            return effects.append(.note(.refused(peer, .tooOften)))
        }
        for back in 0..<min(Pacing.bodiesServed, tip.height.value) {
            let height = Height(tip.height.value - back)
            guard let record = try blocks.finalRecord(at: height), record.header.id == id else { continue }
            guard let block = try blocks.block(at: height, id) else { return }
            return answer(peer, .body(block), bytes: block.payload.bytes.count)
        }
    }

    mutating func serveOffer(to peer: PeerID) throws(StoreError) {
        guard mayServe(peer), let offer = try ProofBuilder(blocks.store).snapshotOffer() else { return }
        answer(peer, .snapshotOffer(offer), bytes: PeerMessage.urgentBytesMax)
    }

    /// Reads the state as the store has it, beside the lane that writes: versions that are kept do not change.
    /// - Cost: reads and encodes a mebibyte at most.
    mutating func serveChunk(_ place: SnapshotPlace, to peer: PeerID) throws(StoreError) {
        guard mayServe(peer) else { return }
        do throws(StoreError) {
            let tree = try StateTree(
                store: blocks.store, keyspace: BlockStore<Store>.stateKeyspace, cacheBytesMax: 0)
            let chunk = try tree.chunk(
                within: place.prefix, version: StateVersion.of(place.height),
                weightMax: quest.settings.chunkWeightMax)
            let bytes = chunk.encoded
            answer(peer, .chunk(place, bytes), bytes: bytes.count)
        } catch {
            switch error {
            case .pruned, .unknownVersion: return  // Who asks learns by silence, and asks another.
            default: throw error
            }
        }
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
            else { break }
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

    /// So many blocks became final by one certificate that it lies beyond the range: headers lead to it. Those beyond
    /// a closing block are in the proof of the epoch's end, for their heights were used again.
    private mutating func serveWithTail(
        _ found: [Block], _ last: FinalRecord, to peer: PeerID
    ) throws(StoreError) {
        var tail: [Header] = []
        var height = last.header.height.next
        while tail.count < Limits.epochTailMax, let record = try blocks.finalRecord(at: height) {
            tail.append(record.header)
            if record.header.nextCommittee != nil {
                guard let proof = try blocks.handover(ending: record.header.epoch) else { return }
                return answer(peer, found, tail: tail + proof.descendants, proof.certificate)
            }
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
        answer(peer, .blocks(range), bytes: blocks.reduce(0) { $0 + $1.payload.bytes.count })
    }
}
