// SPDX-License-Identifier: Apache-2.0

/// An element of the field of the SM2 curve: an integer modulo p = 2^256 - 2^224 - 2^96 + 2^64 - 1.
///
/// Kept in Montgomery's form: `value` is x·2^256 mod p, always below p, so that equal elements have equal
/// words. Since p = -1 mod 2^64, Montgomery's factor is 1 and a reduction step needs no multiplication, only
/// shifts and additions: that is what makes the portable path fast. Not constant time in any promise;
/// verification is public. Source: GB/T 32918.5-2017 for p and b.
struct FieldElement: Hashable, Sendable {
    let value: Wide256

    /// Takes a value that is in Montgomery's form and below p already.
    @inline(__always)
    init(montgomery value: Wide256) { self.value = value }

    /// Takes a plain integer below p.
    init(integer: Wide256) { self = FieldElement(montgomery: integer) * FieldElement.radixSquared }

    // Constants are computed properties of literals, not globals: a global is initialised behind a check at
    // every use, which in the inner loops costs as much as an addition.
    static var p: Wide256 {
        @inline(__always) get { Wide256(~0, 0xffff_ffff_0000_0000, ~0, 0xffff_fffe_ffff_ffff) }
    }
    static var zero: FieldElement { @inline(__always) get { FieldElement(montgomery: .zero) } }
    /// 2^256 mod p.
    static var one: FieldElement {
        @inline(__always) get { FieldElement(montgomery: Wide256(1, 0xffff_ffff, 0, 0x1_0000_0000)) }
    }
    /// 2^512 mod p: multiplying by it brings an integer into Montgomery's form.
    private static var radixSquared: FieldElement {
        FieldElement(montgomery: Wide256(0x2_0000_0003, 0x2_ffff_ffff, 0x1_0000_0001, 0x4_0000_0002))
    }
    /// The curve's constant b.
    static var b: FieldElement {
        FieldElement(
            montgomery: Wide256(
                0x90d2_3063_2bc0_dd42, 0x71cf_379a_e9b5_37ab, 0x5279_8150_5ea5_1c3c, 0x240f_e188_ba20_e2c8))
    }

    @inline(__always)
    var isZero: Bool { value.isZero }

    /// The integer below p this element stands for.
    var integer: Wide256 { (self * FieldElement(montgomery: Wide256(1, 0, 0, 0))).value }

    // MARK: Sums

    @inline(__always)
    static func + (left: FieldElement, right: FieldElement) -> FieldElement {
        let (sum, carry) = Wide256.add(left.value, right.value)
        return reduceOnce(sum, carry)
    }

    @inline(__always)
    static func - (left: FieldElement, right: FieldElement) -> FieldElement {
        let (difference, borrow) = Wide256.subtract(left.value, right.value)
        // Adds p back where the difference went below zero; the carry out cancels the borrow.
        let mask = 0 &- borrow
        let p = Wide256(mask, mask & 0xffff_ffff_0000_0000, mask, mask & 0xffff_fffe_ffff_ffff)
        return FieldElement(montgomery: Wide256.add(difference, p).sum)
    }

    @inline(__always)
    var negated: FieldElement { .zero - self }

    @inline(__always)
    var doubled: FieldElement { self + self }

    /// 16·x in one step: shifts, then adds the four bits q that fell off back as q·2^256 mod p.
    ///
    /// This is how an element moves from the radix 2^256 to the radix 2^260 of the lane kernels
    /// (`LaneKernel`).
    var sixteenfold: FieldElement {
        let fallen = value.w3 &>> 60
        let shifted = Wide256(
            value.w0 &<< 4, value.w1 &<< 4 | value.w0 &>> 60, value.w2 &<< 4 | value.w1 &>> 60,
            value.w3 &<< 4 | value.w2 &>> 60)
        // 2^256 mod p = 2^224 + 2^96 - 2^64 + 1. The sum is below 2^256 + 2^228, so below 2p.
        let (sum, carry) = Wide256.add(shifted, Wide256(fallen, fallen &<< 32 &- fallen, 0, fallen &<< 32))
        return FieldElement.reduceOnce(sum, carry)
    }

    /// Brings a number below 2p, given with its 257th bit, below p.
    @inline(__always)
    static func reduceOnce(_ value: Wide256, _ top: UInt64) -> FieldElement {
        let (reduced, borrow) = Wide256.subtract(value, p)
        // Below p only if the subtraction borrowed more than the top bit could lend.
        return FieldElement(montgomery: reduced.replaced(by: value, ifSet: borrow & (1 &- top)))
    }

    // MARK: Products

    /// One step of Montgomery's reduction: adds m·p to the number whose lowest word is m, and drops that
    /// word, now 0.
    ///
    /// m·p + m = m·(2^256 - 2^224 - 2^96 + 2^64); divided by 2^64 these are the four words below, got by
    /// shifts.
    /// - Returns: the carry out of `t4`.
    @inline(__always)
    private static func fold(
        _ m: UInt64, _ t1: inout UInt64, _ t2: inout UInt64, _ t3: inout UInt64, _ t4: inout UInt64
    ) -> UInt64 {
        let low = m &<< 32
        let high = m &>> 32
        var borrow: UInt64 = 0
        let x1 = subtractWord(m, low, &borrow)
        let x2 = subtractWord(0, high, &borrow)
        let x3 = subtractWord(0, low, &borrow)
        let x4 = subtractWord(m, high, &borrow)
        var carry: UInt64 = 0
        t1 = addWord(t1, x1, &carry)
        t2 = addWord(t2, x2, &carry)
        t3 = addWord(t3, x3, &carry)
        t4 = addWord(t4, x4, &carry)
        return carry
    }

