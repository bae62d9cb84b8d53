// SPDX-License-Identifier: Apache-2.0
internal import Bedrock
package import ShangMi

/// A map from keys to values that keeps its past versions and proves what it holds.
///
/// A sixteen-way tree over the SM3 digests of the keys. A version shares with the one before it every node
/// that no write touched, so a version costs its own writes and their ways to the root. Use, for each block:
///
/// 1. `prepare` works out what the block's writes do, changing nothing;
/// 2. the update's records join the caller's `WriteBatch`;
/// 3. once that batch is in the store, `adopt` makes the new version current. Where the next block must start
///    sooner, `adopt(_:beforeItsWrite: true)` keeps the update's records in memory until `settle(through:)`;
///    after a crash the tree loads whatever version the store holds, so nothing is lost but work to be done
///    again.
///
/// A value: copies read on at their version for as long as it is kept. Copies share the store and, until one
/// changes, the cache.
/// - Spec: STATE-1 to STATE-17.
package struct StateTree<Store: KeyValueStore>: Sendable {
    /// The most adopted updates that may wait for their write.
    package static var unwrittenMax: Int { 64 }
    /// The most versions that may be pinned: each costs what changed since the one before.
    package static var pinsMax: Int { 64 }

    var source: NodeSource<Store>
    var current: RootRecord
    /// The newest version; 0 with an empty tree before the first update.
    package private(set) var version: UInt64
    /// The oldest version promised beside the pinned ones.
    package internal(set) var oldestVersion: UInt64
    /// Versions kept however old they are, ascending, at most `pinsMax` (STATE-15).
    package internal(set) var pins: [UInt64]
    /// Where pruning goes on.
    var cursor: PruneCursor

    /// Loads the newest version the store holds under `keyspace`; an empty tree at version 0 where it holds
    /// none.
    /// - Parameters:
    ///   - keyspace: the first byte of every store key of this tree; nothing else may use it.
    ///   - cacheBytesMax: the bound of the cache of nodes.
    package init(store: Store, keyspace: UInt8, cacheBytesMax: Int = 64 << 20) throws(StoreError) {
        let layout = StateLayout(keyspace: keyspace)
        source = NodeSource(store: store, layout: layout, cache: NodeCache(bytesMax: cacheBytesMax))
        oldestVersion = try StateTree.oldest(in: store, layout)
        pins = try StateTree.pins(in: store, layout)
        cursor = try PruneCursor(store, layout, pins: pins)
        (version, current) = try StateTree.newest(in: store, layout) ?? (0, RootRecord.empty)
    }

    /// The newest version that is whole; nil in a store without any.
    static func newest(
        in store: Store, _ layout: StateLayout
    ) throws(StoreError) -> (version: UInt64, root: RootRecord)? {
        let newest = try store.scan(
            from: layout.start(of: "R"), to: layout.start(of: "S"), limit: 1, reverse: true)
        guard let newest = newest.first else { return nil }
        guard newest.key.count == 10, let version = layout.version(ofKey: newest.key),
            let record = try? RootRecord(decoding: newest.value)
        else { throw .corrupt(what: "the newest root record of the state tree in keyspace \(layout.keyspace)") }
        return (version, record)
    }

    /// The root of the current version; zero for an empty tree.
    package var root: Digest { current.digest }

    /// - Returns: nil where the key holds nothing at the current version.
    /// - Throws: `StoreError.pruned` where this is a copy that later versions left behind.
    package func value(for key: [UInt8]) throws(StoreError) -> [UInt8]? {
        try reading(version) { (root) throws(StoreError) in try source.value(for: key, under: root) }
    }

    /// Reads many keys at the current version, in the order asked, level by level in batches.
    package func values(for keys: [[UInt8]]) throws(StoreError) -> [[UInt8]?] {
        try reading(version) { (root) throws(StoreError) in try source.values(for: keys, under: root) }
    }

    /// Reads a key as it was at a version still kept.
    /// - Throws: `StoreError.pruned`, `.unknownVersion` where the version is not there.
    package func value(for key: [UInt8], version: UInt64) throws(StoreError) -> [UInt8]? {
        try reading(version) { (root) throws(StoreError) in try source.value(for: key, under: root) }
    }

    /// The root of a version still kept.
    package func root(version: UInt64) throws(StoreError) -> Digest {
        try reading(version) { (root) throws(StoreError) in root.digest }
    }

    /// Runs a read at a version. Pruning in another thread, on a copy, may take nodes away under it: then, and
    /// only then, a missing node is no damage.
    func reading<Answer>(
        _ version: UInt64, _ body: (RootRecord) throws(StoreError) -> Answer
    ) throws(StoreError) -> Answer {
        do throws(StoreError) {
            return try body(try rootRecord(version))
        } catch {
            guard case .corrupt = error else { throw error }
            throw try forgotten(version) ?? error
        }
    }

    func rootRecord(_ version: UInt64) throws(StoreError) -> RootRecord {
        if version == self.version { return current }
        if version > self.version { throw .unknownVersion(version: version, latest: self.version) }
        if version < oldestVersion, !pins.contains(version) {
            throw .pruned(version: version, oldest: oldestVersion)
        }
        let key = source.layout.root(version: version)
        let waiting = source.unwritten.first { $0.version == version }?.records[key]
        guard let bytes = waiting != nil ? waiting : try source.store.value(for: key) else {
            if version == 0 { return RootRecord.empty }
            throw try forgotten(version) ?? .unknownVersion(version: version, latest: self.version)
        }
        guard let record = try? RootRecord(decoding: bytes) else {
            throw .corrupt(what: "state root of version \(version)")
        }
        return record
    }

    /// The tree as an earlier version left it, to go on from there: past versions come back to life, and what was
    /// adopted after it stays beside, for whoever holds it.
    ///
    /// Only for a store that is never pruned, and with versions that were never used: records carry their version's
    /// number.
    /// - Throws: `StoreError.unknownVersion` where the store has no such version.
    package func standing(at version: UInt64) throws(StoreError) -> StateTree {
        guard let bytes = try source.store.value(for: source.layout.root(version: version)) else {
            throw .unknownVersion(version: version, latest: self.version)
        }
        guard let record = try? RootRecord(decoding: bytes) else {
            throw .corrupt(what: "state root of version \(version)")
        }
        var tree = self
        (tree.current, tree.version) = (record, version)
        return tree
    }

    /// Works out what writes do to the tree; changes nothing.
    ///
    /// - Parameters:
    ///   - writes: sorted by key, each key once; a nil value deletes. No writes keep the root.
    ///   - version: above the current one. Versions may be skipped; a skipped one cannot be read later.
    /// - Throws: `StoreError.failed` at the version of a snapshot under way, or above (SNAP-7).
    /// - Cost: two digests a write, and one way to the root with neighbours shared between writes; one
    ///   batched read of the store a level.
    /// - Spec: STATE-8, STATE-9.
    package func prepare(
        writes: [(key: [UInt8], value: [UInt8]?)], version: UInt64
    ) throws(StoreError) -> StateUpdate {
        precondition(version > self.version, "a version is above the one it stands on")
        if let snapshot = try AssemblyHeader.load(from: source.store, source.layout), snapshot.version <= version {
            throw .failed(what: "version \(version) would overtake the snapshot of \(snapshot.version) under way")
        }
        for index in writes.indices.dropFirst() {
            let isSorted = writes[index - 1].key.lexicographicallyPrecedes(writes[index].key)
            precondition(isSorted, "writes are sorted by key, each key once")
        }
        var builder = TreeBuilder(
            layout: source.layout, root: current, version: version, writes: writes)
        try builder.run(on: source)
        return builder.update(replacing: self.version)
    }

    /// Makes an update's version the current one.
    ///
    /// - Parameter beforeItsWrite: true where the batch with the update's records is not in the store yet.
    ///   The records then stay in memory until `settle(through:)`.
    package mutating func adopt(_ update: StateUpdate, beforeItsWrite: Bool = false) {
        precondition(update.base == version, "updates are adopted in the order they were prepared in")
        if beforeItsWrite {
            precondition(
                source.unwritten.count < Self.unwrittenMax, "settle adopted updates once they are written")
            let pairs = update.puts.map { ($0.key, $0.value) }
            let records = Dictionary(uniqueKeysWithValues: pairs)
            source.unwritten.append(UnwrittenVersion(version: update.version, records: records))
        }
        for node in update.nodes {
            if let bytes = node.bytes {
                source.cache.insert(depth: node.depth, head: node.head, version: update.version, bytes: bytes)
            } else {
                source.cache.remove(depth: node.depth, head: node.head)
            }
        }
        source.ahead = NodesAhead()
        source.cache.trim()
        current = update.rootRecord
        version = update.version
    }

    /// A copy for whoever reads beside the one that writes: it has the upper nodes in memory, some four thousand. One
    /// of all would make the next change of this one copy the cache of the whole state.
    package var forReading: StateTree {
        var tree = self
        tree.source.cache = source.cache.upper(through: 3)
        tree.source.ahead = NodesAhead()
        return tree
    }

    /// Says that the batches of all updates up to `version` are in the store.
    package mutating func settle(through version: UInt64) {
        source.unwritten.removeAll { $0.version <= version }
    }

    /// Reads what the next block is likely to touch, in the order asked, and remembers the ways there until the next
    /// version is adopted: later reads of many keys and `prepare` go them without looking anything up.
    package mutating func readAhead(_ keys: [[UInt8]]) throws(StoreError) -> [[UInt8]?] {
        let paths = StatePath.paths(of: keys)
        let ends = try source.walkAhead(paths, under: current)
        return try source.values(for: keys, paths, endingAt: ends)
    }
}
