// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Testing

/// LED-10 to LED-13, against a tree written from the rule and not from the code.
@Suite struct MerkleTreeTests {
    static let leaves = (0..<131).map { MerkleTree.leafDigest([UInt8($0)]) }

    /// RFC 6962: split at the largest power of two below the count.
    static func naiveTop(_ leaves: ArraySlice<Digest>) -> Digest {
        guard leaves.count > 1 else { return leaves.first! }
        var left = 1
        while left * 2 < leaves.count { left *= 2 }
        let split = leaves.startIndex + left
        let pair = naiveTop(leaves[..<split]).bytes + naiveTop(leaves[split...]).bytes
        return SM3.hash([1] + pair)
    }

    static func naiveRoot(_ count: Int) -> Digest {
        count == 0
            ? .zero : SM3.hash([5, 0, 0, 0, 0, 0, 0, 0, UInt8(count)] + naiveTop(leaves[..<count]).bytes)
    }

    @Test("tree and growing history have the naive tree's root, to 130 leaves (LED-10, LED-13)")
    func roots() {
        var history = History()
        for count in 0...130 {
            #expect(MerkleTree.root(of: Array(Self.leaves[..<count])) == Self.naiveRoot(count))
            #expect(history.root == Self.naiveRoot(count))
            #expect(history.peaks.count == count.nonzeroBitCount)
            _ = history.append(Self.leaves[count])
        }
    }

    @Test("a leaf's path holds the whole history before it, to 66 leaves (LED-13, SYNC-8)")
    func before() throws {
        var histories = [History()]
        for leaf in Self.leaves[..<66] {
            var next = histories[histories.count - 1]
            _ = next.append(leaf)
            histories.append(next)
        }
        for count in 1...66 {
            let leaves = Array(Self.leaves[..<count])
            for index in 0..<count {
                let path = MerkleTree.path(to: index, in: leaves)
                #expect(History(before: path) == histories[index])
                let siblings = path.siblings
                for wrong in [siblings + [.zero], Array(siblings.dropLast())] where wrong.count != siblings.count {
                    #expect(History(before: MerklePath(index: path.index, count: path.count, siblings: wrong)) == nil)
                }
            }
        }
        #expect(History(before: MerklePath(index: 3, count: 3, siblings: [])) == nil)
    }

    @Test("the history gives every leaf the tree's own path, to 130 leaves (LED-11, LED-13)")
    func paths() {
        struct Place: Hashable {
            let level: UInt8
            let index: UInt64
        }
        var history = History()
        var nodes: [Place: Digest] = [:]
        for count in 1...130 {
            for node in history.append(Self.leaves[count - 1]) {
                nodes[Place(level: node.level, index: node.index)] = node.digest
            }
            let leaves = Array(Self.leaves[..<count])
            for index in 0..<count {
                let path = History.path(to: UInt64(index), count: UInt64(count)) {
                    nodes[Place(level: $0, index: $1)]
                }
                #expect(path == MerkleTree.path(to: index, in: leaves))
                #expect(path?.root(from: leaves[index]) == history.root)
            }
        }
        #expect(History.path(to: 130, count: 130) { _, _ in .zero } == nil)
        #expect(History.path(to: 3, count: 130) { _, _ in nil } == nil)
    }

    @Test("a path with another index, count or number of siblings misses the root (LED-11)")
    func onePath() {
        for count in 1...40 {
            let leaves = Array(Self.leaves[..<count])
            let root = MerkleTree.root(of: leaves)
            for index in 0..<count {
                let path = MerkleTree.path(to: index, in: leaves)
                for other in 0...80 where other != count {
                    let lie = MerklePath(index: path.index, count: UInt64(other), siblings: path.siblings)
                    #expect(lie.root(from: leaves[index]) != root, "count \(other) for \(count)")
                }
                for other in 0...80 where other != index {
                    let lie = MerklePath(index: UInt64(other), count: path.count, siblings: path.siblings)
                    #expect(lie.root(from: leaves[index]) != root)
                }
                let long = MerklePath(index: path.index, count: path.count, siblings: path.siblings + [.zero])
                #expect(long.root(from: leaves[index]) == nil)
                guard !path.siblings.isEmpty else { continue }
                let short = MerklePath(
                    index: path.index, count: path.count, siblings: Array(path.siblings.dropLast()))
                #expect(short.root(from: leaves[index]) == nil)
            }
        }
    }

    @Test("leaf, node and root never share a digest, whatever the leaf holds (LED-1, LED-10)")
    func domains() {
        let (left, right) = (Self.leaves[0], Self.leaves[1])
        #expect(MerkleTree.leafDigest(left.bytes + right.bytes) != MerkleTree.node(left, right))
        #expect(MerkleTree.root(of: [left]) != left)
        let inner = MerkleTree.node(left, right)
        #expect(MerkleTree.root(of: [left, right]) != MerkleTree.root(of: [inner]))
        let odd = [left, right, Self.leaves[2]]
        #expect(MerkleTree.root(of: odd) != MerkleTree.root(of: odd + [odd[2]]), "no leaf counts twice")
    }

    @Test("paths at the far end of the numbers neither trap nor take long (LED-11)")
    func farEnd() {
        for (index, count) in [(0, 1 << 62), ((1 << 62) - 1, 1 << 62), (1 << 62, 1 << 62), (0, 0)]
            as [(UInt64, UInt64)]
        {
            let path = MerklePath(index: index, count: count, siblings: [Digest](repeating: .zero, count: 62))
            #expect((path.root(from: .zero) != nil) == (index < count))
        }
    }

    @Test("a history leaf's digest is that of its bytes (LED-12)")
    func historyLeaf() {
        var random = SeededRandom(seed: 3)
        let leaf = HistoryLeaf.draw(&random)
        #expect(leaf.digest == SM3.hash([0] + leaf.encoded))
        #expect(leaf.encoded.count - leaf.height.encoded.count == 4 * 32)
    }
}
