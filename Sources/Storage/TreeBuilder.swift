// SPDX-License-Identifier: Apache-2.0
internal import Ledger
internal import ShangMi

/// Works one version's writes into the tree, level by level: down to find what changes, up to hash it.
///
/// On the way down a *row* is a node that some write passes through, with the range of writes that do. A slot
/// that is a node becomes a row of the next level; a slot that ends up with two leaves or more becomes a new
/// row; anything else is settled on the spot. On the way up each changed row is written and gives its digest,
/// or its last leaf, to the slot above. Every level reads the store once and hashes in one batch; of many writes each
/// sixteenth does, one after the other.
/// - Spec: STATE-4, STATE-8, STATE-9.
struct TreeBuilder {
    /// One write, with its place among the caller's writes.
    struct Write {
        let path: Digest
        let ordinal: UInt32
        let isPut: Bool
        let leafDigest: Digest
    }

    struct Row {
        let parent: Int
        let nibble: Int
        let range: Range<Int>
        /// The version that wrote the node's record; nil for a node that is new, or nested.
        let old: UInt64?
        var isChanged: Bool
    }

    struct Level {
        var rows: [Row] = []
        /// Sixteen a row.
        var slots: [Slot] = []
        /// The bytes of nested nodes, where the slots say.
        var nested: [UInt8] = []

        mutating func add(_ row: Row) {
            rows.append(row)
            slots.append(contentsOf: repeatElement(Slot.empty, count: StateNode.width))
        }

        /// A level for each row. Only before nodes are read: there are no bytes of nested ones yet.
        var rowByRow: [Level] {
            rows.indices.map { row in
                Level(rows: [rows[row]], slots: Array(slots[row * StateNode.width..<(row + 1) * StateNode.width]))
            }
        }
    }

    /// The writes of one row that go through one slot.
    struct Group {
        let row: Int
        let nibble: Int
        let range: Range<Int>
        /// The place in `twins` of the leaf to be looked at, where a write may be meant for that very leaf.
        var twin: Int?
    }

    let layout: StateLayout
    let root: RootRecord
    let version: UInt64
    let records: [(key: [UInt8], value: [UInt8]?)]
    /// Sorted by path.
    var writes: [Write] = []
    var levels: [Level] = []
    var stale = StaleJournal()
    var puts: [StoredPair] = []
    var changed: [StateUpdate.ChangedNode] = []
    var newRoot = RootRecord.empty
    /// Nodes are nested in those of this depth and deeper ones.
    var nestsFrom = 0

    init(
        layout: StateLayout, root: RootRecord, version: UInt64, writes: [(key: [UInt8], value: [UInt8]?)]
    ) {
        self.layout = layout
        self.root = root
        self.version = version
        records = writes
    }

    /// Works the writes in. Only these steps touch the store; the rest is not generic, so that it is compiled
    /// once.
    mutating func run<Store>(on source: NodeSource<Store>) throws(StoreError) {
        newRoot = root
        guard !records.isEmpty else { return }
        hashWrites()
        var top = Level()
        top.add(Row(parent: 0, nibble: 0, range: writes.indices, old: root.nodeVersion, isChanged: false))
        let below = try open(top, from: source)
        for part in writes.count > TreeBuilder.togetherMax ? below.rowByRow : [below] {
            var next = part
            while !next.rows.isEmpty { next = try open(next, from: source) }
            for depth in levels.indices.dropFirst().reversed() { ascend(depth) }
            levels.removeLast(levels.count - 1)
        }
        ascend(0)
        putLeaves()
    }

    /// Above so many writes, one slot of the root is worked in after the other: what 4,000 writes touch at once is more
    /// than a processor's own cache holds.
    private static let togetherMax = 512

    /// Goes one level down.
    /// - Returns: the rows of the level below.
    private mutating func open<Store>(_ level: Level, from source: NodeSource<Store>) throws(StoreError) -> Level {
        levels.append(level)
        try load(levels.count - 1, from: source)
        return try descend(levels.count - 1, from: source)
    }

    private mutating func hashWrites() {
        let paths = StatePath.paths(of: records.map { $0.key })
        let valueDigests = StatePath.valueDigests(of: records.map { $0.value ?? [] })
        let pairs = paths.indices.map { (left: paths[$0], right: valueDigests[$0]) }
        let digests = SM3.hashPairs(tag: StateRule.leafTag, pairs)
        let order = paths.indices.sorted { paths[$0] < paths[$1] }
        writes = order.map { index in
            Write(
                path: paths[index], ordinal: UInt32(index), isPut: records[index].value != nil,
                leafDigest: digests[index])
        }
    }

    /// Reads the rows of one level that stand in the store.
    private mutating func load<Store>(_ depth: Int, from source: NodeSource<Store>) throws(StoreError) {
        var places: [NodePlace] = []
        var rows: [Int] = []
        for (index, row) in levels[depth].rows.enumerated() {
            guard let old = row.old else { continue }
            rows.append(index)
            places.append(.init(version: old, path: writes[row.range.lowerBound].path))
        }
        let nodes = try source.nodes(at: places, depth: depth)
        for (index, place) in places.enumerated() {
            let isNode = StateNode.decode(
                nodes[index], depth: depth, version: place.version, head: place.path.head,
                into: &levels[depth].slots, at: rows[index] * StateNode.width)
            if !isNode { throw place.damaged(depth, "is not a node") }
            if StateNode.hasNested(nodes[index]) { takeNested(of: nodes[index], depth, row: rows[index]) }
        }
    }

