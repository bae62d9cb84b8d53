// SPDX-License-Identifier: Apache-2.0

#if arch(wasm32)
/// A string of bytes that never changes; written with its length.
///
/// In the module it is a place and a count: an instance lives for one call and gives no memory back before its end, so
/// bytes need no owner, a slice is no copy, and no code that counts references comes into the module.
/// - Spec: KIT-2.
// SAFETY: an instance has one thread.
@safe public struct Bytes: @unchecked Sendable {
    let start: UnsafePointer<UInt8>
    public let count: Int

    init(_ start: UnsafePointer<UInt8>, count: Int) {
        unsafe self.start = start
        self.count = count
    }

    public init(_ literal: StaticString) {
        unsafe self.init(literal.utf8Start, count: literal.utf8CodeUnitCount)
    }

    public subscript(index: Int) -> UInt8 {
        // Unsigned, so that a negative index is too large as well.
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "an index lies within its bytes")
        return unsafe start[index]
    }

    /// Eight bytes from `index` on, the first the lowest; nil where there are not so many.
    @inline(__always)
    func word(at index: Int) -> UInt64? {
        guard count >= 8, UInt(bitPattern: index) <= UInt(bitPattern: count &- 8) else { return nil }
        return unsafe UnsafeRawPointer(start + index).loadUnaligned(as: UInt64.self)
    }

    /// The bytes from `low` up to, not including, `high`; both lie within.
    @inline(never)
    public func slice(_ low: Int, _ high: Int) -> Bytes {
        precondition(low >= 0 && low <= high && high <= count, "a slice lies within its bytes")
        return part(low, high &- low)
    }

    /// A byte the caller has checked to be there: what is checked once is not paid for twice.
    @inline(__always)
    func byte(_ index: Int) -> UInt8 { unsafe start[index] }

    /// A slice the caller has checked to lie within.
    @inline(__always)
    func part(_ low: Int, _ count: Int) -> Bytes { unsafe Bytes(start + low, count: count) }
}
#else
/// A string of bytes that never changes; written with its length.
/// - Spec: KIT-2.
public struct Bytes: Sendable {
    public let array: [UInt8]

    public init(_ array: [UInt8]) { self.array = array }

    public init(_ literal: StaticString) { array = literal.withUTF8Buffer { unsafe [UInt8]($0) } }

    public var count: Int { array.count }

    public subscript(index: Int) -> UInt8 { array[index] }

    func word(at index: Int) -> UInt64? {
        guard index >= 0, index <= count - 8 else { return nil }
        return array[index..<index + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    public func slice(_ low: Int, _ high: Int) -> Bytes { Bytes([UInt8](array[low..<high])) }

    func byte(_ index: Int) -> UInt8 { array[index] }

    func part(_ low: Int, _ count: Int) -> Bytes { slice(low, low + count) }
}
#endif

extension Bytes: Storable, Hashable {
    public static var empty: Bytes { Bytes("") }

    public var isEmpty: Bool { count == 0 }

    @inline(never)
    public static func == (left: Bytes, right: Bytes) -> Bool {
        guard left.count == right.count else { return false }
        return left.common(with: right) == left.count
    }

    /// By the first byte that differs; the shorter comes first where none does.
    @inline(never)
    public func precedes(_ other: Bytes) -> Bool {
        let same = common(with: other)
        if same == other.count { return false }
        return same == count || byte(same) < other.byte(same)
    }

    /// How many bytes both begin with.
    private func common(with other: Bytes) -> Int {
        let most = count < other.count ? count : other.count
        var same = 0
        while same < most, byte(same) == other.byte(same) { same &+= 1 }
        return same
    }

    public func hash(into hasher: inout Hasher) {
        for index in 0..<count { hasher.combine(self[index]) }
    }

    public func encode(into writer: inout Writer) { writer.lengthAndBytes(self) }

    public init(from reader: inout Reader) throws(Failure) { self = try reader.lengthAndBytes() }

    public static var shape: Shape { .bytes }
}
