// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger

// How a validator moves from view to view: by a certificate, or after giving a view up (R1, R2, R6).
extension Voter {
    // MARK: Certificates move views

    mutating func absorb(_ certificate: QuorumCertificate) {
        if certificate.view > record.highQC?.view ?? .zero { record.highQC = certificate }
        if certificate.kind == .finality, certificate.view > record.finality?.view ?? .zero {
            record.finality = certificate
            expired = 0
            finalities.forget(upTo: certificate.view)
            own.removeAll { $0.statement.kind == Statement.finalizeKind && $0.view <= certificate.view }
            effects.append(.finalized(certificate))
        }
        if certificate.view >= view { leave(by: .quorum(certificate)) }
        endSilence()
    }

    mutating func absorb(_ certificate: NullityCertificate) {
        if let base = certificate.base { absorb(base) }
        if certificate.view >= view { leave(by: .nullity(certificate)) }
    }

    /// Enters the view after a certificate's. The only place that signs a finalization (CONS-11).
    private mutating func leave(by entry: EntryCertificate) {
        var finalization: SafetyRecord.FinalizeVote?
        if case .quorum(let certificate) = entry, certificate.kind == .notarization, canSpeak,
            certificate.view > view || record.nullified == nil || Mutant.finalizeAfterNullify.isOn
        {
            finalization = SafetyRecord.FinalizeVote(view: certificate.view, block: certificate.block)
        }
        enter(by: entry)
        if let finalization {
            record.lastFinalize = finalization
            // Written before the vote is signed, so it cannot leave earlier (CONS-12).
            effects.append(.persist(record))
            say(.finalize(finalization.block), in: finalization.view)
        }
        armTimer()
    }

    private mutating func enter(by entry: EntryCertificate) {
        record.view = entry.view.next
        record.notarized = nil
        record.nullified = nil
        record.proposed = nil
        record.entry = entry
        tallies.removeAll { $0.view < record.view }
        seen.removeAll { $0.view.value + 1 < record.view.value }
        own.removeAll { $0.view < record.view && $0.statement.kind != Statement.finalizeKind }
        if pending?.value.header.view ?? .zero < view { pending = nil }
    }

    // MARK: Giving up a view

    mutating func nullify() {
        guard record.nullified == nil, canSpeak else { return }
        let level = Mutant.levelAlwaysZero.isOn ? .zero : record.highQC?.view ?? .zero
        record.nullified = level
        effects.append(.persist(record))
        say(.nullify(level: level), in: view)
    }

    mutating func expire(_ expiredView: View) {
        guard expiredView == view, demand, record.nullified == nil, canSpeak else { return }
        // A suspect's timer has no length and so nothing to say about how long rounds take.
        if !timerIsShort { expired += 1 }
        nullify()
        if Mutant.leaveByTimer.isOn {
            enter(by: .nullity(NullityCertificate(view: view, votes: [], base: record.highQC)))
            armTimer()
        }
    }

    mutating func change(demand: Bool) {
        let arose = demand && !self.demand
        self.demand = demand
        if arose { armTimer() }
    }

    /// Length of the current view's timer, in milliseconds.
    package var timerMillis: UInt64 { Timing.viewMillis(base: viewMillis, expired: expired) }

    mutating func armTimer() {
        guard demand, canSpeak, record.nullified == nil else { return }
        timerIsShort = suspects[committee.leader(of: view).value]
        effects.append(.arm(view, after: timerIsShort ? .milliseconds(0) : .milliseconds(timerMillis)))
    }

    /// A leader nothing was heard of is passed over at once, also where its view began before the suspicion (CONS-22).
    mutating func suspect(_ suspects: [Bool]) {
        guard suspects.count == committee.count, suspects != self.suspects else { return }
        let leader = committee.leader(of: view).value
        let isNew = suspects[leader] && !self.suspects[leader]
        self.suspects = suspects
        if isNew { armTimer() }
    }
}
