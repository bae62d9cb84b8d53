// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import Testing

@Suite("SM2 public keys")
struct PublicKeyTests {
    @Test("bytes of a point of the curve decode, and encode back to themselves (CRYPTO-7)")
    func validKeys() {
        var random = SeededRandom(seed: 30)
        for _ in 0..<Sample.size(1000) {
            let key = SM2.ThrowAwaySigner(from: &random).publicKey
            #expect(SM2.PublicKey(key.bytes) == key)
        }
        #expect(StandardVectors.key.bytes == StandardVectors.x.bytes + StandardVectors.y.bytes)
    }

    @Test("a point off the curve, infinity and wrong lengths are refused (CRYPTO-7)")
    func offCurve() {
        let bytes = StandardVectors.key.bytes
        for bit in 0..<512 {
            var flipped = bytes
            flipped[bit / 8] ^= 0x80 >> UInt8(bit % 8)
            #expect(SM2.PublicKey(flipped) == nil, "bit \(bit)")
        }
        #expect(SM2.PublicKey([UInt8](repeating: 0, count: 64)) == nil)
        #expect(SM2.PublicKey([UInt8](repeating: 0xff, count: 64)) == nil)
        #expect(SM2.PublicKey([UInt8](bytes.dropLast())) == nil)
        #expect(SM2.PublicKey(bytes + [0]) == nil)
        #expect(SM2.PublicKey([4] + bytes) == nil)
        #expect(throws: DecodeError.notCanonical(offset: 0)) {
            try SM2.PublicKey(decoding: StandardVectors.y.bytes + StandardVectors.x.bytes)
        }
    }

    @Test("a coordinate not below p is refused though it is congruent to a good one (CRYPTO-7)")
    func largeCoordinates() {
        // A point whose x is small enough that x + p still fits 32 bytes: the first x ≥ 0 on the curve.
        var small = 0 as UInt64
        var found: SM2.PublicKey?
        while found == nil {
            found = PublicKeyTests.point(x: Digest(small))
            small += 1
        }
        let key = found!
        let p = Modulus.p.digest.words
        let (low, carried) = p.3.addingReportingOverflow(key.x.words.3)
        #expect(carried || key.x.words.3 == 0)
        let (second, again) = p.2.addingReportingOverflow(carried ? 1 : 0)
        let grown = Digest(words: (p.0, again ? p.1 + 1 : p.1, second, low))
        #expect(SM2.PublicKey(key.bytes) != nil)
        #expect(SM2.PublicKey(grown.bytes + key.y.bytes) == nil)
        #expect(SM2.PublicKey(Modulus.p.digest.bytes + key.y.bytes) == nil)
        #expect(SM2.PublicKey(key.x.bytes + Modulus.p.digest.bytes) == nil)
        #expect(SM2.PublicKey(key.x.bytes + Digest.allOnes.bytes) == nil)
    }

    /// A point with this abscissa, by a square root of its own: (x³ - 3x + b)^((p+1)/4), as p = 3 mod 4.
    private static func point(x: Digest) -> SM2.PublicKey? {
        let p = Modulus.p
        let b = Digest(hex: "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93")!
        let square = p.add(
            p.subtract(p.multiply(p.multiply(x, x), x), p.multiply(Digest(3), x)), b)
        // (p + 1)/4 = 2^254 - 2^222 - 2^94 + 2^62.
        let exponent = Digest(hex: "3fffffffbfffffffffffffffffffffffffffffffc00000004000000000000000")!
        var root = Digest(1)
        for index in 0..<256 {
            root = p.multiply(root, root)
            if exponent.bit(index) { root = p.multiply(root, square) }
        }
        return SM2.PublicKey(x.bytes + root.bytes)
    }
}
