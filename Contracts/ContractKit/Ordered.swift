// SPDX-License-Identifier: Apache-2.0

/// A value that sorts: its ordered bytes compare, byte by byte, as the values do, and none is the beginning of another.
/// - Spec: KIT-5.
public protocol Ordered: Storable {
    func encodeOrdered(into writer: inout Writer)
    init(ordered reader: inout Reader) throws(Failure)
}

/// Eight bytes, most significant first.
extension UInt64: Ordered {
    public func encodeOrdered(into writer: inout Writer) { writer.bigEndian(self, count: 8) }

    public init(ordered reader: inout Reader) throws(Failure) { self = try reader.bigEndian(count: 8) }
}

/// As a number.
extension Moment: Ordered {
    public func encodeOrdered(into writer: inout Writer) { milliseconds.encodeOrdered(into: &writer) }

    public init(ordered reader: inout Reader) throws(Failure) { try self.init(UInt64(ordered: &reader)) }
}

/// The bytes and a zero, which no text holds.
extension Text: Ordered {
    public func encodeOrdered(into writer: inout Writer) {
        writer.raw(bytes)
        writer.byte(0)
    }

    public init(ordered reader: inout Reader) throws(Failure) {
        var bytes = Writer()
        while true {
            let next = try reader.byte()
            if next == 0 { break }
            bytes.byte(next)
        }
        try self.init(utf8: bytes.done())
    }
}

/// The 32 bytes.
extension Digest: Ordered {
    public func encodeOrdered(into writer: inout Writer) { writer.raw(bytes) }

    public init(ordered reader: inout Reader) throws(Failure) { try self.init(from: &reader) }
}

/// Two values that sort by the first, then by the second.
public struct Pair<First: Ordered, Second: Ordered>: Ordered {
    public let first: First
    public let second: Second

    public init(_ first: First, _ second: Second) {
        self.first = first
        self.second = second
    }

    public func encodeOrdered(into writer: inout Writer) {
        first.encodeOrdered(into: &writer)
        second.encodeOrdered(into: &writer)
    }

    public init(ordered reader: inout Reader) throws(Failure) {
        first = try First(ordered: &reader)
        second = try Second(ordered: &reader)
    }

    public func encode(into writer: inout Writer) {
        writer.put(first)
        writer.put(second)
    }

    public init(from reader: inout Reader) throws(Failure) {
        first = try First(from: &reader)
        second = try Second(from: &reader)
    }

    public static var shape: Shape {
        .record("pair", [Shape.Part("first", First.shape), Shape.Part("second", Second.shape)])
    }
}

extension Pair: Sendable where First: Sendable, Second: Sendable {}
