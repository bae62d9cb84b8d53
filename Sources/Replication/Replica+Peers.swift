// SPDX-License-Identifier: Apache-2.0
package import Bedrock
import Consensus
import Ledger
import ShangMi
import Storage

// What others say, what they lack, who is silent (R7, R9, 2.6).
extension Replica {
    // MARK: Taking messages in

    mutating func receive(_ message: CheckedMessage, from peer: PeerID) throws(StoreError) {
        guard peers.hear(peer, at: now.instant) else { return }
        switch message.content {
        case .summary(let summary): return try take(summary, from: peer)
        case .body(let body, let ids): return take(body, ids, from: peer)
        case .brokenBody(let header): return noteBroken(header, from: peer)
        case .outline(let header, let ids): return take(header, ids)
        case .bodyRequest(let id): return try serveBody(id, to: peer)
        case .transactions(let transactions): return try take(transactions)
        case .blocksRequest(let height): return try serveRange(from: height, to: peer)
        case .snapshotRequest: return try serveOffer(to: peer)
        case .snapshotOffer(let offer): return try take(offer, from: peer)
        case .chunkRequest(let place): return try serveChunk(place, to: peer)
        case .chunk(let place, let bytes): return try take(bytes, at: place, from: peer)
        case .proposal, .ballot, .certificate, .nullity, .blocks, .returnRequest, .returnReport: break
        }
        // Certificates do not name their epoch, so a check made before an epoch's end says nothing after it.
        guard message.epoch == committee.epoch else { return }
        switch message.content {
        case .proposal(let proposal):
            peers.raise(peer, to: proposal.value.header.view)
            try vote(.proposalReceived(proposal))
        case .ballot(let ballot, let base):
            raise(ballot.value)
            try vote(.ballotReceived(ballot, base: base))
        case .certificate(let certificate): try vote(.certificateReceived(certificate))
        case .nullity(let certificate): try vote(.nullityReceived(certificate))
        case .blocks(let range, let ids, let certificate): try take(range, ids, certificate, from: peer)
        case .returnRequest(let instance): report(to: peer, instance)
        case .returnReport(let report): try take(report, from: peer)
        default: break
        }
    }

    private mutating func raise(_ ballot: Ballot) {
        var view = ballot.view
        if case .finalize = ballot.statement { view = view.next }
        peers.raise(peers.validators[ballot.signer.value], to: view)
    }

    // MARK: Where everybody stands

    @inline(__always)
    private func summary(for peer: PeerID, isHello: Bool) -> Summary {
        var heard: Summary.Heard?
        if let known = peers[peer], let theirs = known.summary {
            let held = theirs.isHello && theirs.epoch == committee.epoch
            // Without a look at its votes nothing is confirmed.
            heard =
                !held
                ? nil
                : Summary.Heard(
                    instance: theirs.instance, ballots: known.index.map { voter.ballots(of: $0) } ?? [])
        }
        return Summary(
            epoch: committee.epoch, view: voter.record.view, finality: voter.record.finality?.view ?? .zero,
            finalHeight: tip.height, executedHeight: executed.height, clock: now.wall, instance: instance,
            isHello: isHello, heard: heard)
    }

    /// A link is up.
    mutating func meet(_ peer: PeerID) throws(StoreError) {
        peers[peer]?.isUnlinked = false
        greet(peer, hello: true)
        try passOverTheSilent()
    }

    /// A link has ended: a process that died says nothing, but its host closes what it held, long before silence would
    /// tell.
    mutating func part(from peer: PeerID) throws(StoreError) {
        peers[peer]?.isUnlinked = true
        try passOverTheSilent()
    }

    mutating func greet(_ peer: PeerID, hello: Bool) {
        guard peer != peers.own else { return }
        let isHello = hello || voter.isHeldBack
        effects.append(.send(.peer(peer), .summary(summary(for: peer, isHello: isHello))))
    }

    /// Once a second: says where this node stands, what its clients wait for, and notices who is silent.
    mutating func tellEveryone() throws(StoreError) {
        for peer in peers.everyone { greet(peer, hello: false) }
        repeatTransactions()
        try askForReports()
        try passOverTheSilent()
        compareClocks()
        arm(.summary, after: Pacing.summary)
    }

    /// Blocks are brought to validators; an observer is told that there are some, and asks (SYNC-11).
    mutating func bringNews() {
        guard !hasNews, !peers.observers.isEmpty else { return }
        hasNews = true
        effects.append(.arm(.news, at: max(newsFrom ?? now.instant, now.instant)))
    }

    mutating func tellObservers() {
        hasNews = false
        newsFrom = now.instant.advanced(by: Pacing.news)
        for peer in peers.observers where peers[peer]?.summary?.finalHeight ?? .zero < tip.height {
            greet(peer, hello: false)
        }
    }

    /// Whether this node keeps step with its quorum: enough validators were heard of lately, and not more than f of
    /// them have been ahead of it for long.
    /// - Spec: SYNC-10.
    package func isInStep(at instant: Instant) -> Bool {
        let heard = peers.validators.count { id in
            guard id != peers.own else { return true }
            guard let peer = peers[id], peer.summary != nil else { return false }
            return instant.since(peer.heard) <= Pacing.suspicion
        }
        guard heard >= committee.quorum, closing == nil else { return false }
        return ranges.behindSince.map { instant.since($0) < Pacing.stepPatience } ?? true
    }

