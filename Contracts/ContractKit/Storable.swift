// SPDX-License-Identifier: Apache-2.0

/// A value with exactly one byte form, that can be an argument, an answer, a key, or stand in state.
///
/// Laws: reading what was written gives the value back; whatever is read without failure writes back the same bytes.
/// - Spec: KIT-1, KIT-2.
public protocol Storable {
    func encode(into writer: inout Writer)
    init(from reader: inout Reader) throws(Failure)
    /// What the description says of the type. Never evaluated inside a chain.
    static var shape: Shape { get }
}

extension Storable {
    public var encoded: Bytes {
        var writer = Writer()
        encode(into: &writer)
        return writer.done()
    }

    /// Decodes a value that fills `bytes` exactly.
    public init(decoding bytes: Bytes) throws(Failure) {
        var reader = Reader(bytes)
        self = try Self(from: &reader)
        try reader.finish()
    }
}

extension Bool: Storable {
    public func encode(into writer: inout Writer) { writer.byte(self ? 1 : 0) }

    public init(from reader: inout Reader) throws(Failure) { self = try reader.number(max: 1) == 1 }

    public static var shape: Shape { .flag }
}

extension UInt64: Storable {
    public func encode(into writer: inout Writer) { writer.number(self) }

    public init(from reader: inout Reader) throws(Failure) { self = try reader.number(max: .max) }

    public static var shape: Shape { .number }
}

/// Signed numbers fold their sign into the lowest bit: 0, -1, 1, -2 are written as the numbers 0, 1, 2, 3.
extension Int64: Storable {
    public func encode(into writer: inout Writer) { writer.number(UInt64(bitPattern: (self << 1) ^ (self >> 63))) }

    public init(from reader: inout Reader) throws(Failure) {
        let folded = try reader.number(max: .max)
        self = Int64(bitPattern: folded >> 1) ^ -Int64(bitPattern: folded & 1)
    }

    public static var shape: Shape { .signed }
}

extension Optional: Storable where Wrapped: Storable {
    public func encode(into writer: inout Writer) {
        guard let value = self else { return writer.byte(0) }
        writer.byte(1)
        value.encode(into: &writer)
    }

    public init(from reader: inout Reader) throws(Failure) {
        self = try reader.number(max: 1) == 1 ? try Wrapped(from: &reader) : nil
    }

    public static var shape: Shape { .optional(Wrapped.shape) }
}

extension Array: Storable where Element: Storable {
    public func encode(into writer: inout Writer) {
        writer.number(UInt64(truncatingIfNeeded: count))
        for element in self { element.encode(into: &writer) }
    }

    public init(from reader: inout Reader) throws(Failure) {
        // Every element takes a byte at least: a count beyond the bytes left is a lie.
        let count = try reader.number(max: UInt64(truncatingIfNeeded: reader.remaining))
        var elements: [Element] = []
        for _ in 0..<count { elements.append(try Element(from: &reader)) }
        self = elements
    }

    public static var shape: Shape { .list(Element.shape) }
}