    /// - Cost: about 15 ns. Kept out of line: inlined into the point formulas it overflows the instruction
    ///   cache.
    @inline(never)
    static func * (left: FieldElement, right: FieldElement) -> FieldElement {
        let a = left.value
        let b = right.value
        var carry: UInt64 = 0
        let t0 = multiplyAddWord(a.w0, b.w0, 0, &carry)
        var t1 = multiplyAddWord(a.w1, b.w0, 0, &carry)
        var t2 = multiplyAddWord(a.w2, b.w0, 0, &carry)
        var t3 = multiplyAddWord(a.w3, b.w0, 0, &carry)
        var t4 = carry
        var t5 = fold(t0, &t1, &t2, &t3, &t4)
        /// Adds `left` times one more word, folds the lowest word away, and moves the window up by one.
        @inline(__always)
        func round(_ word: UInt64) {
            var carry: UInt64 = 0
            t1 = multiplyAddWord(a.w0, word, t1, &carry)
            t2 = multiplyAddWord(a.w1, word, t2, &carry)
            t3 = multiplyAddWord(a.w2, word, t3, &carry)
            t4 = multiplyAddWord(a.w3, word, t4, &carry)
            var overflow: UInt64 = 0
            t5 = addWord(t5, carry, &overflow)
            let folded = fold(t1, &t2, &t3, &t4, &t5)
            (t1, t2, t3, t4, t5) = (t2, t3, t4, t5, overflow &+ folded)
        }
        round(b.w1)
        round(b.w2)
        round(b.w3)
        return reduceOnce(Wide256(t1, t2, t3, t4), t5)
    }

    /// The square: the six mixed products are computed once and doubled.
    @inline(never)
    func squared() -> FieldElement {
        let a = value
        var carry: UInt64 = 0
        var t1 = multiplyAddWord(a.w0, a.w1, 0, &carry)
        var t2 = multiplyAddWord(a.w0, a.w2, 0, &carry)
        var t3 = multiplyAddWord(a.w0, a.w3, 0, &carry)
        var t4 = carry
        carry = 0
        t3 = multiplyAddWord(a.w1, a.w2, t3, &carry)
        t4 = multiplyAddWord(a.w1, a.w3, t4, &carry)
        var t5 = carry
        carry = 0
        t5 = multiplyAddWord(a.w2, a.w3, t5, &carry)
        var t6 = carry
        var t7 = t6 &>> 63
        t6 = t6 &<< 1 | t5 &>> 63
        t5 = t5 &<< 1 | t4 &>> 63
        t4 = t4 &<< 1 | t3 &>> 63
        t3 = t3 &<< 1 | t2 &>> 63
        t2 = t2 &<< 1 | t1 &>> 63
        t1 = t1 &<< 1
        let (high0, t0) = a.w0.multipliedFullWidth(by: a.w0)
        let (high1, low1) = a.w1.multipliedFullWidth(by: a.w1)
        let (high2, low2) = a.w2.multipliedFullWidth(by: a.w2)
        let (high3, low3) = a.w3.multipliedFullWidth(by: a.w3)
        carry = 0
        t1 = addWord(t1, high0, &carry)
        t2 = addWord(t2, low1, &carry)
        t3 = addWord(t3, high1, &carry)
        t4 = addWord(t4, low2, &carry)
        t5 = addWord(t5, high2, &carry)
        t6 = addWord(t6, low3, &carry)
        t7 = addWord(t7, high3, &carry)
        let fold0 = FieldElement.fold(t0, &t1, &t2, &t3, &t4)
        let fold1 = FieldElement.fold(t1, &t2, &t3, &t4, &t5)
        let fold2 = FieldElement.fold(t2, &t3, &t4, &t5, &t6)
        let fold3 = FieldElement.fold(t3, &t4, &t5, &t6, &t7)
        // Each fold's carry belongs one word above the words it touched: the first to t5, the last beyond t7.
        carry = 0
        t5 = addWord(t5, fold0, &carry)
        t6 = addWord(t6, fold1, &carry)
        t7 = addWord(t7, fold2, &carry)
        return FieldElement.reduceOnce(Wide256(t4, t5, t6, t7), fold3 &+ carry)
    }

    /// The inverse, by Fermat: x^(p-2). Zero has none and gives zero.
    /// - Cost: 256 squarings and 64 products, about 4 µs; callers invert many at once (`invertAll`).
    func inverse() -> FieldElement {
        // p - 2 in hexadecimal digits, one squared-and-multiplied at a time.
        let exponent = Wide256(~0 &- 2, 0xffff_ffff_0000_0000, ~0, 0xffff_fffe_ffff_ffff)
        var powers = InlineArray<16, FieldElement>(repeating: .one)
        for digit in 1..<16 { powers[digit] = powers[digit - 1] * self }
        var result = FieldElement.one
        for start in stride(from: 252, through: 0, by: -4) {
            for _ in 0..<4 { result = result.squared() }
            let digit = exponent.bits(from: start, width: 4)
            if digit != 0 { result = result * powers[digit] }
        }
        return result
    }

    /// Inverts every element of a list for the price of one inversion and three products each (Montgomery's
    /// trick).
    ///
    /// - Precondition: none is zero; one zero would silently turn all to zero.
    static func invertAll(_ elements: inout [FieldElement]) {
        var prefixes: [FieldElement] = []
        prefixes.reserveCapacity(elements.count)
        var product = FieldElement.one
        for element in elements {
            prefixes.append(product)
            product = product * element
        }
        precondition(!product.isZero, "zero has no inverse")
        var inverse = product.inverse()
        for index in elements.indices.reversed() {
            let element = elements[index]
            elements[index] = inverse * prefixes[index]
            inverse = inverse * element
        }
    }
}
