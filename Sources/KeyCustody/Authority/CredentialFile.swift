// SPDX-License-Identifier: Apache-2.0
package import ShangMi
package import TLCP

/// Reads certificates, requests and revocation lists from files, as PEM (one or several) or as bare DER.
///
/// Errors name the file and what is wrong with it.
/// - Spec: CERT-16.
package enum CredentialFile {
    /// Some hundred certificates.
    package static let bytesMax = 1 << 20

    /// At least one certificate, in the file's order.
    package static func certificates(at path: String) throws(CustodyError) -> [Certificate] {
        try certificates(try PlainFile.contents(at: path, bytesMax: bytesMax), path: path)
    }

    /// The one certificate of a file.
    package static func certificate(at path: String) throws(CustodyError) -> Certificate {
        try certificate(try PlainFile.contents(at: path, bytesMax: bytesMax), path: path)
    }

    package static func requests(at path: String) throws(CustodyError) -> [CertificateRequest] {
        try parse(try PlainFile.contents(at: path, bytesMax: bytesMax), .request, path) { (der) throws(DERError) in
            try CertificateRequest(der)
        }
    }

    package static func lists(at path: String) throws(CustodyError) -> [RevocationList] {
        try lists(try PlainFile.contents(at: path, bytesMax: PlainFile.listBytesMax), path: path)
    }

    /// Whatever of the three a file holds, for those who want to see it.
    package enum Content: Hashable, Sendable {
        case certificate(Certificate)
        case request(CertificateRequest)
        case list(RevocationList)
    }

    package static func contents(at path: String) throws(CustodyError) -> [Content] {
        let bytes = try PlainFile.contents(at: path, bytesMax: PlainFile.listBytesMax)
        if let found = try? certificates(bytes, path: path) { return found.map { .certificate($0) } }
        if let found = try? lists(bytes, path: path) { return found.map { .list($0) } }
        do throws(CustodyError) {
            return try parse(bytes, .request, path) { (der) throws(DERError) in
                .request(try CertificateRequest(der))
            }
        } catch {
            throw .credential(path: path, .unreadable(kindIn(bytes), at: nil))
        }
    }

    /// Writes one of them as PEM into a file that was not there, and makes its folder.
    package static func create(_ content: Content, at path: String) throws(CustodyError) {
        let text =
            switch content {
            case .certificate(let certificate): PEM.encode(certificate.der, label: PEM.certificate)
            case .request(let request): PEM.encode(request.der, label: PEM.request)
            case .list(let list): PEM.encode(list.der, label: PEM.revocationList)
            }
        if let slash = path.lastIndex(of: "/") { try NewFile.makeFolder(at: String(path[..<slash]), mode: 0o755) }
        try NewFile.create(at: path, Array(text.utf8), mode: 0o644)
    }

    // MARK: A node's own

    /// The two certificates of a node, each of the right use, for its own key, and holding now.
    package static func credentials(
        signing: String, encrypting: String, signingKey: SM2.PublicKey, encryptingKey: SM2.PublicKey,
        now: CertificateTime
    ) throws(CustodyError) -> Credentials {
        let first = try certificate(at: signing)
        try check(first, at: signing, usage: .digitalSignature, key: signingKey, now: now)
        let second = try certificate(at: encrypting)
        try check(second, at: encrypting, usage: .keyEncipherment, key: encryptingKey, now: now)
        return Credentials(signing: first, encrypting: second)
    }

    /// Roots, and what they have taken back.
    /// - Parameters:
    ///   - roots: files of one or several roots each.
    ///   - lists: files of revocation lists by these roots; of several by one root the highest number counts.
    /// A root that has run out is taken all the same: what it signed is refused when it is used (CERT-8).
    package static func trust(roots: [String], lists: [String]) throws(CustodyError) -> CertificateTrust {
        var (trust, verifier) = (CertificateTrust(), SM2.Verifier(tableBytesMax: 0))
        for path in roots {
            for root in try certificates(at: path) {
                do throws(CertificateFlaw) { try trust.trust(root, &verifier) } catch {
                    throw .credential(path: path, .noRoot(subject: root.subject.description))
                }
            }
        }
        for path in lists {
            for list in try self.lists(at: path) {
                do throws(CertificateFlaw) { _ = try trust.take(list, &verifier) } catch {
                    throw .credential(path: path, .otherAuthority(issuer: list.issuer.description))
                }
            }
        }
        return trust
    }

    /// - Parameter usage: one bit the certificate must have.
    package static func check(
        _ certificate: Certificate, at path: String, usage: KeyUsage, key: SM2.PublicKey, now: CertificateTime
    ) throws(CustodyError) {
        guard certificate.extensions.authority == nil, let found = certificate.extensions.usage, found.contains(usage)
        else { throw .credential(path: path, .wrongUsage(found: certificate.extensions.usage, wanted: usage)) }
        guard certificate.key == key else { throw .credential(path: path, .otherKey) }
        try checkTime(certificate, at: path, now: now)
    }

    private static func checkTime(
        _ certificate: Certificate, at path: String, now: CertificateTime
    ) throws(CustodyError) {
        if now < certificate.notBefore { throw .credential(path: path, .notYetValid(from: certificate.notBefore)) }
        if certificate.notAfter < now { throw .credential(path: path, .expired(since: certificate.notAfter)) }
    }

    // MARK: Bytes

    static func certificate(_ bytes: [UInt8], path: String) throws(CustodyError) -> Certificate {
        let found = try certificates(bytes, path: path)
        guard found.count == 1 else { throw .credential(path: path, .several(found.count)) }
        return found[0]
    }

    static func certificates(_ bytes: [UInt8], path: String) throws(CustodyError) -> [Certificate] {
        try parse(bytes, .certificate, path) { (der) throws(DERError) in try Certificate(der) }
    }

    static func lists(_ bytes: [UInt8], path: String) throws(CustodyError) -> [RevocationList] {
        try parse(bytes, .revocationList, path) { (der) throws(DERError) in try RevocationList(der) }
    }

    private static func parse<Value>(
        _ bytes: [UInt8], _ kind: CredentialFault.Kind, _ path: String, _ read: ([UInt8]) throws(DERError) -> Value
    ) throws(CustodyError) -> [Value] {
        let isBare = bytes.first == DER.Tag.sequence
        guard let blocks = isBare ? [(kind.label, bytes)] : PEM.blocks(bytes) else {
            throw .credential(path: path, .unreadable(kind, at: nil))
        }
        var values: [Value] = []
        for (label, content) in blocks where kind.accepts(label) {
            do throws(DERError) { values.append(try read(content)) } catch {
                throw .credential(path: path, .unreadable(kind, at: error))
            }
        }
        guard !values.isEmpty else { throw .credential(path: path, .unreadable(kind, at: nil)) }
        return values
    }

    /// What a file says it is, to tell its reader what of it could not be read.
    private static func kindIn(_ bytes: [UInt8]) -> CredentialFault.Kind {
        let label = PEM.blocks(bytes)?.first?.label ?? ""
        return CredentialFault.Kind.allCases.first { $0.accepts(label) } ?? .certificate
    }
}