    private mutating func takeNested(of bytes: [UInt8], _ depth: Int, row: Int) {
        let range = row * StateNode.width..<(row + 1) * StateNode.width
        for index in range where levels[depth].slots[index].kind == .nested {
            let place = levels[depth].slots[index].place
            levels[depth].slots[index].ordinal = UInt32(levels[depth].nested.count)
            levels[depth].nested += bytes[place]
        }
    }

    /// Sends the writes of one level through its slots.
    /// - Returns: the rows of the next level.
    mutating func descend<Store>(_ depth: Int, from source: NodeSource<Store>) throws(StoreError)
        -> Level
    {
        var groups: [Group] = []
        var twins: [LeafAddress] = []
        for row in levels[depth].rows.indices {
            let range = levels[depth].rows[row].range
            var start = range.lowerBound
            while start < range.upperBound {
                let nibble = writes[start].path.nibble(depth)
                var end = start + 1
                while end < range.upperBound, writes[end].path.nibble(depth) == nibble { end += 1 }
                var group = Group(row: row, nibble: nibble, range: start..<end, twin: nil)
                let slot = levels[depth].slots[row * StateNode.width + nibble]
                if slot.kind == .leaf, writes[group.range].contains(where: { $0.path.head == slot.head }) {
                    group.twin = twins.count
                    twins.append(slot.address)
                }
                groups.append(group)
                start = end
            }
        }
        // Equal first 64 bits are no proof of equal keys, so such leaves are read; all others are told apart
        // unread.
        let twinPaths = StatePath.paths(of: try source.leaves(at: twins).map { $0.key })
        var next = Level()
        next.slots.reserveCapacity(groups.count * StateNode.width)
        for group in groups { try place(group, twinPath: group.twin.map { twinPaths[$0] }, depth, &next) }
        return next
    }

    private mutating func place(
        _ group: Group, twinPath: Digest?, _ depth: Int, _ next: inout Level
    ) throws(StoreError) {
        let index = group.row * StateNode.width + group.nibble
        var slot = levels[depth].slots[index]
        // The leaf was read because its slot has a write's head, so its own key has it too.
        if let twinPath, twinPath.head != slot.head { throw slot.address.damaged }
        if slot.kind == .inner {
            next.add(
                Row(
                    parent: group.row, nibble: group.nibble, range: group.range, old: slot.version,
                    isChanged: false))
            return
        }
        if slot.kind == .nested { return try open(slot, group, depth, &next) }
        if slot.kind == .leaf, let twinPath, writes[group.range].contains(where: { $0.path == twinPath }) {
            // Replaced or deleted: whatever takes its place comes from the writes.
            stale.add(leaf: slot.address)
            slot = Slot.empty
            levels[depth].rows[group.row].isChanged = true
            levels[depth].slots[index] = slot
        }
        let leafCount = writes[group.range].count { $0.isPut } + (slot.kind == .leaf ? 1 : 0)
        if leafCount > 1 {
            next.add(
                Row(parent: group.row, nibble: group.nibble, range: group.range, old: nil, isChanged: true))
            levels[depth].slots[index] = Slot.empty
            guard slot.kind == .leaf else { return }
            // The leaf moves down one level: within the first 16 nibbles its head says where to.
            let below = depth + 1
            let nibble = below < 16 ? Int(slot.head >> UInt64(60 - 4 * below) & 15) : twinPath?.nibble(below)
            guard let nibble else {
                preconditionFailure("a leaf that shares 16 nibbles with a write was read")
            }
            next.slots[(next.rows.count - 1) * StateNode.width + nibble] = slot
        } else if slot.kind == .empty, let put = writes[group.range].first(where: { $0.isPut }) {
            levels[depth].rows[group.row].isChanged = true
            levels[depth].slots[index] = leafSlot(put)
        }
    }

    /// Makes a nested node a row of the next level.
    private func open(
        _ slot: Slot, _ group: Group, _ depth: Int, _ next: inout Level
    ) throws(StoreError) {
        next.add(Row(parent: group.row, nibble: group.nibble, range: group.range, old: nil, isChanged: false))
        let path = writes[group.range.lowerBound].path
        let isNode =
            depth + 1 < Digest.nibbleCount
            && StateNode.decode(
                levels[depth].nested, in: slot.place, depth: depth + 1, version: slot.version, head: path.head,
                into: &next.slots, at: (next.rows.count - 1) * StateNode.width)
        if !isNode { throw NodePlace(version: slot.version, path: path).damaged(depth + 1, "is not a nested node") }
    }

    func leafSlot(_ write: Write) -> Slot {
        let address = LeafAddress(version: version, ordinal: write.ordinal)
        return Slot.leaf(address, head: write.path.head, digest: write.leafDigest)
    }
}
