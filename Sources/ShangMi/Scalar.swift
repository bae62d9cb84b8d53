// SPDX-License-Identifier: Apache-2.0

/// An integer modulo n, the prime number of points of the SM2 curve, kept plain and below n.
///
/// Verification only adds scalars. Products are for the throw-away signer; nothing here is constant time.
struct Scalar: Hashable, Sendable {
    let value: Wide256

    /// - Returns: nil unless `value` is below n.
    @inline(__always)
    init?(_ value: Wide256) {
        guard value < Scalar.n else { return nil }
        self.value = value
    }

    /// Takes a value known to be below n.
    @inline(__always)
    private init(below value: Wide256) { self.value = value }

    /// `value` modulo n; one subtraction does, since 2^256 < 2n.
    init(reducing value: Wide256) {
        let (reduced, borrow) = Wide256.subtract(value, Scalar.n)
        self.value = reduced.replaced(by: value, ifSet: borrow)
    }

    static var n: Wide256 {
        @inline(__always) get {
            Wide256(0x53bb_f409_39d5_4123, 0x7203_df6b_21c6_052b, ~0, 0xffff_fffe_ffff_ffff)
        }
    }
    static var one: Scalar { Scalar(below: Wide256(1, 0, 0, 0)) }

    @inline(__always)
    var isZero: Bool { value.isZero }

    static func + (left: Scalar, right: Scalar) -> Scalar {
        let (sum, carry) = Wide256.add(left.value, right.value)
        let (reduced, borrow) = Wide256.subtract(sum, n)
        return Scalar(below: reduced.replaced(by: sum, ifSet: borrow & (1 &- carry)))
    }

    static func - (left: Scalar, right: Scalar) -> Scalar {
        let (difference, borrow) = Wide256.subtract(left.value, right.value)
        return Scalar(below: difference.replaced(by: Wide256.add(difference, n).sum, ifSet: borrow))
    }

    var negated: Scalar { Scalar(below: .zero) - self }

    /// The one of k and n - k that is below 2^255, and whether it was n - k.
    ///
    /// Halved so, a scalar fits 32 signed digits of 8 bits: the top digit cannot carry out (see
    /// `signedDigits`).
    @inline(__always)
    var halved: (magnitude: Wide256, isNegated: Bool) {
        let opposite = Wide256.subtract(Scalar.n, value).difference
        return opposite < value ? (opposite, true) : (value, false)
    }

    // MARK: Products, for the throw-away signer

    /// -1/n mod 2^64 and 2^512 mod n, Montgomery's constants.
    private static var factor: UInt64 { 0x327f_9e88_7235_0975 }
    private static var radixSquared: Wide256 {
        Wide256(0x9011_92af_7c11_4f20, 0x3464_504a_de6f_a2fa, 0x620f_c84c_3aff_e0d4, 0x1eb5_e412_a22b_3d3b)
    }

    /// a·b/2^256 mod n.
    private static func montgomery(_ a: Wide256, _ b: Wide256) -> Wide256 {
        var t = Wide256.zero
        var top: UInt64 = 0
        for index in 0..<4 {
            let word = b.word(index)
            var carry: UInt64 = 0
            t.w0 = multiplyAddWord(a.w0, word, t.w0, &carry)
            t.w1 = multiplyAddWord(a.w1, word, t.w1, &carry)
            t.w2 = multiplyAddWord(a.w2, word, t.w2, &carry)
            t.w3 = multiplyAddWord(a.w3, word, t.w3, &carry)
            var overflow: UInt64 = 0
            top = addWord(top, carry, &overflow)
            // m is what makes t + m·n a multiple of 2^64: modulo 2^64, so the product wraps on purpose.
            let m = t.w0 &* factor
            carry = 0
            _ = multiplyAddWord(m, n.w0, t.w0, &carry)
            t.w0 = multiplyAddWord(m, n.w1, t.w1, &carry)
            t.w1 = multiplyAddWord(m, n.w2, t.w2, &carry)
            t.w2 = multiplyAddWord(m, n.w3, t.w3, &carry)
            var high: UInt64 = 0
            t.w3 = addWord(top, carry, &high)
            top = overflow &+ high
        }
        let (reduced, borrow) = Wide256.subtract(t, n)
        return reduced.replaced(by: t, ifSet: borrow & (1 &- top))
    }

    static func * (left: Scalar, right: Scalar) -> Scalar {
        Scalar(below: montgomery(montgomery(left.value, right.value), radixSquared))
    }

    /// The inverse, by Fermat: x^(n-2). Zero gives zero.
    func inverse() -> Scalar {
        let exponent = Wide256.subtract(Scalar.n, Wide256(2, 0, 0, 0)).difference
        var result = Scalar.one
        for index in stride(from: 255, through: 0, by: -1) {
            result = result * result
            if exponent.bits(from: index, width: 1) == 1 { result = result * self }
        }
        return result
    }
}

extension Wide256 {
    /// The number as signed digits of `width` bits, least significant first: sum of digit[i]·2^(width·i).
    ///
    /// Digits lie in -(2^(width-1) - 1) ... 2^(width-1): a digit above half is replaced by itself minus
    /// 2^width and a carry, which halves the tables of multiples. The last digit must not carry: count·width
    /// > 256 is enough, and so is count·width = 256 for a number at most n/2, whose top byte is below 0x80.
    @inline(__always)
    func signedDigits<let count: Int>(width: Int, of type: InlineArray<count, Int16>.Type) -> InlineArray<
        count, Int16
    > {
        var digits = InlineArray<count, Int16>(repeating: 0)
        let half = 1 &<< (width &- 1)
        var carry = 0
        for index in 0..<count {
            // At most 2^width, so nothing wraps.
            var digit = bits(from: index &* width, width: width) &+ carry
            carry = digit > half ? 1 : 0
            digit = digit &- carry &<< width
            digits[index] = Int16(truncatingIfNeeded: digit)
        }
        assert(carry == 0, "the last digit carried: the number is too large for its digits")
        return digits
    }
}
