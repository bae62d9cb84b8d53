// SPDX-License-Identifier: Apache-2.0
internal import Bedrock

/// One bounded step of pruning, for the caller's batch.
package struct PruneSlice: Sendable {
    package fileprivate(set) var deletes: [[UInt8]] = []
    /// Nodes, leaves and journals, each of which was put once and is deleted here once (STATE-17).
    package fileprivate(set) var deletesOnce: [[UInt8]] = []
    /// Stale records that a pin still needs, listed anew under that pin; and the oldest version.
    package fileprivate(set) var puts: [StoredPair] = []
    /// Whether nothing is left to prune before the version asked for.
    package fileprivate(set) var isDone = false
    /// Entries looked at: what bounds a slice's work, deletes or not.
    fileprivate var visitedCount = 0

    fileprivate mutating func delete(_ key: [UInt8], isOnce: Bool) {
        if isOnce { deletesOnce.append(key) } else { deletes.append(key) }
    }

    package func append(to batch: inout WriteBatch) {
        for pair in puts { batch.put(pair.key, pair.value) }
        for key in deletes { batch.delete(key) }
        for key in deletesOnce { batch.deleteOnce(key) }
    }
}

extension StateTree {
    /// Gives the next deletes on the way to forgetting every version before `oldest` that is not pinned.
    ///
    /// The caller writes the slice and asks again until it is done; a crash between slices costs nothing but
    /// asking again. Where a slice was not written, the tree is loaded anew before it is asked again (STATE-17).
    /// From the first call on, versions before `oldest` answer `.pruned` unless pinned.
    /// - Parameters:
    ///   - oldest: the first version to keep, at most the current one.
    ///   - limit: about how many records a slice may look at; one journal slice (1,024) is the least.
    /// - Cost: reads one journal record per 1,024 deletes; never the tree. A record that pins need is listed
    ///   once more for each of them.
    /// - Spec: STATE-12, STATE-13, STATE-16, STATE-17, SNAP-9.
    package mutating func prune(before oldest: UInt64, limit: Int = 4096) throws(StoreError) -> PruneSlice {
        precondition(oldest <= version, "the current version is always kept")
        oldestVersion = max(oldest, oldestVersion)
        var slice = PruneSlice()
        slice.puts.append(StoredPair(key: source.layout.oldest, value: withBigEndianBytes(of: oldestVersion)))
        let start = cursor
        do throws(StoreError) { try fill(&slice, limit: limit) } catch {
            // What a slice that nobody gets had come to is looked for again.
            cursor = start
            throw error
        }
        return slice
    }

    private mutating func fill(_ slice: inout PruneSlice, limit: Int) throws(StoreError) {
        repeat {
            if try sweep(into: &slice) {
                // What was swept is still in the store: the journals among it must not be gone through too (STATE-17).
                if cursor.sweepBelow == nil { break }
                continue
            }
            if try pruneJournal(into: &slice) { continue }
            if try pruneReleased(into: &slice) { continue }
            slice.isDone = true
        } while !slice.isDone && slice.visitedCount + StaleJournal.sliceEntriesMax <= limit
    }

    /// Takes the next records that a new snapshot has left behind.
    /// - Returns: false where there are none.
    private mutating func sweep(into slice: inout PruneSlice) throws(StoreError) -> Bool {
        guard let version = cursor.sweepBelow else { return false }
        let layout = source.layout
        guard cursor.sweepKind < PruneCursor.sweptKinds.count else {
            cursor.sweepBelow = nil
            slice.deletes.append(layout.sweep)
            return true
        }
        let kind = PruneCursor.sweptKinds[cursor.sweepKind]
        let found = try source.store.scan(
            from: cursor.sweepStart ?? layout.start(of: kind), to: layout.start(of: kind, version: version),
            limit: StaleJournal.sliceEntriesMax, reverse: false)
        for pair in found { slice.delete(pair.key, isOnce: StateLayout.isPutOnce(kind)) }
        slice.visitedCount += found.count
        if let last = found.last {
            cursor.sweepStart = last.key + [0]
        } else {
            cursor.sweepKind += 1
            cursor.sweepStart = nil
        }
        return true
    }

    /// Goes through the next journal slice of the versions up to the oldest one.
    private mutating func pruneJournal(into slice: inout PruneSlice) throws(StoreError) -> Bool {
        let layout = source.layout
        let end = layout.end(of: "J", version: oldestVersion)
        guard cursor.journalStart.lexicographicallyPrecedes(end) else { return false }
        let found = try source.store.scan(from: cursor.journalStart, to: end, limit: 1, reverse: false)
        guard let list = found.first else { return false }
        guard let since = layout.version(ofKey: list.key) else {
            throw .corrupt(what: "the state tree's journal of stale records")
        }
        try settle(list, stale: since, origin: list.key[2...], isJournal: true, into: &slice)
        // The next possible key after this one.
        cursor.journalStart = list.key + [0]
        return true
    }

    /// Goes through the next slice held for a version that is no longer pinned.
    private mutating func pruneReleased(into slice: inout PruneSlice) throws(StoreError) -> Bool {
        let layout = source.layout
        while let version = cursor.released.last {
            let found = try source.store.scan(
                from: cursor.heldStart, to: layout.end(of: "H", version: version), limit: 1, reverse: false)
            guard let list = found.first else {
                cursor.endReleased(layout)
                continue
            }
            try settle(list, stale: version, origin: list.key[10...], into: &slice)
            cursor.heldStart = list.key + [0]
            return true
        }
        return false
    }

    /// Deletes what a list names, but for what the last pin below `version` needs: that is listed under the pin.
    ///
    /// A record is needed by the versions from its birth up to before `version`. Of the pins among them the last
    /// is the one to ask: it is also the last to be released from, since what is listed under it is then settled
    /// in the same way against the pins below.
    private func settle(
        _ list: StoredPair, stale version: UInt64, origin: ArraySlice<UInt8>, isJournal: Bool = false,
        into slice: inout PruneSlice
    ) throws(StoreError) {
        let layout = source.layout
        guard let entries = try? StaleJournal.entries(in: list.value, layout) else {
            throw .corrupt(what: "the state tree's journal of stale records")
        }
        let pin = pins.last { $0 < version }
        var held = Encoder()
        for entry in entries {
            if let pin, entry.born <= pin {
                held.raw(entry.bytes)
            } else {
                // The empty tree's root, that of version 0, was never put.
                slice.delete(entry.key, isOnce: !entry.isRoot)
            }
        }
        if let pin, !held.bytes.isEmpty {
            slice.puts.append(StoredPair(key: layout.held(pin: pin, origin: origin), value: held.bytes))
        }
        slice.delete(list.key, isOnce: isJournal)
        slice.visitedCount += entries.count + 1
    }

    private func withBigEndianBytes(of value: UInt64) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt64($0)) }
    }
}
