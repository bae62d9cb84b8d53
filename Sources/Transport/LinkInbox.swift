// SPDX-License-Identifier: Apache-2.0
package import Ledger

/// One chain's side of the links: told who is there and what they say (LINK-10).
///
/// Called on the network's event loop, in the order in which things happened; a body hands on and returns at once.
package protocol LinkInbox: Sendable {
    /// A link to a peer that serves this chain is up.
    func linked(_ peer: AccountID)
    /// The link has ended and no other has taken its place, or the peer serves this chain no more.
    func unlinked(_ peer: AccountID)
    func take(_ delivery: Delivery)
}

/// One message of a peer's. As long as it is held, its bytes count against what the peer may have waiting (LINK-8).
package final class Delivery: Sendable {
    package let peer: AccountID
    package let traffic: TrafficClass
    package let bytes: [UInt8]
    private let done: @Sendable (Int) -> Void

    init(peer: AccountID, traffic: TrafficClass, bytes: [UInt8], done: @escaping @Sendable (Int) -> Void) {
        self.peer = peer
        self.traffic = traffic
        self.bytes = bytes
        self.done = done
    }

    deinit { done(Delivery.weight(bytes)) }

    /// What holding a message costs: the smallest takes some hundred bytes beside its own.
    static func weight(_ bytes: [UInt8]) -> Int { bytes.count + 512 }
}
