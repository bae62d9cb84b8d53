// SPDX-License-Identifier: Apache-2.0
internal import Ledger
internal import ShangMi

/// The four binary levels inside sixteen-way nodes, hashed for many nodes at once.
///
/// Each level is one call for all nodes, because the lanes of the hash want batches.
/// - Spec: STATE-4.
enum NodeHashing {
    /// What a subtree comes to: its digest, and whether it is nothing, one leaf, or more.
    struct Summary: Hashable, Sendable {
        var kind: Slot.Kind
        var digest: Digest

        static let empty = Summary(kind: .empty, digest: Digest.zero)
    }

    /// The summaries of every binary level, widest first: 16, 8, 4, 2 and 1 for each node, nodes in order.
    static func levels(of leaves: [Summary]) -> [[Summary]] {
        var levels = [leaves]
        for _ in 0..<4 { levels.append(parents(of: levels[levels.count - 1])) }
        return levels
    }

    /// The summary of each whole node.
    static func roots(of leaves: [Summary]) -> [Summary] {
        var level = leaves
        for _ in 0..<4 { level = parents(of: level) }
        return level
    }

    private static func parents(of children: [Summary]) -> [Summary] {
        var parents: [Summary] = []
        parents.reserveCapacity(children.count / 2)
        var pairs: [(left: Digest, right: Digest)] = []
        pairs.reserveCapacity(children.count / 2)
        var places: [Int] = []
        places.reserveCapacity(children.count / 2)
        for index in stride(from: 0, to: children.count, by: 2) {
            let left = children[index]
            let right = children[index + 1]
            if right.kind == .empty, left.kind != .inner {
                parents.append(left)
            } else if left.kind == .empty, right.kind != .inner {
                parents.append(right)
            } else {
                places.append(parents.count)
                pairs.append((left: left.digest, right: right.digest))
                parents.append(Summary(kind: .inner, digest: Digest.zero))
            }
        }
        let digests = SM3.hashPairs(tag: StateRule.innerTag, pairs)
        for (place, digest) in zip(places, digests) { parents[place].digest = digest }
        return parents
    }
}
