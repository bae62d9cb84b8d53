// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger

/// What this node knows of the others: where they stand, when they were last heard, when they were last answered.
///
/// Bounded: the committee and `observersMax` others. Orders are fixed: the committee's, then that of first hearing.
package struct PeerBook: Sendable {
    package static let observersMax = 64
    static let peersMax = Limits.validatorsMax + observersMax

    struct Peer: Sendable {
        /// Nil for an observer.
        var index: ValidatorIndex?
        var summary: Summary?
        /// By how many milliseconds its clock was ahead when its summary came.
        var clockAhead: Int64?
        /// The highest view of the current epoch it is known to be in.
        var view = View.zero
        var heard: Instant
        /// Its link has ended since it was last linked.
        var isUnlinked = false
        /// Its newest summary says that it is more than `Pacing.catchingUp` final blocks behind this node.
        var isFarBehind = false
        /// When it was last sent what it lacks, a range, an answer to hello.
        var reminded: Instant?
        var served: Instant?
        var greeted: Instant?
        /// The newest view whose leader it is for which it sent a body that cannot be.
        var brokenView = View.zero
        var allowance = Allowance()
    }

    /// What a peer may still be answered: bytes, growing with time (PEER-10).
    struct Allowance: Sendable {
        private var left = Pacing.answerBurst
        private var since: Instant?

        /// True where there was any left; an answer may overdraw it once.
        mutating func spend(_ bytes: Int, at now: Instant) -> Bool {
            let millis = since.map { now.since($0).nanoseconds / 1_000_000 } ?? 0
            // Time counts only when a millisecond of it is whole, or asking often would starve the asker.
            if millis > 0 || since == nil { since = now }
            left = min(left + Int(min(millis, 60_000)) * Pacing.answerBytesPerMilli, Pacing.answerBurst)
            guard left > 0 else { return false }
            left -= bytes
            return true
        }
    }

    /// Who is known and what is known of each, side by side. There are few, and looking through them is faster than
    /// hashing one's name.
    private var names: [PeerID] = []
    private var peers: [Peer] = []
    private(set) var validators: [PeerID] = []
    package private(set) var observers: [PeerID] = []
    let own: PeerID

    package init(_ committee: Committee, own: PeerID, at now: Instant) {
        self.own = own
        seat(committee, at: now)
    }

    subscript(id: PeerID) -> Peer? {
        get { place(of: id).map { peers[$0] } }
        set { if let newValue, let place = place(of: id) { peers[place] = newValue } }
    }

    func isValidator(_ id: PeerID) -> Bool { place(of: id).map { peers[$0].index != nil } ?? false }

    private func place(of id: PeerID) -> Int? { names.firstIndex { $0 == id } }

    /// - Returns: where it stands now.
    private mutating func add(_ id: PeerID, at now: Instant) -> Int {
        names.append(id)
        peers.append(Peer(index: nil, heard: now))
        return names.count - 1
    }

    private mutating func forget(_ id: PeerID) {
        guard let place = place(of: id) else { return }
        names.remove(at: place)
        peers.remove(at: place)
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
        for id in observers { self[id]?.index = nil }
        for (index, id) in validators.enumerated() {
            let place = place(of: id) ?? add(id, at: now)
            peers[place].index = ValidatorIndex(index)
            peers[place].view = .zero
        }
        while observers.count > PeerBook.observersMax { forget(observers.removeFirst()) }
    }

    /// Notes that an authenticated message came; false where there is no room for a stranger.
    package mutating func hear(_ id: PeerID, at now: Instant) -> Bool {
        if let place = place(of: id) {
            peers[place].heard = now
            return true
        }
        guard id != own else { return false }
        if observers.count >= PeerBook.observersMax, !forgetSilent(at: now) { return false }
        observers.append(id)
        _ = add(id, at: now)
        return true
    }

    /// Forgets the observer heard of longest ago; false where all were heard of lately.
    private mutating func forgetSilent(at now: Instant) -> Bool {
        func heard(_ id: PeerID) -> Instant { self[id]?.heard ?? now }
        guard let oldest = observers.indices.min(by: { heard(observers[$0]) < heard(observers[$1]) }),
            now.since(heard(observers[oldest])) >= Pacing.observerKept
        else { return false }
        forget(observers.remove(at: oldest))
        return true
    }

    /// True where `id` may be sent so many bytes more in answer to what it asks; they are counted then.
    package mutating func spend(_ bytes: Int, on id: PeerID, at now: Instant) -> Bool {
        place(of: id).map { peers[$0].allowance.spend(bytes, at: now) } ?? false
    }

    /// Who claims a final height above one, validators first.
    func ahead(of height: Height) -> [(id: PeerID, height: Height, isValidator: Bool)] {
        everyone.compactMap { id in
            guard let peer = self[id], let claim = peer.summary?.finalHeight, claim > height else { return nil }
            return (id, claim, peer.index != nil)
        }
    }

    /// The median of how far the other validators' clocks are ahead, nil before a majority of them was heard.
    ///
    /// - Cost: sorts one number a validator.
    var clocksAhead: Int64? {
        let known = validators.compactMap { $0 == own ? nil : self[$0]?.clockAhead }.sorted()
        guard 2 * known.count > validators.count - 1, !known.isEmpty else { return nil }
        // Of two in the middle the one that says less: one liar among few must not raise an alarm.
        let (lower, upper) = (known[(known.count - 1) / 2], known[known.count / 2])
        return lower.magnitude < upper.magnitude ? lower : upper
    }

    mutating func raise(_ id: PeerID, to view: View) {
        guard let place = place(of: id), peers[place].view < view else { return }
        peers[place].view = view
    }
}
