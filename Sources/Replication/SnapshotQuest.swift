// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import ShangMi
import Storage

/// How a node catches up by a state instead of blocks.
package struct SnapshotSettings: Sendable {
    /// A node that lags further behind looks for a snapshot.
    package let gap: UInt64
    /// What one part weighs that this node gives others, at most.
    package let chunkWeightMax: Int

    package init(gap: UInt64 = Pacing.snapshotGap, chunkWeightMax: Int = Limits.chunkWeightMax) {
        self.gap = gap
        self.chunkWeightMax = chunkWeightMax
    }
}

/// The search for a state to go on from: whom this node asked for what and when, and what it holds already.
///
/// ```
///       far behind          a good offer                  the last part
///  idle ─────────► asking ─────────────► assembling ─────────────────────► a new base; this run ends
///   ▲  ◄─ nobody has one ┘     nothing comes │ blocks overtook it
///   └────────────────────────────────────────┘
///   │ blocks reach the height of what lies in the store
///   └─────► dropping ─► idle
/// ```
///
/// What is installed stays in the store when a quest ends without success: the next one, of this run or a later, goes
/// on with it where the same state is offered. It holds execution up at its height and is dropped then.
struct SnapshotQuest<Store: KeyValueStore>: Sendable {
    enum Phase: Sendable { case idle, asking, assembling, dropping }

    /// A part that is missing, and who was asked for it.
    private struct Want: Sendable {
        let prefix: StatePrefix
        /// Whose answer would be taken.
        var awaited: [PeerID] = []
        /// Who was asked since everybody was.
        var tried: [PeerID] = []
        var askedAt: Instant?
    }

    /// The last thing a peer was asked for.
    private struct Ask: Sendable {
        let at: Instant
        var isOpen = true
    }

    let settings: SnapshotSettings
    private(set) var phase = Phase.idle
    private(set) var offer: CheckedOffer?
    var assembly: StateAssembly<Store>?
    /// A snapshot whose parts lie in the store while no quest is on: its version must not be executed over.
    private(set) var underWay: (version: UInt64, root: Digest)?
    /// True from the order to write something to the end of that step: the store cannot be asked about it sooner.
    var hasWritten = false

    private var progressAt = Instant(nanoseconds: 0)
    /// Since when parts are asked for, and what has come since.
    private var assemblingSince = Instant(nanoseconds: 0)
    private var bytesCome: UInt64 = 0
    private var restUntil: Instant?
    private var rest = Pacing.questRest
    /// Who was asked for an offer in this quest, the last one last.
    private var offerAskedOf: [PeerID] = []
    /// Whose offer would be taken: late ones too, for a link may be slow.
    private var offerAwaitedFrom: [PeerID] = []
    private var wants: [Want] = []
    private var areWantsStale = true
    private var asks: [PeerID: Ask] = [:]
    /// Peers that sent what they had no right to: asked last.
    private var blamed: [PeerID] = []
    /// Peers are asked in turn, also from one quest to the next.
    private var turn = 0

    init(_ settings: SnapshotSettings, underWay: (version: UInt64, root: Digest)?) {
        self.settings = settings
        self.underWay = underWay
    }

    var isOn: Bool { phase == .asking || phase == .assembling }

    /// Above this height an offer is worth taking: less would be fetched as blocks sooner.
    func offerMin(above tip: Height) -> UInt64 { tip.value + settings.gap / 2 }

    // MARK: From phase to phase

    func mayBegin(at now: Instant) -> Bool { restUntil.map { now >= $0 } ?? true }

    mutating func begin(at now: Instant) {
        phase = .asking
        progressAt = now
        (offerAskedOf, offerAwaitedFrom) = ([], [])
    }

    mutating func assemble(_ offer: CheckedOffer, in assembly: StateAssembly<Store>, at now: Instant) {
        phase = .assembling
        self.offer = offer
        self.assembly = assembly
        underWay = nil
        wants = []
        areWantsStale = true
        progressAt = now
        (assemblingSince, bytesCome) = (now, 0)
    }

    mutating func drop(_ assembly: StateAssembly<Store>) {
        phase = .dropping
        self.assembly = assembly
    }

    /// Back to idle.
    /// - Parameter left: what lies in the store of a snapshot.
    mutating func end(leaving left: (version: UInt64, root: Digest)?, at now: Instant) {
        if isOn {
            restUntil = now.advanced(by: rest)
            rest = min(.init(nanoseconds: rest.nanoseconds * 2), Pacing.questRestMax)
        }
        phase = .idle
        (offer, assembly, underWay) = (nil, nil, left)
        (wants, asks) = ([], [:])
    }

    func isHopeless(at now: Instant) -> Bool {
        if now.since(progressAt) >= Pacing.questPatience { return true }
        guard phase == .assembling else { return false }
        let seconds = now.since(assemblingSince).nanoseconds / 1_000_000_000
        let grace = 2 * Pacing.questPatience.nanoseconds / 1_000_000_000
        return seconds > grace + bytesCome / Pacing.questBytesPerSecond
    }

