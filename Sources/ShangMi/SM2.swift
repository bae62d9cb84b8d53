// SPDX-License-Identifier: Apache-2.0
package import Bedrock

/// Elliptic-curve signatures over the SM2 curve with SM3 (GB/T 32918.2-2016).
package enum SM2 {
    /// The user ID where nothing else is agreed: "1234567812345678" (GM/T 0009-2012 section 10).
    /// - Spec: CRYPTO-6.
    package static let defaultUserID: [UInt8] = [
        0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38,
    ]
    /// A user ID's length in bits is written in 16 bits.
    package static let userIDBytesMax = 8191

    /// A point of the curve, not at infinity: X then Y, 32 big-endian bytes each. Always valid, by
    /// construction.
    /// - Spec: CRYPTO-7.
    package struct PublicKey: Hashable, Comparable, Sendable, Canonical {
        package let x: Digest
        package let y: Digest

        /// - Returns: nil unless the bytes are 64 and name a point on the curve.
        package init?(_ bytes: [UInt8]) {
            guard let key = try? PublicKey(decoding: bytes) else { return nil }
            self = key
        }

        /// The key of a point that came from arithmetic, so lies on the curve.
        init(_ point: AffinePoint) {
            x = point.x.integer.digest
            y = point.y.integer.digest
        }

        package var bytes: [UInt8] {
            var encoder = Encoder(reserving: 2 * Digest.byteCount)
            encode(into: &encoder)
            return encoder.bytes
        }

        package static func < (left: PublicKey, right: PublicKey) -> Bool {
            (left.x, left.y) < (right.x, right.y)
        }

        package func encode(into encoder: inout Encoder) {
            x.encode(into: &encoder)
            y.encode(into: &encoder)
        }

        /// - Throws: `DecodeError.notCanonical` where the bytes are those of no point: a coordinate not below
        ///   p, which would be a second form of the one below, or coordinates off the curve. The point at
        ///   infinity has no such bytes: (0, 0) is off the curve.
        /// - Cost: five field products, 0.1 µs.
        package init(from decoder: inout Decoder) throws(DecodeError) {
            let start = decoder.offset
            x = try Digest(from: &decoder)
            y = try Digest(from: &decoder)
            guard Wide256(x) < FieldElement.p, Wide256(y) < FieldElement.p, point.isOnCurve else {
                throw .notCanonical(offset: start)
            }
        }

        var point: AffinePoint {
            AffinePoint(x: FieldElement(integer: Wide256(x)), y: FieldElement(integer: Wide256(y)))
        }

        /// Z: the digest of the user's ID, the curve and the key, which a message's digest begins with.
        ///
        /// Z = SM3(bits of ID as 16 bits ‖ ID ‖ a ‖ b ‖ G ‖ Q); e = SM3(Z ‖ message). Source: GB/T 32918.2
        /// section 5.5.
        package func z(userID: [UInt8] = SM2.defaultUserID) -> Digest {
            var hash = SM3.prefix(userID: userID)
            hash.update(x)
            hash.update(y)
            return hash.finalize()
        }
    }

    /// r then s, 32 big-endian bytes each, as they came: whether they lie in range is for verification to
    /// say.
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

    /// "This key signed this digest e": for callers that have e already, or form it under another user ID.
    package struct DigestClaim: Sendable {
        package let key: PublicKey
        /// SM3(Z ‖ message).
        package let digest: Digest
        package let signature: Signature

        package init(key: PublicKey, digest: Digest, signature: Signature) {
            self.key = key
            self.digest = digest
            self.signature = signature
        }
    }

    /// e = SM3(Z ‖ message): what is really signed.
    package static func digest(_ message: [UInt8], z: Digest) -> Digest {
        var hash = SM3()
        hash.update(z)
        hash.update(message)
        return hash.finalize()
    }
}

extension SM3 {
    /// A hash fed with everything of Z that does not depend on the key.
    static func prefix(userID: [UInt8]) -> SM3 {
        precondition(userID.count <= SM2.userIDBytesMax, "a user ID's bit length fits 16 bits")
        var hash = SM3()
        let bitCount = UInt16(userID.count * 8)
        hash.update([UInt8(bitCount >> 8), UInt8(truncatingIfNeeded: bitCount)] + userID)
        let minusThree = Wide256.subtract(FieldElement.p, Wide256(3, 0, 0, 0)).difference
        hash.update(minusThree.digest)
        hash.update(FieldElement.b.integer.digest)
        hash.update(AffinePoint.generator.x.integer.digest)
        hash.update(AffinePoint.generator.y.integer.digest)
        return hash
    }
}
