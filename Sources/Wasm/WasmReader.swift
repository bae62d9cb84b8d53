// SPDX-License-Identifier: Apache-2.0

/// Reads a module's bytes front to back. Nothing is allocated on a count's word alone.
///
/// WebAssembly's numbers are little-endian base 128 and may have leading groups that say nothing, up to the longest
/// form of their width (WASM-4), so Bedrock's `Decoder` cannot read them.
struct WasmReader {
    let bytes: [UInt8]
    private(set) var offset: Int
    /// Where the section or body that is read ends.
    private(set) var end: Int

    init(_ bytes: [UInt8], from offset: Int = 0, to end: Int? = nil) {
        self.bytes = bytes
        self.offset = offset
        self.end = end ?? bytes.count
    }

    var isAtEnd: Bool { offset == end }
    var remaining: Int { end - offset }

    mutating func byte() throws(WasmFlaw) -> UInt8 {
        guard offset < end else { throw WasmFlaw(.truncated, at: offset) }
        defer { offset += 1 }
        return bytes[offset]
    }

    /// Reads a byte that can only be `value`.
    mutating func expect(_ value: UInt8) throws(WasmFlaw) {
        let start = offset
        if try byte() != value { throw WasmFlaw(.badForm, at: start) }
    }

    mutating func u32() throws(WasmFlaw) -> UInt32 {
        if offset < end, bytes[offset] < 0x80 {
            defer { offset += 1 }
            return UInt32(bytes[offset])
        }
        let start = offset
        var value: UInt32 = 0
        var shift: UInt32 = 0
        while true {
            let byte = try byte()
            // The fifth group has room for four bits.
            if shift == 28, byte > 0x0f { throw WasmFlaw(.badNumber, at: start) }
            value |= UInt32(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    /// Reads a signed number of `width` bits, 32 or 64; what does not fit is refused.
    mutating func signed(width: Int64) throws(WasmFlaw) -> Int64 {
        let start = offset
        var value: Int64 = 0
        var shift: Int64 = 0
        while true {
            let byte = try byte()
            let group = Int64(byte & 0x7f)
            let room = width - shift
            if room < 7 {
                // The last group: the bits beyond the width repeat the sign, and nothing follows.
                let beyond = group >> (room - 1)
                let allSigns = Int64(0x7f) >> (room - 1)
                if byte >= 0x80 || beyond != 0 && beyond != allSigns { throw WasmFlaw(.badNumber, at: start) }
            }
            value |= group << shift
            shift += 7
            if byte < 0x80 {
                if shift < 64, byte & 0x40 != 0 { value |= -1 << shift }
                return value
            }
        }
    }

    /// Reads how many things follow, at most `max`, where each takes at least one byte.
    mutating func count(max: Int, else kind: WasmFlaw.Kind) throws(WasmFlaw) -> Int {
        let start = offset
        let count = Int(try u32())
        if count > max { throw WasmFlaw(kind, at: start) }
        if count > remaining { throw WasmFlaw(.truncated, at: end) }
        return count
    }

    mutating func skip(_ count: Int) throws(WasmFlaw) {
        guard count <= remaining else { throw WasmFlaw(.truncated, at: end) }
        offset += count
    }

    /// Reads a length and leaves the offset behind so many bytes.
    mutating func range() throws(WasmFlaw) -> Range<Int> {
        let count = Int(try u32())
        let start = offset
        try skip(count)
        return start..<offset
    }

    /// Reads a length and so many bytes of UTF-8.
    mutating func text() throws(WasmFlaw) -> String {
        let range = try range()
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw WasmFlaw(.badText, at: range.lowerBound)
        }
        return text
    }

    /// Reads a name of an import or export: at most `max` bytes of printable ASCII, so that two names that look or
    /// compare alike are one name (WASM-6).
    mutating func name(max: Int) throws(WasmFlaw) -> String {
        let start = offset
        let text = try text()
        guard text.utf8.count <= max, text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw WasmFlaw(.unusableName, at: start)
        }
        return text
    }

    /// A reader of the next `count` bytes, which this one leaves behind.
    mutating func part(_ count: Int, else kind: WasmFlaw.Kind) throws(WasmFlaw) -> WasmReader {
        guard count <= remaining else { throw WasmFlaw(kind, at: offset) }
        let part = WasmReader(bytes, from: offset, to: offset + count)
        offset += count
        return part
    }
}
