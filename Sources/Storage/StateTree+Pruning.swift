// SPDX-License-Identifier: Apache-2.0

/// One bounded step of pruning, for the caller's batch.
package struct PruneSlice: Sendable {
    package let deletes: [[UInt8]]
    /// Whether nothing is left to prune before the version asked for.
    package let isDone: Bool
    let oldest: StoredPair

    package func append(to batch: inout WriteBatch) {
        batch.put(oldest.key, oldest.value)
        for key in deletes { batch.delete(key) }
    }
}

extension StateTree {
    /// Gives the next deletes on the way to forgetting every version before `oldest`.
    ///
    /// The caller writes the slice and asks again until it is done; a crash between slices costs nothing but
    /// asking again. From the first call on, versions before `oldest` answer `.pruned`.
    /// - Parameters:
    ///   - oldest: the first version to keep, at most the current one.
    ///   - limit: about how many records a slice may delete; one journal slice (1,024) is the least.
    /// - Cost: reads one journal record per 1,024 deletes; never the tree.
    /// - Spec: STATE-12, STATE-13.
    package mutating func prune(before oldest: UInt64, limit: Int = 4096) throws(StoreError) -> PruneSlice {
        precondition(oldest <= version, "the current version is always kept")
        oldestVersion = max(oldest, oldestVersion)
        let layout = source.layout
        var deletes: [[UInt8]] = []
        var isDone = false
        repeat {
            let end = layout.journalEnd(through: oldestVersion)
            guard journalStart.lexicographicallyPrecedes(end) else {
                isDone = true
                break
            }
            let found = try source.store.scan(from: journalStart, to: end, limit: 1, reverse: false)
            guard let slice = found.first else {
                isDone = true
                break
            }
            guard let keys = try? StaleJournal.keys(in: slice.value, layout) else {
                throw .corrupt(what: "the state tree's journal of stale records")
            }
            deletes += keys
            deletes.append(slice.key)
            // The next possible key after this one.
            journalStart = slice.key + [0]
        } while deletes.count + StaleJournal.sliceEntriesMax <= limit
        let value = withBigEndianBytes(of: oldestVersion)
        return PruneSlice(
            deletes: deletes, isDone: isDone, oldest: StoredPair(key: layout.oldest, value: value))
    }

    private func withBigEndianBytes(of value: UInt64) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt64($0)) }
    }
}
