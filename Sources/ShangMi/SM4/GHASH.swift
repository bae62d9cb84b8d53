// SPDX-License-Identifier: Apache-2.0
#if arch(x86_64) && canImport(CShangMi)
internal import CShangMi
#endif

/// The keyed sum of Galois/counter mode: GHASH over whole blocks (NIST SP 800-38D section 6.4).
///
/// - Spec: CRYPTO-13.
struct GHASH: Sendable {
    /// H to H⁸, 16 bytes each as they go over the wire; only H where the path is portable.
    private let powers: SecretBytes
    private let isPortable: Bool
    private var state = [UInt8](repeating: 0, count: 16)

    /// - Parameter subkey: the encrypted zero block.
    init(subkey: [UInt8], path: CodePath) {
        isPortable = path == .portable
        var powers = subkey
        if !isPortable {
            for power in 1..<8 {
                powers += GHASH.product(Element(powers, 16 * (power - 1)), Element(subkey, 0)).bytes
            }
        }
        self.powers = SecretBytes(powers)
    }

    /// Takes bytes in, filled up with zeros to whole blocks.
    mutating func update(_ bytes: [UInt8], _ range: Range<Int>) {
        let whole = range.count / 16 * 16
        absorb(bytes, range.lowerBound..<range.lowerBound + whole)
        if whole < range.count {
            let rest = Array(bytes[(range.lowerBound + whole)..<range.upperBound])
            absorb(rest + [UInt8](repeating: 0, count: 16 - rest.count), 0..<16)
        }
    }

    private mutating func absorb(_ bytes: [UInt8], _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        #if arch(x86_64) && canImport(CShangMi)
        if !isPortable {
            let blocks = range.count / 16
            // SAFETY: the range lies within the array, which `bytes[range]` checks; the kernel reads that many whole
            // blocks, 128 bytes of powers, and writes 16 bytes of state. The path is supported (`SM4.init`).
            unsafe bytes[range].withUnsafeBufferPointer { input in
                unsafe state.withUnsafeMutableBufferPointer { state in
                    unsafe powers.withBytes { powers in
                        unsafe shangmi_ghash(
                            powers.baseAddress!, state.baseAddress!, input.baseAddress!, blocks)
                    }
                }
            }
            return
        }
        #endif
        let subkey = Element(powers.bytes, 0)
        var sum = Element(state, 0)
        for block in stride(from: range.lowerBound, to: range.upperBound, by: 16) {
            sum = GHASH.product(sum.adding(Element(bytes, block)), subkey)
        }
        state = sum.bytes
    }

    /// The sum, after the lengths in bits of both parts.
    consuming func finalize(additionalCount: Int, textCount: Int) -> [UInt8] {
        var lengths: [UInt8] = []
        for count in [additionalCount, textCount] {
            let bits = UInt64(count) * 8
            for shift in stride(from: 56 as UInt64, through: 0, by: -8) {
                lengths.append(UInt8(truncatingIfNeeded: bits >> shift))
            }
        }
        absorb(lengths, 0..<16)
        return state
    }

    // MARK: Without special instructions

    /// The first eight bytes of a block and the last, big-endian.
    private struct Element {
        let high: UInt64
        let low: UInt64

        init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

        init(_ bytes: [UInt8], _ start: Int) {
            func word(_ start: Int) -> UInt64 {
                var word: UInt64 = 0
                for index in start..<start + 8 { word = word << 8 | UInt64(bytes[index]) }
                return word
            }
            self.init(high: word(start), low: word(start + 8))
        }

        func adding(_ other: Element) -> Element { Element(high: high ^ other.high, low: low ^ other.low) }

        var bytes: [UInt8] {
            (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> UInt64(56 - 8 * ($0 % 8))) }
        }
    }

    /// The product of two elements, by integer multiplication with holes: every fourth bit is kept, so that carries
    /// fall into the gaps and are cut away. The upper half of a product is the lower half of the mirrored one.
    ///
    /// Its time does not depend on the values, as 64-bit multiplication does not on the processors we run on.
    private static func product(_ a: Element, _ b: Element) -> Element {
        let low = carryless(a.low, b.low)
        let high = carryless(a.high, b.high)
        let cross = carryless(a.low ^ a.high, b.low ^ b.high)
        let middle = (low: cross.low ^ low.low ^ high.low, high: cross.high ^ low.high ^ high.high)
        // 255 bits, then one place to the left: GHASH numbers its bits from the left.
        var v0 = low.low
        var v1 = low.high ^ middle.low
        var v2 = high.low ^ middle.high
        var v3 = high.high
        v3 = v3 << 1 | v2 >> 63
        v2 = v2 << 1 | v1 >> 63
        v1 = v1 << 1 | v0 >> 63
        v0 <<= 1
        v2 ^= v0 ^ v0 >> 1 ^ v0 >> 2 ^ v0 >> 7
        v1 ^= v0 << 63 ^ v0 << 62 ^ v0 << 57
        v3 ^= v1 ^ v1 >> 1 ^ v1 >> 2 ^ v1 >> 7
        v2 ^= v1 << 63 ^ v1 << 62 ^ v1 << 57
        return Element(high: v3, low: v2)
    }

    private static func carryless(_ a: UInt64, _ b: UInt64) -> (low: UInt64, high: UInt64) {
        (lowProduct(a, b), mirrored(lowProduct(mirrored(a), mirrored(b))) >> 1)
    }

    /// The lower 64 bits of a carry-less product.
    private static func lowProduct(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let comb: UInt64 = 0x1111_1111_1111_1111
        var sum: UInt64 = 0
        for place in 0..<4 {
            var part: UInt64 = 0
            for other in 0..<4 {
                // Multiplying numbers with fifteen gaps wraps on purpose: the bits above are the other half's.
                part ^= (a & comb << UInt64(other)) &* (b & comb << UInt64((place - other + 4) % 4))
            }
            sum |= part & comb << UInt64(place)
        }
        return sum
    }

    /// The bits in reverse order.
    private static func mirrored(_ word: UInt64) -> UInt64 {
        var word = word
        word = (word & 0x5555_5555_5555_5555) << 1 | word >> 1 & 0x5555_5555_5555_5555
        word = (word & 0x3333_3333_3333_3333) << 2 | word >> 2 & 0x3333_3333_3333_3333
        word = (word & 0x0f0f_0f0f_0f0f_0f0f) << 4 | word >> 4 & 0x0f0f_0f0f_0f0f_0f0f
        return word.byteSwapped
    }
}
