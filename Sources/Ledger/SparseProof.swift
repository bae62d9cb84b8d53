// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi

/// How the state tree hashes. One definition for the tree that makes roots and the verifier that checks them.
///
/// - Spec: STATE-2 to STATE-5.
package enum StateRule {
    package static let innerTag: UInt8 = 1
    package static let leafTag: UInt8 = 2
    package static let valueTag: UInt8 = 3
    package static let pathTag: UInt8 = 4

    /// Where a key stands in the tree: bit 0 is the most significant bit of the first byte (STATE-2).
    package static func path(of key: [UInt8]) -> Digest { SM3.hash(pathTag, key.span) }

    package static func valueDigest(of value: [UInt8]) -> Digest { SM3.hash(valueTag, value.span) }

    /// The digest of a leaf (STATE-3).
    package static func leaf(path: Digest, valueDigest: Digest) -> Digest {
        SM3.hashPairs(tag: leafTag, [(left: path, right: valueDigest)])[0]
    }

    /// The digest of a subtree with two leaves or more (STATE-4).
    package static func inner(_ left: Digest, _ right: Digest) -> Digest {
        SM3.hashPairs(tag: innerTag, [(left: left, right: right)])[0]
    }
}

/// Proves that a key holds one value, or holds nothing, under one root of the state tree.
///
/// Shape: the digests beside the way from the root down to the smallest subtree on the key's path that holds
/// at most one leaf; zero where the neighbour is empty. What stands at the end of the way is the key's own
/// leaf (not carried: the verifier makes it from key and value), nothing, or another key's leaf, which then
/// is `other`.
///
/// - Cost: at most 259 digests to check; about as many as the logarithm of the number of leaves for an honest
///   tree.
/// - Spec: STATE-6, STATE-7.
package struct SparseProof: Hashable, Sendable, Canonical {
    /// The bits of a path, and so the most neighbours a proof can have.
    package static let siblingsMax = 256

    /// The leaf of another key that stands where this key's would.
    package struct Leaf: Hashable, Sendable, Canonical {
        package let path: Digest
        package let valueDigest: Digest

        package init(path: Digest, valueDigest: Digest) {
            self.path = path
            self.valueDigest = valueDigest
        }

        package func encode(into encoder: inout Encoder) {
            path.encode(into: &encoder)
            valueDigest.encode(into: &encoder)
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            path = try Digest(from: &decoder)
            valueDigest = try Digest(from: &decoder)
        }
    }

    /// From the root downwards.
    package let siblings: [Digest]
    package let other: Leaf?

    package init(siblings: [Digest], other: Leaf?) {
        precondition(siblings.count <= SparseProof.siblingsMax, "a path has 256 bits")
        self.siblings = siblings
        self.other = other
    }

    /// Checks that under `root` the key holds `value`, or nothing where `value` is nil.
    package func verify(key: [UInt8], value: [UInt8]?, root: Digest) -> Bool {
        let path = StateRule.path(of: key)
        guard var digest = end(of: path, value: value) else { return false }
        for index in siblings.indices.reversed() {
            let sibling = siblings[index]
            digest = path.bit(index) ? StateRule.inner(sibling, digest) : StateRule.inner(digest, sibling)
        }
        return digest == root
    }

    /// The digest at the end of the way; nil where the proof cannot be one of this claim (STATE-7).
    private func end(of path: Digest, value: [UInt8]?) -> Digest? {
        guard let value else {
            guard let other else { return Digest.zero }
            guard other.path != path, sharesWay(other.path, path) else { return nil }
            return StateRule.leaf(path: other.path, valueDigest: other.valueDigest)
        }
        guard other == nil else { return nil }
        return StateRule.leaf(path: path, valueDigest: StateRule.valueDigest(of: value))
    }

    private func sharesWay(_ left: Digest, _ right: Digest) -> Bool {
        for index in siblings.indices where left.bit(index) != right.bit(index) { return false }
        return true
    }

    package func encode(into encoder: inout Encoder) {
        encoder.count(siblings.count)
        SparseProof.encode(siblings: siblings, into: &encoder)
        encoder.optional(other)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let count = try decoder.count(max: SparseProof.siblingsMax)
        siblings = try SparseProof.siblings(count: count, from: &decoder)
        other = try decoder.optional(Leaf.self)
    }

    /// Writes which siblings are not zero, and those.
    package static func encode(siblings: [Digest], into encoder: inout Encoder) {
        var index = 0
        while index < siblings.count {
            var bits: UInt8 = 0
            for place in index..<(index + 8) {
                bits = bits << 1 | (place < siblings.count && siblings[place] != Digest.zero ? 1 : 0)
            }
            encoder.u8(bits)
            index += 8
        }
        for sibling in siblings where sibling != Digest.zero { sibling.encode(into: &encoder) }
    }

    /// Reads what `encode(siblings:into:)` writes for `count` siblings.
    package static func siblings(count: Int, from decoder: inout Decoder) throws(DecodeError) -> [Digest] {
        let start = decoder.offset
        let bits = try decoder.raw(count: (count + 7) / 8)
        if count % 8 != 0, bits[count / 8] << UInt8(count % 8) != 0 { throw .notCanonical(offset: start) }
        var siblings: [Digest] = []
        for index in 0..<count {
            guard bits[index / 8] << UInt8(index % 8) & 0x80 != 0 else {
                siblings.append(Digest.zero)
                continue
            }
            let at = decoder.offset
            let sibling = try Digest(from: &decoder)
            if sibling == Digest.zero { throw .notCanonical(offset: at) }
            siblings.append(sibling)
        }
        return siblings
    }
}
