// SPDX-License-Identifier: Apache-2.0

/// A number in state that starts at zero. Lies under its name (KIT-3).
public struct Counter: Sendable {
    let name: StaticString

    public init(_ name: StaticString) { self.name = name }

    public func get() throws(Failure) -> UInt64 { try Slot.read(Slot.key(name)) ?? 0 }

    /// Adds one and gives the new number: the first is 1.
    public func next() throws(Failure) -> UInt64 {
        let value = try get().plus(1)
        try Slot.write(Slot.key(name), value.encoded)
        return value
    }
}
