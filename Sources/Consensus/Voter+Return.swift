// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger

// Coming back: after a restart, after losing the record, and for a peer that has missed something (R9, R11, R12).
extension Voter {
    // MARK: Restart

    /// Says again what the record says this validator has said; its own votes re-enter its own tallies
    /// (CONS-18).
    mutating func resume() {
        guard me != nil, record.silence == nil else { return }
        // Alone in its committee nobody else can hold a vote of this validator. A record that says nothing is no
        // exception: it may be new because the old one was thrown away.
        isHeldBack = committee.quorum > 1
        if !Mutant.forgetOwnVotes.isOn { repeatRecord() }
        armTimer()
    }

    private mutating func repeatRecord() {
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

    /// In a new epoch too, a validator that nobody has confirmed yet says nothing new.
    package mutating func holdBack() { isHeldBack = me != nil && committee.quorum > 1 }

    mutating func release() {
        guard isHeldBack else { return }
        isHeldBack = false
        if let pending { effects.append(.judge(pending.value)) }
        armTimer()
    }

    // MARK: A record that was lost

    /// True where a vote some peer holds of this validator is one its record cannot have forgotten.
    ///
    /// Views below the record's are left for good and say nothing; in its view and above each kind must be known.
    package func knows(_ said: Said) -> Bool {
        if max(said.notarized, said.nullified, said.finalized) > view { return false }
        if said.notarized == view, record.notarized == nil { return false }
        if said.nullified == view, record.nullified == nil { return false }
        return said.finalized <= record.lastFinalize?.view ?? .zero
    }

    /// The newest views in which this node holds a vote of each kind by a validator.
    package func said(by signer: ValidatorIndex) -> Said {
        var said = Said()
        for ballot in seen where ballot.signer == signer { said.note(ballot) }
        for vote in finalities.views(finalizedBy: signer) { said.finalized = max(said.finalized, vote.view) }
        return said
    }

    mutating func fallSilent() {
        guard me != nil, record.silence == nil else { return }
        isHeldBack = false
        record.silence = .unbounded
        own = []
        effects.append(.persist(record))
    }

    mutating func bound(silenceTo view: View) {
        guard record.silence == .unbounded else { return }
        record.silence = .through(view)
        effects.append(.persist(record))
        endSilence()
    }

    /// A notarization above everything the forgotten self can have voted on frees this validator (CONS-23).
    mutating func endSilence() {
        guard case .through(let bound) = record.silence, record.highQC?.view ?? .zero > bound else { return }
        record.silence = nil
        effects.append(.persist(record))
        armTimer()
    }

    // MARK: What a peer lacks

    /// Something to tell a peer that has missed it.
    package enum Reminder: Hashable, Sendable {
        case entry(EntryCertificate)
        case finality(QuorumCertificate)
        case proposal(Proposal)
        case ballot(Ballot, base: QuorumCertificate?)
    }

    /// What a peer in `view` that knows of finality up to `finality` lacks of what this validator holds (CONS-24).
    ///
    /// - Parameter isOld: this view has lasted long enough that votes in it may have been lost.
    /// - Returns: at most five messages, whatever was missed for however long.
    package func reminders(forPeerIn view: View, finality: View, isOld: Bool) -> [Reminder] {
        if Mutant.noAntiEntropy.isOn { return [] }
        var reminders: [Reminder] = []
        if view < self.view, record.entry != .epochStart { reminders.append(.entry(record.entry)) }
        if let newest = record.finality, finality < newest.view { reminders.append(.finality(newest)) }
        for ballot in own where ballot.statement.kind == Statement.finalizeKind && ballot.view > finality {
            reminders.append(.ballot(ballot, base: nil))
        }
        guard view <= self.view, isOld else { return reminders }
        // Signed by its leader, so anybody may pass it on.
        if let pending { reminders.append(.proposal(pending.value)) }
        for ballot in own where ballot.statement.kind != Statement.finalizeKind {
            reminders.append(.ballot(ballot, base: attachment(to: ballot)))
        }
        return reminders
    }
}

/// The newest views in which a validator was heard to vote, one a kind; zero for never.
package struct Said: Hashable, Sendable, Canonical {
    package var notarized = View.zero
    package var nullified = View.zero
    package var finalized = View.zero

    package init() {}

    mutating func note(_ ballot: Ballot) {
        switch ballot.statement {
        case .notarize: notarized = max(notarized, ballot.view)
        case .nullify: nullified = max(nullified, ballot.view)
        case .finalize: finalized = max(finalized, ballot.view)
        }
    }

    package func encode(into encoder: inout Encoder) {
        notarized.encode(into: &encoder)
        nullified.encode(into: &encoder)
        finalized.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        notarized = try View(from: &decoder)
        nullified = try View(from: &decoder)
        finalized = try View(from: &decoder)
    }
}
