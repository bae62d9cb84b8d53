// SPDX-License-Identifier: Apache-2.0

/// A set: what belongs to it. Cannot be listed.
///
/// A member lies under name ‖ '/' ‖ its canonical bytes, with the one byte 01 (KIT-3).
public struct Members<Element: Storable>: Sendable {
    let name: StaticString

    public init(_ name: StaticString) { self.name = name }

    public func contains(_ element: Element) throws(Failure) -> Bool { Host.get(try slot(element)) != nil }

    /// - Returns: false where it was in the set already.
    @discardableResult
    public func insert(_ element: Element) throws(Failure) -> Bool {
        if try contains(element) { return false }
        try Slot.write(slot(element), true.encoded)
        return true
    }

    /// - Returns: false where it was not in the set.
    @discardableResult
    public func remove(_ element: Element) throws(Failure) -> Bool {
        if try !contains(element) { return false }
        try Slot.remove(slot(element))
        return true
    }

    private func slot(_ element: Element) throws(Failure) -> Bytes {
        try Slot.key(name, Slot.slash, element.encoded)
    }
}
