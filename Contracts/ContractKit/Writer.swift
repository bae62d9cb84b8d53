// SPDX-License-Identifier: Apache-2.0

/// Writes canonical bytes: what it writes, `Reader` reads, and nothing else.
///
/// There is one of it at a time: it cannot be copied, and `done` ends it. Nothing of it is inlined: a contract writes
/// many values, and a module is paid for by its size.
/// - Spec: KIT-1 (the platform's own coding: ENC-1 to ENC-7).
@safe public struct Writer: ~Copyable {
    #if arch(wasm32)
    private var start: UnsafeMutablePointer<UInt8>
    private var room: Int
    public private(set) var count = 0

    public init() {
        room = 96
        unsafe start = freshBytes(96)
    }

    /// What was written.
    public consuming func done() -> Bytes { unsafe Bytes(start, count: count) }

    /// Makes room for `more` bytes and gives the place to write them to.
    @inline(never)
    private mutating func extend(by more: Int) -> UnsafeMutablePointer<UInt8> {
        // Nothing here can overflow: a module has sixteen mebibytes at most.
        let end = count &+ more
        if end > room {
            room = end &<< 1
            let former = unsafe start
            unsafe start = freshBytes(room)
            unsafe copyBytes(start, former, count)
        }
        let place = unsafe start + count
        count = end
        return unsafe place
    }

    @inline(never)
    public mutating func byte(_ value: UInt8) { unsafe extend(by: 1).pointee = value }

    @inline(never)
    public mutating func raw(_ value: Bytes) { unsafe copyBytes(extend(by: value.count), value.start, value.count) }
    #else
    private var bytes: [UInt8] = []

    public init() {}

    public var count: Int { bytes.count }

    /// What was written.
    public consuming func done() -> Bytes { Bytes(bytes) }

    public mutating func byte(_ value: UInt8) { bytes.append(value) }

    public mutating func raw(_ value: Bytes) { bytes.append(contentsOf: value.array) }
    #endif

    /// Writes a number in base 128, least significant group first, in its shortest form (ENC-3).
    @inline(never)
    public mutating func number(_ value: UInt64) {
        var rest = value
        while rest > 0x7f {
            byte(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        byte(UInt8(truncatingIfNeeded: rest))
    }

    /// Writes `count` bytes of a number, most significant first (ENC-2).
    @inline(never)
    public mutating func bigEndian(_ value: UInt64, count: Int) {
        var shift = UInt64(truncatingIfNeeded: 8 * count)
        while shift > 0 {
            shift -= 8
            byte(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// Writes a length and the bytes (ENC-4).
    @inline(never)
    public mutating func lengthAndBytes(_ value: Bytes) {
        number(UInt64(truncatingIfNeeded: value.count))
        raw(value)
    }

    public mutating func put<Value: Storable>(_ value: Value) { value.encode(into: &self) }
}

#if arch(wasm32)
/// Room that need not be aligned. An allocation by Swift's own name would bring its rounding and its traps with it.
@_extern(c, "jd_room")
func freshBytes(_ count: Int) -> UnsafeMutablePointer<UInt8>

/// One instruction in the module: memory.copy.
@_extern(c, "memcpy")
@discardableResult
func copyBytes(_ to: UnsafeMutableRawPointer, _ from: UnsafeRawPointer, _ count: Int) -> UnsafeMutableRawPointer
#endif
