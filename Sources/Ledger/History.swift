// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi

/// What one executed height came to: the leaf of the history tree.
///
/// One root over these, attested by a certified header, proves any transaction, receipt, block or state of
/// the past.
/// - Spec: LED-12.
package struct HistoryLeaf: Hashable, Sendable, Canonical {
    package let height: Height
    package let block: BlockID
    package let payloadRoot: Digest
    package let receiptsRoot: Digest
    package let stateRoot: Digest

    package init(height: Height, block: BlockID, payloadRoot: Digest, receiptsRoot: Digest, stateRoot: Digest) {
        self.height = height
        self.block = block
        self.payloadRoot = payloadRoot
        self.receiptsRoot = receiptsRoot
        self.stateRoot = stateRoot
    }

    package var digest: Digest { MerkleTree.leafDigest(encoded) }

    package func encode(into encoder: inout Encoder) {
        height.encode(into: &encoder)
        block.encode(into: &encoder)
        payloadRoot.encode(into: &encoder)
        receiptsRoot.encode(into: &encoder)
        stateRoot.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        height = try Height(from: &decoder)
        block = try BlockID(from: &decoder)
        payloadRoot = try Digest(from: &decoder)
        receiptsRoot = try Digest(from: &decoder)
        stateRoot = try Digest(from: &decoder)
    }
}

/// The growing Merkle tree over all history leaves, as the roots of its complete subtrees only (a mountain
/// range).
///
/// Its root is the one `MerkleTree.root` gives for the same leaves, so a path in it is an ordinary
/// `MerklePath`. At most 62 digests, however long the chain.
/// - Spec: LED-13.
package struct History: Hashable, Sendable, Canonical {
    /// Leaves so far.
    package private(set) var count: UInt64 = 0
    /// Roots of the complete subtrees, largest first: one for each bit set in `count`.
    package private(set) var peaks: [Digest] = []

    package init() {}

    /// A history by its peaks, largest first.
    /// - Returns: nil unless there is one peak for each bit set in `count`, which is at most 2^62.
    package init?(count: UInt64, peaks: [Digest]) {
        guard count <= 1 << 62, peaks.count == count.nonzeroBitCount else { return nil }
        self.count = count
        self.peaks = peaks
    }

    /// The history before a leaf, from the leaf's path in a later one: what stands to its left are the peaks.
    /// - Returns: nil where the number of siblings does not fit the path's place.
    package init?(before path: MerklePath) {
        guard path.index < path.count else { return nil }
        var (position, last) = (path.index, path.count - 1)
        var rest = path.siblings[...]
        while last > 0 {
            if position & 1 == 1 {
                guard let left = rest.popFirst() else { return nil }
                peaks.insert(left, at: 0)
            } else if position < last {
                guard rest.popFirst() != nil else { return nil }
            }
            position >>= 1
            last >>= 1
        }
        guard rest.isEmpty else { return nil }
        count = path.index
    }

    /// Where the peaks of a history of `count` leaves stand, largest first: level, and place in the level
    /// from the left.
    package static func peakPlaces(count: UInt64) -> [(level: UInt8, index: UInt64)] {
        (0..<64 as Range<UInt8>).reversed().filter { count >> UInt64($0) & 1 == 1 }
            .map { (level: $0, index: (count >> UInt64($0)) - 1) }
    }

    /// A node that became complete, by its place: `index` counts the nodes of its `level` from the left.
    package struct Node: Hashable, Sendable {
        package let level: UInt8
        package let index: UInt64
        package let digest: Digest
    }

    /// Adds a leaf.
    /// - Returns: the nodes this completes, the leaf first. Whoever keeps them can prove any leaf later.
    package mutating func append(_ leaf: Digest) -> [Node] {
        var completed = [Node(level: 0, index: count, digest: leaf)]
        var digest = leaf
        var index = count
        var level: UInt8 = 0
        while index & 1 == 1 {
            digest = MerkleTree.node(peaks.removeLast(), digest)
            index >>= 1
            level += 1
            completed.append(Node(level: level, index: index, digest: digest))
        }
        peaks.append(digest)
        count += 1
        return completed
    }

    package var root: Digest {
        guard var digest = peaks.last else { return .zero }
        for peak in peaks.dropLast().reversed() { digest = MerkleTree.node(peak, digest) }
        return MerkleTree.root(top: digest, count: count)
    }

    /// The path of leaf `index` in the tree of the first `count` leaves.
    /// - Parameter node: gives a completed node by level and index.
    /// - Returns: nil where `node` lacks one.
    /// - Cost: about log2(count) look-ups; the right edge, where subtrees are incomplete, is hashed anew.
    package static func path(
        to index: UInt64, count: UInt64, node: (_ level: UInt8, _ index: UInt64) -> Digest?
    ) -> MerklePath? {
        guard index < count else { return nil }
        var siblings: [Digest] = []
        var position = index
        var last = count - 1
        var level: UInt8 = 0
        while last > 0 {
            let sibling = position ^ 1
            if sibling <= last {
                guard let digest = subtree(level, sibling, count: count, node: node) else { return nil }
                siblings.append(digest)
            }
            position >>= 1
            last >>= 1
            level += 1
        }
        return MerklePath(index: index, count: count, siblings: siblings)
    }

    /// The digest of a subtree that may reach past the end of the list.
    private static func subtree(
        _ level: UInt8, _ index: UInt64, count: UInt64, node: (UInt8, UInt64) -> Digest?
    ) -> Digest? {
        if (index + 1) << UInt64(level) <= count { return node(level, index) }
        guard level > 0, let left = subtree(level - 1, index * 2, count: count, node: node) else {
            return nil
        }
        // An absent right half: the left one moves up unchanged, as in any tree over a list.
        guard (index * 2 + 1) << UInt64(level - 1) < count else { return left }
        guard let right = subtree(level - 1, index * 2 + 1, count: count, node: node) else { return nil }
        return MerkleTree.node(left, right)
    }

    package func encode(into encoder: inout Encoder) {
        encoder.number(count)
        for peak in peaks { peak.encode(into: &encoder) }
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        count = try decoder.number(max: 1 << 62)
        for _ in 0..<count.nonzeroBitCount { peaks.append(try Digest(from: &decoder)) }
    }
}
