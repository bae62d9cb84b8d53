// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger

/// One validator's voting in one epoch of one chain: Simplex-L, two rounds of votes and a way out of each
/// view.
///
/// Pure: the same events in the same order give the same effects on every machine. It counts ballots over
/// digests; what a block holds, whether it is valid and how a ballot is signed are questions it asks through
/// effects.
///
///     enter w ──proposal──► judge ──valid──► notarize ──quorum──► finalize, enter w+1
///        │                    └──invalid──┐                     (nothing else finalizes)
///        └────────timer──────────────────► nullify ──quorum──► enter w+1
///
/// A validator leaves a view by a certificate only, so rounds never drift apart; without a quorum nobody
/// moves. Level, in words: by nullifying v above level L a validator promises that it finalized nothing in
/// (L, v] and never will. It keeps the promise because it finalizes only while leaving a view it has not
/// nullified.
/// - Spec: CONS-9 to CONS-21 (rules R1 to R8, R11 of consensus.md 2.5).
package struct Voter: Sendable {
    /// What has happened.
    package enum Event: Sendable {
        case started
        case proposalReceived(Verified<Proposal>)
        /// `base` is the attached notarization a nullification needs (CONS-14).
        case ballotReceived(Verified<Ballot>, base: Verified<QuorumCertificate>?)
        case certificateReceived(Verified<QuorumCertificate>)
        case nullityReceived(Verified<NullityCertificate>)
        /// The replica's word on a block it was asked to judge; `valid` means its payload is about to be
        /// durable.
        case judged(BlockID, valid: Bool)
        /// This validator's own header for the current view.
        case drafted(Header)
        case demandChanged(Bool)
        case deadlinePassed(View)
    }

    /// What must now be done, in this order.
    package enum Effect: Hashable, Sendable {
        /// Durable before any later effect leaves.
        case persist(SafetyRecord)
        /// Sign, check, hand back as `ballotReceived`.
        case sign(Statement, View)
        /// Sign, check, hand back as `proposalReceived`.
        case signProposal(Header, EntryCertificate, finality: QuorumCertificate?)
        case broadcast(Ballot, base: QuorumCertificate?)
        case broadcastProposal(Proposal)
        /// Is this block available and valid?
        case judge(Proposal)
        /// A quorum finalized a block, and with it all its ancestors.
        case finalized(QuorumCertificate)
        /// The timer of a view; arming it again replaces it.
        case arm(View, after: Instant.Span)
        case accuse(Fault)
    }

    package let context: VotingContext
    package let committee: Committee
    /// This node's place in the committee, nil for an observer, which never votes.
    package let me: ValidatorIndex?
    package private(set) var record: SafetyRecord

    private var demand = false
    private var pending: Verified<Proposal>?
    private var tallies: [Tally] = []
    private var finalities: FinalityTally
    /// Ballots of the current window as they came, kept as evidence against a second one.
    private var seen: [Ballot] = []
    /// Timers that ran out since the last finality; drives the back-off (CONS-16).
    private var expired: UInt64 = 0
    private var effects: [Effect] = []

    package init(context: VotingContext, committee: Committee, me: ValidatorIndex?, record: SafetyRecord) {
        precondition(record.epoch == committee.epoch, "a safety record belongs to one epoch")
        self.context = context
        self.committee = committee
        self.me = me
        self.record = record
        finalities = FinalityTally(committee: committee)
    }

    package var view: View { record.view }
    /// The entry certificate of the current view and the newest notarization: what a proposal made now rests
    /// on (R3).
    package var justification: EntryCertificate {
        guard case .nullity(let certificate) = record.entry else { return record.entry }
        return .nullity(
            NullityCertificate(view: certificate.view, votes: certificate.votes, base: record.highQC))
    }
    /// True while this validator leads the current view and has not proposed in it.
    package var mayPropose: Bool {
        me == committee.leader(of: view) && record.proposed == nil && record.nullified == nil
    }

    /// Takes one event; never throws, never waits, never reads a clock.
    package mutating func step(_ event: Event) -> [Effect] {
        switch event {
        case .started: resume()
        case .proposalReceived(let proposal): receive(proposal)
        case .ballotReceived(let ballot, let base): receive(ballot.value, base: base?.value)
        case .certificateReceived(let certificate): absorb(certificate.value)
        case .nullityReceived(let certificate): absorb(certificate.value)
        case .judged(let block, let valid): judge(block, valid: valid)
        case .drafted(let header): propose(header)
        case .demandChanged(let demand): change(demand: demand)
        case .deadlinePassed(let view): expire(view)
        }
        checkInvariants()
        defer { effects = [] }
        return effects
    }

    // MARK: Certificates move views (R1, R2)

    private mutating func absorb(_ certificate: QuorumCertificate) {
        if certificate.view > record.highQC?.view ?? .zero { record.highQC = certificate }
        if certificate.kind == .finality, certificate.view > record.finality?.view ?? .zero {
            record.finality = certificate
            expired = 0
            finalities.forget(upTo: certificate.view)
            effects.append(.finalized(certificate))
        }
        if certificate.view >= view { leave(by: .quorum(certificate)) }
    }

    private mutating func absorb(_ certificate: NullityCertificate) {
        if let base = certificate.base { absorb(base) }
        if certificate.view >= view { leave(by: .nullity(certificate)) }
    }

    /// Enters the view after a certificate's. The only place that signs a finalization (CONS-11).
    private mutating func leave(by entry: EntryCertificate) {
        var finalization: SafetyRecord.FinalizeVote?
        if case .quorum(let certificate) = entry, certificate.kind == .notarization, me != nil,
            certificate.view > view || record.nullified == nil
        {
            finalization = SafetyRecord.FinalizeVote(view: certificate.view, block: certificate.block)
        }
        record.view = entry.view.next
        record.notarized = nil
        record.nullified = nil
        record.proposed = nil
        record.entry = entry
        if let finalization { record.lastFinalize = finalization }
        tallies.removeAll { $0.view < record.view }
        seen.removeAll { $0.view.value + 1 < record.view.value }
        if pending?.value.header.view ?? .zero < view { pending = nil }
        if let finalization {
            // Written before the vote is signed, so it cannot leave earlier (CONS-12).
            effects.append(.persist(record))
            effects.append(.sign(.finalize(finalization.block), finalization.view))
        }
        armTimer()
    }

    // MARK: Proposals (R3 to R5)

    private mutating func propose(_ header: Header) {
        guard mayPropose, header.view == view else { return }
        record.proposed = header
        // What the header rests on is written down with it: a newer notarization may come before a restart,
        // and the same header with another certificate would be no proposal at all (CONS-13).
        record.entry = justification
        // Its own draft is valid and its body is kept already: the vote for it is written down in the same record,
        // which spares a flush of the disk (CONS-12).
        record.notarized = header.id
        effects.append(.persist(record))
        effects.append(.signProposal(header, record.entry, finality: record.finality))
    }

    private mutating func receive(_ proposal: Verified<Proposal>) {
        let header = proposal.value.header
        guard header.view >= view else { return }
        if let earlier = pending, earlier.value.header.view == header.view {
            if earlier.digest != proposal.digest {
                effects.append(.accuse(.proposals(earlier.value, proposal.value)))
            }
            return
        }
        if let finality = proposal.value.finality { absorb(finality) }
        switch proposal.value.entry {
        case .epochStart: break
        case .quorum(let certificate): absorb(certificate)
        case .nullity(let certificate): absorb(certificate)
        }
        guard header.view == view else { return }
        pending = proposal
        if header.proposer == me { effects.append(.broadcastProposal(proposal.value)) }
        effects.append(.judge(proposal.value))
    }

    private mutating func judge(_ block: BlockID, valid: Bool) {
        guard let pending, pending.digest == block.digest, pending.value.header.view == view else { return }
        guard valid else { return nullify() }
        guard me != nil, record.notarized == nil || record.notarized == block else { return }
        if record.notarized == nil {
            record.notarized = block
            effects.append(.persist(record))
        }
        effects.append(.sign(.notarize(block), view))
    }

    // MARK: Giving up a view (R6)

    private mutating func nullify() {
        guard record.nullified == nil, me != nil else { return }
        let level = record.highQC?.view ?? .zero
        record.nullified = level
        effects.append(.persist(record))
        effects.append(.sign(.nullify(level: level), view))
    }

    private mutating func expire(_ expiredView: View) {
        guard expiredView == view, demand, record.nullified == nil else { return }
        expired += 1
        nullify()
    }

    private mutating func change(demand: Bool) {
        let arose = demand && !self.demand
        self.demand = demand
        if arose { armTimer() }
    }

    private mutating func armTimer() {
        guard demand, me != nil, record.nullified == nil else { return }
        effects.append(.arm(view, after: Timing.viewLength(expired: expired)))
    }

    // MARK: Ballots (R7)

    private mutating func receive(_ ballot: Ballot, base: QuorumCertificate?) {
        guard ballot.epoch == record.epoch else { return }
        if ballot.signer == me { effects.append(.broadcast(ballot, base: attachment(to: ballot))) }
        // Without this bound one liar's votes about views to come would drive out all others (CONS-21).
        guard ballot.view.value <= view.value + Timing.viewsAhead else { return }
        if case .finalize(let block) = ballot.statement {
            guard ballot.view > record.finality?.view ?? .zero else { return }
            guard note(ballot, finalities.count(block, in: ballot.view, by: ballot.signer, ballot.signature))
            else {
                return
            }
            if let certificate = finalities.certificate(of: block, in: ballot.view) { absorb(certificate) }
            return
        }
        guard ballot.view >= view else { return }
        if let base { absorb(base) }
        // The attachment may just have moved this node past the ballot's view.
        guard ballot.view >= view else { return }
        count(ballot)
    }

    private mutating func count(_ ballot: Ballot) {
        let place = place(of: ballot.view)
        switch ballot.statement {
        case .notarize(let block):
            let count = tallies[place].count(notarization: block, by: ballot.signer, ballot.signature)
            guard note(ballot, count) else { return }
            if let certificate = tallies[place].notarization(of: block) { absorb(certificate) }
        case .nullify(let level):
            // Without a notarization at its level a nullification would make a certificate nobody accepts
            // (CONS-14).
            guard record.highQC?.view ?? .zero >= level else { return }
            let count = tallies[place].count(nullificationAbove: level, by: ballot.signer, ballot.signature)
            guard note(ballot, count) else { return }
            if let certificate = tallies[place].nullity(base: record.highQC) { absorb(certificate) }
        case .finalize: preconditionFailure("finalizations are counted apart")
        }
    }

    /// True where a ballot was new; a conflicting one is evidence.
    private mutating func note(_ ballot: Ballot, _ count: Tally.Count) -> Bool {
        switch count {
        case .counted:
            seen.append(ballot)
            return true
        case .repeated: return false
        case .conflicting:
            let earlier = seen.first {
                $0.signer == ballot.signer && $0.view == ballot.view
                    && $0.statement.kind == ballot.statement.kind
            }
            if let earlier { effects.append(.accuse(.ballots(earlier, ballot))) }
            return false
        }
    }

    private func attachment(to ballot: Ballot) -> QuorumCertificate? {
        if case .nullify = ballot.statement { return record.highQC }
        return nil
    }

    private mutating func place(of view: View) -> Int {
        if let place = tallies.firstIndex(where: { $0.view == view }) { return place }
        tallies.append(Tally(view: view, committee: committee))
        return tallies.count - 1
    }

    // MARK: Restart (R11)

    /// Says again what the record says this validator has said; its own votes re-enter its own tallies
    /// (CONS-18).
    private mutating func resume() {
        guard me != nil else { return }
        if let vote = record.lastFinalize, vote.view > record.finality?.view ?? .zero {
            effects.append(.sign(.finalize(vote.block), vote.view))
        }
        if let header = record.proposed {
            effects.append(.signProposal(header, record.entry, finality: record.finality))
        }
        // The leader's own vote follows its proposal once that comes back signed.
        if let block = record.notarized, record.proposed == nil { effects.append(.sign(.notarize(block), view)) }
        if let level = record.nullified { effects.append(.sign(.nullify(level: level), view)) }
    }

    /// Local invariants I1 to I5 of consensus.md section 3, as far as one record shows them.
    private func checkInvariants() {
        precondition(
            record.highQC?.view ?? .zero < view, "every known notarization lies below the current view")
        precondition(record.entry.view.next == view, "the entry certificate leads into the current view")
        precondition(
            record.lastFinalize?.view ?? .zero <= record.highQC?.view ?? .zero,
            "a finalization rests on a notarization that is held")
        precondition(
            record.nullified ?? .zero <= record.highQC?.view ?? .zero,
            "the level of a nullification is a notarization that is held")
    }
}

extension Statement {
    /// Which of the three kinds this is, as its tag on the wire.
    var kind: UInt8 {
        switch self {
        case .notarize: 1
        case .finalize: 2
        case .nullify: 3
        }
    }
}
