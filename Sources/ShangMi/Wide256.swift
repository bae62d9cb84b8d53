// SPDX-License-Identifier: Apache-2.0

/// A number below 2^256 as four words, least significant first: what field elements and scalars are made of.
///
/// All arithmetic here is that of the adding machine, word by word with an explicit carry, so every `&+` and
/// `&-` below is meant to wrap: the carry holds what fell off.
struct Wide256: Hashable, Sendable {
    var w0: UInt64
    var w1: UInt64
    var w2: UInt64
    var w3: UInt64

    @inline(__always)
    init(_ w0: UInt64, _ w1: UInt64, _ w2: UInt64, _ w3: UInt64) {
        self.w0 = w0
        self.w1 = w1
        self.w2 = w2
        self.w3 = w3
    }

    /// The number whose 32 big-endian bytes `digest` holds.
    @inline(__always)
    init(_ digest: Digest) {
        let words = digest.words
        self.init(words.3, words.2, words.1, words.0)
    }

    static var zero: Wide256 { Wide256(0, 0, 0, 0) }

    @inline(__always)
    var isZero: Bool { w0 | w1 | w2 | w3 == 0 }

    /// The 32 big-endian bytes of this number.
    var digest: Digest { Digest(words: (w3, w2, w1, w0)) }

    /// Word `index`, 0 the least significant.
    @inline(__always)
    func word(_ index: Int) -> UInt64 {
        switch index {
        case 0: w0
        case 1: w1
        case 2: w2
        default: w3
        }
    }

    /// Bits `start` to `start` + `width` - 1 as a number; bits past 255 count as 0. `width` is at most 16.
    @inline(__always)
    func bits(from start: Int, width: Int) -> Int {
        guard start < 256 else { return 0 }
        let index = start &>> 6
        let offset = UInt64(truncatingIfNeeded: start & 63)
        var value = word(index) &>> offset
        if offset &+ UInt64(truncatingIfNeeded: width) > 64, index < 3 {
            value |= word(index &+ 1) &<< (64 &- offset)
        }
        return Int(truncatingIfNeeded: value & ((1 &<< UInt64(truncatingIfNeeded: width)) &- 1))
    }

    @inline(__always)
    static func add(_ left: Wide256, _ right: Wide256) -> (sum: Wide256, carry: UInt64) {
        var carry: UInt64 = 0
        let w0 = addWord(left.w0, right.w0, &carry)
        let w1 = addWord(left.w1, right.w1, &carry)
        let w2 = addWord(left.w2, right.w2, &carry)
        let w3 = addWord(left.w3, right.w3, &carry)
        return (Wide256(w0, w1, w2, w3), carry)
    }

    @inline(__always)
    static func subtract(_ left: Wide256, _ right: Wide256) -> (difference: Wide256, borrow: UInt64) {
        var borrow: UInt64 = 0
        let w0 = subtractWord(left.w0, right.w0, &borrow)
        let w1 = subtractWord(left.w1, right.w1, &borrow)
        let w2 = subtractWord(left.w2, right.w2, &borrow)
        let w3 = subtractWord(left.w3, right.w3, &borrow)
        return (Wide256(w0, w1, w2, w3), borrow)
    }

    @inline(__always)
    static func < (left: Wide256, right: Wide256) -> Bool { subtract(left, right).borrow == 1 }

    /// `self` where `flag` is 0, `other` where it is 1: no branch, since the choice is a coin toss to the
    /// predictor.
    @inline(__always)
    func replaced(by other: Wide256, ifSet flag: UInt64) -> Wide256 {
        let mask = 0 &- flag
        return Wide256(
            w0 ^ (mask & (w0 ^ other.w0)), w1 ^ (mask & (w1 ^ other.w1)), w2 ^ (mask & (w2 ^ other.w2)),
            w3 ^ (mask & (w3 ^ other.w3)))
    }
}

// Three steps of the adding machine. UInt128 compiles to the same add-with-carry and 64×64→128 multiplication
// as hand-written C; none of the sums can exceed 128 bits, so the wrapping operators never wrap here.

/// `x` + `y` + `carry`; leaves the new carry, 0 or 1.
@inline(__always)
func addWord(_ x: UInt64, _ y: UInt64, _ carry: inout UInt64) -> UInt64 {
    let sum =
        UInt128(truncatingIfNeeded: x) &+ UInt128(truncatingIfNeeded: y) &+ UInt128(truncatingIfNeeded: carry)
    carry = UInt64(truncatingIfNeeded: sum &>> 64)
    return UInt64(truncatingIfNeeded: sum)
}

/// `x` - `y` - `borrow`; leaves the new borrow, 0 or 1.
@inline(__always)
func subtractWord(_ x: UInt64, _ y: UInt64, _ borrow: inout UInt64) -> UInt64 {
    let rest =
        UInt128(truncatingIfNeeded: x) &- UInt128(truncatingIfNeeded: y)
        &- UInt128(truncatingIfNeeded: borrow)
    borrow = UInt64(truncatingIfNeeded: rest &>> 64) & 1
    return UInt64(truncatingIfNeeded: rest)
}

/// `x` · `y` + `addend` + `carry`, at most 2^128 - 1; leaves the high word as the new carry.
@inline(__always)
func multiplyAddWord(_ x: UInt64, _ y: UInt64, _ addend: UInt64, _ carry: inout UInt64) -> UInt64 {
    let sum =
        UInt128(truncatingIfNeeded: x) &* UInt128(truncatingIfNeeded: y)
        &+ UInt128(truncatingIfNeeded: addend)
        &+ UInt128(truncatingIfNeeded: carry)
    carry = UInt64(truncatingIfNeeded: sum &>> 64)
    return UInt64(truncatingIfNeeded: sum)
}
