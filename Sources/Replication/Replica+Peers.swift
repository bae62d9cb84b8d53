// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import ShangMi
import Storage

// What others say, what they lack, who is silent (R7, R9, 2.6).
extension Replica {
    // MARK: Taking messages in

    /// Whether a message is worth checking signatures for: asked before that is paid.
    /// - Returns: nil where it is.
    /// - Cost: comparisons and one or two look-ups.
    /// - Spec: PEER-4.
    package func refusal(of message: PeerMessage, from peer: PeerID) -> MessageRefusal? {
        let isValidator = peers[peer]?.index != nil
        switch message {
        case .proposal(let proposal):
            let header = proposal.header
            guard header.chain == voter.context.chain else { return .otherChain }
            guard header.epoch == committee.epoch else { return .otherEpoch }
            guard header.view >= voter.view else { return .stale }
            if let pending = voter.pending, pending.value == proposal { return .stale }
        case .ballot(let ballot, _):
            guard ballot.epoch == committee.epoch else { return .otherEpoch }
            guard committee[ballot.signer] != nil else { return .stranger }
            guard ballot.view.value <= voter.view.value + Timing.viewsAhead || Mutant.rememberFarViews.isOn else {
                return .farAhead
            }
            // Not counted; what its sender lacks it is told when it next says where it stands.
            if case .finalize = ballot.statement {
                if ballot.view <= voter.record.finality?.view ?? .zero { return .stale }
            } else if ballot.view < voter.view {
                return .stale
            }
        case .certificate(let epoch, let certificate):
            guard epoch == committee.epoch || Mutant.oldEpochCertificates.isOn else { return .otherEpoch }
            let isNews =
                certificate.view >= voter.view
                || certificate.kind == .finality && certificate.view > voter.record.finality?.view ?? .zero
            guard isNews else { return .stale }
        case .nullity(let epoch, let certificate):
            guard epoch == committee.epoch else { return .otherEpoch }
            guard certificate.view >= voter.view else { return .stale }
        case .body(let block):
            guard block.header.chain == voter.context.chain else { return .otherChain }
            guard isWanted(block) else { return .unwanted }
        case .blocks(let range):
            guard ranges.asked == peer else { return .unwanted }
            guard range.epoch == committee.epoch else { return .otherEpoch }
        case .returnRequest: guard isValidator else { return .stranger }
        case .returnReport:
            guard isValidator else { return .stranger }
            guard voter.record.silence == .unbounded else { return .unwanted }
        case .transactions: guard isValidator || peers.observers.contains(peer) else { return .stranger }
        case .snapshotOffer: guard quest.awaitsOffer(from: peer) else { return .unwanted }
        case .chunk(let place, _): guard quest.awaits(place, from: peer) else { return .unwanted }
        case .summary, .outline, .bodyRequest, .blocksRequest, .snapshotRequest, .chunkRequest: break
        }
        return nil
    }

    mutating func receive(_ message: CheckedMessage, from peer: PeerID) throws(StoreError) {
        guard peers.hear(peer, at: now.instant) else { return }
        switch message.content {
        case .summary(let summary): return try take(summary, from: peer)
        case .body(let body, let ids): return take(body, ids, from: peer)
        case .brokenBody(let id): return noteBroken(id)
        case .outline(let header, let ids): return take(header, ids)
        case .bodyRequest(let id): return serveBody(id, to: peer)
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

    private func summary(for peer: PeerID, isHello: Bool) -> Summary {
        var heard: Summary.Heard?
        if let known = peers[peer], let theirs = known.summary {
            let held = theirs.isHello && theirs.epoch == committee.epoch
            // Without a look at its votes nothing is confirmed.
            heard = !held ? nil : Summary.Heard(
                instance: theirs.instance, ballots: known.index.map { voter.ballots(of: $0) } ?? [])
        }
        return Summary(
            epoch: committee.epoch, view: voter.view, finality: voter.record.finality?.view ?? .zero,
            finalHeight: tip.height, executedHeight: executed.height, clock: now.wall, instance: instance,
            isHello: isHello, heard: heard)
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
        try suspectTheSilent()
        arm(.summary, after: Pacing.summary)
    }

    /// What clients gave to this node, and, where nothing moves, what waits longest whoever brought it: those that had
    /// it too may have forgotten it, and a node that alone has demand cannot leave its view.
    private mutating func repeatTransactions() {
        var waiting = ownTransactions.prefix(Pacing.repeatedTransactionsMax).compactMap { mempool[$0]?.value }
        if now.instant.since(viewClock.began) >= Pacing.standstill {
            let own = ownTransactions.members
            waiting += mempool.oldest(Pacing.repeatedTransactionsMax).filter { !own.contains($0.id) }.map(\.value)
        }
        if !waiting.isEmpty { tellValidators(.transactions(waiting)) }
    }

    /// A leader that is not heard while a quorum is will not propose: its views are not waited for (CONS-22).
    private mutating func suspectTheSilent() throws(StoreError) {
        var suspects = peers.validators.map { id in
            id != peers.own && now.instant.since(peers[id]?.heard ?? now.instant) > Pacing.suspicion
        }
        let awake = suspects.reduce(0) { $0 + ($1 ? 0 : 1) }
        if awake < committee.quorum { suspects = suspects.map { _ in false } }
        try vote(.suspected(suspects))
    }

    private mutating func take(_ summary: Summary, from peer: PeerID) throws(StoreError) {
        guard var known = peers[peer] else { return }
        known.summary = summary
        ranges.highest = max(ranges.highest, summary.finalHeight)
        let mayAnswer = known.greeted.map { now.instant.since($0) >= Pacing.service } ?? true
        if summary.isHello, mayAnswer { known.greeted = now.instant }
        peers[peer] = known
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
        for reminder in reminders { effects.append(.send(.peer(peer), message(reminder))) }
    }

    private func message(_ reminder: Voter.Reminder) -> PeerMessage {
        switch reminder {
        case .entry(let entry): message(entry) ?? .bodyRequest(tipID)
        case .finality(let certificate): .certificate(committee.epoch, certificate)
        case .proposal(let proposal): .proposal(proposal)
        case .ballot(let ballot, let base): .ballot(ballot, base: base)
        }
    }

    private func message(_ entry: EntryCertificate) -> PeerMessage? {
        switch entry {
        case .epochStart: nil
        case .quorum(let certificate): .certificate(committee.epoch, certificate)
        case .nullity(let certificate): .nullity(committee.epoch, certificate)
        }
    }

    /// Sets clock and relay for a view just entered.
    mutating func followView() {
        guard voter.view != clockedView else { return }
        var byQuorum = false
        if case .quorum = voter.record.entry { byQuorum = true }
        viewClock.enter(at: now.instant, byQuorum: byQuorum && clockedView != .zero, hadDemand: true)
        voter.viewMillis = viewClock.viewMillis
        clockedView = voter.view
        if tellsAnybody() { arm(.relay, after: Pacing.relay) }
    }

    /// Who is not known to be in this view by now is shown the way into it (R2).
    mutating func relayEntry() {
        guard voter.me != nil, let entry = message(voter.record.entry) else { return }
        for peer in peers.validators where peer != peers.own && peers[peer]?.view ?? .zero < voter.view {
            effects.append(.send(.peer(peer), entry))
        }
    }
}
