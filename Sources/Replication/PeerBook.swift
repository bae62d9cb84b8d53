// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger

/// What this node knows of the others: where they stand, when they were last heard, when they were last answered.
///
/// Bounded: the committee and `observersMax` others. Orders are fixed: the committee's, then that of first hearing.
struct PeerBook: Sendable {
    static let observersMax = 64

    struct Peer: Sendable {
        /// Nil for an observer.
        var index: ValidatorIndex?
        var summary: Summary?
        /// The highest view of the current epoch it is known to be in.
        var view = View.zero
        var heard: Instant
        /// When it was last sent what it lacks, a range, an answer to hello.
        var reminded: Instant?
        var served: Instant?
        var greeted: Instant?
    }

    private var peers: [PeerID: Peer] = [:]
    private(set) var validators: [PeerID] = []
    private(set) var observers: [PeerID] = []
    let own: PeerID

    init(_ committee: Committee, own: PeerID, at now: Instant) {
        self.own = own
        seat(committee, at: now)
    }

    subscript(id: PeerID) -> Peer? {
        get { peers[id] }
        set { if let newValue, peers[id] != nil { peers[id] = newValue } }
    }

    /// All peers but this node, validators first.
    var everyone: [PeerID] { validators.filter { $0 != own } + observers }

    /// Takes up a new committee; what is known of anybody's runs and clocks stays, views begin anew.
    mutating func seat(_ committee: Committee, at now: Instant) {
        let before = validators
        validators = committee.validators.map { AccountID($0.key) }
        let seated = Set(validators)
        for id in before where !seated.contains(id) && id != own { observers.append(id) }
        observers.removeAll { seated.contains($0) }
        for id in observers { peers[id]?.index = nil }
        for (index, id) in validators.enumerated() {
            peers[id, default: Peer(index: nil, heard: now)].index = ValidatorIndex(index)
            peers[id]?.view = .zero
        }
        while observers.count > PeerBook.observersMax { peers[observers.removeFirst()] = nil }
    }

    /// Notes that an authenticated message came; false where there is no room for a stranger.
    mutating func hear(_ id: PeerID, at now: Instant) -> Bool {
        if peers[id] != nil {
            peers[id]?.heard = now
            return true
        }
        guard id != own, observers.count < PeerBook.observersMax else { return false }
        observers.append(id)
        peers[id] = Peer(index: nil, heard: now)
        return true
    }

    mutating func raise(_ id: PeerID, to view: View) {
        if let known = peers[id]?.view, known < view { peers[id]?.view = view }
    }
}
