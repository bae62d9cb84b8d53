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
/// - Spec: CONS-9 to CONS-24 (rules R1 to R9, R11, R12 of consensus.md 2.5).
package struct Voter: Sendable {
    /// What has happened.
    package enum Event: Sendable {
        case started
        indirect case proposalReceived(Verified<Proposal>)
        /// `base` is the attached notarization a nullification needs (CONS-14).
        case ballotReceived(Verified<Ballot>, base: Verified<QuorumCertificate>?)
        case certificateReceived(Verified<QuorumCertificate>)
        case nullityReceived(Verified<NullityCertificate>)
        /// The replica's word on a block it was asked to judge; `valid` means its payload is about to be
        /// durable.
        case judged(BlockID, valid: Bool)
        /// This validator's own header for the current view.
        indirect case drafted(Header)
        /// This validator leads the current view and cannot propose in it.
        case declined
        case demandChanged(Bool)
        case deadlinePassed(View)
        /// Which leaders nothing was heard of for so long that they are not worth waiting for (CONS-22).
        case suspected([Bool])
        /// Peers hold no vote of this validator that its record does not know of (CONS-18).
        case released
        /// Peers hold one: the record is not the newest there was (CONS-23).
        case disowned
        /// A quorum of others has never seen this validator beyond a view (CONS-23).
        case mayReturn(above: View)
    }

    /// What must now be done, in this order. What is large stands beside: an effect is moved about more than read.
    package enum Effect: Hashable, Sendable {
        /// Durable before any later effect leaves.
        indirect case persist(SafetyRecord)
        /// Sign, check, hand back as `ballotReceived`.
        case sign(Statement, View)
        /// Sign, check, hand back as `proposalReceived`.
        indirect case signProposal(Header, EntryCertificate, finality: QuorumCertificate?)
        case broadcast(Ballot, base: QuorumCertificate?)
        indirect case broadcastProposal(Proposal)
        /// Is this block available and valid?
        indirect case judge(Proposal)
        /// A quorum finalized a block, and with it all its ancestors.
        case finalized(QuorumCertificate)
        /// The timer of a view; arming it again replaces it.
        case arm(View, after: Instant.Span)
        indirect case accuse(Fault)
    }

    /// Something said about a view.
    struct Utterance: Hashable, Sendable {
        let statement: Statement
        let view: View
    }

    /// One act that somebody was accused of: a kind of statement in a view.
    struct Accusation: Hashable, Sendable {
        let kind: UInt8
        let view: View
    }

    package let context: VotingContext
    package let committee: Committee
    /// This node's place in the committee, nil for an observer, which never votes.
    package let me: ValidatorIndex?
    package internal(set) var record: SafetyRecord
    /// Length of a view's timer while nothing fails; the replica fits it to what it measures (CONS-16).
    package var viewMillis = Timing.viewMillis

    /// Whether a block is wanted, as it was last said.
    package internal(set) var demand = false
    /// True from a restart until peers have confirmed that the record is the newest: nothing new is said.
    package internal(set) var isHeldBack = false
    package internal(set) var pending: Verified<Proposal>?
    var tallies: [Tally] = []
    var finalities: FinalityTally
    /// Ballots of the current window as they came, kept as evidence against a second one.
    var seen: [Ballot] = []
    /// What was ordered to be signed and has not come back: only that is news to others (CONS-18).
    var unsigned: [Utterance] = []
    /// This validator's own newest ballots, signed: what it says again to who has not heard it.
    var own: [Ballot] = []
    /// What each validator was accused of in this epoch, at most `accusationsMax`: more convicts nobody more.
    var accused: [[Accusation]]
    /// Leaders not worth waiting for, by index.
    var suspects: [Bool]
    /// True while the timer that runs is that of a suspect and says nothing about the network.
    var timerIsShort = false
    /// Timers that ran out since the last finality; drives the back-off (CONS-16).
    package internal(set) var expired: UInt64 = 0
    var effects: [Effect] = []

    package init(context: VotingContext, committee: Committee, me: ValidatorIndex?, record: SafetyRecord) {
        precondition(record.epoch == committee.epoch, "a safety record belongs to one epoch")
        self.context = context
        self.committee = committee
        self.me = me
        self.record = record
        finalities = FinalityTally(committee: committee)
        suspects = Array(repeating: false, count: committee.count)
        accused = Array(repeating: [], count: committee.count)
    }

    @inlinable @inline(__always)
    package var view: View { record.view }

    /// True where this node may say something new.
    @inlinable @inline(__always)
    package var canSpeak: Bool {
        me != nil && (record.silence == nil || Mutant.speakWhileSilent.isOn) && !isHeldBack
    }

    /// The entry certificate of the current view and the newest notarization: what a proposal made now rests
    /// on (R3).
    ///
    /// A notarization of the view before that came after this view was entered leads into it by itself: a nullity
    /// cannot rest on its own view (found by the proof, `L-entry`).
    package var justification: EntryCertificate {
        guard case .nullity(let certificate) = record.entry else { return record.entry }
        if let high = record.highQC, high.view == certificate.view { return .quorum(high) }
        return .nullity(
            NullityCertificate(view: certificate.view, votes: certificate.votes, base: record.highQC))
    }

    /// True while this validator leads the current view and has not proposed in it.
    @inlinable @inline(__always)
    package var mayPropose: Bool {
        me == committee.leader(of: view) && record.proposed == nil && record.nullified == nil && canSpeak
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
        case .declined: if me == committee.leader(of: view), record.proposed == nil { nullify() }
        case .demandChanged(let demand): change(demand: demand)
        case .deadlinePassed(let view): expire(view)
        case .suspected(let suspects): suspect(suspects)
        case .released: release()
        case .disowned: fallSilent()
        case .mayReturn(let view): bound(silenceTo: view)
        }
        checkInvariants()
        defer { effects = [] }
        return effects
    }

    /// Orders a signature under something the record holds by now.
    mutating func say(_ statement: Statement, in view: View) {
        // A key device may take some views to answer; what it never answers does not pile up.
        if unsigned.count == Int(Timing.viewsAhead) { unsigned.removeFirst() }
        unsigned.append(Utterance(statement: statement, view: view))
        effects.append(.sign(statement, view))
    }

    /// What of the local invariants I1 to I5 (consensus.md section 3) one record shows broken; nil where all hold.
    @inline(__always)
    package var brokenInvariant: String? {
        if record.highQC?.view ?? .zero >= view { return "every known notarization lies below the current view" }
        if record.entry.view.next != view { return "the entry certificate leads into the current view" }
        if record.lastFinalize?.view ?? .zero > record.highQC?.view ?? .zero {
            return "a finalization rests on a notarization that is held"
        }
        if record.nullified ?? .zero > record.highQC?.view ?? .zero {
            return "the level of a nullification is a notarization that is held"
        }
        return nil
    }

    private func checkInvariants() {
        #if !MUTANTS
        // A broken one is a bug of this program, and the next vote could be a broken promise.
        if let broken = brokenInvariant { preconditionFailure("not so: \(broken)") }
        #endif
    }
}
