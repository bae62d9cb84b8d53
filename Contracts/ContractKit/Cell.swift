// SPDX-License-Identifier: Apache-2.0

/// One value in state, or none. Lies under its name (KIT-3).
public struct Cell<Value: Storable>: Sendable {
    let name: StaticString

    public init(_ name: StaticString) { self.name = name }

    public func get() throws(Failure) -> Value? { try Slot.read(Slot.key(name)) }

    public func set(_ value: Value) throws(Failure) { try Slot.write(Slot.key(name), value.encoded) }

    public func remove() throws(Failure) { try Slot.remove(Slot.key(name)) }
}
