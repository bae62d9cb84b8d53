// SPDX-License-Identifier: Apache-2.0
import Ledger
import ShangMi

/// Writes one JSON text front to back into one array: no tree, no boxing, no Foundation.
///
/// The caller pairs `begin` and `end`; commas are this type's business.
/// - Cost: some 150 ns for a submission's result.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    /// True right after a bracket opened: the next element needs no comma.
    private var isFirst = true

    init(reserving capacity: Int = 512) { bytes.reserveCapacity(capacity) }

    // MARK: Structure

    mutating func object(_ fields: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(0x7b)
        isFirst = true
        fields(&self)
        bytes.append(0x7d)
        isFirst = false
    }

    mutating func list<Elements: Sequence>(
        _ elements: Elements, _ element: (inout JSONWriter, Elements.Element) -> Void
    ) {
        separate()
        bytes.append(0x5b)
        isFirst = true
        for item in elements { element(&self, item) }
        bytes.append(0x5d)
        isFirst = false
    }

    /// A field's name; its value must follow.
    mutating func key(_ name: String) {
        separate()
        bytes.append(0x22)
        bytes.append(contentsOf: name.utf8)
        bytes.append(0x22)
        bytes.append(0x3a)
        isFirst = true
    }

    private mutating func separate() {
        if !isFirst { bytes.append(0x2c) }
        isFirst = false
    }

    // MARK: Values

    mutating func null() { word("null") }

    private mutating func word(_ word: String) {
        separate()
        bytes.append(contentsOf: word.utf8)
    }

    mutating func value(_ flag: Bool) { word(flag ? "true" : "false") }

    mutating func value(_ number: Int) { word(String(number)) }

    mutating func value(_ number: UInt64) { word(String(number)) }

    mutating func value(_ text: String) {
        separate()
        bytes.append(0x22)
        for byte in text.utf8 { character(byte) }
        bytes.append(0x22)
    }

    private mutating func character(_ byte: UInt8) {
        switch byte {
        case 0x22, 0x5c:
            bytes.append(0x5c)
            bytes.append(byte)
        case 0x0a: bytes.append(contentsOf: [0x5c, 0x6e])
        case 0..<0x20, 0x7f:
            bytes.append(contentsOf: [0x5c, 0x75, 0x30, 0x30])
            nibble(byte >> 4)
            nibble(byte & 15)
        default: bytes.append(byte)
        }
    }

    mutating func value(_ digest: Digest) {
        separate()
        bytes.append(0x22)
        let (a, b, c, d) = digest.words
        for word in [a, b, c, d] {
            for shift in stride(from: 60, through: 0, by: -4) {
                nibble(UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 15)
            }
        }
        bytes.append(0x22)
    }

    private mutating func nibble(_ value: UInt8) { bytes.append(value < 10 ? value + 48 : value + 87) }

    mutating func hex(_ value: [UInt8]) {
        separate()
        bytes.append(0x22)
        for byte in value {
            nibble(byte >> 4)
            nibble(byte & 15)
        }
        bytes.append(0x22)
    }

    mutating func base64(_ value: [UInt8]) {
        separate()
        bytes.append(0x22)
        Base64.append(value, to: &bytes)
        bytes.append(0x22)
    }

    mutating func value(_ time: Timestamp) { value(time.rfc3339) }

    /// Bytes that are one JSON value already.
    mutating func verbatim(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }
}

extension JSONWriter {
    mutating func field(_ name: String, _ value: String) {
        key(name)
        self.value(value)
    }

    mutating func field(_ name: String, _ label: Label) { field(name, label.text) }

    mutating func field(_ name: String, _ flag: Bool) {
        key(name)
        value(flag)
    }

    mutating func field(_ name: String, _ number: Int) {
        key(name)
        value(number)
    }

    mutating func field(_ name: String, _ number: UInt64) {
        key(name)
        value(number)
    }

    mutating func field<Kind>(_ name: String, _ number: Ordinal<Kind>) { field(name, number.value) }

    mutating func field(_ name: String, time: Timestamp) {
        key(name)
        value(time)
    }

    mutating func field(_ name: String, _ digest: Digest) {
        key(name)
        value(digest)
    }

    mutating func field<Kind>(_ name: String, _ identifier: Identifier<Kind>) {
        field(name, identifier.digest)
    }

    mutating func field(_ name: String, base64 bytes: [UInt8]) {
        key(name)
        base64(bytes)
    }

    mutating func field(_ name: String, hex bytes: [UInt8]) {
        key(name)
        hex(bytes)
    }

    /// Null where there is no value.
    mutating func field<Value>(_ name: String, _ value: Value?, _ write: (inout JSONWriter, Value) -> Void) {
        key(name)
        if let value { write(&self, value) } else { null() }
    }

    mutating func field<Elements: Sequence>(
        _ name: String, list elements: Elements, _ element: (inout JSONWriter, Elements.Element) -> Void
    ) {
        key(name)
        list(elements, element)
    }

    mutating func field(_ name: String, object fields: (inout JSONWriter) -> Void) {
        key(name)
        object(fields)
    }
}
