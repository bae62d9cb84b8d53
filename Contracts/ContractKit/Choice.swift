// SPDX-License-Identifier: Apache-2.0

/// An enumeration whose cases are written as one byte each: declare `enum State: UInt8, Choice` and name the cases.
/// - Spec: KIT-2 (a choice without content: ENC-5).
public protocol Choice: Storable, RawRepresentable, CaseIterable, Hashable, Sendable where RawValue == UInt8 {
    /// What the description calls the case.
    var name: StaticString { get }
}

extension Choice {
    public func encode(into writer: inout Writer) { writer.byte(rawValue) }

    public init(from reader: inout Reader) throws(Failure) {
        guard let known = Self(rawValue: try reader.byte()) else { throw .malformed }
        self = known
    }

    public static var shape: Shape { .choice(allCases.map { Shape.Case(tag: $0.rawValue, name: $0.name) }) }
}
