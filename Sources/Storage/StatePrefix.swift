// SPDX-License-Identifier: Apache-2.0
package import Bedrock
internal import Ledger
package import ShangMi

/// The first bits of a path, 0 to 256 of them: it names one subtree of the state, the set of all keys whose
/// paths begin so.
/// - Spec: SNAP-1.
package struct StatePrefix: Hashable, Sendable, Canonical {
    /// How many bits count.
    package let bitCount: Int
    /// The first path of the subtree: the bits that count, then zeros.
    package let path: Digest

    /// The whole tree.
    package static let all = StatePrefix(of: Digest.zero, bitCount: 0)

    /// - Parameters:
    ///   - path: any path of the subtree.
    ///   - bitCount: 0 to 256.
    package init(of path: Digest, bitCount: Int) {
        precondition((0...SparseProof.siblingsMax).contains(bitCount), "a path has 256 bits")
        self.bitCount = bitCount
        let words = path.words
        self.path = Digest(
            words: (
                StatePrefix.mask(words.0, bitCount), StatePrefix.mask(words.1, bitCount - 64),
                StatePrefix.mask(words.2, bitCount - 128), StatePrefix.mask(words.3, bitCount - 192)
            ))
    }

    /// The first `count` bits of a word; none where `count` is negative, all where it is above 64.
    private static func mask(_ word: UInt64, _ count: Int) -> UInt64 {
        count >= 64 ? word : count <= 0 ? 0 : word & ~(UInt64.max >> UInt64(count))
    }

    /// Whether a path belongs to the subtree.
    package func contains(_ path: Digest) -> Bool { StatePrefix(of: path, bitCount: bitCount).path == self.path }

    /// The subtree one bit higher; the whole tree has none.
    package var parent: StatePrefix { StatePrefix(of: path, bitCount: bitCount - 1) }

    /// The other half of the parent; the whole tree has none.
    package var sibling: StatePrefix {
        let nibble = path.nibble(nodeDepth)
        let bit = StateNode.width >> (bitCount - 4 * nodeDepth)
        return StatePrefix(of: path.setting(nibble: nodeDepth, to: nibble ^ bit), bitCount: bitCount)
    }

    /// The largest subtree that begins where this one ends and holds nothing before it; nil where this one ends with
    /// the last path.
    /// - Spec: BACK-2.
    package var following: StatePrefix? {
        var last = self
        while last.bitCount > 0, last.path.bit(last.bitCount - 1) { last = last.parent }
        return last.bitCount == 0 ? nil : last.sibling
    }

    /// The sixteen-way node that holds the subtree in one slot or several, in nibbles from the root.
    var nodeDepth: Int { max(0, bitCount - 1) / 4 }

    /// The slots of that node which make up the subtree: 16 for the whole tree, else 1, 2, 4 or 8.
    var slots: Range<Int> {
        let width = StateNode.width >> (bitCount - 4 * nodeDepth)
        let start = path.nibble(nodeDepth) / width * width
        return start..<(start + width)
    }

    package func encode(into encoder: inout Encoder) {
        encoder.count(bitCount)
        encoder.raw(Array(path.bytes[..<((bitCount + 7) / 8)]))
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let bitCount = try decoder.count(max: SparseProof.siblingsMax)
        let start = decoder.offset
        let bytes = try decoder.raw(count: (bitCount + 7) / 8)
        let path = try Digest(decoding: bytes + [UInt8](repeating: 0, count: Digest.byteCount - bytes.count))
        self.init(of: path, bitCount: bitCount)
        if self.path != path { throw .notCanonical(offset: start) }
    }
}
