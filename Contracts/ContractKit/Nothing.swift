// SPDX-License-Identifier: Apache-2.0

/// No bytes: the owner of a journal of which a contract has only one.
public struct Nothing: Storable, Hashable, Sendable {
    public init() {}

    public func encode(into writer: inout Writer) {}

    public init(from reader: inout Reader) throws(Failure) {}

    public static var shape: Shape { .record("nothing", []) }
}
