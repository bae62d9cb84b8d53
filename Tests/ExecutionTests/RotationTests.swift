// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Storage
import Testing

/// GOV-17: no organisation alone makes epochs without end.
@Suite struct RotationTests {
    private static let month: UInt64 = 30 * 86_400_000

    private static func proposal(_ seats: [(old: Int, new: Int)], _ polity: inout Polity) -> Motion {
        polity.motion(
            seats.map { .rotateValidator(Polity.validatorKey($0.old), Polity.validatorKey($0.new)) }, expires: 90_000)
    }

    private static func ready(_ number: Int, _ polity: inout Polity) -> SignedTransaction {
        polity.call(
            CommitteeContract.contract, CommitteeContract.ready, Height(polity.height - 1).encoded,
            by: Polity.validatorKey(number))
    }

    /// Proposes by one admin alone, with the new validators there, up to the end of the epoch.
    /// - Returns: why it was refused, 0 where another epoch began.
    private static func rotate(
        _ seats: [(old: Int, new: Int)], by name: String = "court.admin", _ polity: inout Polity
    ) throws -> UInt16 {
        let motion = proposal(seats, &polity)
        let code = polity.codes(try polity.run([polity.propose(motion, by: name)]))[0]
        guard code == 0 else { return code }
        var words: [SignedTransaction] = []
        for seat in seats { words.append(ready(seat.new, &polity)) }
        try polity.run(words)
        try polity.run()
        let next = try #require(try polity.pending())
        try polity.run(closing: next.id)
        return 0
    }

    @Test(
        "an organisation changes keys of its validators eight times in 30 days, and is told when it may again (GOV-17)")
    func changes() throws {
        var polity = try Polity()
        let first = polity.now.value + 2
        for number in 0..<8 {
            let old = number == 0 ? 0 : 7 + number
            #expect(try Self.rotate([(old, 8 + number)], &polity) == 0, "change \(number)")
            polity.restMillis += 1_000
        }
        #expect(try polity.active().epoch == Epoch(8))
        #expect(try Self.rotate([(15, 16)], &polity) == 1927)
        #expect(try Self.rotate([(15, 16)], by: "court.deputy", &polity) == 1927)
        // Everybody else goes on, and so does the consortium for that seat.
        #expect(try Self.rotate([(1, 17)], by: "bureau.admin", &polity) == 0)
        let replaced = polity.motion([
            .replaceValidator(Polity.validatorKey(15), Polity.validator(18, "court", cloud: "c0"))
        ])
        #expect(polity.codes(try polity.attempt([polity.propose(replaced, by: "court.admin")])) == [0])
        // Idle blocks or many: the chain's time counts, not its heights.
        try polity.idle(until: polity.height + 200)
        #expect(try Self.rotate([(15, 16)], &polity) == 1927)
        let header = Header(
            chain: polity.spec.id, epoch: .zero, view: View(1), height: Height(polity.height),
            parent: polity.spec.genesis.id, timestamp: polity.now, proposer: ValidatorIndex(0), payload: .empty,
            execHeight: .zero, execRoot: .zero, nextCommittee: nil)
        var probe = MotionProbe(polity.tree, header: header)
        let told = try #require(try probe.possibleFrom(Self.proposal([(15, 16)], &polity)))
        #expect(told == Timestamp(first + Self.month))
        #expect(try probe.possibleFrom(Self.proposal([(2, 16)], &polity)) == nil)
        polity.restMillis += told.value - polity.now.value - 1
        let early = polity.propose(Self.proposal([(15, 16)], &polity), by: "court.admin")
        #expect(polity.codes(try polity.attempt([early])) == [1927])
        polity.restMillis += 1
        #expect(try Self.rotate([(15, 16)], &polity) == 0)
        // One of the eight is over, not all of them.
        #expect(try Self.rotate([(16, 19)], &polity) == 1927)
    }

    @Test("of decided proposals the ninth change comes to nothing too, and says why (GOV-17, GOV-9)")
    func decided() throws {
        var polity = try Polity()
        for number in 0..<7 { #expect(try Self.rotate([(number == 0 ? 0 : 7 + number, 8 + number)], &polity) == 0) }
        let (eighth, ninth) = (Self.proposal([(14, 15)], &polity), Self.proposal([(14, 16)], &polity))
        let (propose, again) = (
            polity.propose(eighth, by: "court.admin"), polity.propose(ninth, by: "court.admin")
        )
        let codes = polity.codes(
            try polity.run([propose, again, Self.ready(15, &polity), Self.ready(16, &polity)]))
        #expect(codes == [0, 0, 0, 0])
        try polity.run()
        try polity.run(closing: try #require(try polity.pending()).id)
        try polity.run()
        try polity.run()
        let account = Polity.account("court.admin")
        func status(_ motion: Motion) throws -> MotionStatus? {
            try polity.reader.read { try $0.motion(motion.id(by: account))?.status }
        }
        #expect(try status(eighth)?.isEffective == true)
        // Its seat has another key by now, which is what is found first.
        #expect(try status(ninth)?.refusal == 1919)
        // One that names the new key was decided while there was room.
        #expect(try Self.rotate([(15, 16)], &polity) == 1927)
    }

    @Test("keys changed together, by one proposal, are one change (GOV-17)")
    func together() throws {
        let seats = [Polity.validator(0, "court", cloud: "c0"), Polity.validator(1, "court", cloud: "c1")]
        let others = [Polity.validator(2, "bank", cloud: "c2"), Polity.validator(3, "audit", cloud: "c3")]
        var polity = try Polity(validators: seats + others)
        for number in 0..<8 {
            let old = number == 0 ? (0, 1) : (6 + 2 * number, 7 + 2 * number)
            let new = (8 + 2 * number, 9 + 2 * number)
            #expect(try Self.rotate([(old.0, new.0), (old.1, new.1)], &polity) == 0, "change \(number)")
        }
        #expect(try Self.rotate([(22, 24)], &polity) == 1927)
    }
}
