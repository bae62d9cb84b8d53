// SPDX-License-Identifier: Apache-2.0

/// SM3 (GB/T 32905-2016), for tests only: plain, unhurried, independent of the platform's.
enum SM3 {
    static func digest(of message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [
            0x7380_166f, 0x4914_b2b9, 0x1724_42d7, 0xda8a_0600, 0xa96f_30bc, 0x1631_38aa, 0xe38d_ee4d, 0xb0fb_0e4e,
        ]
        var padded = message + [0x80]
        while padded.count % 64 != 56 { padded.append(0) }
        let bits = UInt64(message.count) * 8
        for shift in stride(from: 56, through: 0, by: -8) { padded.append(UInt8(truncatingIfNeeded: bits >> shift)) }
        for start in stride(from: 0, to: padded.count, by: 64) { compress(&state, padded[start..<start + 64]) }
        return state.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) } }
    }

    private static func turned(_ word: UInt32, _ by: UInt32) -> UInt32 {
        let count = by % 32
        return count == 0 ? word : word << count | word >> (32 - count)
    }

    private static func expanded(_ block: ArraySlice<UInt8>) -> [UInt32] {
        let bytes = Array(block)
        var words = (0..<16).map { index in
            bytes[4 * index..<4 * index + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for j in 16..<68 {
            let x = words[j - 16] ^ words[j - 9] ^ turned(words[j - 3], 15)
            words.append(x ^ turned(x, 15) ^ turned(x, 23) ^ turned(words[j - 13], 7) ^ words[j - 6])
        }
        return words
    }

    private static func compress(_ state: inout [UInt32], _ block: ArraySlice<UInt8>) {
        let w = expanded(block)
        var v = state
        for j in 0..<64 {
            let constant: UInt32 = j < 16 ? 0x79cc_4519 : 0x7a87_9d8a
            let s1 = turned(turned(v[0], 12) &+ v[4] &+ turned(constant, UInt32(j)), 7)
            let s2 = s1 ^ turned(v[0], 12)
            let ff = j < 16 ? v[0] ^ v[1] ^ v[2] : (v[0] & v[1]) | (v[0] & v[2]) | (v[1] & v[2])
            let gg = j < 16 ? v[4] ^ v[5] ^ v[6] : (v[4] & v[5]) | (~v[4] & v[6])
            let t1 = ff &+ v[3] &+ s2 &+ (w[j] ^ w[j + 4])
            let t2 = gg &+ v[7] &+ s1 &+ w[j]
            v = [t1, v[0], turned(v[1], 9), v[2], t2 ^ turned(t2, 9) ^ turned(t2, 17), v[4], turned(v[5], 19), v[6]]
        }
        for index in 0..<8 { state[index] ^= v[index] }
    }
}
