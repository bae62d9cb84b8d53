// SPDX-License-Identifier: Apache-2.0
import Ledger
import Replication
import Synchronization
import Transport

/// One chain's letter box: holds what peers sent, each peer's in order, until the chain comes for it.
///
/// Peers take turns, so that one that says very much waits for itself alone. Whoever fills an empty box wakes the chain
/// once; what comes meanwhile waits in the box. How much may wait is the links' bound (LINK-8).
final class PeerInbox: LinkInbox {
    enum Item: Sendable {
        case linked(PeerID)
        case unlinked(PeerID)
        case message(Delivery)
    }

    private struct State {
        /// Links that came or went and were not told of yet: of each peer the last of it.
        var links: [(peer: PeerID, isUp: Bool)] = []
        var letters: [PeerID: [Delivery]] = [:]
        /// Peers with letters, the one whose turn is next first.
        var turns: [PeerID] = []
        var isAwake = false
    }

    private let state = Mutex(State())
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    func linked(_ peer: AccountID) { note(peer, isUp: true) }

    func unlinked(_ peer: AccountID) { note(peer, isUp: false) }

    private func note(_ peer: AccountID, isUp: Bool) {
        put { state in
            state.links.removeAll { $0.peer == peer }
            state.links.append((peer, isUp))
        }
    }

    func take(_ delivery: Delivery) {
        put { state in
            if state.letters[delivery.peer] == nil { state.turns.append(delivery.peer) }
            state.letters[delivery.peer, default: []].append(delivery)
        }
    }

    private func put(_ change: (inout sending State) -> Void) {
        let mustWake = state.withLock { state in
            change(&state)
            defer { state.isAwake = true }
            return !state.isAwake
        }
        if mustWake { wake() }
    }

    /// What waits, some letters of each peer in turn; empty when the chain may sleep again.
    /// - Parameter limit: about how many letters, so that the chain gets to its other work between.
    func drain(limit: Int) -> [Item] {
        state.withLock { state in
            var items = state.links.map { $0.isUp ? Item.linked($0.peer) : .unlinked($0.peer) }
            state.links = []
            let share = max(1, limit / max(1, state.turns.count))
            for peer in state.turns {
                guard let letters = state.letters[peer] else { continue }
                items += letters.prefix(share).map { .message($0) }
                state.letters[peer] = letters.count > share ? Array(letters[share...]) : nil
            }
            state.turns.removeAll { state.letters[$0] == nil }
            if items.isEmpty { state.isAwake = false }
            return items
        }
    }
}
