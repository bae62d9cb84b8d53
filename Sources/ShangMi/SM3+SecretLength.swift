// SPDX-License-Identifier: Apache-2.0

/// A keyed digest whose running time does not tell how long the message was.
///
/// Whoever decrypts in cipher block chaining learns from the padding where the text ends, and may not show by its time
/// what it learned before it has checked the text ("Lucky Thirteen").
extension SM3 {
    /// HMAC-SM3 of `header` and the first `count` bytes of `bytes` from `start` on.
    ///
    /// `count` is a secret between `countMin` and `countMax`, which are public: every block up to the last possible one
    /// is compressed, and the state after the true last one is kept by a mask. The bytes up to `countMax` are all read.
    /// - Parameter key: at most 64 bytes.
    /// - Cost: that of `countMax` bytes and two blocks more.
    /// - Spec: CRYPTO-15.
    package static func hmac(
        key: [UInt8], header: [UInt8], bytes: [UInt8], from start: Int, count: Int, countMin: Int, countMax: Int
    ) -> Digest {
        precondition(key.count <= blockBytes && countMin >= 0 && countMin <= countMax, "a key of a block, a range")
        precondition(start + countMax <= bytes.count, "the longest message lies within its bytes")
        let padded = key + [UInt8](repeating: 0, count: blockBytes - key.count)
        let text = padded.map { $0 ^ 0x36 } + header + bytes[start..<start + countMax]
        let known = blockBytes + header.count
        let length = known + count
        var state = SM3State()
        let openBlocks = (known + countMin) / blockBytes
        for block in 0..<openBlocks { state.compress(text.span, from: block * blockBytes) }
        let lastBlock = (length + 8) / blockBytes
        let bitCount = UInt64(length) * 8
        var result: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        var pending = [UInt8](repeating: 0, count: blockBytes)
        for block in openBlocks...(known + countMax + 8) / blockBytes {
            let isLast = mask(block, equals: lastBlock)
            for index in 0..<blockBytes {
                let place = block * blockBytes + index
                let byte = place < text.count ? text[place] : 0
                var value = byte & UInt8(truncatingIfNeeded: mask(place, isBelow: length))
                value |= 0x80 & UInt8(truncatingIfNeeded: mask(place, equals: length))
                if index >= 56 {
                    value |= UInt8(truncatingIfNeeded: bitCount >> UInt64(8 * (63 - index)) & isLast)
                }
                pending[index] = value
            }
            state.compress(pending.span, from: 0)
            let words = state.digest.words
            result.0 |= words.0 & isLast
            result.1 |= words.1 & isLast
            result.2 |= words.2 & isLast
            result.3 |= words.3 & isLast
        }
        var outer = SM3()
        outer.update(padded.map { $0 ^ 0x5c })
        outer.update(Digest(words: result))
        return outer.finalize()
    }

    /// All ones where `left` is below `right`; both below 2⁶².
    package static func mask(_ left: Int, isBelow right: Int) -> UInt64 {
        UInt64(truncatingIfNeeded: (left &- right) >> 63)
    }

    /// All ones where the two are equal; both below 2⁶².
    package static func mask(_ left: Int, equals right: Int) -> UInt64 {
        let difference = left ^ right
        return ~UInt64(truncatingIfNeeded: (difference | (0 &- difference)) >> 63)
    }
}
