// SPDX-License-Identifier: Apache-2.0
internal import Ledger
internal import ShangMi

extension StateTree {
    /// Gives the first part of a subtree that fits a chunk: the largest subtree of a version that begins where
    /// `prefix` begins, lies within it, and weighs no more than asked.
    ///
    /// Where the tree ends above the prefix, since at most one leaf is left there, the chunk is of the smallest
    /// subtree that the tree tells apart, and holds the prefix. One leaf is always given, whatever it weighs.
    /// - Parameters:
    ///   - version: one that is kept or pinned.
    ///   - weightMax: any; more than `Limits.chunkWeightMax` counts as that, less than 0 as 0.
    /// - Throws: `StoreError.pruned`, `.unknownVersion` where the version is not there.
    /// - Cost: reads one way down the tree and what the chunk holds; besides that at most as much again, of the
    ///   neighbour that did not fit.
    /// - Spec: SNAP-2, SNAP-4.
    package func chunk(
        within prefix: StatePrefix = .all, version: UInt64, weightMax: Int = Limits.chunkWeightMax
    ) throws(StoreError) -> StateChunk {
        try reading(version) { (root) throws(StoreError) in
            try chunk(within: prefix, under: root, weightMax: max(0, min(weightMax, Limits.chunkWeightMax)))
        }
    }

    private func chunk(
        within prefix: StatePrefix, under root: RootRecord, weightMax: Int
    ) throws(StoreError) -> StateChunk {
        let path = prefix.path
        let nodes = try nodes(along: path, under: root)
        guard !nodes.isEmpty else { return StateChunk(prefix: .all, siblings: [], leaves: []) }
        let siblings = way(along: path, nodes).siblings
        var own = StatePrefix(of: path, bitCount: siblings.count)
        var leaves = try leaves(below: own, nodes, weightMax: .max) ?? []
        var weight = leaves.reduce(0) { $0 + $1.weight }
        while own.bitCount > prefix.bitCount {
            // The half beside it comes after it: past the prefix, all bits of the way are zero.
            let room = weightMax - weight
            guard let others = try self.leaves(below: own.sibling, nodes, weightMax: room) else { break }
            leaves += others
            weight += others.reduce(0) { $0 + $1.weight }
            own = own.parent
        }
        return StateChunk(prefix: own, siblings: Array(siblings[..<own.bitCount]), leaves: leaves)
    }

    /// All leaves of a subtree whose node is one of those on the way.
    private func leaves(
        below prefix: StatePrefix, _ nodes: [OpenNode], weightMax: Int
    ) throws(StoreError) -> [StateChunk.Leaf]? {
        try source.leaves(
            below: prefix.slots, of: nodes[prefix.nodeDepth], at: prefix.path, depth: prefix.nodeDepth,
            weightMax: weightMax)
    }
}
