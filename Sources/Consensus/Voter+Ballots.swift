// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger

// Counting what validators say, and noticing who contradicts itself (R7, R13).
extension Voter {
    mutating func receive(_ ballot: Ballot, base: QuorumCertificate?) {
        guard ballot.epoch == record.epoch else { return }
        if ballot.signer == me { announceIfNew(ballot) }
        // Without this bound one liar's votes about views to come would drive out all others (CONS-21).
        guard ballot.view.value <= view.value + Timing.viewsAhead || Mutant.rememberFarViews.isOn else { return }
        if case .finalize(let block) = ballot.statement { return count(finalizationOf: block, ballot) }
        guard ballot.view >= view else { return }
        if let base { absorb(base) }
        // The attachment may just have moved this node past the ballot's view.
        guard ballot.view >= view else { return }
        count(ballot)
    }

    /// Tells everybody what this validator said, and keeps it to say again. A copy of an old one, from whoever sends
    /// it, is not passed on: two that did so would never stop.
    private mutating func announceIfNew(_ ballot: Ballot) {
        let utterance = Voter.Utterance(statement: ballot.statement, view: ballot.view)
        guard let place = unsigned.firstIndex(of: utterance) else { return }
        unsigned.remove(at: place)
        own.removeAll { $0.statement.kind == ballot.statement.kind }
        own.append(ballot)
        effects.append(.broadcast(ballot, base: attachment(to: ballot)))
    }

    private mutating func count(finalizationOf block: BlockID, _ ballot: Ballot) {
        guard ballot.view > record.finality?.view ?? .zero else { return }
        guard note(ballot, finalities.count(block, in: ballot.view, by: ballot.signer, ballot.signature)) else {
            return
        }
        if let certificate = finalities.certificate(of: block, in: ballot.view) { absorb(certificate) }
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
            let isLeaders = ballot.signer == committee.leader(of: view) && ballot.view == view
            if let certificate = tallies[place].nullity(base: record.highQC) { return absorb(certificate) }
            // Who gives up its own view will not propose in it any more: nothing is left to wait for (CONS-22).
            if isLeaders, ballot.signer != me { nullify() }
        case .finalize: preconditionFailure("finalizations are counted apart")
        }
    }

    /// True where a ballot was new; a conflicting one is evidence.
    private mutating func note(_ ballot: Ballot, _ count: Tally.Count) -> Bool {
        switch count {
        case .counted:
            accuseOfBrokenPromise(ballot)
            seen.append(ballot)
            return true
        case .repeated: return false
        case .conflicting:
            let earlier = seen.first {
                $0.signer == ballot.signer && $0.view == ballot.view
                    && $0.statement.kind == ballot.statement.kind
            }
            if let earlier { accuse(.ballots(earlier, ballot), kind: ballot.statement.kind, in: ballot.view) }
            return false
        }
    }

    /// A finalization inside a span that its signer gave up convicts like two votes in one view (E2).
    private mutating func accuseOfBrokenPromise(_ ballot: Ballot) {
        for earlier in seen where earlier.signer == ballot.signer {
            if Fault.breaksPromise(earlier, ballot) || Fault.breaksPromise(ballot, earlier) {
                return accuse(.ballots(earlier, ballot), kind: Voter.promiseKind, in: ballot.view)
            }
        }
    }

    /// Hands evidence on, each act of each validator once and no more of one than convicts it many times over: a liar
    /// must not fill disks with its own guilt (CONS-19).
    mutating func accuse(_ fault: Fault, kind: UInt8, in view: View) {
        let culprit = fault.culprit.value
        let accusation = Accusation(kind: kind, view: view)
        guard accused[culprit].count < Timing.accusationsMax, !accused[culprit].contains(accusation) else { return }
        accused[culprit].append(accusation)
        effects.append(.accuse(fault))
    }

    /// Tag of a broken promise among accusations, beside the kinds of ballots and 0 for proposals.
    private static let promiseKind: UInt8 = 4

    func attachment(to ballot: Ballot) -> QuorumCertificate? {
        if case .nullify = ballot.statement { return record.highQC }
        return nil
    }

    private mutating func place(of view: View) -> Int {
        if let place = tallies.firstIndex(where: { $0.view == view }) { return place }
        tallies.append(Tally(view: view, committee: committee))
        return tallies.count - 1
    }

    /// How many ballots and tallies are remembered: what a flood may not grow (CONS-21).
    package var rememberedBallots: Int { seen.count }
    package var rememberedViews: Int { tallies.count }
}

extension Statement {
    /// Which of the three kinds this is, as its tag on the wire.
    var kind: UInt8 {
        switch self {
        case .notarize: 1
        case .finalize: Statement.finalizeKind
        case .nullify: 3
        }
    }

    static let finalizeKind: UInt8 = 2
}
