// SPDX-License-Identifier: Apache-2.0

/// The few shapes of ASN.1 that keys, signatures and certificates need, in their one distinguished encoding (X.690).
package enum DER {
    package enum Tag {
        package static let boolean: UInt8 = 0x01
        package static let integer: UInt8 = 0x02
        package static let bits: UInt8 = 0x03
        package static let octets: UInt8 = 0x04
        package static let null: UInt8 = 0x05
        package static let object: UInt8 = 0x06
        package static let utf8: UInt8 = 0x0c
        package static let printable: UInt8 = 0x13
        package static let ia5: UInt8 = 0x16
        package static let utcTime: UInt8 = 0x17
        package static let generalizedTime: UInt8 = 0x18
        package static let sequence: UInt8 = 0x30
        package static let set: UInt8 = 0x31

        /// A constructed element with a number of its own in its context.
        package static func context(_ number: UInt8) -> UInt8 { 0xa0 | number }
        /// The same, primitive: what an IMPLICIT string or key identifier has.
        package static func implicit(_ number: UInt8) -> UInt8 { 0x80 | number }
    }

    package static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        if content.count < 128 { return [tag, UInt8(content.count)] + content }
        var length: [UInt8] = []
        var rest = content.count
        while rest > 0 {
            length.insert(UInt8(truncatingIfNeeded: rest), at: 0)
            rest >>= 8
        }
        return [tag, 0x80 | UInt8(length.count)] + length + content
    }

    package static func sequence(_ elements: [[UInt8]]) -> [UInt8] {
        element(Tag.sequence, elements.flatMap { $0 })
    }

    /// A big-endian number that is not negative, in the fewest bytes.
    package static func unsigned(_ bytes: [UInt8]) -> [UInt8] {
        let short = [UInt8](bytes.drop { $0 == 0 })
        return element(Tag.integer, (short.first ?? 0x80) & 0x80 != 0 ? [0] + short : short)
    }

    /// Whole bytes: no unused bits.
    package static func bits(_ bytes: [UInt8]) -> [UInt8] { element(Tag.bits, [0] + bytes) }

    package static func text(_ text: String) -> [UInt8] { element(Tag.utf8, Array(text.utf8)) }
}

/// Why bytes are no such value: the place and what should have stood there. Always final.
package struct DERError: Error, Hashable, Sendable {
    package let offset: Int
    package let expected: String
}

/// Reads DER strictly: shortest lengths, shortest numbers, nothing left over.
///
/// It never traps and never allocates more than its input. Offsets in errors count from the start of what was given.
package struct DERReader: Sendable {
    private let input: [UInt8]
    package private(set) var offset: Int
    private let end: Int

    package init(_ input: [UInt8]) { self.init(input, 0, input.count) }

    private init(_ input: [UInt8], _ offset: Int, _ end: Int) {
        (self.input, self.offset, self.end) = (input, offset, end)
    }

    package var isAtEnd: Bool { offset == end }

    /// The tag of the next element, without reading it.
    package var nextTag: UInt8? { offset < end ? input[offset] : nil }

    package func fail(_ expected: String) -> DERError { DERError(offset: offset, expected: expected) }

    package func finish(_ what: String) throws(DERError) {
        if !isAtEnd { throw fail("the end of \(what)") }
    }

    private mutating func byte() throws(DERError) -> UInt8 {
        guard offset < end else { throw fail("more bytes") }
        defer { offset += 1 }
        return input[offset]
    }

    /// Reads a header and steps over the content, whose range it gives.
    private mutating func content(of tag: UInt8, _ what: String) throws(DERError) -> Range<Int> {
        guard nextTag == tag else { throw fail(what) }
        offset += 1
        let first = try byte()
        var length = Int(first)
        if first >= 0x80 {
            // Four length bytes would be 16 MiB and more, above every limit of ours.
            guard (0x81...0x83).contains(first) else { throw fail("a length") }
            length = 0
            for _ in 0..<(first & 0x7f) { length = length << 8 | Int(try byte()) }
            let shortest = length < 128 ? 0 : (length < 256 ? 1 : (length < 65_536 ? 2 : 3))
            guard shortest == Int(first & 0x7f) else { throw fail("the shortest length") }
        }
        guard length <= end - offset else { throw fail("\(length) bytes of \(what)") }
        defer { offset += length }
        return offset..<(offset + length)
    }

    package mutating func bytes(of tag: UInt8, _ what: String) throws(DERError) -> [UInt8] {
        [UInt8](input[try content(of: tag, what)])
    }

    package mutating func inside(_ what: String) throws(DERError) -> DERReader {
        try inside(DER.Tag.sequence, what)
    }

    package mutating func inside(_ tag: UInt8, _ what: String) throws(DERError) -> DERReader {
        let range = try content(of: tag, what)
        return DERReader(input, range.lowerBound, range.upperBound)
    }

    /// The next sequence as it stands, header and all.
    package mutating func element(_ what: String) throws(DERError) -> [UInt8] {
        try element(DER.Tag.sequence, what)
    }

    package mutating func element(_ tag: UInt8, _ what: String) throws(DERError) -> [UInt8] {
        let start = offset
        let range = try content(of: tag, what)
        return [UInt8](input[start..<range.upperBound])
    }

    /// Reads a number that is not negative: its digits without a leading zero, none for 0.
    package mutating func unsigned(bytesMax: Int, _ what: String) throws(DERError) -> [UInt8] {
        let start = self
        var digits = try bytes(of: DER.Tag.integer, what)
        guard let first = digits.first, first < 0x80 else { throw start.fail("a number that is not negative") }
        if first == 0 {
            guard digits.count == 1 || digits[1] >= 0x80 else { throw start.fail("the shortest number") }
            digits.removeFirst()
        }
        guard digits.count <= bytesMax else { throw start.fail("\(what) of at most \(bytesMax) bytes") }
        return digits
    }

    /// Reads such a number, padded at the front to `byteCount` bytes.
    package mutating func unsigned(byteCount: Int, _ what: String) throws(DERError) -> [UInt8] {
        let digits = try unsigned(bytesMax: byteCount, what)
        return [UInt8](repeating: 0, count: byteCount - digits.count) + digits
    }

    /// Whole bytes.
    package mutating func bits(_ what: String) throws(DERError) -> [UInt8] {
        let start = self
        let content = try bytes(of: DER.Tag.bits, what)
        guard content.first == 0 else { throw start.fail("\(what) of whole bytes") }
        return [UInt8](content.dropFirst())
    }

    /// False where it is absent, as DER has it for a default.
    package mutating func flag(_ what: String) throws(DERError) -> Bool {
        guard nextTag == DER.Tag.boolean else { return false }
        let start = self
        guard try bytes(of: DER.Tag.boolean, what) == [0xff] else { throw start.fail("\(what): true, or absent") }
        return true
    }
}
