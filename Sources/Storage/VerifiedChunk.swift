// SPDX-License-Identifier: Apache-2.0
internal import Bedrock
internal import Ledger
package import ShangMi

/// Why a chunk is not one of a root. Always final, and always the fault of whoever sent it.
package enum StateChunkError: Error, Hashable, Sendable {
    /// The leaves weigh more than a chunk may.
    case oversized(weight: Int, limit: Int)
    /// The leaf at this place belongs to another subtree.
    case foreignLeaf(index: Int)
    /// The leaf at this place does not stand above the one before it: the order is wrong, or a key comes twice.
    case unorderedLeaf(index: Int)
    /// Leaves and siblings lead elsewhere: a leaf is missing, added or changed, a sibling is wrong, or the chunk
    /// is of another state.
    case otherRoot(found: Digest, expected: Digest)
}

/// A chunk that was checked against a root. It cannot be made in any other way.
/// - Spec: SNAP-3.
package struct VerifiedChunk: Sendable {
    package let root: Digest
    package let chunk: StateChunk
    /// The path of each leaf, and its digest.
    let paths: [Digest]
    let digests: [Digest]

    fileprivate init(root: Digest, chunk: StateChunk, paths: [Digest], digests: [Digest]) {
        (self.root, self.chunk, self.paths, self.digests) = (root, chunk, paths, digests)
    }
}

extension StateChunk {
    /// Checks that the leaves are all those which the state of `root` holds under the prefix.
    ///
    /// - Cost: three digests a leaf and one more a branching, in lanes; one a sibling. Linear in the chunk: to
    ///   make two keys share *b* bits takes a liar 2^(b/2) digests, and costs us *b*.
    /// - Spec: SNAP-3, STATE-4.
    package func verify(root: Digest) throws(StateChunkError) -> VerifiedChunk {
        let weight = weight
        if weight > Limits.chunkWeightMax { throw .oversized(weight: weight, limit: Limits.chunkWeightMax) }
        let paths = StatePath.paths(of: leaves.map { $0.key })
        for (index, path) in paths.enumerated() {
            if !prefix.contains(path) { throw .foreignLeaf(index: index) }
            if index > 0, paths[index - 1] >= path { throw .unorderedLeaf(index: index) }
        }
        let valueDigests = StatePath.valueDigests(of: leaves.map { $0.value })
        let pairs = paths.indices.map { (left: paths[$0], right: valueDigests[$0]) }
        let digests = SM3.hashPairs(tag: StateRule.leafTag, pairs)
        var found = LeafRow(paths: paths, digests: digests).digest(below: prefix.bitCount)
        for index in siblings.indices.reversed() {
            let sibling = siblings[index]
            found = prefix.path.bit(index) ? StateRule.inner(sibling, found) : StateRule.inner(found, sibling)
        }
        guard found == root || Mutant.snapshotUnchecked.isOn else { throw .otherRoot(found: found, expected: root) }
        return VerifiedChunk(root: root, chunk: self, paths: paths, digests: digests)
    }
}

/// Leaves in path order, and the binary tree over them, made from STATE-4 alone: it knows nothing of nodes.
private struct LeafRow {
    /// A subtree that stands alone at the depth reached so far.
    private struct Subtree {
        /// Its first leaf.
        let first: Int
        let digest: Digest
        let isInner: Bool
    }

    private let paths: [Digest]
    /// How many first bits each path shares with the one before it; 0 for the first.
    private let shared: [Int]
    private var subtrees: [Subtree] = []

    init(paths: [Digest], digests: [Digest]) {
        self.paths = paths
        shared = paths.indices.map { $0 == 0 ? 0 : LeafRow.sharedBits(paths[$0 - 1], paths[$0]) }
        subtrees = digests.enumerated().map { Subtree(first: $0, digest: $1, isInner: false) }
    }

    private static func sharedBits(_ left: Digest, _ right: Digest) -> Int {
        let (left, right) = (left.words, right.words)
        let differences = [left.0 ^ right.0, left.1 ^ right.1, left.2 ^ right.2, left.3 ^ right.3]
        guard let word = differences.firstIndex(where: { $0 != 0 }) else { return 256 }
        return 64 * word + differences[word].leadingZeroBitCount
    }

    /// The digest of the subtree of all leaves at `depth`, whose first `depth` bits they share.
    consuming func digest(below depth: Int) -> Digest {
        var level = shared.dropFirst().max() ?? -1
        while level >= depth {
            joinAll(at: level)
            level -= 1
        }
        return subtrees.first?.digest ?? Digest.zero
    }

    /// Turns the subtrees one bit deeper into those at `depth`: neighbours join, a lone inner one is joined
    /// with nothing, a lone leaf stays as it is.
    private mutating func joinAll(at depth: Int) {
        var joined: [Subtree] = []
        joined.reserveCapacity(subtrees.count)
        var pairs: [(left: Digest, right: Digest)] = []
        var places: [Int] = []
        var index = 0
        while index < subtrees.count {
            let subtree = subtrees[index]
            index += 1
            if index < subtrees.count, shared[subtrees[index].first] >= depth {
                pairs.append((left: subtree.digest, right: subtrees[index].digest))
                index += 1
            } else if subtree.isInner {
                let isRight = paths[subtree.first].bit(depth)
                pairs.append(
                    isRight ? (left: .zero, right: subtree.digest) : (left: subtree.digest, right: .zero))
            } else {
                joined.append(subtree)
                continue
            }
            places.append(joined.count)
            joined.append(Subtree(first: subtree.first, digest: Digest.zero, isInner: true))
        }
        for (place, digest) in zip(places, SM3.hashPairs(tag: StateRule.innerTag, pairs)) {
            joined[place] = Subtree(first: joined[place].first, digest: digest, isInner: true)
        }
        subtrees = joined
    }
}
