// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import Testing

/// An organisation and its node, with keys drawn from a seed.
struct PaperOrganization {
    let root: Certificate
    let signing: Certificate
    let encrypting: Certificate
    let signer: SM2.ThrowAwaySigner
    static let now = CertificateTime(seconds: 1_795_000_000)

    static func name(_ organization: String, _ common: String) throws -> DistinguishedName {
        try #require(
            DistinguishedName([
                .init(ObjectIdentifier.country, "CN"), .init(ObjectIdentifier.organization, organization),
                .init(ObjectIdentifier.commonName, common),
            ]))
    }

    init(seed: UInt64, organization: String = "市大数据局") throws {
        var random = SeededRandom(seed: seed)
        let signer = SM2.ThrowAwaySigner(from: &random)
        self.signer = signer
        let name = try PaperOrganization.name(organization, "root")
        let year = PaperOrganization.now.advanced(byDays: 365)
        var draft = CertificateDraft.root(
            name, key: signer.publicKey, serial: [7], notBefore: PaperOrganization.now, notAfter: year)
        draft.extensions.revocationURL = "http://ca.example/list.crl"
        draft.extensions.socialCreditCode = "11310000000014525A"
        let root = try draft.signed(by: signer)
        self.root = root
        let node = try PaperOrganization.name(organization, "node-1")
        let keys = [SM2.ThrowAwaySigner(from: &random).publicKey, SM2.ThrowAwaySigner(from: &random).publicKey]
        func issue(_ usage: KeyUsage, _ key: SM2.PublicKey, _ serial: [UInt8]) throws -> Certificate {
            try CertificateDraft.below(
                root, subject: node, key: key, usage: usage, serial: serial, notBefore: PaperOrganization.now,
                notAfter: .never
            ).signed(by: signer)
        }
        let (first, second) = (try issue(.signing, keys[0], [1, 0x80]), try issue(.encrypting, keys[1], [0x90, 1]))
        signing = first
        encrypting = second
    }
}

