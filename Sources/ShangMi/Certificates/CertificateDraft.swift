// SPDX-License-Identifier: Apache-2.0

/// What an issuer is about to say about a key: everything of a certificate but the signature.
/// - Spec: CERT-1, CERT-5.
package struct CertificateDraft: Hashable, Sendable {
    package var serial: [UInt8]
    package var issuer: DistinguishedName
    package var subject: DistinguishedName
    package var notBefore: CertificateTime
    package var notAfter: CertificateTime
    package var key: SM2.PublicKey
    package var extensions: CertificateExtensions

    /// - Parameter serial: at most 20 bytes, random, so that no serial foretells the next.
    package init(
        serial: [UInt8], issuer: DistinguishedName, subject: DistinguishedName, notBefore: CertificateTime,
        notAfter: CertificateTime, key: SM2.PublicKey, extensions: CertificateExtensions
    ) {
        self.serial = serial
        self.issuer = issuer
        self.subject = subject
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.key = key
        self.extensions = extensions
    }

    /// An authority's own certificate: its root.
    package static func root(
        _ name: DistinguishedName, key: SM2.PublicKey, serial: [UInt8], notBefore: CertificateTime,
        notAfter: CertificateTime
    ) -> CertificateDraft {
        var extensions = CertificateExtensions()
        extensions.authority = .init(pathLength: 0)
        extensions.usage = .authority
        extensions.subjectKeyIdentifier = Certificate.keyIdentifier(of: key)
        return CertificateDraft(
            serial: serial, issuer: name, subject: name, notBefore: notBefore, notAfter: notAfter, key: key,
            extensions: extensions)
    }

    /// A certificate below an authority, for one use of one key. It never outlives its issuer.
    package static func below(
        _ authority: Certificate, subject: DistinguishedName, key: SM2.PublicKey, usage: KeyUsage, serial: [UInt8],
        notBefore: CertificateTime, notAfter: CertificateTime
    ) -> CertificateDraft {
        var extensions = CertificateExtensions()
        extensions.usage = usage
        extensions.subjectKeyIdentifier = Certificate.keyIdentifier(of: key)
        extensions.authorityKeyIdentifier =
            authority.extensions.subjectKeyIdentifier ?? Certificate.keyIdentifier(of: authority.key)
        extensions.revocationURL = authority.extensions.revocationURL
        extensions.socialCreditCode = authority.extensions.socialCreditCode
        return CertificateDraft(
            serial: serial, issuer: authority.subject, subject: subject, notBefore: notBefore,
            notAfter: min(notAfter, authority.notAfter), key: key, extensions: extensions)
    }

    /// TBSCertificate: what the issuer signs.
    package var signedBytes: [UInt8] {
        DER.sequence([
            DER.element(DER.Tag.context(0), DER.unsigned([2])), DER.unsigned(serial), SignedForm.algorithm, issuer.der,
            DER.sequence([notBefore.der, notAfter.der]), subject.der, SignedForm.key(key),
            DER.element(DER.Tag.context(3), extensions.der),
        ])
    }

    /// - Throws: what the signer throws.
    package func signed(by signer: some Signer) throws(SignerError) -> Certificate {
        let body = signedBytes
        let der = SignedForm.signed(body, try signer.sign(body))
        guard let certificate = try? Certificate(der) else {
            throw .unavailable(reason: "the draft is no certificate: a serial of 1 to 20 bytes is needed")
        }
        return certificate
    }
}

/// A wish for a certificate, signed with the key it is about (PKCS#10, RFC 2986).
/// - Spec: CERT-6.
package struct CertificateRequest: Hashable, Sendable {
    package let der: [UInt8]
    package let signedBytes: [UInt8]
    package let signature: SM2.Signature
    package let subject: DistinguishedName
    package let key: SM2.PublicKey

    package init(_ der: [UInt8]) throws(DERError) {
        var copy: DERReader
        (signedBytes, signature, copy) = try SignedForm.open(
            der, "request", body: "a request's body", bytesMax: Certificate.bytesMax)
        self.der = der
        var body = try copy.inside("a request's body")
        guard try body.unsigned(bytesMax: 1, "version 1").isEmpty else { throw body.fail("version 1") }
        subject = try DistinguishedName(from: &body)
        key = try SignedForm.key(&body)
        // What extensions are asked for is not read: the issuer's profile decides.
        if !body.isAtEnd { _ = try body.bytes(of: DER.Tag.context(0), "attributes") }
        try body.finish("a request's body")
    }

    package static func signed(
        _ subject: DistinguishedName, by signer: some Signer
    ) throws(SignerError) -> CertificateRequest {
        let body = DER.sequence([
            DER.unsigned([]), subject.der, SignedForm.key(signer.publicKey), DER.element(DER.Tag.context(0), []),
        ])
        let der = SignedForm.signed(body, try signer.sign(body))
        guard let request = try? CertificateRequest(der) else {
            throw .unavailable(reason: "the request is not one")
        }
        return request
    }
}

