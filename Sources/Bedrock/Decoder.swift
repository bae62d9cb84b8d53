// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not the canonical form of a value. Always final: the same bytes fail the same way
/// everywhere.
///
/// `offset` counts from the first byte handed to the outermost decoder.
package enum DecodeError: Error, Hashable, Sendable {
    /// The bytes end before the value does.
    case truncated(offset: Int)
    /// The value ends before the bytes do.
    case trailing(offset: Int)
    /// A length or a number exceeds its limit.
    case outOfRange(offset: Int, limit: UInt64)
    /// A second byte form of a value that has another, canonical one.
    case notCanonical(offset: Int)
    /// A tag that names no known case.
    case unknownTag(offset: Int, tag: UInt8)

    /// Where in the input the decoder stopped, in bytes.
    package var offset: Int {
        switch self {
        case .truncated(let offset), .trailing(let offset), .outOfRange(let offset, _),
            .notCanonical(let offset), .unknownTag(let offset, _):
            offset
        }
    }
}

/// A value with exactly one byte form (ENC-1).
///
/// Laws, tested for every conforming type: `decode(encode(x)) == x`, and whatever `decode` accepts encodes
/// back to the very bytes it came from.
package protocol Canonical {
    func encode(into encoder: inout Encoder)
    init(from decoder: inout Decoder) throws(DecodeError)
}

extension Canonical {
    /// The canonical bytes.
    package var encoded: [UInt8] {
        // What crosses the wire most often is a few hundred bytes: one allocation instead of six.
        var encoder = Encoder(reserving: 256)
        encode(into: &encoder)
        return encoder.bytes
    }

    /// Decodes a value that fills `bytes` exactly.
    /// - Throws: `DecodeError.trailing` where bytes are left over.
    package init(decoding bytes: [UInt8]) throws(DecodeError) {
        var decoder = Decoder(bytes)
        self = try Self(from: &decoder)
        try decoder.finish()
    }
}

/// Reads canonical bytes front to back; every length is checked before anything is allocated.
///
/// It keeps a reference to the input, not a copy. A decoder is cheap to copy: a caller may look ahead on one.
/// - Spec: ENC-1 to ENC-7.
package struct Decoder: Sendable {
    private let input: [UInt8]
    private let end: Int
    /// The next byte to read, counted from the start of the input.
    package private(set) var offset: Int

    package init(_ input: [UInt8]) {
        self.input = input
        offset = 0
        end = input.count
    }

    /// Bytes not read yet.
    package var remaining: Int { end - offset }

    /// Checks that all bytes were read.
    package func finish() throws(DecodeError) {
        if offset != end { throw .trailing(offset: offset) }
    }

    package mutating func u8() throws(DecodeError) -> UInt8 {
        guard offset < end else { throw .truncated(offset: offset) }
        defer { offset += 1 }
        return input[offset]
    }

    package mutating func u32() throws(DecodeError) -> UInt32 {
        UInt32(truncatingIfNeeded: try bigEndian(byteCount: 4))
    }

    package mutating func u64() throws(DecodeError) -> UInt64 { try bigEndian(byteCount: 8) }

    private mutating func bigEndian(byteCount: Int) throws(DecodeError) -> UInt64 {
        guard remaining >= byteCount else { throw .truncated(offset: end) }
        var value: UInt64 = 0
        for index in offset..<(offset + byteCount) { value = value << 8 | UInt64(input[index]) }
        offset += byteCount
        return value
    }

    /// Reads a number in base 128, least significant group first, in its shortest form (ENC-3).
    /// - Parameter max: the largest accepted value.
    package mutating func number(max: UInt64 = .max) throws(DecodeError) -> UInt64 {
        let start = offset
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try u8()
            // The tenth group has room for one bit only; more would fall off the top.
            if shift == 63, byte > 1 { throw .outOfRange(offset: start, limit: max) }
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 {
                if byte == 0, shift > 0 { throw .notCanonical(offset: start) }
                break
            }
            shift += 7
            if shift > 63 { throw .outOfRange(offset: start, limit: max) }
        }
        if value > max { throw .outOfRange(offset: start, limit: max) }
        return value
    }

    /// Reads a count or a length, at most `max` (ENC-4).
    package mutating func count(max: Int) throws(DecodeError) -> Int {
        Int(try number(max: UInt64(max)))
    }

    /// Reads exactly `count` bytes.
    package mutating func raw(count: Int) throws(DecodeError) -> [UInt8] {
        guard count <= remaining else { throw .truncated(offset: end) }
        defer { offset += count }
        return [UInt8](input[offset..<(offset + count)])
    }

    /// Reads a length and that many bytes, at most `max` (ENC-4).
    package mutating func bytes(max: Int) throws(DecodeError) -> [UInt8] {
        try raw(count: count(max: max))
    }

    /// Passes over what `bytes` would read.
    package mutating func skipBytes(max: Int) throws(DecodeError) {
        let count = try count(max: max)
        guard count <= remaining else { throw .truncated(offset: end) }
        offset += count
    }

    /// Reads a flag: 0 or 1, nothing else (ENC-5).
    package mutating func flag() throws(DecodeError) -> Bool {
        let start = offset
        switch try u8() {
        case 0: return false
        case 1: return true
        case let tag: throw .unknownTag(offset: start, tag: tag)
        }
    }

    /// Reads a value that may be absent: a flag, then the value if the flag is 1 (ENC-5).
    package mutating func optional<Value: Canonical>(_ type: Value.Type) throws(DecodeError) -> Value? {
        try flag() ? try Value(from: &self) : nil
    }

    /// Reads a count, at most `max`, and that many values in their order (ENC-4, ENC-6).
    package mutating func list<Value: Canonical>(
        of type: Value.Type, max: Int
    ) throws(DecodeError) -> [Value] {
        let count = try count(max: max)
        var values: [Value] = []
        // Not reserved up front: a count is a claim, the bytes behind it are the proof.
        for _ in 0..<count { values.append(try Value(from: &self)) }
        return values
    }

    /// The bytes read since `start`, an earlier `offset` of this decoder: what a digest is taken of.
    package func bytesRead(since start: Int) -> [UInt8] { [UInt8](input[start..<offset]) }
}
