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
