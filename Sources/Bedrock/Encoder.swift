// SPDX-License-Identifier: Apache-2.0

/// Writes canonical bytes: what it writes, `Decoder` reads, and nothing else (ENC-1).
package struct Encoder: Sendable {
    package private(set) var bytes: [UInt8]

    package init(reserving capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    package mutating func u8(_ value: UInt8) { bytes.append(value) }

    package mutating func u32(_ value: UInt32) { append(value.bigEndian) }

    package mutating func u64(_ value: UInt64) { append(value.bigEndian) }

    /// Writes words one after the other, as `u64` does each: room is made once for all of them.
    package mutating func u64(_ words: (UInt64, UInt64, UInt64, UInt64)) {
        append((words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian))
    }

    /// Adds numbers as they lie in memory: a store a word, where byte after byte took eight.
    @inline(__always)
    private mutating func append<Numbers: BitwiseCopyable>(_ numbers: Numbers) {
        // SAFETY: integers fill their size, and their bytes are only read, and only within this call.
        unsafe withUnsafeBytes(of: numbers) { unsafe bytes.append(contentsOf: $0) }
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
