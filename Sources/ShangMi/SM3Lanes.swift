// SPDX-License-Identifier: Apache-2.0

extension SM3 {
    /// The digests of many messages, in order, as many at once as the machine can. Lengths may differ.
    package static func hashMany(_ messages: [[UInt8]]) -> [Digest] { messages.map(hash) }

    /// Merkle nodes: for each pair, SM3(`tag` ‖ left ‖ right), in order, as many at once as the machine can.
    package static func hashPairs(tag: UInt8, _ pairs: [(left: Digest, right: Digest)]) -> [Digest] {
        pairs.map { hash([tag] + $0.left.bytes + $0.right.bytes) }
    }
}
