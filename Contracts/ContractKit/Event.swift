// SPDX-License-Identifier: Apache-2.0

/// A kind of event: declare one, list it in the contract's declaration, and `emit` bodies of one type.
/// - Spec: KIT-8.
public struct Event<Body: Storable>: Sendable {
    let name: StaticString

    public init(_ name: StaticString) { self.name = name }

    /// At most 32 events a call; one more stops it.
    public func emit(_ body: Body) throws(Failure) { try Slot.emit(name, body.encoded) }
}
