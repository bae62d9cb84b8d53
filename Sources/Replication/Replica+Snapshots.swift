// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Execution
import Ledger
import ShangMi
import Storage

// Going on from a state others have computed, and giving one (R15, 2.12; SYNC-5 to SYNC-9).
extension Replica {
    // MARK: The quest

    /// Does the next thing on the way to a snapshot, if there is one.
    mutating func pursueSnapshot() throws(StoreError) {
        guard !Mutant.noFetching.isOn else { return }
        guard !quest.hasWritten else { return fetchAgain(at: now.instant) }
        switch quest.phase {
        case .idle:
            // Mostly nobody is that far ahead, and one comparison says so.
            let isFar = ranges.highest.value > tip.height.value + quest.settings.gap
            if isFar || quest.underWay != nil { try considerQuest() }
        case .asking: try askForOffer()
        case .assembling: try assemble()
        case .dropping: try dropLeftover()
        }
    }

    /// Whether a height may be executed: not while a state is put together beside, nor over what lies there of one.
    func mayExecute(_ height: Height) -> Bool {
        guard quest.phase != .assembling else { return false }
        return quest.underWay.map { StateVersion.of(height) < $0.version } ?? true
    }

    /// Nothing is on its way into the store but what this quest writes.
    @inline(__always)
    private var isSettled: Bool { executed.height == tip.height && !isExecuting && closing == nil }

    /// Validators, or others where no validator claims to be so far.
    private func peers(above height: UInt64) -> [PeerID] {
        let ahead = peers.ahead(of: Height(min(height, Height.max)))
        let validators = ahead.filter(\.isValidator)
        return (validators.isEmpty ? ahead : validators).map(\.id)
    }

    /// True where a quest may begin as soon as what is here is executed: asking for more ranges would put that off, for
    /// ever where execution is slower than the network.
    @inline(__always)
    var isWaitingForQuest: Bool {
        quest.phase == .idle && quest.mayBegin(at: now.instant) && !isSettled && isFarBehindOthers
    }

    @inline(__always)
    private var isFarBehindOthers: Bool {
        ranges.highest.value > tip.height.value + quest.settings.gap
            && !peers(above: tip.height.value + quest.settings.gap).isEmpty
    }

    private mutating func considerQuest() throws(StoreError) {
        if let left = quest.underWay, StateVersion.of(executed.height.next) >= left.version, !isExecuting {
            var assembly = try StateAssembly(
                store: blocks.store, keyspace: BlockStore<Store>.stateKeyspace, version: left.version,
                root: left.root)
            try assembly.abandon()
            quest.drop(assembly)
            return try dropLeftover()
        }
        guard isFarBehindOthers, isSettled, ranges.asked == nil, quest.mayBegin(at: now.instant) else { return }
        quest.begin(at: now.instant)
        try askForOffer()
    }

    private mutating func askForOffer() throws(StoreError) {
        if let due = quest.offerDue, now.instant < due { return fetchAgain(at: due) }
        let claimers = peers(above: tip.height.value + quest.settings.gap)
        guard !quest.isHopeless(at: now.instant), let peer = quest.nextForOffer(claimers, at: now.instant) else {
            return try endQuest()
        }
        effects.append(.send(.peer(peer), .snapshotRequest))
        if let due = quest.offerDue { fetchAgain(at: due) }
    }

    mutating func take(_ checked: CheckedOffer, from peer: PeerID) throws(StoreError) {
        guard quest.awaitsOffer(from: peer) else { return }
        quest.offerCame(from: peer)
        let offer = checked.offer.value
        guard isSettled, offer.height.value > quest.offerMin(above: tip.height) else { return }
        let assembly = try StateAssembly(
            store: blocks.store, keyspace: BlockStore<Store>.stateKeyspace,
            version: StateVersion.of(offer.height), root: offer.leaf.stateRoot)
        quest.assemble(checked, in: assembly, at: now.instant)
    }

    private mutating func assemble() throws(StoreError) {
        guard let offer = quest.offer?.offer.value, tip.height < offer.height,
            !quest.isHopeless(at: now.instant)
        else { return try endQuest() }
        // Parts of an older snapshot go first.
        if let batch = try quest.assembly?.clear() { return install(batch) }
        if quest.needsMissing {
            quest.want(try quest.assembly?.missing(limit: Pacing.snapshotBreadth) ?? [])
        }
        let (requests, again) = quest.due(peers(above: offer.height.value), at: now.instant)
        for (prefix, peer) in requests {
            let place = SnapshotPlace(height: offer.height, prefix: prefix)
            effects.append(.send(.peer(peer), .chunkRequest(place)))
        }
        fetchAgain(at: again)
    }

    /// Takes a part that was asked for, if it is one of the state that was offered.
    ///
    /// - Cost: three digests a leaf and one a branching: some milliseconds for a full part, on the thread that votes.
    ///   Nobody can make this node pay that but a peer it has asked, once an answer; and a node that asks is too far
    ///   behind to vote.
    mutating func take(
        _ bytes: [UInt8], at place: SnapshotPlace, from peer: PeerID
    ) throws(StoreError) {
        guard quest.awaits(place, from: peer), let checked = quest.offer, !quest.hasWritten,
            let assembly = quest.assembly
        else { return }
        quest.partCame(place.prefix, from: peer)
        guard let chunk = try? StateChunk(decoding: bytes), chunk.prefix.contains(place.prefix.path),
            let verified = try? chunk.verify(root: checked.offer.value.leaf.stateRoot)
        else { return quest.blame(peer, for: place.prefix) }
        switch try assembly.install(verified) {
        case .installed(let batch): install(batch)
        case .completed(let batch): try rebase(onto: checked, by: batch, assembly)
        case .present: break
        case .overlapping, .otherRoot: quest.blame(peer, for: place.prefix)
        }
    }

    private mutating func install(_ batch: WriteBatch) {
        effects.append(.install(batch))
        quest.advance(by: batch.byteCount, at: now.instant)
        fetchAgain(at: now.instant)
    }

    /// The state is whole: this run ends, and the next begins on the new base (SYNC-8, HOST-10).
    private mutating func rebase(
        onto checked: CheckedOffer, by batch: WriteBatch, _ assembly: StateAssembly<Store>
    ) throws(StoreError) {
        var pending: Committee?
        if let bytes = try assembly.value(for: CommitteeContract.pendingStateKey, completedBy: batch) {
            guard let committee = try? Committee(decoding: bytes) else {
                throw .corrupt(what: "the pending committee of a snapshot")
            }
            pending = committee
        }
        guard let whole = BlockStore<Store>.rebase(onto: checked, pending: pending, state: batch) else {
            preconditionFailure("the path of a checked offer fits its place")
        }
        // A store with final blocks and a ring without a record would look like a ring that was lost (RING-5).
        if key != nil { effects.append(.persist(voter.record)) }
        effects.append(.rebase(whole))
        isHalted = true
    }

    /// Gives a quest up: blocks are fetched again. What lies in the store of the snapshot may still be gone on with.
    private mutating func endQuest() throws(StoreError) {
        let left = try StateAssembly.underWay(in: blocks.store, keyspace: BlockStore<Store>.stateKeyspace)
        quest.end(leaving: left, at: now.instant)
        executeNext()
    }

    private mutating func dropLeftover() throws(StoreError) {
        if let batch = try quest.assembly?.clear() { return install(batch) }
        quest.end(leaving: nil, at: now.instant)
        executeNext()
    }
}
