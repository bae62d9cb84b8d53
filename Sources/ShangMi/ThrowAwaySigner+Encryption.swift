// SPDX-License-Identifier: Apache-2.0
package import Bedrock

/// Public-key encryption on the SM2 curve (GB/T 32918.4-2016), quick and not constant in time: for load generation and
/// tests. /
/// Ciphertexts are in the form of GM/T 0009-2012: SEQUENCE { INTEGER x, INTEGER y, OCTET STRING digest, OCTET STRING
/// text }.
/// - Spec: CRYPTO-10.
extension SM2.ThrowAwaySigner {
    /// - Parameter message: not empty.
    package static func encrypt(
        _ message: [UInt8], to key: SM2.PublicKey, from random: inout SeededRandom
    ) -> [UInt8] {
        while true {
            let k = Scalar(reducing: Wide256(random.next(), random.next(), random.next(), random.next()))
            guard !k.isZero else { continue }
            let point = product(k.value, .generator)
            let shared = SM2.PublicKey(product(k.value, key.point))
            let stream = stream(shared, count: message.count)
            guard stream.contains(where: { $0 != 0 }) else { continue }
            let x = point.x.integer.digest.bytes
            let y = point.y.integer.digest.bytes
            return DER.sequence([
                DER.unsigned(x), DER.unsigned(y), DER.element(DER.Tag.octets, check(shared, message).bytes),
                DER.element(DER.Tag.octets, zip(message, stream).map { $0 ^ $1 }),
            ])
        }
    }

    /// - Returns: nil where the bytes are no ciphertext, or one for another key, or changed.
    package func decrypt(_ ciphertext: [UInt8]) -> [UInt8]? {
        var reader = DERReader(ciphertext)
        guard var parts = try? reader.inside("an SM2Cipher"), reader.isAtEnd,
            let x = try? parts.unsigned(byteCount: 32, "x"), let y = try? parts.unsigned(byteCount: 32, "y"),
            let digest = try? parts.bytes(of: DER.Tag.octets, "a digest"),
            let text = try? parts.bytes(of: DER.Tag.octets, "a text"), parts.isAtEnd,
            let point = SM2.PublicKey(x + y)
        else { return nil }
        let shared = SM2.PublicKey(Self.product(secret, point.point))
        let message = zip(text, Self.stream(shared, count: text.count)).map { $0 ^ $1 }
        return Self.check(shared, message).bytes == digest ? message : nil
    }

    /// C3 = SM3(x₂ ‖ message ‖ y₂).
    private static func check(_ shared: SM2.PublicKey, _ message: [UInt8]) -> Digest {
        SM3.hash(shared.x.bytes + message + shared.y.bytes)
    }

    /// KDF(x₂ ‖ y₂, count): SM3 of the point and a counter from 1 (section 5.4.3).
    private static func stream(_ shared: SM2.PublicKey, count: Int) -> [UInt8] {
        var stream: [UInt8] = []
        var counter: UInt32 = 1
        while stream.count < count {
            stream +=
                SM3.hash(shared.bytes + (0..<4).map { UInt8(truncatingIfNeeded: counter >> UInt32(24 - 8 * $0)) }).bytes
            counter += 1
        }
        return Array(stream[..<count])
    }

    /// scalar·point by doubling and adding; the scalar is not 0 and the group's order is prime, so never infinity.
    private static func product(_ scalar: Wide256, _ point: AffinePoint) -> AffinePoint {
        var sum = JacobianPoint.infinity
        for bit in (0..<256).reversed() {
            sum.double()
            if scalar.bits(from: bit, width: 1) == 1 { sum.add(point) }
        }
        return JacobianPoint.affine([sum])[0]
    }
}
