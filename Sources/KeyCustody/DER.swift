// SPDX-License-Identifier: Apache-2.0

/// Writes the few DER shapes this module needs. Public bytes only; no secret passes here.
enum DER {
    static let integer: UInt8 = 0x02
    static let octets: UInt8 = 0x04
    static let null: UInt8 = 0x05
    static let object: UInt8 = 0x06
    static let sequence: UInt8 = 0x30

    static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        var rest = content.count
        while rest > 0 {
            length.insert(UInt8(truncatingIfNeeded: rest), at: 0)
            rest >>= 8
        }
        if content.count < 128 { return [tag, UInt8(content.count)] + content }
        return [tag, 0x80 | UInt8(length.count)] + length + content
    }

    static func sequence(_ elements: [[UInt8]]) -> [UInt8] { element(sequence, elements.flatMap { $0 }) }

    /// A big-endian number that is not negative, in the fewest bytes.
    static func unsigned(_ bytes: [UInt8]) -> [UInt8] {
        let short = [UInt8](bytes.drop { $0 == 0 })
        return element(integer, (short.first ?? 0x80) & 0x80 != 0 ? [0] + short : short)
    }
}

/// Reads DER strictly: shortest lengths, shortest numbers, nothing left over. It never traps and never
/// allocates more than its input (KEY-6).
struct DERReader {
    private let input: [UInt8]
    private var offset: Int
    private let end: Int

    init(_ input: [UInt8]) {
        self.init(input, 0, input.count)
    }

    private init(_ input: [UInt8], _ offset: Int, _ end: Int) {
        (self.input, self.offset, self.end) = (input, offset, end)
    }

    var isAtEnd: Bool { offset == end }

    func finish() throws(CustodyError) {
        if !isAtEnd { throw .ciphertextMalformed }
    }

    /// The tag of the next element, without reading it.
    var nextTag: UInt8? { offset < end ? input[offset] : nil }

    private mutating func byte() throws(CustodyError) -> UInt8 {
        guard offset < end else { throw .ciphertextMalformed }
        defer { offset += 1 }
        return input[offset]
    }

    /// Reads a header and steps over the content, whose range it gives.
    private mutating func content(of tag: UInt8) throws(CustodyError) -> Range<Int> {
        guard try byte() == tag else { throw .ciphertextMalformed }
        let first = try byte()
        var length = Int(first)
        if first >= 0x80 {
            // Four length bytes would be 16 MiB and more, above every limit of ours.
            guard (0x81...0x83).contains(first) else { throw .ciphertextMalformed }
            length = 0
            for _ in 0..<(first & 0x7f) { length = length << 8 | Int(try byte()) }
            let shortest = length < 128 ? 0 : (length < 256 ? 1 : (length < 65_536 ? 2 : 3))
            guard shortest == Int(first & 0x7f) else { throw .ciphertextMalformed }
        }
        guard length <= end - offset else { throw .ciphertextMalformed }
        defer { offset += length }
        return offset..<(offset + length)
    }

    mutating func bytes(of tag: UInt8) throws(CustodyError) -> [UInt8] {
        [UInt8](input[try content(of: tag)])
    }

    mutating func sequence() throws(CustodyError) -> DERReader {
        let range = try content(of: DER.sequence)
        return DERReader(input, range.lowerBound, range.upperBound)
    }

    /// Reads a number that is not negative, padded at the front to `byteCount` bytes.
    mutating func unsigned(byteCount: Int) throws(CustodyError) -> [UInt8] {
        var digits = try bytes(of: DER.integer)
        guard let first = digits.first, first < 0x80 else { throw .ciphertextMalformed }
        if first == 0, digits.count > 1 {
            guard digits[1] >= 0x80 else { throw .ciphertextMalformed }
            digits.removeFirst()
        }
        guard digits.count <= byteCount else { throw .ciphertextMalformed }
        return [UInt8](repeating: 0, count: byteCount - digits.count) + digits
    }
}
