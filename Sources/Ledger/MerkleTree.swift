// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi

/// The binary Merkle tree over a list (the shape of RFC 6962 section 2.1, with SM3), and paths in it.
///
/// A level pairs its nodes from the left; an odd last node moves up unchanged. The root of no leaves is zero.
///
/// Deviations from RFC 6962: the root is not the top node but a digest of the top and the number of leaves.
/// A path says how many leaves there are, and many numbers give the first leaf the same siblings on the same
/// sides; were the number not hashed, a bit of every receipt could be changed and nobody would notice.
/// - Spec: LED-10.
package enum MerkleTree {
    package static func leafDigest(_ bytes: [UInt8]) -> Digest { SM3.hash(HashDomain.leaf, bytes.span) }

    /// Digests of many leaves, as many at once as the machine can.
    package static func leafDigests(_ leaves: [[UInt8]]) -> [Digest] {
        SM3.hashMany(tag: HashDomain.leaf, leaves)
    }

    package static func node(_ left: Digest, _ right: Digest) -> Digest {
        SM3.hashPair(tag: HashDomain.node, left, right)
    }

    /// - Cost: one hash a leaf, level by level in lanes.
    package static func root(of leaves: [Digest]) -> Digest {
        var level = leaves
        while level.count > 1 { level = parents(of: level) }
        guard let top = level.first else { return .zero }
        return root(top: top, count: UInt64(leaves.count))
    }

    /// The root of a tree whose highest node is `top`, over `count` leaves, at least one.
    static func root(top: Digest, count: UInt64) -> Digest {
        var encoder = Encoder(reserving: 1 + 8 + Digest.byteCount)
        encoder.u8(HashDomain.root)
        encoder.u64(count)
        top.encode(into: &encoder)
        return SM3.hash(encoder.bytes)
    }

    fileprivate static func parents(of level: [Digest]) -> [Digest] {
        var pairs: [(left: Digest, right: Digest)] = []
        pairs.reserveCapacity(level.count / 2)
        for index in stride(from: 0, to: level.count - 1, by: 2) {
            pairs.append((level[index], level[index + 1]))
        }
        var above = SM3.hashPairs(tag: HashDomain.node, pairs)
        if level.count % 2 == 1 { above.append(level[level.count - 1]) }
        return above
    }

    /// The path from leaf `index` to the root.
    package static func path(to index: Int, in leaves: [Digest]) -> MerklePath {
        MerkleLevels(leaves: leaves).path(to: index)
    }
}

/// The siblings that lead from one leaf of a list to the list's root.
///
/// `index` and `count` fix how many siblings there are and on which side each stands, and the root hashes
/// `count`, so one leaf has one path.
/// - Spec: LED-11.
package struct MerklePath: Hashable, Sendable, Canonical {
    package let index: UInt64
    package let count: UInt64
    package let siblings: [Digest]

    package init(index: UInt64, count: UInt64, siblings: [Digest]) {
        self.index = index
        self.count = count
        self.siblings = siblings
    }

    /// The root this path leads to from `leaf`; nil where the number of siblings does not fit `index` and
    /// `count`.
    package func root(from leaf: Digest) -> Digest? {
        guard index < count else { return nil }
        var digest = leaf
        var position = index
        var last = count - 1
        var rest = siblings[...]
        while last > 0 {
            if position & 1 == 1 || position < last {
                guard let sibling = rest.popFirst() else { return nil }
                digest =
                    position & 1 == 1 ? MerkleTree.node(sibling, digest) : MerkleTree.node(digest, sibling)
            }
            position >>= 1
            last >>= 1
        }
        return rest.isEmpty ? MerkleTree.root(top: digest, count: count) : nil
    }

    package func encode(into encoder: inout Encoder) {
        encoder.number(index)
        encoder.number(count)
        encoder.list(siblings)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        index = try decoder.number(max: 1 << 62)
        count = try decoder.number(max: 1 << 62)
        siblings = try decoder.list(of: Digest.self, max: Limits.pathLengthMax)
    }
}

/// All levels of a tree over a list, for whoever needs the paths of many leaves.
package struct MerkleLevels: Sendable {
    /// Leaves first, the root last; empty for no leaves.
    private let levels: [[Digest]]

    /// - Cost: as `MerkleTree.root`; twice the leaves in memory.
    package init(leaves: [Digest]) {
        var levels = leaves.isEmpty ? [] : [leaves]
        while let level = levels.last, level.count > 1 { levels.append(MerkleTree.parents(of: level)) }
        self.levels = levels
    }

    package var root: Digest {
        levels.last.map { MerkleTree.root(top: $0[0], count: UInt64(levels[0].count)) } ?? .zero
    }

    package func path(to index: Int) -> MerklePath {
        precondition(levels.first?.indices.contains(index) == true, "a path starts at a leaf")
        var siblings: [Digest] = []
        var position = index
        for level in levels.dropLast() {
            if position ^ 1 < level.count { siblings.append(level[position ^ 1]) }
            position /= 2
        }
        return MerklePath(index: UInt64(index), count: UInt64(levels[0].count), siblings: siblings)
    }
}