/// Which certificates an authority takes back, as of when (RFC 5280 section 5).
/// - Spec: CERT-7.
package struct RevocationList: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package let serial: [UInt8]
        package let since: CertificateTime
        /// CRLReason of RFC 5280 section 5.3.1, written where it is given; nothing here depends on it.
        package let reason: UInt8?

        package init(serial: [UInt8], since: CertificateTime, reason: UInt8? = nil) {
            self.serial = serial
            self.since = since
            self.reason = reason
        }

        var der: [UInt8] {
            // An ENUMERATED of one byte below 0x80, in an extension that is not critical.
            let extensions = reason.map { code in
                DER.sequence([
                    DER.sequence([
                        DER.element(DER.Tag.object, ObjectIdentifier.reasonCode),
                        DER.element(DER.Tag.octets, DER.element(0x0a, [code & 0x7f])),
                    ])
                ])
            }
            return DER.sequence([DER.unsigned(serial), since.der, extensions ?? []])
        }
    }

    package static let entriesMax = 100_000
    package static let bytesMax = 8 << 20

    package let der: [UInt8]
    package let signedBytes: [UInt8]
    package let signature: SM2.Signature
    package let issuer: DistinguishedName
    package let made: CertificateTime
    /// From then on a newer one must be had.
    package let next: CertificateTime
    /// Rises with each list of an authority.
    package let number: [UInt8]
    private let entries: [[UInt8]: CertificateTime]

    package var count: Int { entries.count }

    /// Since when a certificate is taken back; nil where it is not.
    package func revoked(_ serial: [UInt8]) -> CertificateTime? { entries[serial] }

    package init(_ der: [UInt8]) throws(DERError) {
        var copy: DERReader
        (signedBytes, signature, copy) = try SignedForm.open(
            der, "revocation list", body: "a list's body", bytesMax: RevocationList.bytesMax)
        self.der = der
        var body = try copy.inside("a list's body")
        guard try body.unsigned(bytesMax: 1, "version 2") == [1] else { throw body.fail("version 2") }
        try SignedForm.algorithm(&body)
        issuer = try DistinguishedName(from: &body)
        made = try CertificateTime(from: &body)
        next = try CertificateTime(from: &body)
        var entries: [[UInt8]: CertificateTime] = [:]
        if body.nextTag == DER.Tag.sequence {
            var list = try body.inside("revoked certificates")
            while !list.isAtEnd {
                var entry = try list.inside("a revoked certificate")
                let serial = try entry.unsigned(bytesMax: 20, "a serial number")
                entries[serial] = try CertificateTime(from: &entry)
                if !entry.isAtEnd { _ = try entry.element("a reason") }
                try entry.finish("a revoked certificate")
                guard entries.count <= RevocationList.entriesMax else { throw list.fail("at most 100 000 entries") }
            }
        }
        self.entries = entries
        number = try RevocationList.number(&body)
        try body.finish("a list's body")
    }

    private static func number(_ body: inout DERReader) throws(DERError) -> [UInt8] {
        var wrapped = try body.inside(DER.Tag.context(0), "extensions")
        var list = try wrapped.inside("extensions")
        var number: [UInt8]?
        while !list.isAtEnd {
            var parts = try list.inside("an extension")
            let type = try parts.bytes(of: DER.Tag.object, "an extension's kind")
            let isCritical = try parts.flag("critical")
            var content = DERReader(try parts.bytes(of: DER.Tag.octets, "an extension's value"))
            try parts.finish("the extension")
            if type == ObjectIdentifier.crlNumber {
                number = try content.unsigned(bytesMax: 20, "a list's number")
            } else if isCritical {
                throw list.fail("no critical extension that is not known")
            }
        }
        guard let number else { throw list.fail("a list's number") }
        return number
    }

    package static func signed(
        _ entries: [Entry], number: [UInt8], issuer: Certificate, made: CertificateTime, next: CertificateTime,
        by signer: some Signer
    ) throws(SignerError) -> RevocationList {
        let rows = entries.map { $0.der }
        let identifier = issuer.extensions.subjectKeyIdentifier ?? Certificate.keyIdentifier(of: issuer.key)
        let extensions = DER.sequence([
            DER.sequence([
                DER.element(DER.Tag.object, ObjectIdentifier.authorityKeyIdentifier),
                DER.element(DER.Tag.octets, DER.sequence([DER.element(DER.Tag.implicit(0), identifier)])),
            ]),
            DER.sequence([
                DER.element(DER.Tag.object, ObjectIdentifier.crlNumber),
                DER.element(DER.Tag.octets, DER.unsigned(number)),
            ]),
        ])
        let body = DER.sequence(
            [DER.unsigned([1]), SignedForm.algorithm, issuer.subject.der, made.der, next.der]
                // A list of nothing is left out (RFC 5280 section 5.1.2.6).
                + (rows.isEmpty ? [] : [DER.sequence(rows)]) + [DER.element(DER.Tag.context(0), extensions)])
        let der = SignedForm.signed(body, try signer.sign(body))
        guard let list = try? RevocationList(der) else { throw .unavailable(reason: "the list is not one") }
        return list
    }
}