@Suite("Certificates (CERT-1 to CERT-9)") struct CertificateTests {
    @Test("a certificate says what its draft said, and never outlives its issuer (CERT-1, CERT-2, CERT-4, CERT-5)")
    func roundTrip() throws {
        let organization = try PaperOrganization(seed: 1)
        let again = try Certificate(organization.signing.der)
        #expect(again == organization.signing)
        #expect(again.serial == [1, 0x80])
        #expect(again.subject.commonName == "node-1" && again.subject.organization == "市大数据局")
        #expect(again.subject.description == "C=CN, O=市大数据局, CN=node-1")
        #expect(again.issuer == organization.root.subject)
        #expect(again.notAfter == organization.root.notAfter)
        #expect(again.extensions.usage == .signing && again.extensions.authority == nil)
        #expect(again.extensions.authorityKeyIdentifier == organization.root.extensions.subjectKeyIdentifier)
        #expect(again.extensions.revocationURL == "http://ca.example/list.crl")
        #expect(again.extensions.socialCreditCode == "11310000000014525A")
        #expect(organization.root.extensions.authority == .init(pathLength: 0))
    }

    @Test("times are those of the calendar, in one form each (CERT-3)")
    func times() throws {
        let known: [(Int64, String)] = [
            (0, "19700101000000Z"), (951_782_400, "20000229000000Z"), (1_795_168_799, "20261120095959Z"),
            (-631_152_000, "19500101000000Z"), (4_107_542_400, "21000301000000Z"), (253_402_300_799, "99991231235959Z"),
        ]
        for (seconds, text) in known {
            let time = CertificateTime(seconds: seconds)
            #expect(time.digits == text)
            var reader = DERReader(time.der)
            #expect(try CertificateTime(from: &reader) == time)
        }
        var random = SeededRandom(seed: 3)
        for _ in 0..<2_000 {
            let time = CertificateTime(seconds: Int64(random.next() % 254_033_452_799) - 631_152_000)
            var reader = DERReader(time.der)
            #expect(try CertificateTime(from: &reader) == time)
        }
        for bad in [
            "260230000000Z", "261301000000Z", "261101240000Z", "2611010000Z", "261101000000+0800", "26110100000aZ",
        ] {
            var reader = DERReader(DER.element(DER.Tag.utcTime, Array(bad.utf8)))
            #expect(throws: DERError.self, "\(bad)") { try CertificateTime(from: &reader) }
        }
        var long = DERReader(DER.element(DER.Tag.generalizedTime, Array("20261101000000Z".utf8)))
        #expect(throws: DERError.self, "before 2050 the short form is the one form") {
            try CertificateTime(from: &long)
        }
        #expect(CertificateTime.never.advanced(byDays: .max) == .never)
        #expect(CertificateTime(seconds: .min).digits == "19500101000000Z")
    }

    @Test("each way a certificate can fail to hold is told by its own name (CERT-8)")
    func flaws() throws {
        let (mine, other) = (try PaperOrganization(seed: 1), try PaperOrganization(seed: 2, organization: "法院"))
        let impostor = try PaperOrganization(seed: 3)
        var verifier = SM2.Verifier()
        var trust = CertificateTrust()
        try trust.trust(mine.root, &verifier)
        let now = PaperOrganization.now
        func flaw(_ certificate: Certificate, _ usage: KeyUsage, _ clock: CertificateTime) -> CertificateFlaw? {
            do throws(CertificateFlaw) {
                try trust.check(certificate, for: usage, at: clock, &verifier)
                return nil
            } catch { return error }
        }
        #expect(flaw(mine.signing, .digitalSignature, now) == nil)
        #expect(flaw(mine.encrypting, .keyEncipherment, now) == nil)
        #expect(flaw(other.signing, .digitalSignature, now) == .unknownAuthority(issuer: "C=CN, O=法院, CN=root"))
        #expect(
            flaw(impostor.signing, .digitalSignature, now) == .otherAuthority(issuer: "C=CN, O=市大数据局, CN=root"))
        let early = CertificateTime(seconds: now.seconds - 1)
        #expect(flaw(mine.signing, .digitalSignature, early) == .notYetValid(from: now, clock: early))
        let late = now.advanced(byDays: 366)
        #expect(
            flaw(mine.signing, .digitalSignature, late) == .expired(since: mine.signing.notAfter, clock: late))
        #expect(
            flaw(mine.encrypting, .digitalSignature, now)
                == .wrongUsage(found: .encrypting, wanted: .digitalSignature))
        #expect(flaw(mine.root, .keyCertSign, now) == .isAuthority)
        let list = try RevocationList.signed(
            [.init(serial: [1, 0x80], since: now)], number: [2], issuer: mine.root, made: now,
            next: now.advanced(byDays: 7), by: mine.signer)
        let isNew = try trust.take(try RevocationList(list.der), &verifier)
        #expect(isNew)
        #expect(flaw(mine.signing, .digitalSignature, now) == .revoked(since: now))
        #expect(flaw(mine.encrypting, .keyEncipherment, now) == nil)
        // An older list that comes later takes nothing back (CERT-9).
        let old = try RevocationList.signed(
            [], number: [1], issuer: mine.root, made: now, next: now.advanced(byDays: 7), by: mine.signer)
        let isOldNew = try trust.take(old, &verifier)
        #expect(!isOldNew)
        #expect(flaw(mine.signing, .digitalSignature, now) == .revoked(since: now))
        let forged = try RevocationList.signed(
            [], number: [9], issuer: mine.root, made: now, next: now.advanced(byDays: 7), by: impostor.signer)
        #expect(throws: CertificateFlaw.otherAuthority(issuer: "C=CN, O=市大数据局, CN=root")) {
            try trust.take(forged, &verifier)
        }
        #expect(throws: CertificateFlaw.self) { try trust.trust(mine.signing, &verifier) }
    }

    @Test("no cut, no flipped bit of certificate, request or list is both read and signed (CERT-1, CERT-6, CERT-7)")
    func damage() throws {
        let organization = try PaperOrganization(seed: 1)
        var verifier = SM2.Verifier()
        var trust = CertificateTrust()
        try trust.trust(organization.root, &verifier)
        let request = try CertificateRequest.signed(organization.root.subject, by: organization.signer)
        #expect(request.key == organization.signer.publicKey && request.subject == organization.root.subject)
        let now = PaperOrganization.now
        let list = try RevocationList.signed(
            [.init(serial: [5], since: now)], number: [1], issuer: organization.root, made: now, next: now,
            by: organization.signer)
        for length in organization.signing.der.indices {
            #expect(throws: DERError.self) { try Certificate(Array(organization.signing.der[..<length])) }
        }
        func isGood(_ key: SM2.PublicKey, _ message: [UInt8], _ signature: SM2.Signature) -> Bool {
            verifier.verify([SM2.Claim(key: key, message: message, signature: signature)])[0]
        }
        let key = organization.signer.publicKey
        func flipped(_ der: [UInt8], _ bit: Int) -> [UInt8] {
            var bytes = der
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            return bytes
        }
        for bit in 0..<organization.signing.der.count * 8 {
            guard let read = try? Certificate(flipped(organization.signing.der, bit)) else { continue }
            #expect(!isGood(key, read.signedBytes, read.signature), "bit \(bit) of a certificate")
        }
        for bit in 0..<request.der.count * 8 {
            guard let read = try? CertificateRequest(flipped(request.der, bit)) else { continue }
            #expect(!isGood(key, read.signedBytes, read.signature), "bit \(bit) of a request")
        }
        for bit in 0..<list.der.count * 8 {
            guard let read = try? RevocationList(flipped(list.der, bit)) else { continue }
            #expect(!isGood(key, read.signedBytes, read.signature), "bit \(bit) of a list")
        }
    }
}
