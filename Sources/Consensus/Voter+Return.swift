// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger

// Coming back: after a restart, after losing the record, and for a peer that has missed something (R9, R11, R12).
extension Voter {
    // MARK: Restart

    /// Says again what the record says this validator has said; its own votes re-enter its own tallies
    /// (CONS-18).
    mutating func resume() {
        guard me != nil else { return }
        if case .through = record.silence {
            // The bound was that of an earlier run; this record may be older than what was said after it.
            record.silence = .unbounded
            effects.append(.persist(record))
        }
        guard record.silence == nil else { return }
        // Alone in its committee nobody else can hold a vote of this validator. A record that says nothing is no
        // exception: it may be new because the old one was thrown away.
        isHeldBack = committee.quorum > 1
        if !Mutant.forgetOwnVotes.isOn { repeatRecord() }
        armTimer()
    }

    private mutating func repeatRecord() {
        if let vote = record.lastFinalize, vote.view > record.finality?.view ?? .zero {
            say(.finalize(vote.block), in: vote.view)
        }
        if let header = record.proposed {
            effects.append(.signProposal(header, record.entry, finality: record.finality))
        }
        // The leader's own vote follows its proposal once that comes back signed.
        if let block = record.notarized, record.proposed == nil { say(.notarize(block), in: view) }
        if let level = record.nullified { say(.nullify(level: level), in: view) }
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

    /// True where a vote of this validator that some peer holds is one its record knows of, or may have forgotten.
    ///
    /// Views below the record's are left for good and say nothing; in its view and above each vote must be known.
    package func knows(_ ballot: Ballot) -> Bool {
        switch ballot.statement {
        case .notarize(let block): ballot.view < view || ballot.view == view && record.notarized == block
        case .nullify(let level): ballot.view < view || ballot.view == view && record.nullified == level
        case .finalize: ballot.view <= record.lastFinalize?.view ?? .zero
        }
    }

    /// The newest ballots of each kind that this node holds of a validator: proof of what it was heard to say.
    package func ballots(of signer: ValidatorIndex) -> [Ballot] {
        var newest: [Ballot] = []
        for ballot in seen where ballot.signer == signer && ballot.statement.kind != Statement.finalizeKind {
            if let place = newest.firstIndex(where: { $0.statement.kind == ballot.statement.kind }) {
                if newest[place].view < ballot.view { newest[place] = ballot }
            } else {
                newest.append(ballot)
            }
        }
        if let vote = finalities.newest(by: signer) {
            newest.append(
                Ballot(
                    epoch: record.epoch, view: vote.view, statement: .finalize(vote.block), signer: signer,
                    signature: vote.signature))
        }
        return newest
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
