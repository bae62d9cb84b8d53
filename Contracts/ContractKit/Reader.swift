// SPDX-License-Identifier: Apache-2.0

/// Reads canonical bytes front to back; refuses every form but the one `Writer` writes.
/// - Spec: KIT-1 (ENC-1 to ENC-7).
public struct Reader: Sendable {
    private let bytes: Bytes
    public private(set) var offset = 0

    public init(_ bytes: Bytes) { self.bytes = bytes }

    /// Bytes not read yet.
    public var remaining: Int { bytes.count &- offset }

    /// Checks that all bytes were read (ENC-7). It changes nothing: handed over by place, it is fourteen bytes less at
    /// each method of a contract.
    @inline(never)
    public mutating func finish() throws(Failure) {
        if offset != bytes.count { throw .malformed }
    }

    @inline(never)
    public mutating func byte() throws(Failure) -> UInt8 {
        guard offset < bytes.count else { throw .malformed }
        let value = bytes.byte(offset)
        offset &+= 1
        return value
    }

    /// Reads a number in base 128 in its shortest form (ENC-3).
    /// - Parameter max: the largest accepted value.
    @inline(never)
    public mutating func number(max: UInt64 = .max) throws(Failure) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            // The tenth group has room for one bit only.
            if shift == 63, next > 1 { throw .malformed }
            value |= UInt64(next & 0x7f) &<< shift
            if next & 0x80 == 0 {
                if next == 0 && shift > 0 || value > max { throw .malformed }
                return value
            }
            shift &+= 7
            if shift > 63 { throw .malformed }
        }
    }

    @inline(never)
    public mutating func bigEndian(count: Int) throws(Failure) -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<count { value = value &<< 8 | UInt64(try byte()) }
        return value
    }

    /// Reads exactly `count` bytes.
    @inline(never)
    public mutating func raw(count: Int) throws(Failure) -> Bytes {
        guard UInt(bitPattern: count) <= UInt(bitPattern: remaining) else { throw .malformed }
        let start = offset
        offset &+= count
        return bytes.part(start, count)
    }

    /// Reads a length and that many bytes (ENC-4). A length beyond what is left is refused before anything is taken for
    /// it.
    @inline(never)
    public mutating func lengthAndBytes() throws(Failure) -> Bytes {
        try raw(count: Int(truncatingIfNeeded: number(max: UInt64(UInt(bitPattern: remaining)))))
    }

    /// What was read since `start`, an earlier offset: the canonical bytes of the values read since then.
    public func bytesRead(since start: Int) -> Bytes { bytes.slice(start, offset) }

    public mutating func take<Value: Storable>() throws(Failure) -> Value { try Value(from: &self) }
}
