// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Testing

/// CERT-20 to CERT-22: certificates taken back on chain.
@Suite struct RevocationTests {
    @Test(
        "a member whose certificate was taken back has no success from the next block on (CERT-20, CERT-21)"
    )
    func member() throws {
        let certificate = try Polity.certificate(Polity.key("court.clerk"))
        var polity = try Polity(members: [Polity.holding("court.clerk", certificate, RoleSet(.user))])
        let revocation = polity.revocation(of: certificate.der, by: "court.admin")
        #expect(polity.codes(try polity.run([polity.deposit(by: "court.clerk"), revocation])) == [0, 0])
        #expect(polity.codes(try polity.run([polity.deposit(by: "court.clerk")])) == [1812])
        let phrase = try #require(ActPhrase("call evidence.deposit"))
        let verdict = try polity.reader.read { try $0.verdict(phrase, by: Polity.account("court.clerk")) }
        #expect(verdict.decision.code == .certificateRevoked && verdict.decision.steps.last?.holds == false)
        // Nor again, nor with the same certificate; a new one heals.
        let again = polity.revocation(of: certificate.der, by: "court.deputy")
        #expect(polity.codes(try polity.run([again])) == [1851])
        let same = Polity.holding("court.clerk", certificate, RoleSet(.user))
        #expect(try polity.pass([.changeMember(same)]).refusal == 1812)
        let fresh = try Polity.certificate(Polity.key("court.clerk"), serial: 8)
        let healed = Polity.holding("court.clerk", fresh, RoleSet(.user))
        #expect(try polity.pass([.changeMember(healed)]).isEffective)
        #expect(polity.codes(try polity.run([polity.deposit(by: "court.clerk")])) == [0])
    }

