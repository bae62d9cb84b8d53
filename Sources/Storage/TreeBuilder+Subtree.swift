// SPDX-License-Identifier: Apache-2.0
internal import ShangMi

/// What is written for the leaves of one subtree of a new tree?
extension TreeBuilder {
    /// The records of a verified chunk as part of a tree of one version, but for the nodes above it.
    ///
    /// - Parameters:
    ///   - version: the version all records get.
    ///   - firstOrdinal: that of the first leaf; the others follow.
    /// - Returns: the records, and all sixteen slots of the node that holds the subtree, of which only those
    ///   of the subtree may be taken.
    /// - Spec: STATE-4, STATE-11, SNAP-5.
    static func subtree<Store>(
        of chunk: VerifiedChunk, version: UInt64, firstOrdinal: UInt32, on source: NodeSource<Store>
    ) throws(StoreError) -> (puts: [StoredPair], slots: [Slot]) {
        let depth = chunk.chunk.prefix.nodeDepth
        var builder = TreeBuilder(layout: source.layout, root: .empty, version: version, writes: [])
        // What is handed out are slots without bytes.
        builder.nestsFrom = depth + 1
        builder.writes = chunk.paths.indices.map { index in
            Write(
                path: chunk.paths[index], ordinal: firstOrdinal + UInt32(index), isPut: true,
                leafDigest: chunk.digests[index])
        }
        for (write, leaf) in zip(builder.writes, chunk.chunk.leaves) {
            let address = LeafAddress(version: version, ordinal: write.ordinal)
            let record = LeafRecord(key: leaf.key, value: leaf.value)
            builder.puts.append(StoredPair(key: source.layout.leaf(address), value: record.encoded))
        }
        guard builder.writes.count > 1 else {
            var slots = [Slot](repeating: Slot.empty, count: StateNode.width)
            if let only = builder.writes.first { slots[only.path.nibble(depth)] = builder.leafSlot(only) }
            return (builder.puts, slots)
        }
        // Two leaves or more share the prefix, so each level down to its node is one row.
        var top = Level()
        top.add(Row(parent: 0, nibble: 0, range: builder.writes.indices, old: nil, isChanged: true))
        while !top.rows.isEmpty {
            builder.levels.append(top)
            top = try builder.descend(builder.levels.count - 1, from: source)
        }
        for level in builder.levels.indices.reversed() where level > depth { builder.ascend(level) }
        return (builder.puts, builder.levels[depth].slots)
    }
}
