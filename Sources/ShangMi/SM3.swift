// SPDX-License-Identifier: Apache-2.0

/// The SM3 cryptographic hash (GB/T 32905-2016), fed piece by piece.
package struct SM3: Sendable {
    package static let blockBytes = 64
    private var state: [UInt32]
    private var pending: [UInt8] = []
    private var length: UInt64 = 0

    package init() {
        state = [
            0x7380_166f, 0x4914_b2b9, 0x1724_42d7, 0xda8a_0600, 0xa96f_30bc, 0x1631_38aa, 0xe38d_ee4d, 0xb0fb_0e4e,
        ]
    }

    package mutating func update(_ bytes: [UInt8]) {
        length += UInt64(bytes.count)
        pending += bytes
        var start = 0
        while pending.count - start >= 64 {
            compress(pending, start)
            start += 64
        }
        pending.removeFirst(start)
    }

    package consuming func finalize() -> Digest {
        let bits = length * 8
        pending.append(0x80)
        while pending.count % 64 != 56 { pending.append(0) }
        for shift in stride(from: 56, through: 0, by: -8) { pending.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift))) }
        var start = 0
        while start < pending.count {
            compress(pending, start)
            start += 64
        }
        func word(_ index: Int) -> UInt64 { UInt64(state[index]) << 32 | UInt64(state[index + 1]) }
        return Digest(words: (word(0), word(2), word(4), word(6)))
    }

    private mutating func compress(_ block: [UInt8], _ start: Int) {
        func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x << n | x >> (32 - n) }
        var w = [UInt32](repeating: 0, count: 68)
        for i in 0..<16 { for j in 0..<4 { w[i] = w[i] << 8 | UInt32(block[start + 4 * i + j]) } }
        for i in 16..<68 {
            let t = w[i - 16] ^ w[i - 9] ^ rotate(w[i - 3], 15)
            w[i] = (t ^ rotate(t, 15) ^ rotate(t, 23)) ^ rotate(w[i - 13], 7) ^ w[i - 6]
        }
        var v = state
        for j in 0..<64 {
            let constant: UInt32 = j < 16 ? 0x79cc_4519 : 0x7a87_9d8a
            let turned = UInt32(j % 32)
            let k = turned == 0 ? constant : rotate(constant, turned)
            let a12 = rotate(v[0], 12)
            let ss1 = rotate(a12 &+ v[4] &+ k, 7)
            let ff = j < 16 ? v[0] ^ v[1] ^ v[2] : (v[0] & v[1]) | (v[0] & v[2]) | (v[1] & v[2])
            let gg = j < 16 ? v[4] ^ v[5] ^ v[6] : (v[4] & v[5]) | (~v[4] & v[6])
            let t1 = ff &+ v[3] &+ (ss1 ^ a12) &+ (w[j] ^ w[j + 4])
            let t2 = gg &+ v[7] &+ ss1 &+ w[j]
            v = [t1, v[0], rotate(v[1], 9), v[2], t2 ^ rotate(t2, 9) ^ rotate(t2, 17), v[4], rotate(v[5], 19), v[6]]
        }
        for i in 0..<8 { state[i] ^= v[i] }
    }

    /// The digest of one message.
    package static func hash(_ message: [UInt8]) -> Digest {
        var hash = SM3()
        hash.update(message)
        return hash.finalize()
    }

    /// The digests of many messages, in order, as many at once as the machine can. Lengths may differ.
    package static func hashMany(_ messages: [[UInt8]]) -> [Digest] { messages.map(hash) }

    /// Merkle nodes: for each pair, SM3(`tag` ‖ left ‖ right), in order, as many at once as the machine can.
    package static func hashPairs(tag: UInt8, _ pairs: [(left: Digest, right: Digest)]) -> [Digest] {
        pairs.map { hash([tag] + $0.left.bytes + $0.right.bytes) }
    }
}
