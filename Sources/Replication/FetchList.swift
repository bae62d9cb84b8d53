// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi

/// Bodies this node lacks, and whom to ask for each when.
///
/// What is wanted is said anew in every step, so nothing is asked for longer than it is needed.
struct FetchList: Sendable {
    private struct Want: Sendable {
        let id: BlockID
        var signers: [Int]
        var attempts = 0
        var next: Instant
        var isStillWanted = true
    }

    private var wants: [Want] = []
    private var fresh: [(id: BlockID, signers: [Int])] = []

    mutating func begin() {
        fresh = []
        for index in wants.indices { wants[index].isStillWanted = false }
    }

    /// - Parameter signers: validators that must have it; empty where any may.
    mutating func want(_ id: BlockID, signers: [Int] = []) {
        if let place = wants.firstIndex(where: { $0.id == id }) {
            wants[place].isStillWanted = true
            if !signers.isEmpty { wants[place].signers = signers }
        } else if !fresh.contains(where: { $0.id == id }) {
            fresh.append((id, signers))
        }
    }

    func wants(_ id: BlockID) -> Bool { wants.contains { $0.id == id } || fresh.contains { $0.id == id } }

    /// Settles what is wanted; gives what to ask whom now, and when to look again.
    /// - Parameters:
    ///   - patience: how long something may take to come unasked.
    ///   - breadth: how many are asked at a time: one more than may lie.
    mutating func due(
        at now: Instant, patience: Instant.Span, breadth: Int, of count: Int
    ) -> (requests: [(id: BlockID, from: [Int])], again: Instant?) {
        wants.removeAll { !$0.isStillWanted }
        for want in fresh {
            wants.append(Want(id: want.id, signers: want.signers, next: now.advanced(by: patience)))
        }
        fresh = []
        var requests: [(id: BlockID, from: [Int])] = []
        for index in wants.indices where wants[index].next <= now {
            let want = wants[index]
            let pool = want.signers.isEmpty ? Array(0..<count) : want.signers
            // Each attempt begins where the one before ended, so that everybody is asked in the end.
            let start = (want.attempts * breadth + Int(want.id.digest.words.0 % UInt64(pool.count))) % pool.count
            requests.append((want.id, (0..<min(breadth, pool.count)).map { pool[(start + $0) % pool.count] }))
            wants[index].attempts += 1
            let wait = Pacing.fetch.nanoseconds << UInt64(min(want.attempts, 5))
            wants[index].next = now.advanced(by: .init(nanoseconds: min(wait, Pacing.fetchMax.nanoseconds)))
        }
        return (requests, wants.map(\.next).min())
    }
}

/// Catching up by ranges of final blocks: whom was asked, since when this node is behind, and who did not keep what
/// it claimed.
struct RangeQuest: Sendable {
    private struct Blame: Sendable {
        var count: UInt64
        var until: Instant
    }

    /// The last one asked, as long as its answer may come in time.
    private(set) var asked: PeerID?
    private(set) var askedAt: Instant?
    /// Whose range would still be taken, the last asked last: a link may be slow, and its answer is as good then.
    private var awaited: [PeerID] = []
    /// When each peer was last asked: it serves nothing that comes sooner than `Pacing.rangeSpacing` after.
    private var lastAsked: [PeerID: Instant] = [:]
    /// The greatest final height any peer ever told of.
    var highest = Height.zero
    /// Since when some peer claims to be ahead, and since when that is more than a liar's word; nil while not so.
    var aheadSince: Instant?
    var behindSince: Instant?
    /// Peers are asked in turn, so that one that does not answer costs one turn.
    private var turn = 0
    /// Who claimed a height and did not show it: asked again after twice as long each time. At most one a peer.
    private var blamed: [PeerID: Blame] = [:]

    /// The next of `peers` to ask, nil while all have failed, or were asked, too lately.
    mutating func next(of peers: [PeerID], at now: Instant) -> PeerID? {
        let fit = peers.filter { id in
            let isBlamed = blamed[id].map { now < $0.until } ?? false
            let isSpaced = lastAsked[id].map { now.since($0) >= Pacing.rangeSpacing } ?? true
            return !isBlamed && isSpaced
        }
        guard !fit.isEmpty else { return nil }
        let peer = fit[turn % fit.count]
        if lastAsked.count >= PeerBook.peersMax { lastAsked = [:] }
        (asked, askedAt, lastAsked[peer]) = (peer, now, now)
        awaited.removeAll { $0 == peer }
        if awaited.count >= Pacing.lateRangesMax { awaited.removeFirst() }
        awaited.append(peer)
        turn += 1
        return peer
    }

    func awaits(_ peer: PeerID) -> Bool { awaited.contains(peer) }

    /// A range came from a peer, in time or late.
    mutating func answered(by peer: PeerID) {
        awaited.removeAll { $0 == peer }
        if asked == peer { (asked, askedAt) = (nil, nil) }
    }

    mutating func advanced() { (aheadSince, behindSince) = (nil, nil) }

    /// Passes over the peer that was asked where its answer is late; one that still comes is taken and forgives it.
    /// - Returns: when the answer becomes late, nil where none is waited for.
    mutating func expire(at now: Instant) -> Instant? {
        guard let peer = asked, let askedAt else { return nil }
        let due = askedAt.advanced(by: Pacing.rangePatience)
        if now < due { return due }
        (asked, self.askedAt) = (nil, nil)
        blame(peer, since: askedAt)
        return nil
    }

    mutating func blame(_ peer: PeerID, since: Instant) {
        let count = (blamed[peer]?.count ?? 0) + 1
        let wait = Pacing.rangePatience.nanoseconds << Swift.min(count, 5)
        if blamed.count >= PeerBook.peersMax { blamed = [:] }
        blamed[peer] = Blame(count: count, until: since.advanced(by: .init(nanoseconds: wait)))
    }

    mutating func forgive(_ peer: PeerID) { blamed[peer] = nil }
}
