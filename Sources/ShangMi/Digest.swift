// SPDX-License-Identifier: Apache-2.0
package import Bedrock

/// A 32-byte SM3 digest, held as four big-endian words so that hashing and comparing it costs four operations.
package struct Digest: Hashable, Comparable, Sendable, Canonical {
    package static let byteCount = 32
    /// All bytes zero. No message is known to have it; it stands for "nothing here".
    package static let zero = Digest(words: (0, 0, 0, 0))

    @usableFromInline let a: UInt64
    @usableFromInline let b: UInt64
    @usableFromInline let c: UInt64
    @usableFromInline let d: UInt64

    /// The digest as big-endian words, most significant first.
    @inlinable package var words: (UInt64, UInt64, UInt64, UInt64) { (a, b, c, d) }

    @inlinable package init(words: (UInt64, UInt64, UInt64, UInt64)) { (a, b, c, d) = words }

    /// - Returns: nil unless there are exactly 32 bytes.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Digest.byteCount, let digest = try? Digest(decoding: bytes) else { return nil }
        self = digest
    }

    /// - Returns: nil unless there are exactly 64 hexadecimal digits.
    package init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes)
    }

    package var bytes: [UInt8] {
        var encoder = Encoder(reserving: Digest.byteCount)
        encode(into: &encoder)
        return encoder.bytes
    }
    package var hex: String { Hex.encode(bytes) }

    /// The same as ASCII.
    package var hexDigits: [UInt8] { Hex.digits(of: bytes) }

    /// Bit `index` counted from the most significant bit of the first byte, 0 to 255.
    package func bit(_ index: Int) -> Bool {
        let word = index < 128 ? (index < 64 ? a : b) : (index < 192 ? c : d)
        return word >> UInt64(63 - index & 63) & 1 == 1
    }

    @inlinable package static func == (left: Digest, right: Digest) -> Bool {
        left.a == right.a && left.b == right.b && left.c == right.c && left.d == right.d
    }

    @inlinable package static func < (left: Digest, right: Digest) -> Bool { left.words < right.words }

    /// All four words: a liar chooses identifiers as it likes, and must not choose which of them clash.
    @inlinable package func hash(into hasher: inout Hasher) {
        hasher.combine(a)
        hasher.combine(b)
        hasher.combine(c)
        hasher.combine(d)
    }

    package func encode(into encoder: inout Encoder) {
        encoder.u64(words)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        self.init(words: (try decoder.u64(), try decoder.u64(), try decoder.u64(), try decoder.u64()))
    }
}
