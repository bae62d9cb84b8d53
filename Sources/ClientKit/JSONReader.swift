// SPDX-License-Identifier: Apache-2.0

/// A JSON text (RFC 8259) as a value. Small and strict: no trailing bytes, no duplicate keys, bounded depth.
///
/// Our own and not Foundation's: it throws typed errors, refuses duplicate keys, adds no library to the
/// client, and reads a batch's answer at the speed of its bytes, where `JSONDecoder` boxes every field twice.
/// - Spec: API-31.
package enum JSONValue: Hashable, Sendable {
    case null
    case flag(Bool)
    /// A number as it was written; nobody here needs more of it than an integer.
    case number(String)
    case text(String)
    case list([JSONValue])
    /// Keys in the order they came.
    case object([Field])

    package struct Field: Hashable, Sendable {
        package let key: String
        package let value: JSONValue

        package init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// Where a text stops being JSON.
    package struct Malformed: Error, Hashable, Sendable {
        package let offset: Int
        package let reason: String
    }

    package init(parsing bytes: [UInt8]) throws(Malformed) {
        var reader = JSONReader(bytes: bytes)
        self = try reader.document()
    }
}

/// Reads one JSON text front to back.
struct JSONReader {
    /// Answers nest four deep; anything far beyond is an attack on the stack.
    private static let depthMax = 32

    private let bytes: [UInt8]
    private var offset = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(JSONValue.Malformed) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard offset == bytes.count else { throw failure("bytes after the end") }
        return value
    }

    private func failure(_ reason: String) -> JSONValue.Malformed { .init(offset: offset, reason: reason) }

    private mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x0a, 0x0d, 0x09: offset += 1
            default: return
            }
        }
    }

    private mutating func value(depth: Int) throws(JSONValue.Malformed) -> JSONValue {
        guard depth < JSONReader.depthMax else { throw failure("nested too deep") }
        skipSpace()
        guard offset < bytes.count else { throw failure("the text ends early") }
        switch bytes[offset] {
        case 0x7b: return .object(try fields(depth: depth + 1))
        case 0x5b: return .list(try elements(depth: depth + 1))
        case 0x22: return .text(try text())
        case 0x74: return try word("true", .flag(true))
        case 0x66: return try word("false", .flag(false))
        case 0x6e: return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONValue.Malformed)
        -> JSONValue
    {
        let expected = [UInt8]("\(word)".utf8)
        guard bytes[offset...].starts(with: expected) else { throw failure("a word that is none") }
        offset += expected.count
        return value
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private mutating func fields(depth: Int) throws(JSONValue.Malformed) -> [JSONValue.Field] {
        offset += 1
        var fields: [JSONValue.Field] = []
        if take(0x7d) { return fields }
        repeat {
            skipSpace()
            guard offset < bytes.count, bytes[offset] == 0x22 else { throw failure("a key is missing") }
            let key = try text()
            guard !fields.contains(where: { $0.key == key }) else { throw failure("a key stands twice") }
            guard take(0x3a) else { throw failure("a colon is missing") }
            fields.append(.init(key: key, value: try value(depth: depth)))
        } while take(0x2c)
        guard take(0x7d) else { throw failure("a brace is missing") }
        return fields
    }

    private mutating func elements(depth: Int) throws(JSONValue.Malformed) -> [JSONValue] {
        offset += 1
        var elements: [JSONValue] = []
        if take(0x5d) { return elements }
        repeat { elements.append(try value(depth: depth)) } while take(0x2c)
        guard take(0x5d) else { throw failure("a bracket is missing") }
        return elements
    }

    private mutating func number() throws(JSONValue.Malformed) -> String {
        let start = offset
        if take(0x2d), offset >= bytes.count { throw failure("a number without digits") }
        let first = offset
        digits()
        guard offset > first, bytes[first] != 0x30 || offset == first + 1 else {
            throw failure("not a value")
        }
        if offset < bytes.count, bytes[offset] == 0x2e {
            offset += 1
            let fraction = offset
            digits()
            guard offset > fraction else { throw failure("a number without digits") }
        }
        if offset < bytes.count, bytes[offset] | 0x20 == 0x65 {
            offset += 1
            if offset < bytes.count, bytes[offset] == 0x2b || bytes[offset] == 0x2d { offset += 1 }
            let exponent = offset
            digits()
            guard offset > exponent else { throw failure("a number without digits") }
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func digits() {
        while offset < bytes.count, (0x30...0x39).contains(bytes[offset]) { offset += 1 }
    }

    /// Reads a string; the common one without escapes is taken in one piece.
    private mutating func text() throws(JSONValue.Malformed) -> String {
        offset += 1
        let start = offset
        while offset < bytes.count, bytes[offset] != 0x22, bytes[offset] != 0x5c, bytes[offset] >= 0x20 {
            offset += 1
        }
        guard offset < bytes.count else { throw failure("a string without end") }
        if bytes[offset] == 0x22 {
            offset += 1
            return try string(bytes[start..<(offset - 1)])
        }
        return try escapedText(from: start)
    }

    private mutating func escapedText(from start: Int) throws(JSONValue.Malformed) -> String {
        var utf8 = [UInt8](bytes[start..<offset])
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            switch byte {
            case 0x22: return try string(utf8[...])
            case 0x5c: utf8.append(contentsOf: String(try escape()).utf8)
            case 0..<0x20: throw failure("a control character in a string")
            default: utf8.append(byte)
            }
        }
        throw failure("a string without end")
    }

    private func string(_ utf8: ArraySlice<UInt8>) throws(JSONValue.Malformed) -> String {
        guard let text = String(validating: utf8, as: UTF8.self) else {
            throw failure("a string that is not UTF-8")
        }
        return text
    }

    private mutating func escape() throws(JSONValue.Malformed) -> Unicode.Scalar {
        guard offset < bytes.count else { throw failure("a string without end") }
        let byte = bytes[offset]
        offset += 1
        switch byte {
        case 0x22, 0x5c, 0x2f: return Unicode.Scalar(byte)
        case 0x62: return "\u{08}"
        case 0x66: return "\u{0c}"
        case 0x6e: return "\n"
        case 0x72: return "\r"
        case 0x74: return "\t"
        case 0x75: return try unicodeEscape()
        default: throw failure("an escape that is none")
        }
    }

    private mutating func unicodeEscape() throws(JSONValue.Malformed) -> Unicode.Scalar {
        let high = try hexUnit()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard (0xd800..<0xdc00).contains(high), bytes[offset...].starts(with: [0x5c, 0x75]) else {
            throw failure("half a character")
        }
        offset += 2
        let low = try hexUnit()
        guard (0xdc00..<0xe000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(high) - 0xd800) << 10 + UInt32(low) - 0xdc00)
        else { throw failure("half a character") }
        return scalar
    }

    private mutating func hexUnit() throws(JSONValue.Malformed) -> UInt16 {
        guard offset + 4 <= bytes.count else { throw failure("a string without end") }
        let digits = String(decoding: bytes[offset..<(offset + 4)], as: UTF8.self)
        guard let unit = UInt16(digits, radix: 16), digits.utf8.first != 0x2b else {
            throw failure("an escape that is none")
        }
        offset += 4
        return unit
    }
}
