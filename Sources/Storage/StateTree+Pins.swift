// SPDX-License-Identifier: Apache-2.0

extension StateTree {
    /// Keeps a version, however old it grows, until it is released.
    ///
    /// - Returns: what the caller writes, after or together with the version's own batch.
    /// - Throws: `StoreError.pruned`, `.unknownVersion` where the version is not there.
    /// - Cost: one record now; later, room for what changed since the pin before, and one journal slice
    ///   written again for each slice of such records.
    /// - Spec: STATE-15.
    package mutating func pin(version: UInt64) throws(StoreError) -> WriteBatch {
        var batch = WriteBatch()
        _ = try rootRecord(version)
        if pins.contains(version) { return batch }
        precondition(pins.count < Self.pinsMax, "old pins are released before new ones are made")
        pins.insert(version, at: pins.firstIndex { $0 > version } ?? pins.count)
        batch.put(source.layout.pin(version), [])
        return batch
    }

    /// Gives a pinned version up: from now on it is kept no longer than any other. Pruning deletes what was
    /// held for it.
    ///
    /// - Returns: what the caller writes before it prunes again; nothing for a version that is not pinned.
    /// - Spec: STATE-15, STATE-16.
    package mutating func release(version: UInt64) -> WriteBatch {
        var batch = WriteBatch()
        guard let index = pins.firstIndex(of: version) else { return batch }
        pins.remove(at: index)
        cursor.release(version, source.layout)
        batch.delete(source.layout.pin(version))
        return batch
    }

    static func pins(in store: Store, _ layout: StateLayout) throws(StoreError) -> [UInt64] {
        let found = try store.scan(
            from: layout.start(of: "P"), to: layout.start(of: "Q"), limit: pinsMax + 1, reverse: false)
        var pins: [UInt64] = []
        for pair in found {
            guard pair.key.count == 10, let version = layout.version(ofKey: pair.key), pins.count < pinsMax else {
                throw .corrupt(what: "the state tree's pins")
            }
            pins.append(version)
        }
        return pins
    }

    static func oldest(in store: Store, _ layout: StateLayout) throws(StoreError) -> UInt64 {
        guard let bytes = try store.value(for: layout.oldest) else { return 0 }
        guard bytes.count == 8 else { throw .corrupt(what: "the state tree's oldest version") }
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The answer for a version that the store no longer promises; nil where it does.
    func forgotten(_ version: UInt64) throws(StoreError) -> StoreError? {
        let oldest = try StateTree.oldest(in: source.store, source.layout)
        guard version < oldest, try source.store.value(for: source.layout.pin(version)) == nil else { return nil }
        return .pruned(version: version, oldest: oldest)
    }
}
