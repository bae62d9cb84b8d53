// SPDX-License-Identifier: Apache-2.0

/// Writes canonical bytes: what it writes, `Decoder` reads, and nothing else (ENC-1).
package struct Encoder: Sendable {
    package private(set) var bytes: [UInt8]

    package init(reserving capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    package mutating func u8(_ value: UInt8) { bytes.append(value) }

    package mutating func u32(_ value: UInt32) {
        bytes.append(addingCapacity: 4) { Encoder.append(UInt64(value), byteCount: 4, to: &$0) }
    }

    package mutating func u64(_ value: UInt64) {
        bytes.append(addingCapacity: 8) { Encoder.append(value, byteCount: 8, to: &$0) }
    }

    /// Writes words one after the other, as `u64` does each: room is made once for all of them.
    package mutating func u64(_ words: (UInt64, UInt64, UInt64, UInt64)) {
        bytes.append(addingCapacity: 32) { span in
            Encoder.append(words.0, byteCount: 8, to: &span)
            Encoder.append(words.1, byteCount: 8, to: &span)
            Encoder.append(words.2, byteCount: 8, to: &span)
            Encoder.append(words.3, byteCount: 8, to: &span)
        }
    }

    @inline(__always)
    private static func append(_ value: UInt64, byteCount: UInt64, to span: inout OutputSpan<UInt8>) {
        for index in 1...byteCount { span.append(UInt8(truncatingIfNeeded: value &>> (8 &* (byteCount &- index)))) }
    }

    /// Writes a number in base 128, least significant group first, in its shortest form (ENC-3).
    package mutating func number(_ value: UInt64) {
        var rest = value
        while rest > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    package mutating func count(_ value: Int) { number(UInt64(value)) }

    package mutating func raw(_ value: [UInt8]) { bytes.append(contentsOf: value) }

    /// Writes a length and the bytes (ENC-4).
    package mutating func bytes(_ value: [UInt8]) {
        count(value.count)
        raw(value)
    }

    package mutating func flag(_ value: Bool) { u8(value ? 1 : 0) }

    package mutating func optional<Value: Canonical>(_ value: Value?) {
        flag(value != nil)
        value?.encode(into: &self)
    }

    package mutating func list<Value: Canonical>(_ values: [Value]) {
        count(values.count)
        for value in values { value.encode(into: &self) }
    }
}
