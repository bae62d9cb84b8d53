// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Testing

/// CERT-20 to CERT-22: certificates taken back on chain.
@Suite struct RevocationTests {
    private static func certificate(_ key: SM2.PublicKey, serial: UInt8 = 7, code: String? = nil) throws -> Certificate
    {
        var random = SeededRandom(seed: 3)
        let authority = SM2.ThrowAwaySigner(from: &random)
        func name(_ common: String) throws -> DistinguishedName {
            try #require(
                DistinguishedName([
                    .init(ObjectIdentifier.country, "CN"), .init(ObjectIdentifier.organization, "bureau"),
                    .init(ObjectIdentifier.commonName, common),
                ]))
        }
        let (from, to) = (CertificateTime(seconds: 1_700_000_000), CertificateTime(seconds: 1_900_000_000))
        let root = try CertificateDraft.root(
            try name("root"), key: authority.publicKey, serial: [1], notBefore: from, notAfter: to
        ).signed(by: authority)
        var draft = CertificateDraft.below(
            root, subject: try name("node"), key: key, usage: .signing, serial: [serial], notBefore: from,
            notAfter: to)
        draft.extensions.socialCreditCode = code
        return try draft.signed(by: authority)
    }

    private static func revoke(
        _ certificate: [UInt8], by name: String, in polity: inout Polity
    ) throws -> SignedTransaction {
        let request = CertificateRevocation(certificate: certificate, reason: Polity.label("card lost"))
        return polity.call(
            MembershipContract.contract, MembershipContract.revokeCertificate, request.encoded, by: Polity.key(name))
    }

    private static func holding(_ name: String, _ certificate: Certificate, _ roles: RoleSet) -> Member {
        let home = String(name.split(separator: ".")[0])
        return Member(
            key: Polity.key(name), name: Polity.label(name), organization: Polity.label(home), roles: roles,
            certificate: SM3.hash(certificate.der))
    }

    @Test(
        "a member whose certificate was taken back has no success from the next block on (CERT-20, CERT-21)"
    )
    func member() throws {
        let certificate = try RevocationTests.certificate(Polity.key("court.clerk"))
        var polity = try Polity(members: [RevocationTests.holding("court.clerk", certificate, RoleSet(.user))])
        let revocation = try RevocationTests.revoke(certificate.der, by: "court.admin", in: &polity)
        #expect(polity.codes(try polity.run([polity.deposit(by: "court.clerk"), revocation])) == [0, 0])
        #expect(polity.codes(try polity.run([polity.deposit(by: "court.clerk")])) == [1812])
        let phrase = try #require(ActPhrase("call evidence.deposit"))
        let verdict = try polity.reader.read { try $0.verdict(phrase, by: Polity.account("court.clerk")) }
        #expect(verdict.decision.code == .certificateRevoked && verdict.decision.steps.last?.holds == false)
        // Nor again, nor with the same certificate; a new one heals.
        let again = try RevocationTests.revoke(certificate.der, by: "court.deputy", in: &polity)
        #expect(polity.codes(try polity.run([again])) == [1851])
        let same = RevocationTests.holding("court.clerk", certificate, RoleSet(.user))
        #expect(try polity.pass([.changeMember(same)]).refusal == 1812)
        let fresh = try RevocationTests.certificate(Polity.key("court.clerk"), serial: 8)
        let healed = RevocationTests.holding("court.clerk", fresh, RoleSet(.user))
        #expect(try polity.pass([.changeMember(healed)]).isEffective)
        #expect(polity.codes(try polity.run([polity.deposit(by: "court.clerk")])) == [0])
    }

    @Test(
        "an admin's voice goes with its certificate, and the last admin's is not taken back (CERT-21, GOV-10)"
    )
    func admins() throws {
        let first = try RevocationTests.certificate(Polity.key("bank.admin"))
        let second = try RevocationTests.certificate(Polity.key("bank.deputy"), serial: 9)
        var polity = try Polity()
        for (name, certificate) in [("bank.admin", first), ("bank.deputy", second)] {
            let member = RevocationTests.holding(name, certificate, RoleSet(.orgAdmin))
            #expect(
                try polity.pass([.changeMember(member)], by: "court.admin", ["bureau.admin", "audit.admin"]).isEffective
            )
        }
        let motion = polity.motion([.setPolicy(.reads, .forbidden)], due: polity.height + 5)
        let id = motion.id(by: Polity.account("court.admin"))
        let approvals = [polity.approve(id, by: "bureau.admin"), polity.approve(id, by: "bank.admin")]
        #expect(polity.codes(try polity.run([polity.propose(motion, by: "court.admin")] + approvals)) == [0, 0, 0])
        let revocations = [
            try RevocationTests.revoke(first.der, by: "bank.admin", in: &polity),
            try RevocationTests.revoke(second.der, by: "bank.deputy", in: &polity),
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
        let clerk = try RevocationTests.certificate(Polity.key("court.user"))
        let seat = try RevocationTests.certificate(Polity.validatorKey(0))
        let coded = try RevocationTests.certificate(Polity.key("stranger"), code: code)
        var polity = try Polity()
        #expect(try polity.pass([.changeOrganization(Polity.organization("court", code: code))]).isEffective)
        for certificate in [clerk, seat, coded] {
            for (name, code) in [("bureau.admin", 1850), ("court.user", 1853), ("bureau.auditor", 1853)]
                as [(String, UInt16)]
            {
                let attempt = try RevocationTests.revoke(certificate.der, by: name, in: &polity)
                #expect(polity.codes(try polity.run([attempt])) == [code], "\(name)")
            }
            let own = try RevocationTests.revoke(certificate.der, by: "court.deputy", in: &polity)
            #expect(polity.codes(try polity.run([own])) == [0])
        }
        let bad = try RevocationTests.revoke(Array(clerk.der.dropLast()), by: "court.admin", in: &polity)
        #expect(polity.codes(try polity.run([bad])) == [1203])
        let plain = try RevocationTests.revoke(
            try RevocationTests.certificate(Polity.key("mallory")).der, by: "court.admin", in: &polity)
        #expect(polity.codes(try polity.run([plain])) == [1850], "a key of nobody and no credit code")
        let all = try polity.reader.read { try $0.revocations(after: nil) }
        #expect(all.map(\.fingerprint) == [coded, seat, clerk].map { SM3.hash($0.der) })
        #expect(try polity.reader.read { try $0.revocations(after: all[1].fingerprint) }.count == 1)
        #expect(
            all[0].record.reason == Polity.label("card lost") && all[0].record.author == Polity.account("court.deputy"))
    }
}
