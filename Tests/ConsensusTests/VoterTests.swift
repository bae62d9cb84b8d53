// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import ShangMi
import Testing

@Suite struct VoterTests {
    private let paper = PaperCommittee(4)

    private func voter(_ me: Int, _ record: SafetyRecord = SafetyRecord(startOf: .zero)) -> Voter {
        Voter(context: paper.context, committee: paper.committee, me: ValidatorIndex(me), record: record)
    }

    private func ballot(_ statement: Statement, _ view: UInt64, by signer: Int) throws -> Voter.Event {
        let ballot = paper.ballot(statement, View(view), by: ValidatorIndex(signer))
        return .ballotReceived(try #require(paper.verified(ballot)), base: nil)
    }

    private func notarization(_ block: BlockID, _ view: UInt64) throws -> Verified<QuorumCertificate> {
        let seals = (0..<3).map { index in
            QuorumCertificate.Seal(
                signer: ValidatorIndex(index),
                signature: paper.ballot(.notarize(block), View(view), by: ValidatorIndex(index)).signature)
        }
        let certificate = QuorumCertificate(
            kind: .notarization, view: View(view), block: block, signatures: seals)
        return try #require(paper.verified(certificate))
    }

    @Test(
        "what is signed names its kind, the committee and all that fixes its meaning (CONS-1, CONS-3, CONS-4)"
    )
    func signedBytes() {
        let block = BlockID(SM3.hash([1]))
        let start = Array("JDB1".utf8) + paper.context.chain.digest.bytes + Epoch.zero.encoded
        let bytes = start + paper.context.committee.digest.bytes + View(7).encoded
        #expect(
            paper.context.signedMessage(.notarize(block), view: View(7)) == bytes + [1] + block.digest.bytes)
        #expect(
            paper.context.signedMessage(.finalize(block), view: View(7)) == bytes + [2] + block.digest.bytes)
        #expect(
            paper.context.signedMessage(.nullify(level: View(3)), view: View(7))
                == bytes + [3] + View(3).encoded)
        #expect(
            paper.context.signedProposal(block)
                == Array("JDP1".utf8) + paper.context.committee.digest.bytes + block.digest.bytes)
    }

    @Test("one liar's finalizations of views to come do not drive out the honest ones (CONS-21)")
    func farFinalizations() throws {
        var voter = voter(0)
        let block = BlockID(SM3.hash([1]))
        for view in 100..<200 as Range<UInt64> { _ = voter.step(try ballot(.finalize(block), view, by: 3)) }
        _ = voter.step(.certificateReceived(try notarization(block, 1)))
        var effects: [Voter.Effect] = []
        for signer in 0..<3 { effects += voter.step(try ballot(.finalize(block), 1, by: signer)) }
        #expect(
            effects.contains { if case .finalized(let final) = $0 { final.block == block } else { false } })
    }

    @Test("after a restart a proposal rests on what it rested on, whatever has been learned since (CONS-13)")
    func sameProposal() throws {
        var disk = SafetyRecord(startOf: .zero)
        // Number 3 leads view 3; it enters by a nullity of view 2, knowing no notarization.
        var leader = voter(3)
        for view in 1...2 as ClosedRange<UInt64> {
            for signer in 0..<3 { _ = leader.step(try ballot(.nullify(level: .zero), view, by: signer)) }
        }
        #expect(leader.view == View(3) && leader.mayPropose)
        let header = paper.header(View(3), Height(1), on: nil)
        for effect in leader.step(.drafted(header)) {
            if case .persist(let record) = effect { disk = record }
        }
        // A notarization of view 1 arrives late, and the next vote writes it down.
        _ = leader.step(.certificateReceived(try notarization(BlockID(SM3.hash([1])), 1)))
        _ = leader.step(.demandChanged(true))
        for effect in leader.step(.deadlinePassed(View(3))) {
            if case .persist(let record) = effect { disk = record }
        }
        #expect(disk.highQC != nil)
        var again = voter(3, try SafetyRecord(decoding: disk.encoded))
        var proposals: [Proposal] = []
        for effect in again.step(.started) {
            if case .signProposal(let header, let entry, let finality) = effect {
                proposals.append(paper.proposal(header, entry, finality))
            }
        }
        #expect(proposals.count == 1)
        #expect(proposals.allSatisfy { paper.verified($0) != nil })
    }

    @Test("timers grow by half for every second one that ran out, to 20 s (CONS-16)")
    func backOff() {
        let lengths = (0..<20).map { Timing.viewMillis(base: 1_000, expired: UInt64($0)) }
        #expect(lengths.prefix(5) == [1_000, 1_000, 1_500, 1_500, 2_250])
        #expect(lengths.last == 20_000)
    }

    @Test(
        "a leader that entered by a nullity rests on a late notarization of the view before it (CONS-7, CONS-13)"
    )
    func lateNotarization() throws {
        var voter = voter(2)
        for event in [.started, .released, .demandChanged(true)] as [Voter.Event] { _ = voter.step(event) }
        for signer in [0, 1, 3] { _ = voter.step(try ballot(.nullify(level: .zero), 1, by: signer)) }
        #expect(voter.view == View(2))
        let late = paper.header(View(1), Height(1), on: nil)
        _ = voter.step(.certificateReceived(try notarization(late.id, 1)))
        #expect(voter.mayPropose)
        let header = paper.header(View(2), Height(2), on: voter.justification.parent?.block)
        #expect(header.parent == late.id)
        let proposals = voter.step(.drafted(header)).compactMap { effect -> Proposal? in
            guard case .signProposal(let header, let entry, let finality) = effect else { return nil }
            return paper.proposal(header, entry, finality)
        }
        #expect(proposals.count == 1 && paper.verified(proposals[0]) != nil, "others take it")
    }

    @Test("a bound of an earlier run holds no longer after a restart: the validator asks anew (CONS-23)")
    func boundOfAnEarlierRun() throws {
        var record = SafetyRecord(startOf: .zero)
        record.silence = .through(View(3))
        var voter = voter(2, record)
        let effects = voter.step(.started)
        record.silence = .unbounded
        #expect(effects == [.persist(record)])
        let block = BlockID(SM3.hash([1]))
        _ = voter.step(.certificateReceived(try notarization(block, 9)))
        #expect(voter.record.silence == .unbounded, "a notarization above the old bound frees nobody")
        #expect(!voter.canSpeak)
    }
}
