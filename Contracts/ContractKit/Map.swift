// SPDX-License-Identifier: Apache-2.0

/// Values by key. Cannot be listed: keep an `Index` or a `Journal` beside it where lists are needed.
///
/// An entry lies under name ‖ '/' ‖ the key's canonical bytes (KIT-3).
public struct Map<Key: Storable, Value: Storable>: Sendable {
    let name: StaticString

    public init(_ name: StaticString) { self.name = name }

    public func get(_ key: Key) throws(Failure) -> Value? { try Slot.read(slot(key)) }

    /// The value, or the failure the caller names where there is none.
    public func get(_ key: Key, or failure: Failure) throws(Failure) -> Value {
        guard let value = try get(key) else { throw failure }
        return value
    }

    public func contains(_ key: Key) throws(Failure) -> Bool { Host.get(try slot(key)) != nil }

    public func set(_ key: Key, _ value: Value) throws(Failure) { try Slot.write(slot(key), value.encoded) }

    public func remove(_ key: Key) throws(Failure) { try Slot.remove(slot(key)) }

    private func slot(_ key: Key) throws(Failure) -> Bytes { try Slot.key(name, Slot.slash, key.encoded) }
}
