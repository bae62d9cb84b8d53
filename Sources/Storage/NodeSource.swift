// SPDX-License-Identifier: Apache-2.0
internal import ShangMi

/// A node sought: who wrote it, and any path through it.
struct NodePlace: Sendable {
    let version: UInt64
    let path: Digest

    func damaged(_ depth: Int, _ how: String) -> StoreError {
        .corrupt(what: "state node \(path.hex.prefix(depth))… of version \(version) \(how)")
    }
}

/// An adopted update whose batch may not be in the store yet: its records by store key.
struct UnwrittenVersion: Sendable {
    let version: UInt64
    let records: [[UInt8]: [UInt8]]
}

/// Where nodes and leaves are found: what was read ahead, the cache, updates adopted but not yet
/// written, the store; in this order.
struct NodeSource<Store: KeyValueStore>: Sendable {
    let store: Store
    let layout: StateLayout
    var cache: NodeCache
    /// Oldest first.
    var unwritten: [UnwrittenVersion] = []
    /// The nodes on the ways to what the next block is likely to touch.
    var ahead = NodesAhead()

    private func unwrittenRecord(_ version: UInt64, _ key: () -> [UInt8]) -> [UInt8]? {
        guard let oldest = unwritten.first, version >= oldest.version else { return nil }
        return unwritten.first { $0.version == version }?.records[key()]
    }

    /// The bytes of nodes at one depth, in the order asked.
    /// - Throws: `StoreError.corrupt` where a node is missing.
    /// - Cost: one batched read of the store for all that are not in memory.
    func nodes(at places: [NodePlace], depth: Int) throws(StoreError) -> [[UInt8]] {
        try sought(at: places, depth: depth).nodes
    }

    /// As `nodes`, and the places among them that were read from the store.
    func sought(
        at places: [NodePlace], depth: Int
    ) throws(StoreError) -> (nodes: [[UInt8]], read: [Int]) {
        var nodes: [[UInt8]] = []
        nodes.reserveCapacity(places.count)
        var missing: [Int] = []
        var keys: [[UInt8]] = []
        var reader = ahead.reader(depth: depth)
        for (index, place) in places.enumerated() {
            let key = { layout.node(version: place.version, depth: depth, path: place.path) }
            if let bytes = reader.bytes(head: place.path.head, version: place.version)
                ?? cache.bytes(depth: depth, head: place.path.head, version: place.version)
                ?? unwrittenRecord(place.version, key)
            {
                nodes.append(bytes)
            } else {
                nodes.append([])
                missing.append(index)
                keys.append(key())
            }
        }
        guard !keys.isEmpty else { return (nodes, []) }
        let found = try store.values(for: keys)
        for (slot, bytes) in zip(missing, found) {
            guard let bytes else { throw places[slot].damaged(depth, "is missing") }
            nodes[slot] = bytes
        }
        return (nodes, missing)
    }

    /// The bytes of one node.
    private func node(at place: NodePlace, depth: Int) throws(StoreError) -> [UInt8] {
        if let bytes = cache.bytes(depth: depth, head: place.path.head, version: place.version) { return bytes }
        let key = layout.node(version: place.version, depth: depth, path: place.path)
        if let bytes = unwrittenRecord(place.version, { key }) { return bytes }
        guard let bytes = try store.value(for: key) else { throw place.damaged(depth, "is missing") }
        return bytes
    }

    /// The leaf at one address.
    private func leaf(at address: LeafAddress) throws(StoreError) -> LeafRecord {
        let key = layout.leaf(address)
        let waiting = unwrittenRecord(address.version) { key }
        let bytes = waiting != nil ? waiting : try store.value(for: key)
        guard let bytes, let leaf = try? LeafRecord(decoding: bytes) else { throw address.damaged }
        return leaf
    }

