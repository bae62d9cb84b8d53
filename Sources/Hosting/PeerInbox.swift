// SPDX-License-Identifier: Apache-2.0
import Ledger
import Replication
import Synchronization
import Transport

/// One chain's letter box: holds what peers sent, in order, until the chain comes for it.
///
/// Whoever fills an empty box wakes the chain once; what comes meanwhile waits in the box. How much may wait is the
/// links' bound (LINK-8).
final class PeerInbox: LinkInbox {
    enum Item: Sendable {
        case linked(PeerID)
        case message(Delivery)
    }

    private struct State {
        var items: [Item] = []
        var isAwake = false
    }

    private let state = Mutex(State())
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    func linked(_ peer: AccountID) { put(.linked(peer)) }
    func take(_ delivery: Delivery) { put(.message(delivery)) }

    private func put(_ item: Item) {
        let mustWake = state.withLock { state in
            state.items.append(item)
            defer { state.isAwake = true }
            return !state.isAwake
        }
        if mustWake { wake() }
    }

    /// Everything that waits; empty when the chain may sleep again.
    func drain() -> [Item] {
        state.withLock { state in
            defer { state.items = [] }
            if state.items.isEmpty { state.isAwake = false }
            return state.items
        }
    }
}
