// SPDX-License-Identifier: Apache-2.0

/// A time as blocks carry it: milliseconds since 1970-01-01 UTC. There is no other clock.
/// - Spec: KIT-2.
public struct Moment: Storable, Hashable, Comparable, Sendable {
    public let milliseconds: UInt64

    public init(_ milliseconds: UInt64) { self.milliseconds = milliseconds }

    public static func < (left: Moment, right: Moment) -> Bool { left.milliseconds < right.milliseconds }

    /// - Throws: `overflow` beyond 2^64 - 1 ms.
    public func adding(_ milliseconds: UInt64) throws(Failure) -> Moment {
        Moment(try self.milliseconds.plus(milliseconds))
    }

    public func encode(into writer: inout Writer) { writer.number(milliseconds) }

    public init(from reader: inout Reader) throws(Failure) { milliseconds = try reader.number() }

    public static var shape: Shape { .moment }
}
