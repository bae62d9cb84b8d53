// SPDX-License-Identifier: Apache-2.0

/// SM4 on sixteen blocks at once with nothing but logic on words: no table, no branch, no address depends on a secret.
///
/// A 32-bit word of each of sixteen blocks lies in eight planes: plane b holds bit b of every byte, the byte of
/// significance k of block j at place 16k + j. Turning words by eight bits is then turning planes by sixteen places.
/// - Cost: about 40 MB/s; for machines without the instructions of the lanes, and the witness against them.
/// - Spec: CRYPTO-11. Source: GB/T 32907-2016 section 6.
enum SlicedSM4 {
    typealias Planes = SIMD8<UInt64>
    static let blocksAtOnce = 16

    // MARK: The S-box

    /// Eight columns: what bit j alone becomes.
    private typealias Matrix = InlineArray<8, UInt8>
    /// The affine map of the standard, its constant, and squarings in GF(2)[x] / x⁸+x⁷+x⁶+x⁵+x⁴+x²+1.
    private static let affine: Matrix = [0xcb, 0x97, 0x2f, 0x5e, 0xbc, 0x79, 0xf2, 0xe5]
    private static let affineConstant: UInt8 = 0xd3
    private static let squared: Matrix = [0x01, 0x04, 0x10, 0x40, 0xf5, 0x3e, 0xf8, 0x0a]
    private static let toThe4th: Matrix = [0x01, 0x10, 0xf5, 0xf8, 0x28, 0x9f, 0x79, 0x44]
    private static let toThe16th: Matrix = [0x01, 0x28, 0x7e, 0x72, 0x67, 0x70, 0x37, 0x8c]

    /// All ones in the planes whose bit is set.
    @inline(__always)
    private static func mask(_ bits: UInt8) -> Planes {
        var planes = Planes(repeating: 0)
        for bit in 0..<8 { planes[bit] = 0 &- UInt64(bits >> UInt8(bit) & 1) }
        return planes
    }

    @inline(__always)
    private static func linear(_ matrix: Matrix, _ x: Planes) -> Planes {
        var y = Planes(repeating: 0)
        for column in 0..<8 { y ^= Planes(repeating: x[column]) & mask(matrix[column]) }
        return y
    }

    /// The product in the field, by Horner's rule from the highest bit of `b`.
    @inline(__always)
    private static func product(_ a: Planes, _ b: Planes) -> Planes {
        var sum = Planes(repeating: 0)
        for bit in (0..<8).reversed() {
            let carry = sum[7]
            sum = Planes(0, sum[0], sum[1], sum[2], sum[3], sum[4], sum[5], sum[6])
            sum ^= Planes(repeating: carry) & mask(0xf5)
            sum ^= a & Planes(repeating: b[bit])
        }
        return sum
    }

    /// The S-box on every byte: affine map, inverse as the 254th power, affine map.
    private static func substitute(_ x: Planes) -> Planes {
        let x1 = linear(affine, x) ^ mask(affineConstant)
        let x2 = linear(squared, x1)
        let x3 = product(x2, x1)
        let x12 = linear(toThe4th, x3)
        let x15 = product(x12, x3)
        let x252 = product(linear(toThe16th, x15), x12)
        return linear(affine, product(x252, x2)) ^ mask(affineConstant)
    }

    // MARK: Rounds

    @inline(__always)
    private static func turn(_ planes: Planes, _ places: UInt64) -> Planes {
        planes &<< places | planes &>> (64 &- places)
    }

    /// The words turned left by two bits.
    @inline(__always)
    private static func turnByTwoBits(_ x: Planes) -> Planes {
        let up = turn(x, 16)
        return Planes(up[6], up[7], x[0], x[1], x[2], x[3], x[4], x[5])
    }

    /// Encrypts blocks in place, one after the other in `bytes`, at most sixteen.
    /// - Parameter keys: 32 round keys, in the order of encryption or its reverse.
    static func transform(_ bytes: inout [UInt8], from start: Int, blocks: Int, keys: [UInt32]) {
        var words = InlineArray<4, Planes>(repeating: Planes(repeating: 0))
        for block in 0..<blocks {
            for place in 0..<16 {
                let byte = bytes[start + 16 * block + place]
                // The first byte of a word is its most significant.
                let position = UInt64(16 * (3 - place % 4) + block)
                for bit in 0..<8 { words[place / 4][bit] |= UInt64(byte >> UInt8(bit) & 1) &<< position }
            }
        }
        for round in 0..<32 {
            let (a, b, c, d) = (round % 4, (round + 1) % 4, (round + 2) % 4, (round + 3) % 4)
            let s = substitute(words[b] ^ words[c] ^ words[d] ^ spread(keys[round]))
            let two = turnByTwoBits(s)
            words[a] ^= s ^ two ^ turn(two, 16) ^ turn(two, 32) ^ turn(s, 48)
        }
        for block in 0..<blocks {
            for place in 0..<16 {
                let position = UInt64(16 * (3 - place % 4) + block)
                var byte: UInt8 = 0
                // The last four words come out in reverse order.
                for bit in 0..<8 { byte |= UInt8(words[3 - place / 4][bit] &>> position & 1) << UInt8(bit) }
                bytes[start + 16 * block + place] = byte
            }
        }
    }

    /// One word in all sixteen places.
    private static func spread(_ word: UInt32) -> Planes {
        var planes = Planes(repeating: 0)
        for bit in 0..<8 {
            for byte in 0..<4 {
                let isSet = UInt64(word >> UInt32(8 * byte + bit) & 1)
                planes[bit] |= ((0 &- isSet) & 0xffff) &<< UInt64(16 * byte)
            }
        }
        return planes
    }

    // MARK: The key schedule

    /// The S-box on the four bytes of one word.
    private static func substitute(_ word: UInt32) -> UInt32 {
        let planes = substitute(spread(word))
        var result: UInt32 = 0
        for bit in 0..<8 {
            for byte in 0..<4 {
                result |= UInt32(truncatingIfNeeded: planes[bit] &>> UInt64(16 * byte) & 1) << UInt32(8 * byte + bit)
            }
        }
        return result
    }

    /// The 32 round keys of encryption (section 6.3). Decryption takes them in reverse.
    static func schedule(_ key: [UInt8]) -> [UInt32] {
        precondition(key.count == SM4.keyBytes, "SM4 has 16-byte keys")
        let family: [UInt32] = [0xa3b1_bac6, 0x56aa_3350, 0x677d_9197, 0xb270_22dc]
        var words = (0..<4).map { index in
            (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(key[4 * index + $1]) } ^ family[index]
        }
        for round in 0..<32 {
            // CK: byte j of constant i is 7(4i + j) mod 256.
            let constant = (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32((4 * round + $1) * 7 % 256) }
            let s = substitute(words[round + 1] ^ words[round + 2] ^ words[round + 3] ^ constant)
            words.append(words[round] ^ s ^ (s << 13 | s >> 19) ^ (s << 23 | s >> 9))
        }
        return Array(words[4...])
    }
}
