// SPDX-License-Identifier: Apache-2.0
import Consensus
import Ledger
import ShangMi
import Testing

@Suite struct TallyTests {
    private let block = BlockID(SM3.hash([1]))
    private let other = BlockID(SM3.hash([2]))

    @Test(
        "a quorum is n - f, not one voice fewer, and its certificate holds (CONS-2, CONS-3, CONS-5, CONS-6)",
        arguments: [(1, 1), (4, 3), (7, 5)])
    func quorum(count: Int, quorum: Int) throws {
        let paper = PaperCommittee(count)
        var tally = Tally(view: View(3), committee: paper.committee)
        var finality = FinalityTally(committee: paper.committee)
        for voices in 1...count {
            let me = ValidatorIndex(count - voices)
            func signature(_ statement: Statement) -> SM2.Signature {
                paper.ballot(statement, View(3), by: me).signature
            }
            #expect(tally.count(notarization: block, by: me, signature(.notarize(block))) == .counted)
            #expect(tally.count(notarization: block, by: me, signature(.notarize(block))) == .repeated)
            #expect(tally.count(notarization: other, by: me, signature(.notarize(other))) == .conflicting)
            let level = View(0)
            #expect(
                tally.count(nullificationAbove: level, by: me, signature(.nullify(level: level))) == .counted)
            #expect(finality.count(block, in: View(3), by: me, signature(.finalize(block))) == .counted)
            #expect(finality.count(other, in: View(3), by: me, signature(.finalize(other))) == .conflicting)
            #expect((tally.notarization(of: block) != nil) == (voices >= quorum))
            #expect((tally.nullity(base: nil) != nil) == (voices >= quorum))
            #expect((finality.certificate(of: block, in: View(3)) != nil) == (voices >= quorum))
            #expect(tally.notarization(of: other) == nil)
        }
        #expect(paper.verified(tally.notarization(of: block)) != nil)
        #expect(paper.verified(finality.certificate(of: block, in: View(3))) != nil)
        var checker = SignatureChecker(PaperScheme())
        let nullity = try #require(tally.nullity(base: nil))
        _ = try checker.check(nullity, in: paper.context, committee: paper.committee)
    }

    @Test("finalizations of the newest 32 views are kept and no more (CONS-21)")
    func bounded() {
        let paper = PaperCommittee(1)
        var finality = FinalityTally(committee: paper.committee)
        let me = ValidatorIndex(0)
        for view in 1...40 as ClosedRange<UInt64> {
            let signature = paper.ballot(.finalize(block), View(view), by: me).signature
            _ = finality.count(block, in: View(view), by: me, signature)
        }
        #expect(finality.certificate(of: block, in: View(8)) == nil)
        #expect(finality.certificate(of: block, in: View(9)) != nil)
    }

    @Test("a finalization older than all that are kept is not news each time it comes again (CONS-21)")
    func replayed() {
        let paper = PaperCommittee(1)
        var finality = FinalityTally(committee: paper.committee)
        let me = ValidatorIndex(0)
        for view in 1...40 as ClosedRange<UInt64> {
            let signature = paper.ballot(.finalize(block), View(view), by: me).signature
            #expect(finality.count(block, in: View(view), by: me, signature) == .counted)
        }
        let old = paper.ballot(.finalize(block), View(3), by: me).signature
        for _ in 0..<3 { #expect(finality.count(block, in: View(3), by: me, old) == .repeated) }
        #expect(finality.certificate(of: block, in: View(9)) != nil, "and drives nothing out")
    }
}
