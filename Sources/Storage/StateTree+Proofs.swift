// SPDX-License-Identifier: Apache-2.0
package import Ledger
internal import ShangMi

/// A node with all its slots.
struct OpenNode: Sendable {
    let slots: [Slot]
    /// The record it was read from, where its slots' nested nodes stand.
    let bytes: [UInt8]
}

extension StateTree {
    /// Proves what a key holds, or that it holds nothing, at a version still kept.
    ///
    /// - Throws: `StoreError.pruned`, `.unknownVersion` where the version is not there.
    /// - Cost: reads one way down the tree; at most 15 digests a node on it, in batches of one level of all
    ///   nodes.
    /// - Spec: STATE-6, STATE-7.
    package func proof(for key: [UInt8], version: UInt64) throws(StoreError) -> SparseProof {
        try reading(version) { (root) throws(StoreError) in
            try proof(for: StateRule.path(of: key), under: root)
        }
    }

    private func proof(for path: Digest, under root: RootRecord) throws(StoreError) -> SparseProof {
        let nodes = try nodes(along: path, under: root)
        guard let last = nodes.last?.slots else { return SparseProof(siblings: [], other: nil) }
        let (siblings, end) = way(along: path, nodes)
        guard end.kind == .leaf else { return SparseProof(siblings: siblings, other: nil) }
        guard let slot = last.first(where: { $0.kind == .leaf && $0.digest == end.digest }) else {
            throw .corrupt(what: "the state tree's leaf on the way of \(path.hex)")
        }
        let leaf = try source.leaves(at: [slot.address])[0]
        let leafPath = StateRule.path(of: leaf.key)
        if leafPath == path { return SparseProof(siblings: siblings, other: nil) }
        let valueDigest = StateRule.valueDigest(of: leaf.value)
        return SparseProof(siblings: siblings, other: .init(path: leafPath, valueDigest: valueDigest))
    }

    /// Every node a path passes through, from the root; none for an empty tree.
    func nodes(along path: Digest, under root: RootRecord) throws(StoreError) -> [OpenNode] {
        var nodes: [OpenNode] = []
        var next = root.nodeVersion.map { Slot.inner(version: $0, digest: root.digest) }
        while let slot = next {
            let depth = nodes.count
            let place = NodePlace(version: slot.version, path: path)
            let isNested = slot.kind == .nested
            let bytes = try isNested ? nodes[depth - 1].bytes : source.nodes(at: [place], depth: depth)[0]
            guard depth < Digest.nibbleCount,
                let slots = StateNode.slots(
                    bytes, in: isNested ? slot.place : nil, depth: depth, version: slot.version, head: path.head)
            else { throw place.damaged(depth, "is not a node") }
            nodes.append(OpenNode(slots: slots, bytes: bytes))
            let below = slots[path.nibble(depth)]
            next = below.isNode ? below : nil
        }
        return nodes
    }

    /// The digests beside a path, from the root to the first subtree that is empty or one leaf, and that
    /// subtree.
    /// - Parameter nodes: those the path passes through, at least one.
    func way(along path: Digest, _ nodes: [OpenNode]) -> (siblings: [Digest], end: NodeHashing.Summary) {
        let summaries = nodes.flatMap { $0.slots.map(\.summary) }
        let levels = NodeHashing.levels(of: summaries)
        var siblings: [Digest] = []
        for node in nodes.indices {
            let nibble = path.nibble(node)
            for bit in 0..<4 {
                let own = levels[4 - bit][(node << bit) + (nibble >> (4 - bit))]
                if own.kind != .inner { return (siblings, own) }
                let below = (node << (bit + 1)) + (nibble >> (3 - bit))
                siblings.append(levels[3 - bit][below ^ 1].digest)
            }
        }
        return (siblings, levels[0][(nodes.count - 1) * StateNode.width + path.nibble(nodes.count - 1)])
    }
}