    /// Says that something of the snapshot was written.
    mutating func advance(by bytes: Int, at now: Instant) {
        bytesCome += UInt64(bytes)
        progressAt = now
        hasWritten = true
        areWantsStale = true
    }

    // MARK: Whom to ask

    /// The next to ask for an offer; nil where everybody was.
    mutating func nextForOffer(_ peers: [PeerID], at now: Instant) -> PeerID? {
        guard let peer = order(peers).first(where: { !offerAskedOf.contains($0) }) else { return nil }
        offerAskedOf.append(peer)
        offerAwaitedFrom.append(peer)
        note(peer, at: now)
        return peer
    }

    /// Until when the peer that was asked for an offer may answer.
    var offerDue: Instant? {
        guard let peer = offerAskedOf.last, offerAwaitedFrom.contains(peer) else { return nil }
        return asks[peer]?.at.advanced(by: Pacing.snapshotPatience)
    }

    func awaitsOffer(from peer: PeerID) -> Bool { phase == .asking && offerAwaitedFrom.contains(peer) }

    mutating func offerCame(from peer: PeerID) {
        offerAwaitedFrom.removeAll { $0 == peer }
        asks[peer]?.isOpen = false
    }

    /// True where the store is to be asked what is missing.
    var needsMissing: Bool { areWantsStale }

    mutating func want(_ missing: [StatePrefix]) {
        let known = wants
        wants = missing.map { prefix in known.first { $0.prefix == prefix } ?? Want(prefix: prefix) }
        areWantsStale = false
    }

    func awaits(_ place: SnapshotPlace, from peer: PeerID) -> Bool {
        phase == .assembling && place.height == offer?.offer.value.height
            && wants.contains { $0.prefix == place.prefix && $0.awaited.contains(peer) }
    }

    mutating func partCame(_ prefix: StatePrefix, from peer: PeerID) {
        asks[peer]?.isOpen = false
        guard let index = wants.firstIndex(where: { $0.prefix == prefix }) else { return }
        wants[index].awaited.removeAll { $0 == peer }
    }

    /// A peer sent what is not what it was asked for: another is asked at once.
    mutating func blame(_ peer: PeerID, for prefix: StatePrefix) {
        if !blamed.contains(peer) {
            if blamed.count >= PeerBook.observersMax + Limits.validatorsMax { blamed.removeFirst() }
            blamed.append(peer)
        }
        guard let index = wants.firstIndex(where: { $0.prefix == prefix }) else { return }
        wants[index].askedAt = nil
    }

    /// Gives what to ask whom now, and when to look again.
    mutating func due(_ peers: [PeerID], at now: Instant) -> (requests: [(StatePrefix, PeerID)], again: Instant) {
        var requests: [(StatePrefix, PeerID)] = []
        var again = now.advanced(by: Pacing.snapshotPatience)
        for index in wants.indices {
            if let at = wants[index].askedAt, now.since(at) < Pacing.snapshotPatience {
                again = min(again, at.advanced(by: Pacing.snapshotPatience))
            } else if let peer = choose(for: &wants[index], order(peers), at: now) {
                requests.append((wants[index].prefix, peer))
                wants[index].askedAt = now
                if !wants[index].awaited.contains(peer) { wants[index].awaited.append(peer) }
                note(peer, at: now)
            } else if !peers.isEmpty {
                again = min(again, now.advanced(by: Pacing.snapshotSpacing))
            }
        }
        return (requests, again)
    }

    /// The first that is free of those not asked for the part yet; the blamed only after all others.
    private func choose(for want: inout Want, _ peers: [PeerID], at now: Instant) -> PeerID? {
        let good = peers.filter { !blamed.contains($0) }
        var tried = want.tried
        var pool = good.filter { !tried.contains($0) }
        if pool.isEmpty { pool = peers.filter { !tried.contains($0) } }
        if pool.isEmpty { (tried, pool) = ([], good.isEmpty ? peers : good) }
        guard let peer = pool.first(where: { isFree($0, at: now) }) else { return nil }
        want.tried = tried + [peer]
        return peer
    }

    private func isFree(_ peer: PeerID, at now: Instant) -> Bool {
        guard let ask = asks[peer] else { return true }
        return now.since(ask.at) >= (ask.isOpen ? Pacing.snapshotPatience : Pacing.snapshotSpacing)
    }

    private mutating func note(_ peer: PeerID, at now: Instant) {
        asks[peer] = Ask(at: now)
        turn += 1
    }

    /// All of them, beginning with another each time, the blamed last.
    private func order(_ peers: [PeerID]) -> [PeerID] {
        guard !peers.isEmpty else { return [] }
        let start = turn % peers.count
        let turned = Array(peers[start...] + peers[..<start])
        return turned.filter { !blamed.contains($0) } + turned.filter { blamed.contains($0) }
    }
}