    @Test(
        "an admin's voice goes with its certificate, and the last admin's is not taken back (CERT-21, GOV-10)"
    )
    func admins() throws {
        let first = try Polity.certificate(Polity.key("bank.admin"))
        let second = try Polity.certificate(Polity.key("bank.deputy"), serial: 9)
        var polity = try Polity()
        for (name, certificate) in [("bank.admin", first), ("bank.deputy", second)] {
            let member = Polity.holding(name, certificate, RoleSet(.orgAdmin))
            #expect(
                try polity.pass([.changeMember(member)], by: "court.admin", ["bureau.admin", "audit.admin"]).isEffective
            )
        }
        let motion = polity.motion([.setPolicy(.reads, .forbidden)], due: polity.height + 5)
        let id = motion.id(by: Polity.account("court.admin"))
        let approvals = [polity.approve(id, by: "bureau.admin"), polity.approve(id, by: "bank.admin")]
        #expect(polity.codes(try polity.run([polity.propose(motion, by: "court.admin")] + approvals)) == [0, 0, 0])
        let revocations = [
            polity.revocation(of: first.der, by: "bank.admin"),
            polity.revocation(of: second.der, by: "bank.deputy"),
        ]
        #expect(polity.codes(try polity.run(revocations)) == [0, 1915])
        #expect(
            try !polity.reader.read { try $0.electorate() }.admins.contains {
                $0.account == Polity.account("bank.admin")
            })
        try polity.idle(until: polity.height + 6)
        // Its approval does not count any more: two of four are no majority.
        #expect(try #require(try polity.reader.read { try $0.motion(id) }).status == .open)
    }

    @Test("nobody takes back what is another organisation's, or without the office for it (CERT-20)")
    func foreign() throws {
        let code = "91350100M000100Y43"
        let clerk = try Polity.certificate(Polity.key("court.user"))
        let seat = try Polity.certificate(Polity.validatorKey(0))
        let coded = try Polity.certificate(Polity.key("stranger"), code: code)
        var polity = try Polity()
        #expect(try polity.pass([.changeOrganization(Polity.organization("court", code: code))]).isEffective)
        for certificate in [clerk, seat, coded] {
            for (name, code) in [("bureau.admin", 1850), ("court.user", 1853), ("bureau.auditor", 1853)]
                as [(String, UInt16)]
            {
                let attempt = polity.revocation(of: certificate.der, by: name)
                #expect(polity.codes(try polity.run([attempt])) == [code], "\(name)")
            }
            let own = polity.revocation(of: certificate.der, by: "court.deputy")
            #expect(polity.codes(try polity.run([own])) == [0])
        }
        let bad = polity.revocation(of: Array(clerk.der.dropLast()), by: "court.admin")
        #expect(polity.codes(try polity.run([bad])) == [1203])
        let plain = polity.revocation(
            of: try Polity.certificate(Polity.key("mallory")).der, by: "court.admin")
        #expect(polity.codes(try polity.run([plain])) == [1850], "a key of nobody and no credit code")
        let all = try polity.reader.read { try $0.revocations(after: nil) }
        #expect(all.map(\.fingerprint) == [coded, seat, clerk].map { SM3.hash($0.der) })
        #expect(try polity.reader.read { try $0.revocations(after: all[1].fingerprint) }.count == 1)
        #expect(
            all[0].record.reason == Polity.label("card lost") && all[0].record.author == Polity.account("court.deputy"))
    }

    // MARK: What a revoked key announced

    private static func word(
        _ method: Label, _ arguments: [UInt8] = [], by name: String, _ polity: inout Polity
    ) -> SignedTransaction {
        polity.call(MembershipContract.contract, method, arguments, by: Polity.key(name))
    }

    @Test("what a key announced before its certificate was taken back takes over nothing (MEMB-9, CERT-21)")
    func thief() throws {
        let certificate = try Polity.certificate(Polity.key("court.clerk"))
        let clerk = Polity.holding("court.clerk", certificate, RoleSet(.orgAdmin))
        var polity = try Polity(members: [clerk])
        let announce = { (next: String, polity: inout Polity) in
            Self.word(MembershipContract.announce, Polity.key(next).encoded, by: "court.clerk", &polity)
        }
        let words = [
            announce("mallory", &polity), polity.revocation(of: certificate.der, by: "court.admin"),
            Self.word(MembershipContract.takeOver, by: "mallory", &polity), announce("stranger", &polity),
        ]
        #expect(polity.codes(try polity.run(words)) == [0, 0, 1834, 1812])
        #expect(polity.codes(try polity.run([polity.deposit(by: "mallory")])) == [1205])
        // A new certificate about the old key brings none of it back.
        let fresh = try Polity.certificate(Polity.key("court.clerk"), serial: 8)
        let healed = Polity.holding("court.clerk", fresh, RoleSet(.orgAdmin))
        #expect(try polity.pass([.changeMember(healed)]).isEffective)
        let again = Self.word(MembershipContract.takeOver, by: "mallory", &polity)
        #expect(polity.codes(try polity.run([again])) == [1834])
    }

    @Test(
        "governance replaces the key of a lost card, before its certificate is taken back or after (MEMB-9, CERT-21)",
        arguments: [true, false])
    func lostCard(isReplacedFirst: Bool) throws {
        let certificate = try Polity.certificate(Polity.key("court.clerk"))
        var polity = try Polity(members: [Polity.holding("court.clerk", certificate, RoleSet(.user))])
        let replace = GovernanceAct.replaceKey(Polity.account("court.clerk"), Polity.key("new.user"))
        if isReplacedFirst { #expect(try polity.pass([replace], []).isEffective) }
        let revocation = polity.revocation(of: certificate.der, by: "court.admin")
        #expect(polity.codes(try polity.run([revocation])) == [0])
        if !isReplacedFirst { #expect(try polity.pass([replace], []).isEffective) }
        let takeOver = Self.word(MembershipContract.takeOver, by: "new.user", &polity)
        let outcome = try polity.run([takeOver, polity.deposit(by: "new.user"), polity.deposit(by: "court.clerk")])
        #expect(polity.codes(outcome) == [0, 0, 1802])
        let record = try #require(try polity.reader.read { try $0.member(Polity.account("new.user")) })
        #expect(record.member.certificate == nil, "it was about the old key (MEMB-3)")
    }
}
