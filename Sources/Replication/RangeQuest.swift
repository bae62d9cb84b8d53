// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger

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
    /// Whose range would still be taken, and from which height on, the last asked last: a link may be slow, and its
    /// answer is as good then.
    private var awaited: [(peer: PeerID, start: Height)] = []
    /// When each peer was last asked: it serves nothing that comes sooner than `Pacing.rangeSpacing` after.
    private var lastAsked: [PeerID: Instant] = [:]
    /// No peer that is believed tells of a greater final height; at most this node's own where none is ahead, so what
    /// a liar said once is forgotten (SYNC-1).
    private(set) var highest = Height.zero
    /// Since when some peer claims to be ahead, and since when that is more than a liar's word; nil while not so.
    var aheadSince: Instant?
    var behindSince: Instant?
    /// Whether more validators than may lie are further ahead than `Pacing.catchingUp`.
    var isFar = false
    /// Peers are asked in turn, so that one that does not answer costs one turn.
    private var turn = 0
    /// Who claimed a height and did not show it: asked again after twice as long each time. At most one a peer.
    private var blamed: [PeerID: Blame] = [:]

    mutating func heard(of height: Height) { highest = max(highest, height) }

    /// Whether a peer's claims count for nothing now, because it did not show what it claimed.
    func isBlamed(_ peer: PeerID, at now: Instant) -> Bool { blamed[peer].map { now < $0.until } ?? false }

    /// The next of `peers` to ask from a height on, nil while all have failed, or were asked, too lately.
    mutating func next(of peers: [PeerID], from start: Height, at now: Instant) -> PeerID? {
        let fit = peers.filter { id in
            let isSpaced = lastAsked[id].map { now.since($0) >= Pacing.rangeSpacing } ?? true
            return !isBlamed(id, at: now) && isSpaced
        }
        guard !fit.isEmpty else { return nil }
        let peer = fit[turn % fit.count]
        if lastAsked.count >= PeerBook.peersMax { lastAsked = [:] }
        (asked, askedAt, lastAsked[peer]) = (peer, now, now)
        awaited.removeAll { $0 == (peer, start) }
        if awaited.count >= Pacing.lateRangesMax { awaited.removeFirst() }
        awaited.append((peer, start))
        turn += 1
        return peer
    }

    func awaits(_ peer: PeerID) -> Bool { awaited.contains { $0.peer == peer } }

    /// A range came from a peer, in time or late.
    /// - Returns: false where it does not begin where the peer was asked to.
    mutating func answered(by peer: PeerID, from start: Height?) -> Bool {
        let isAnswer = awaited.contains { $0.peer == peer && $0.start == start }
        awaited.removeAll { each in each.peer == peer && (!isAnswer || start.map { each.start <= $0 } ?? true) }
        if asked == peer { (asked, askedAt) = (nil, nil) }
        return isAnswer
    }

    /// The tip has risen: whoever still is behind is not so for want of asking.
    mutating func advanced() { aheadSince = nil }

    /// Nobody who is believed is ahead of a tip.
    mutating func arrived(at tip: Height) {
        highest = min(highest, tip)
        (aheadSince, behindSince, isFar) = (nil, nil, false)
    }

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
