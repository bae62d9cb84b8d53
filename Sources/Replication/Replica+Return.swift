// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Storage

// A validator whose record is lost: how it finds out from when on it cannot contradict itself (R12, CONS-23).
extension Replica {
    mutating func askForReports() throws(StoreError) {
        guard voter.me != nil, voter.record.silence == .unbounded else { return }
        if Mutant.rejoinAtOnce.isOn { return try vote(.mayReturn(above: .zero)) }
        tellValidators(.returnRequest(committee.epoch, instance: instance))
    }

    /// Answers a validator that lost its record. Who is silent itself may have forgotten the same, and says nothing.
    mutating func report(to peer: PeerID, _ instance: UInt64) {
        guard voter.me != nil, voter.record.silence == nil, peers[peer]?.index != nil else { return }
        let report = ReturnReport(
            epoch: committee.epoch, instance: instance, view: voter.record.view, entry: voter.record.entry,
            isClosing: mayBeClosing)
        answer(peer, .returnReport(report), bytes: PeerMessage.urgentBytesMax / 4)
    }

    /// True where the epoch may be over already for somebody: then its votes are no bound on what was said.
    private var mayBeClosing: Bool {
        if closing != nil || executed.pending != nil { return true }
        guard let high = voter.record.highQC, high.block != tipID else { return false }
        guard case .whole(let path) = tree.branch(from: high.block, to: tipID, at: tip.height) else {
            return isBehindFinality || high.view > tip.view
        }
        return path.contains { $0.header.nextCommittee != nil }
    }

    /// Once a quorum of others has reported, no view above all of theirs can have been voted in before.
    mutating func take(_ report: ReturnReport, from peer: PeerID) throws(StoreError) {
        guard voter.record.silence == .unbounded, report.instance == instance, let index = peers[peer]?.index,
            index != voter.me
        else { return }
        reports[index.value] = report.isClosing ? nil : report.view
        guard reports.count >= committee.quorum else { return }
        // The order in which the greatest is found does not matter.
        guard let highest = reports.values.max() else { return }
        try vote(.mayReturn(above: highest.next))
        reports = [:]
    }
}
