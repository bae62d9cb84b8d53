// SPDX-License-Identifier: Apache-2.0

/// A text: well-formed UTF-8 without U+0000, compared by its bytes.
///
/// Not `String`: two texts are equal only where their bytes are, and no Unicode table comes into the module.
/// - Spec: KIT-2.
public struct Text: Storable, Hashable, Sendable, ExpressibleByStringLiteral {
    public let bytes: Bytes

    public init(stringLiteral value: StaticString) {
        bytes = Bytes(value)
    }

    /// - Throws: `malformed` where the bytes are no well-formed UTF-8 or hold U+0000.
    public init(utf8 bytes: Bytes) throws(Failure) {
        guard Text.isWellFormed(bytes) else { throw .malformed }
        self.bytes = bytes
    }

    /// Decimal digits of a number.
    public init(_ number: UInt64) {
        var unit: UInt64 = 1
        while number / unit >= 10 { unit *= 10 }
        var digits = Writer()
        while unit > 0 {
            digits.byte(48 + UInt8(truncatingIfNeeded: number / unit % 10))
            unit /= 10
        }
        bytes = digits.done()
    }

    public var isEmpty: Bool { bytes.isEmpty }

    public static func + (left: Text, right: Text) -> Text {
        var both = Writer()
        both.raw(left.bytes)
        both.raw(right.bytes)
        return Text(joined: both.done())
    }

    private init(joined bytes: Bytes) { self.bytes = bytes }

    public func encode(into writer: inout Writer) { writer.lengthAndBytes(bytes) }

    // A text is what methods take most; once for all of them is 600 bytes less in a contract of thirty methods.
    @inline(never)
    public init(from reader: inout Reader) throws(Failure) { try self.init(utf8: reader.lengthAndBytes()) }

    public static var shape: Shape { .text }

    /// RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF; and no zero, which ends a text in ordered
    /// keys.
    private static func isWellFormed(_ bytes: Bytes) -> Bool {
        var at = 0
        while at < bytes.count {
            let plain = Text.plainBytes(bytes, from: at)
            if plain > 0 {
                at &+= plain
                continue
            }
            let first = UInt32(bytes.byte(at))
            at &+= 1
            if first < 0x80 {
                if first == 0 { return false }
                continue
            }
            // A lead of two, three or four bytes: a continuation, an overlong lead and one past U+10FFFF are none.
            guard first >= 0xc2, first <= 0xf4 else { return false }
            let more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
            guard more <= bytes.count &- at else { return false }
            var scalar = first
            for _ in 0..<more {
                let next = UInt32(bytes.byte(at))
                at &+= 1
                guard next & 0xc0 == 0x80 else { return false }
                scalar = scalar &<< 6 | next & 0x3f
            }
            // Without the lead's mark: not overlong, no surrogate, not past the last.
            let bits = UInt32(truncatingIfNeeded: 5 &* more)
            scalar &= 0x3f &<< bits | (1 &<< bits &- 1)
            guard scalar &>> (bits &+ 1) != 0, scalar &>> 11 != 0x1b, scalar <= 0x10ffff else { return false }
        }
        return true
    }

    /// How many of the next bytes are seen to be in order at one look: eight of ASCII, or two characters of three bytes
    /// as nearly all Chinese ones are. What this does not know at once is looked at byte by byte: 0 then.
    @inline(__always)
    private static func plainBytes(_ bytes: Bytes, from start: Int) -> Int {
        guard let word = bytes.word(at: start) else { return 0 }
        // A highest bit stands where a byte is no ASCII; less one it stands where the lowest zero is.
        if (word | (word &- 0x0101_0101_0101_0101)) & 0x8080_8080_8080_8080 == 0 { return 8 }
        // U+1000 to U+CFFF and U+E000 to U+FFFF: no such form is overlong or a surrogate.
        guard word & 0xc0c0_f0c0_c0f0 == 0x8080_e080_80e0 else { return 0 }
        let (first, second) = (UInt8(truncatingIfNeeded: word), UInt8(truncatingIfNeeded: word >> 24))
        return first != 0xe0 && first != 0xed && second != 0xe0 && second != 0xed ? 6 : 0
    }
}
