// SPDX-License-Identifier: Apache-2.0
internal import Bedrock
internal import Ledger
internal import ShangMi

/// What do the changed nodes become, and what is written down?
extension TreeBuilder {
    /// Settles one level: writes its changed rows and hands each one's outcome to the slot above.
    mutating func ascend(_ depth: Int) {
        var summaries: [NodeHashing.Summary] = []
        var nodes: [Int] = []
        for row in levels[depth].rows.indices where levels[depth].rows[row].isChanged {
            let slots = levels[depth].slots[slotRange(row)]
            let taken = slots.count { $0.kind != .empty }
            let isNode = taken > 1 || slots.contains { $0.isNode } || (depth == 0 && taken == 1)
            if isNode {
                nodes.append(row)
                for slot in slots { summaries.append(slot.summary) }
            } else {
                // Nothing left, or one leaf, which lifts to the slot above.
                retire(row, depth, bytes: nil)
                deliver(slots.first { $0.kind == .leaf } ?? Slot.empty, from: row, depth)
            }
        }
        let digests = NodeHashing.roots(of: summaries)
        for (row, summary) in zip(nodes, digests) {
            let bytes = StateNode.encode(
                levels[depth].slots[slotRange(row)], nested: levels[depth].nested, depth: depth, version: version)
            if isNested(row, depth, byteCount: bytes.count) {
                retire(row, depth, bytes: nil)
                let start = levels[depth - 1].nested.count
                levels[depth - 1].nested += bytes
                let place = start..<start + bytes.count
                deliver(Slot.nested(version: version, at: place, digest: summary.digest), from: row, depth)
                continue
            }
            let path = lead(row, depth).path
            puts.append(
                StoredPair(key: layout.node(version: version, depth: depth, path: path), value: bytes))
            retire(row, depth, bytes: bytes)
            deliver(Slot.inner(version: version, digest: summary.digest), from: row, depth)
        }
    }

    /// Whether a node stands in the record above: few leaves, where that has room for them.
    private func isNested(_ row: Int, _ depth: Int, byteCount: Int) -> Bool {
        guard depth > nestsFrom, byteCount <= StateNode.nestedBytesMax,
            !levels[depth].slots[slotRange(row)].contains(where: { $0.isNode })
        else { return false }
        let (parent, nibble) = (levels[depth].rows[row].parent, levels[depth].rows[row].nibble)
        var weight = byteCount
        for other in 0..<StateNode.width where other != nibble {
            weight += levels[depth - 1].slots[parent * StateNode.width + other].weight
        }
        return weight <= StateNode.nestingBytesMax
    }

    private func slotRange(_ row: Int) -> Range<Int> {
        row * StateNode.width..<(row + 1) * StateNode.width
    }

    /// A write that passes through a row: its path names the row's place.
    private func lead(_ row: Int, _ depth: Int) -> Write { writes[levels[depth].rows[row].range.lowerBound] }

    private mutating func retire(_ row: Int, _ depth: Int, bytes: [UInt8]?) {
        let path = lead(row, depth).path
        let old = levels[depth].rows[row].old
        if let old { stale.add(node: old, depth: depth, path: path) }
        if old != nil || bytes != nil { changed.append(.init(depth: depth, head: path.head, bytes: bytes)) }
    }

    private mutating func deliver(_ slot: Slot, from row: Int, _ depth: Int) {
        guard depth > 0 else {
            newRoot = slot.kind == .empty ? .empty : RootRecord(nodeVersion: version, digest: slot.digest)
            return
        }
        let parent = levels[depth].rows[row].parent
        levels[depth - 1].slots[parent * StateNode.width + levels[depth].rows[row].nibble] = slot
        levels[depth - 1].rows[parent].isChanged = true
    }

    mutating func putLeaves() {
        for (ordinal, record) in records.enumerated() {
            guard let value = record.value else { continue }
            let address = LeafAddress(version: version, ordinal: UInt32(ordinal))
            let leaf = LeafRecord(key: record.key, value: value)
            puts.append(StoredPair(key: layout.leaf(address), value: leaf.encoded))
        }
    }

    /// The finished update, with the root's record and the journal of what it made stale.
    func update(replacing base: UInt64) -> StateUpdate {
        var puts = puts
        var stale = stale
        puts.append(StoredPair(key: layout.root(version: version), value: newRoot.encoded))
        stale.add(root: base)
        for (slice, bytes) in stale.slices().enumerated() {
            puts.append(
                StoredPair(key: layout.journal(version: version, slice: UInt32(slice)), value: bytes))
        }
        return StateUpdate(
            base: base, version: version, puts: puts, staleCount: stale.count, rootRecord: newRoot,
            nodes: changed)
    }
}
