// SPDX-License-Identifier: Apache-2.0
package import Bedrock
internal import Ledger
package import ShangMi

/// All leaves of one subtree of a state, with the way from the root to it: a piece of a snapshot.
///
/// Whoever knows the root can check, from these bytes alone, that the leaves are exactly those the subtree
/// holds: none left out, added or changed. Chunks of one root can be fetched from anyone, in any order.
/// - Spec: SNAP-1 to SNAP-4.
package struct StateChunk: Hashable, Sendable, Canonical {
    /// A key of the state and what it holds.
    package struct Leaf: Hashable, Sendable, Canonical {
        package let key: [UInt8]
        package let value: [UInt8]

        package init(key: [UInt8], value: [UInt8]) {
            self.key = key
            self.value = value
        }

        /// What the leaf counts for in a chunk: its bytes, and 32 for what any leaf costs.
        package var weight: Int { key.count + value.count + StateChunk.leafWeightMin }

        package func encode(into encoder: inout Encoder) {
            encoder.bytes(key)
            encoder.bytes(value)
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            key = try decoder.bytes(max: Limits.stateKeyBytesMax)
            value = try decoder.bytes(max: Limits.stateValueBytesMax)
        }
    }

    /// The weight of a leaf without key and value.
    package static let leafWeightMin = 32

    package let prefix: StatePrefix
    /// The digests beside the way from the root down to the subtree, one a bit of the prefix.
    package let siblings: [Digest]
    /// In the order of their paths.
    package let leaves: [Leaf]

    package init(prefix: StatePrefix, siblings: [Digest], leaves: [Leaf]) {
        precondition(siblings.count == prefix.bitCount, "a way has a sibling for each bit")
        self.prefix = prefix
        self.siblings = siblings
        self.leaves = leaves
    }

    /// What the leaves weigh together.
    package var weight: Int { leaves.reduce(0) { $0 + $1.weight } }

    package func encode(into encoder: inout Encoder) {
        prefix.encode(into: &encoder)
        SparseProof.encode(siblings: siblings, into: &encoder)
        encoder.list(leaves)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        prefix = try StatePrefix(from: &decoder)
        siblings = try SparseProof.siblings(count: prefix.bitCount, from: &decoder)
        let count = try decoder.count(max: Limits.chunkWeightMax / StateChunk.leafWeightMin)
        var leaves: [Leaf] = []
        var weight = 0
        for _ in 0..<count {
            let start = decoder.offset
            let leaf = try Leaf(from: &decoder)
            weight += leaf.weight
            if weight > Limits.chunkWeightMax {
                throw .outOfRange(offset: start, limit: UInt64(Limits.chunkWeightMax))
            }
            leaves.append(leaf)
        }
        self.leaves = leaves
    }
}
