// SPDX-License-Identifier: Apache-2.0

/// The SM3 cryptographic hash (GB/T 32905-2016), fed piece by piece.
///
/// A value of fixed size with no heap behind it: copying one keeps a prefix hashed for later messages.
/// - Spec: CRYPTO-1.
package struct SM3: Sendable {
    package static let blockBytes = 64
    private var state: SM3State
    /// The bytes of a block not yet complete; only the first `pendingCount` mean anything.
    private var pending: InlineArray<64, UInt8>
    private var pendingCount: Int
    /// Bytes fed so far. Messages end at 2^61 bytes, which nobody reaches by feeding arrays.
    private var length: UInt64

    package init() {
        state = SM3State()
        pending = InlineArray(repeating: 0)
        pendingCount = 0
        length = 0
    }

    package mutating func update(_ bytes: [UInt8]) { update(bytes.span) }

    package mutating func update(_ bytes: Span<UInt8>) {
        length += UInt64(bytes.count)
        var next = 0
        if pendingCount > 0 {
            next = fill(from: bytes, 0)
            // Still short of a block, so the bytes are used up; at a full block `fill` has emptied it.
            if pendingCount > 0 { return }
        }
        while bytes.count - next >= SM3.blockBytes {
            state.compress(bytes, from: next)
            next += SM3.blockBytes
        }
        _ = fill(from: bytes, next)
    }

    /// Moves bytes from `start` on into the pending block, as many as there are or fit; compresses it once it is full.
    /// - Returns: the first byte not moved.
    private mutating func fill(from bytes: Span<UInt8>, _ start: Int) -> Int {
        let count = min(bytes.count - start, SM3.blockBytes - pendingCount)
        for index in 0..<count { pending[pendingCount + index] = bytes[start + index] }
        pendingCount += count
        if pendingCount == SM3.blockBytes {
            state.compress(pending.span, from: 0)
            pendingCount = 0
        }
        return start + count
    }

    /// Feeds the 32 bytes of a digest.
    package mutating func update(_ digest: Digest) {
        length += UInt64(Digest.byteCount)
        let words = digest.words
        append(bigEndian: words.0)
        append(bigEndian: words.1)
        append(bigEndian: words.2)
        append(bigEndian: words.3)
    }

    /// Feeds one byte.
    package mutating func update(byte: UInt8) {
        length += 1
        append(byte)
    }

    /// Pads with a one bit, zeros and the length in bits, and gives the digest.
    package consuming func finalize() -> Digest {
        let bitCount = length * 8
        append(0x80)
        // Byte by byte to a word's edge, then by words: 47 single bytes would cost a tenth of the hash.
        while pendingCount % 8 != 0 { append(0) }
        while pendingCount != SM3.blockBytes - 8 { append(bigEndian: 0) }
        append(bigEndian: bitCount)
        return state.digest
    }

    private mutating func append(bigEndian word: UInt64) {
        if pendingCount < SM3.blockBytes - 8 {
            // All eight bytes fit with room to spare, so none of them completes a block.
            for index in 0..<8 {
                pending[pendingCount &+ index] = UInt8(truncatingIfNeeded: word &>> UInt64(56 &- 8 &* index))
            }
            pendingCount += 8
            return
        }
        for shift in stride(from: 56 as UInt64, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: word >> shift))
        }
    }

    /// Adds one byte to the pending block, and compresses the block once it is full.
    private mutating func append(_ byte: UInt8) {
        pending[pendingCount] = byte
        pendingCount += 1
        if pendingCount == SM3.blockBytes {
            state.compress(pending.span, from: 0)
            pendingCount = 0
        }
    }

    /// The keyed digest HMAC-SM3 (GB/T 15852.2-2012, RFC 2104): `key` may have any length.
    /// - Spec: CRYPTO-3.
    package static func hmac(key: [UInt8], message: [UInt8]) -> Digest {
        var block = key.count > blockBytes ? hash(key).bytes : key
        block += [UInt8](repeating: 0, count: blockBytes - block.count)
        var inner = SM3()
        inner.update(block.map { $0 ^ 0x36 })
        inner.update(message)
        var outer = SM3()
        outer.update(block.map { $0 ^ 0x5c })
        outer.update(inner.finalize())
        return outer.finalize()
    }
}