    /// By how many milliseconds the validators' clocks are ahead of this node's, in the middle of them; nil where too
    /// few were heard (CONS-28).
    package var clocksAhead: Int64? { peers.clocksAhead }

    /// A leader that is not heard, or not linked, or says that it is far behind, while a quorum is none of these, will
    /// not propose: its views are not waited for (CONS-22).
    private mutating func passOverTheSilent() throws(StoreError) {
        var suspects = peers.validators.map { id in
            guard id != peers.own, let peer = peers[id] else { return false }
            return peer.isUnlinked || peer.isFarBehind || now.instant.since(peer.heard) > Pacing.suspicion
        }
        let awake = suspects.reduce(0) { $0 + ($1 ? 0 : 1) }
        if awake < committee.quorum { suspects = suspects.map { _ in false } }
        try vote(.suspected(suspects))
    }

    /// Says so where this node's clock is off by half of what validators tolerate, while it still works (CONS-28).
    private mutating func compareClocks() {
        guard let ahead = peers.clocksAhead else { return }
        let isOff = ahead.magnitude > committee.parameters.clockToleranceMillis / 2
        guard isOff != isClockOff else { return }
        isClockOff = isOff
        effects.append(.note(.clockOff(millis: isOff ? ahead : nil)))
    }

    private mutating func take(_ summary: Summary, from peer: PeerID) throws(StoreError) {
        guard var known = peers[peer] else { return }
        known.summary = summary
        known.clockAhead = Int64(summary.clock.value) - Int64(now.wall.value)
        ranges.heard(of: summary.finalHeight)
        let mayAnswer = known.greeted.map { now.instant.since($0) >= Pacing.service } ?? true
        if summary.isHello, mayAnswer { known.greeted = now.instant }
        let isFarBehind = summary.finalHeight.value + Pacing.catchingUp < tip.height.value
        let isNews = known.index != nil && known.isFarBehind != isFarBehind
        known.isFarBehind = isFarBehind
        peers[peer] = known
        if isNews { try passOverTheSilent() }
        // An answer must not itself ask: two nodes that have both just started would never fall silent.
        if summary.isHello, mayAnswer {
            effects.append(.send(.peer(peer), .summary(self.summary(for: peer, isHello: false))))
        }
        guard summary.epoch == committee.epoch else { return }
        peers.raise(peer, to: summary.view)
        if let index = known.index, let heard = summary.heard, heard.instance == instance {
            try take(heard.ballots, from: index)
        }
        remind(peer, view: summary.view, finality: summary.finality)
    }

    /// After a restart: peers say what they have heard this validator vote (R11).
    private mutating func take(_ ballots: [Ballot], from index: ValidatorIndex) throws(StoreError) {
        guard voter.isHeldBack else { return }
        let own = ballots.filter { $0.signer == voter.me }
        guard own.allSatisfy({ voter.knows($0) }) else {
            effects.append(.note(.recordLost))
            return try vote(.disowned)
        }
        confirmations.insert(index.value)
        if confirmations.count >= committee.quorum - 1 { try vote(.released) }
    }

    // MARK: What others lack

    /// Sends a peer what its summary shows that it lacks: a bounded amount, whatever it missed (R9).
    private mutating func remind(_ peer: PeerID, view: View, finality: View) {
        if let last = peers[peer]?.reminded, now.instant.since(last) < Pacing.reminder { return }
        let isOld = now.instant.since(viewClock.began) >= Pacing.viewIsOld
        let reminders = voter.reminders(forPeerIn: view, finality: finality, isOld: isOld)
        guard !reminders.isEmpty else { return }
        peers[peer]?.reminded = now.instant
        for reminder in reminders {
            if let message = message(reminder) { effects.append(.send(.peer(peer), message)) }
        }
    }

    private func message(_ reminder: Voter.Reminder) -> PeerMessage? {
        switch reminder {
        case .entry(let entry): message(entry)
        case .finality(let certificate): .certificate(committee.epoch, certificate)
        case .proposal(let proposal): .proposal(proposal)
        case .ballot(let ballot, let base): .ballot(ballot, base: base)
        }
    }

    @inline(__always)
    private func message(_ entry: EntryCertificate) -> PeerMessage? {
        switch entry {
        case .epochStart: nil
        case .quorum(let certificate): .certificate(committee.epoch, certificate)
        case .nullity(let certificate): .nullity(committee.epoch, certificate)
        }
    }

    /// Sets clock and relay for a view just entered.
    mutating func followView() {
        guard voter.record.view != clockedView else { return }
        var byQuorum = false
        if case .quorum = voter.record.entry { byQuorum = true }
        viewClock.enter(at: now.instant, byQuorum: byQuorum && clockedView != .zero, hadDemand: true)
        voter.viewMillis = viewClock.viewMillis
        clockedView = voter.record.view
        if tellsAnybody() { arm(.relay, after: Pacing.relay) }
    }

    /// Who is not known to be in this view by now is shown the way into it (R2).
    mutating func relayEntry() {
        guard voter.me != nil, let entry = message(voter.record.entry) else { return }
        for peer in peers.validators where peer != peers.own && peers[peer]?.view ?? .zero < voter.record.view {
            effects.append(.send(.peer(peer), entry))
        }
    }
}
