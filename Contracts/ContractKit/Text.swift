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

    public init(from reader: inout Reader) throws(Failure) { try self.init(utf8: reader.lengthAndBytes()) }

    public static var shape: Shape { .text }

    /// RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF; and no zero, which ends a text in ordered
    /// keys.
    private static func isWellFormed(_ bytes: Bytes) -> Bool {
        var at = 0
        while at < bytes.count {
            let first = bytes[at]
            at += 1
            if first < 0x80 {
                if first == 0 { return false }
                continue
            }
            guard first >= 0xc2, first <= 0xf4 else { return false }
            let more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
            guard at + more <= bytes.count else { return false }
            let second = bytes[at]
            let low: UInt8 = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80
            let high: UInt8 = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf
            guard second >= low, second <= high else { return false }
            for next in at + 1..<at + more where bytes[next] & 0xc0 != 0x80 { return false }
            at += more
        }
        return true
    }
}
