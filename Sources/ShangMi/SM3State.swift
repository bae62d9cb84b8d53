// SPDX-License-Identifier: Apache-2.0
#if arch(x86_64) && canImport(CShangMi)
internal import CShangMi
#endif

/// The eight chaining words of SM3 and the compression function that moves them on by one block.
///
/// Words add modulo 2^32 by definition (GB/T 32905-2016 section 5.3), so `&+` throughout.
struct SM3State: Sendable {
    private var a: UInt32 = 0x7380_166f
    private var b: UInt32 = 0x4914_b2b9
    private var c: UInt32 = 0x1724_42d7
    private var d: UInt32 = 0xda8a_0600
    private var e: UInt32 = 0xa96f_30bc
    private var f: UInt32 = 0x1631_38aa
    private var g: UInt32 = 0xe38d_ee4d
    private var h: UInt32 = 0xb0fb_0e4e

    init() {}

    /// The eight words every message starts from.
    static let start: [UInt32] = {
        let state = SM3State()
        return [state.a, state.b, state.c, state.d, state.e, state.f, state.g, state.h]
    }()

    var digest: Digest {
        func join(_ high: UInt32, _ low: UInt32) -> UInt64 { UInt64(high) << 32 | UInt64(low) }
        return Digest(words: (join(a, b), join(c, d), join(e, f), join(g, h)))
    }

    /// Takes the 64 bytes of `bytes` that begin at `offset`.
    /// - Cost: about 220 ns.
    mutating func compress(_ bytes: Span<UInt8>, from offset: Int) {
        precondition(offset >= 0 && offset + 64 <= bytes.count, "a block lies within its bytes")
        var words = InlineArray<68, UInt32>(repeating: 0)
        for index in 0..<16 {
            var word: UInt32 = 0
            for byte in 0..<4 {
                // SAFETY: the block's 64 bytes lie within the span by the precondition above.
                word = word &<< 8 | UInt32(unsafe bytes[unchecked: offset &+ 4 &* index &+ byte])
            }
            words[index] = word
        }
        compress(&words)
    }

    /// Whether one message alone has a kernel here.
    static let hasKernel = CodePath.sm3Alone != .portable

    /// - Parameters:
    ///   - words: the block's sixteen words first; the other 52 are this function's to fill.
    ///   - hasKernel: true only where this machine has one.
    mutating func compress(_ words: inout InlineArray<68, UInt32>, hasKernel: Bool = SM3State.hasKernel) {
        #if arch(x86_64) && canImport(CShangMi)
        if hasKernel {
            // SAFETY: this state is eight words and nothing else, and sixteen words of the 68 are read.
            unsafe withUnsafeMutableBytes(of: &self) { state in
                unsafe words.span.withUnsafeBufferPointer { words in
                    unsafe shangmi_sm3_1(
                        state.baseAddress!.assumingMemoryBound(to: UInt32.self), words.baseAddress!, 1)
                }
            }
            return
        }
        #endif
        compressPortably(&words)
    }

    private mutating func compressPortably(_ words: inout InlineArray<68, UInt32>) {
        for index in 16..<68 {
            // SAFETY: 16 is the least that is taken from an index and 67 the greatest index.
            let (far, near) = unsafe (words[unchecked: index &- 16], words[unchecked: index &- 3])
            let mixed = unsafe far ^ words[unchecked: index &- 9] ^ rotate(near, 15)
            let (seventh, sixth) = unsafe (words[unchecked: index &- 13], words[unchecked: index &- 6])
            unsafe words[unchecked: index] =
                (mixed ^ rotate(mixed, 15) ^ rotate(mixed, 23)) ^ rotate(seventh, 7) ^ sixth
        }
        var v = self
        // The round constant is T rotated by the round's number: one rotation a round, off the critical path.
        var constant: UInt32 = 0x79cc_4519
        for index in stride(from: 0, to: 16, by: 4) { v.fourRounds(&words, index, &constant, isEarly: true) }
        constant = 0x9d8a_7a87  // 7a879d8a rotated by 16.
        for index in stride(from: 16, to: 64, by: 4) {
            v.fourRounds(&words, index, &constant, isEarly: false)
        }
        a ^= v.a
        b ^= v.b
        c ^= v.c
        d ^= v.d
        e ^= v.e
        f ^= v.f
        g ^= v.g
        h ^= v.h
    }

    /// Four rounds: instead of moving eight words along each round, the words change roles, and after four
    /// are back.
    /// - Parameter words: only read; `inout` because a borrowed array of this size was copied at every call
    ///   (3x slower).
    @inline(__always)
    private mutating func fourRounds(
        _ words: inout InlineArray<68, UInt32>, _ index: Int, _ constant: inout UInt32, isEarly: Bool
    ) {
        // SAFETY: rounds come in fours from 0 to 60, so the last word read is the 68th.
        let (w0, w1) = unsafe (words[unchecked: index], words[unchecked: index &+ 1])
        let (w2, w3) = unsafe (words[unchecked: index &+ 2], words[unchecked: index &+ 3])
        let (w4, w5) = unsafe (words[unchecked: index &+ 4], words[unchecked: index &+ 5])
        let (w6, w7) = unsafe (words[unchecked: index &+ 6], words[unchecked: index &+ 7])
        SM3State.round(a, &b, c, &d, e, &f, g, &h, w0, w4, constant, isEarly)
        constant = rotate(constant, 1)
        SM3State.round(d, &a, b, &c, h, &e, f, &g, w1, w5, constant, isEarly)
        constant = rotate(constant, 1)
        SM3State.round(c, &d, a, &b, g, &h, e, &f, w2, w6, constant, isEarly)
        constant = rotate(constant, 1)
        SM3State.round(b, &c, d, &a, f, &g, h, &e, w3, w7, constant, isEarly)
        constant = rotate(constant, 1)
    }

    /// One round. The new A is left in `d` and the new E in `h`, whose old values nobody needs again.
    /// - Parameter isEarly: rounds 0 to 15, whose boolean functions differ.
    @inline(__always)
    private static func round(
        _ a: UInt32, _ b: inout UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: inout UInt32,
        _ g: UInt32,
        _ h: inout UInt32, _ word: UInt32, _ fourth: UInt32, _ constant: UInt32, _ isEarly: Bool
    ) {
        let a12 = rotate(a, 12)
        let ss1 = rotate(a12 &+ e &+ constant, 7)
        let ff = isEarly ? a ^ b ^ c : (a & b) | ((a | b) & c)
        let gg = isEarly ? e ^ f ^ g : ((f ^ g) & e) ^ g  // The latter: f where e is set, else g.
        let tt2 = gg &+ h &+ ss1 &+ word
        d = ff &+ d &+ (ss1 ^ a12) &+ (word ^ fourth)
        h = tt2 ^ rotate(tt2, 9) ^ rotate(tt2, 17)
        b = rotate(b, 9)
        f = rotate(f, 19)
    }
}

@inline(__always)
private func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word &<< count | word &>> (32 &- count) }
