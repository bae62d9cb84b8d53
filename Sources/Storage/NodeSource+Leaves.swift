// SPDX-License-Identifier: Apache-2.0
internal import Ledger
internal import ShangMi

extension NodeSource {
    /// How many leaves are read at once: what is read above a bound stays small.
    private static var batchLeavesMax: Int { 64 }

    /// All leaves below some slots of a node, in path order.
    ///
    /// - Parameters:
    ///   - node: the node with all its slots.
    ///   - path: any path through the node, which stands at `depth`.
    ///   - weightMax: what the leaves may weigh together.
    /// - Returns: nil where they weigh more.
    /// - Cost: one batched read a level, one per 64 leaves. Reads no more nodes than leaves of the least weight
    ///   would fill `weightMax`, and at most 64 leaves above it.
    func leaves(
        below slots: Range<Int>, of node: OpenNode, at path: Digest, depth: Int, weightMax: Int
    ) throws(StoreError) -> [StateChunk.Leaf]? {
        var row: [(slot: Slot, path: Digest)] = []
        for nibble in slots { try open(node, nibble, at: path, depth, into: &row) }
        var depth = depth + 1
        while row.contains(where: { $0.slot.kind == .inner }) {
            // A node has at least two leaves below it.
            let countMin = row.reduce(0) { $0 + ($1.slot.kind == .inner ? 2 : 1) }
            if countMin > weightMax / StateChunk.leafWeightMin { return nil }
            row = try expanded(row, depth)
            depth += 1
        }
        return try read(row.map { $0.slot.address }, weightMax: weightMax)
    }

    /// Puts in place of every node of a row the slots of that node, one level deeper.
    private func expanded(
        _ row: [(slot: Slot, path: Digest)], _ depth: Int
    ) throws(StoreError) -> [(slot: Slot, path: Digest)] {
        let places = row.filter { $0.slot.kind == .inner }
            .map { NodePlace(version: $0.slot.version, path: $0.path) }
        var nodes = try nodes(at: places, depth: depth)[...]
        var next: [(slot: Slot, path: Digest)] = []
        for item in row {
            guard item.slot.kind == .inner else {
                next.append(item)
                continue
            }
            guard depth < Digest.nibbleCount, let bytes = nodes.popFirst(),
                let slots = StateNode.slots(
                    bytes, depth: depth, version: item.slot.version, head: item.path.head)
            else {
                throw NodePlace(version: item.slot.version, path: item.path).damaged(depth, "is not a node")
            }
            let node = OpenNode(slots: slots, bytes: bytes)
            for nibble in slots.indices { try open(node, nibble, at: item.path, depth, into: &next) }
        }
        return next
    }

    /// Adds one of a node's slots to a row; for a nested node the leaves in it.
    private func open(
        _ node: OpenNode, _ nibble: Int, at path: Digest, _ depth: Int, into row: inout [(slot: Slot, path: Digest)]
    ) throws(StoreError) {
        let slot = node.slots[nibble]
        let path = path.setting(nibble: depth, to: nibble)
        switch slot.kind {
        case .empty: break
        case .leaf, .inner: row.append((slot: slot, path: path))
        case .nested:
            guard let leaves = StateNode.leaves(of: slot, in: node.bytes, depth: depth + 1, path: path) else {
                throw NodePlace(version: slot.version, path: path).damaged(depth + 1, "is not a nested node")
            }
            row += leaves.map { (slot: $0, path: path) }
        }
    }

    private func read(
        _ addresses: [LeafAddress], weightMax: Int
    ) throws(StoreError) -> [StateChunk.Leaf]? {
        if addresses.count > weightMax / StateChunk.leafWeightMin { return nil }
        var leaves: [StateChunk.Leaf] = []
        var weight = 0
        for start in stride(from: 0, to: addresses.count, by: Self.batchLeavesMax) {
            let batch = addresses[start..<min(start + Self.batchLeavesMax, addresses.count)]
            for record in try self.leaves(at: Array(batch)) {
                let leaf = StateChunk.Leaf(key: record.key, value: record.value)
                weight += leaf.weight
                leaves.append(leaf)
            }
            if weight > weightMax { return nil }
        }
        return leaves
    }
}
