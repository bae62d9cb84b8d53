// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi

/// Plain arithmetic modulo a 256-bit number, written apart from the code under test: slow, and easy to
/// believe.
///
/// A number is eight 32-bit digits, least significant first.
struct Modulus: Sendable {
    let digits: [UInt64]

    static let n = Modulus("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123")
    static let p = Modulus("fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff")

    private init(_ hex: String) { digits = Modulus.digits(Digest(hex: hex)!) }

    var digest: Digest { Modulus.digest(digits) }

    static func digits(_ digest: Digest) -> [UInt64] {
        let words = digest.words
        return [words.3, words.2, words.1, words.0].flatMap { [$0 & 0xffff_ffff, $0 >> 32] }
    }

    static func digest(_ d: [UInt64]) -> Digest {
        Digest(words: (d[7] << 32 | d[6], d[5] << 32 | d[4], d[3] << 32 | d[2], d[1] << 32 | d[0]))
    }

    /// `left` - `right`, and whether it went below zero (then 2^256 was added).
    private static func subtract(_ left: [UInt64], _ right: [UInt64]) -> ([UInt64], Bool) {
        var borrow: UInt64 = 0
        var result: [UInt64] = []
        for index in 0..<8 {
            let value = 0x1_0000_0000 + left[index] - right[index] - borrow
            result.append(value & 0xffff_ffff)
            borrow = 1 - value >> 32
        }
        return (result, borrow == 1)
    }

    func add(_ left: Digest, _ right: Digest) -> Digest {
        var carry: UInt64 = 0
        var sum: [UInt64] = []
        for (a, b) in zip(Modulus.digits(left), Modulus.digits(right)) {
            let value = a + b + carry
            sum.append(value & 0xffff_ffff)
            carry = value >> 32
        }
        let (reduced, wentBelow) = Modulus.subtract(sum, digits)
        return Modulus.digest(carry == 1 || !wentBelow ? reduced : sum)
    }

    /// `value` below the modulus, for a value below twice the modulus.
    func reduce(_ value: Digest) -> Digest { add(value, .zero) }

    func negate(_ value: Digest) -> Digest {
        value == .zero ? .zero : Modulus.digest(Modulus.subtract(digits, Modulus.digits(value)).0)
    }

    func subtract(_ left: Digest, _ right: Digest) -> Digest { add(left, negate(right)) }

    /// Doubling and adding, bit by bit.
    func multiply(_ left: Digest, _ right: Digest) -> Digest {
        var product = Digest.zero
        for index in 0..<256 {
            product = add(product, product)
            if left.bit(index) { product = add(product, right) }
        }
        return product
    }
}

extension Digest {
    /// A small number.
    init(_ value: UInt64) { self.init(words: (0, 0, 0, value)) }

    /// 2^`exponent`.
    static func power(_ exponent: Int) -> Digest {
        var words: [UInt64] = [0, 0, 0, 0]
        words[3 - exponent / 64] = 1 << UInt64(exponent % 64)
        return Digest(words: (words[0], words[1], words[2], words[3]))
    }

    /// All 256 bits set.
    static let allOnes = Digest(words: (.max, .max, .max, .max))

    func flipping(bit index: Int) -> Digest {
        var bytes = bytes
        bytes[index / 8] ^= 0x80 >> UInt8(index % 8)
        return Digest(bytes)!
    }
}