    /// The leaves at some addresses, in the order asked.
    /// - Throws: `StoreError.corrupt` where a leaf is missing or is not a leaf.
    func leaves(at addresses: [LeafAddress]) throws(StoreError) -> [LeafRecord] {
        guard !addresses.isEmpty else { return [] }
        var values: [[UInt8]?] = []
        if unwritten.isEmpty {
            values = try store.values(for: addresses.map { layout.leaf($0) })
        } else {
            for address in addresses {
                let key = layout.leaf(address)
                let waiting = unwrittenRecord(address.version) { key }
                values.append(waiting != nil ? waiting : try store.value(for: key))
            }
        }
        var leaves: [LeafRecord] = []
        leaves.reserveCapacity(addresses.count)
        for (address, bytes) in zip(addresses, values) {
            guard let bytes, let leaf = try? LeafRecord(decoding: bytes) else {
                throw address.damaged
            }
            leaves.append(leaf)
        }
        return leaves
    }

    /// Follows many paths down one version of the tree.
    /// - Returns: for each path the leaf that stands at its end, which may be another key's; nil for an empty
    ///   place.
    /// - Cost: one batched read a level for nodes that are not in memory; nodes shared by paths are read
    ///   once.
    func ends(of paths: [Digest], under root: RootRecord) throws(StoreError) -> [Slot?] {
        var ends = [Slot?](repeating: nil, count: paths.count)
        guard let rootVersion = root.nodeVersion else { return ends }
        // Sorted, so that paths through one node are neighbours.
        var active = paths.indices.sorted { paths[$0] < paths[$1] }.map { (path: $0, version: rootVersion) }
        for depth in 0..<Digest.nibbleCount where !active.isEmpty {
            var places: [NodePlace] = []
            var placeOf: [Int] = []
            for (path, version) in active {
                if let last = places.last, last.version == version,
                    last.path.shares(nibbles: depth, with: paths[path])
                {
                    placeOf.append(places.count - 1)
                    continue
                }
                placeOf.append(places.count)
                places.append(NodePlace(version: version, path: paths[path]))
            }
            let nodes = try nodes(at: places, depth: depth)
            var below: [(path: Int, version: UInt64)] = []
            for (index, (path, version)) in active.enumerated() {
                guard
                    let slot = StateNode.end(
                        of: paths[path], in: nodes[placeOf[index]], depth: depth, version: version)
                else { throw places[placeOf[index]].damaged(depth, "is not a node") }
                switch slot.kind {
                case .empty, .nested: break
                case .leaf: ends[path] = slot
                case .inner: below.append((path: path, version: slot.version))
                }
            }
            active = below
        }
        return ends
    }

    /// Where one path ends: as `ends`, with no lists of one.
    func end(of path: Digest, under root: RootRecord) throws(StoreError) -> Slot? {
        guard var version = root.nodeVersion else { return nil }
        for depth in 0..<Digest.nibbleCount {
            let place = NodePlace(version: version, path: path)
            let bytes = try node(at: place, depth: depth)
            guard let slot = StateNode.end(of: path, in: bytes, depth: depth, version: version) else {
                throw place.damaged(depth, "is not a node")
            }
            switch slot.kind {
            case .empty, .nested: return nil
            case .leaf: return slot
            case .inner: version = slot.version
            }
        }
        return nil
    }

    /// The value of one key under one version.
    func value(for key: [UInt8], under root: RootRecord) throws(StoreError) -> [UInt8]? {
        let path = StatePath.path(of: key)
        guard let end = try end(of: path, under: root), end.head == path.head else { return nil }
        let leaf = try leaf(at: end.address)
        return leaf.key == key ? leaf.value : nil
    }

    /// The values of many keys under one version.
    func values(for keys: [[UInt8]], under root: RootRecord) throws(StoreError) -> [[UInt8]?] {
        let paths = StatePath.paths(of: keys)
        return try values(for: keys, paths, endingAt: ends(of: paths, under: root))
    }

    /// The values of keys whose paths end at some slots.
    func values(
        for keys: [[UInt8]], _ paths: [Digest], endingAt ends: [Slot?]
    ) throws(StoreError) -> [[UInt8]?] {
        var values = [[UInt8]?](repeating: nil, count: keys.count)
        var sought: [Int] = []
        var addresses: [LeafAddress] = []
        for (index, end) in ends.enumerated() {
            guard let end, end.head == paths[index].head else { continue }
            sought.append(index)
            addresses.append(end.address)
        }
        for (index, leaf) in zip(sought, try leaves(at: addresses)) where leaf.key == keys[index] {
            values[index] = leaf.value
        }
        return values
    }
}
