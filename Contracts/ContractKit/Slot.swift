// SPDX-License-Identifier: Apache-2.0

/// Where typed state meets keys and values: forms keys, checks limits, reads and writes bytes.
///
/// Not generic, so that a contract with twenty maps carries this code once.
/// - Spec: KIT-3 (keys), KIT-4 (limits).
enum Slot {
    static let slash: UInt8 = 0x2f
    static let hash: UInt8 = 0x23
    static let tilde: UInt8 = 0x7e

    /// `name`, or `name ‖ mark ‖ rest`.
    static func key(_ name: StaticString, _ mark: UInt8, _ rest: Bytes) throws(Failure) -> Bytes {
        try key(Bytes(name), mark, rest)
    }

    static func key(_ name: Bytes, _ mark: UInt8, _ rest: Bytes) throws(Failure) -> Bytes {
        var key = Writer()
        key.raw(name)
        key.byte(mark)
        key.raw(rest)
        if key.count > Host.keyBytesMax { throw .keyTooLong }
        return key.done()
    }

    static func key(_ name: StaticString) -> Bytes { Bytes(name) }

    static func write(_ key: Bytes, _ value: Bytes) throws(Failure) {
        if Host.isViewing { throw .viewWrites }
        if value.count > Host.valueBytesMax { throw .valueTooLong }
        Host.put(key, value)
    }

    static func remove(_ key: Bytes) throws(Failure) {
        if Host.isViewing { throw .viewWrites }
        Host.remove(key)
    }

    static func emit(_ name: StaticString, _ body: Bytes) throws(Failure) {
        if Host.isViewing { throw .viewWrites }
        if body.count > Host.valueBytesMax { throw .valueTooLong }
        Host.emit(Bytes(name), body)
    }

    /// What stands under a key, as a value that fills it.
    /// - Throws: `stateMismatch` where the bytes are no such value.
    static func read<Value: Storable>(_ key: Bytes) throws(Failure) -> Value? {
        guard let bytes = Host.get(key) else { return nil }
        do throws(Failure) {
            return try Value(decoding: bytes)
        } catch {
            throw .stateMismatch
        }
    }
}
