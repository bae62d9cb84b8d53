// SPDX-License-Identifier: Apache-2.0

/// Why a certificate is not accepted. Each names what both sides must compare to see who is wrong.
/// - Spec: CERT-8.
package enum CertificateFlaw: Error, Hashable, Sendable {
    /// No authority of this name is trusted here.
    case unknownAuthority(issuer: String)
    /// An authority of this name is trusted, and it is another key that signed.
    case otherAuthority(issuer: String)
    /// The clock stands before or behind the validity: of the certificate, or of the machine.
    case notYetValid(from: CertificateTime, clock: CertificateTime)
    case expired(since: CertificateTime, clock: CertificateTime)
    /// A signing key where an encrypting one is needed, or the other way round.
    case wrongUsage(found: KeyUsage?, wanted: KeyUsage)
    /// An authority's certificate where a node's or a person's is needed.
    case isAuthority
    case revoked(since: CertificateTime)
}

/// Whom this node believes about keys: roots of organisations, and what those have taken back.
///
/// One level: a root signs the certificates of nodes and people itself. Which organisations' roots are trusted is
/// decided on chain, so a path through strangers' authorities is never needed.
/// - Spec: CERT-8, CERT-9.
package struct CertificateTrust: Sendable {
    /// The roots, and the newest revocation list of each by its name.
    private var roots: [Certificate] = []
    private var lists: [[UInt8]: RevocationList] = [:]
    /// Fingerprints (SM3 of the whole certificate) that somebody else than the authority took back, and since when:
    /// a chain's register (CERT-22).
    package var refused: [Digest: CertificateTime] = [:]
    /// Under which ID authorities sign: the default one of the standard, unless a deployment's authority uses another.
    private let userID: [UInt8]

    package init(userID: [UInt8] = SM2.defaultUserID) { self.userID = userID }

    package var authorities: [Certificate] { roots }

    /// Trusts a root.
    /// - Throws: where it is not an authority's own certificate.
    package mutating func trust(_ root: Certificate, _ verifier: inout SM2.Verifier) throws(CertificateFlaw) {
        guard root.extensions.authority != nil, root.extensions.usage?.contains(.keyCertSign) ?? true else {
            throw .wrongUsage(found: root.extensions.usage, wanted: .authority)
        }
        guard root.issuer == root.subject, isSigned(root.signedBytes, root.signature, by: root.key, &verifier) else {
            throw .otherAuthority(issuer: root.issuer.description)
        }
        if !roots.contains(root) { roots.append(root) }
    }

    /// Takes a revocation list of a trusted authority; an older one than is known changes nothing.
    /// - Returns: whether it is the newest.
    package mutating func take(_ list: RevocationList, _ verifier: inout SM2.Verifier) throws(CertificateFlaw) -> Bool {
        let candidates = roots.filter { $0.subject == list.issuer }
        guard !candidates.isEmpty else { throw .unknownAuthority(issuer: list.issuer.description) }
        guard candidates.contains(where: { isSigned(list.signedBytes, list.signature, by: $0.key, &verifier) }) else {
            throw .otherAuthority(issuer: list.issuer.description)
        }
        if let known = lists[list.issuer.der], !CertificateTrust.isHigher(list.number, than: known.number) {
            return false
        }
        lists[list.issuer.der] = list
        return true
    }

    /// Numbers without leading zeros.
    private static func isHigher(_ number: [UInt8], than other: [UInt8]) -> Bool {
        number.count != other.count ? number.count > other.count : other.lexicographicallyPrecedes(number)
    }

    /// Says whether a certificate of a node or a person holds now, for one use.
    package func check(
        _ certificate: Certificate, for usage: KeyUsage, at clock: CertificateTime, _ verifier: inout SM2.Verifier
    ) throws(CertificateFlaw) {
        let candidates = roots.filter { $0.subject == certificate.issuer }
        guard !candidates.isEmpty else { throw .unknownAuthority(issuer: certificate.issuer.description) }
        let signer = candidates.first {
            isSigned(certificate.signedBytes, certificate.signature, by: $0.key, &verifier)
        }
        guard let signer else { throw .otherAuthority(issuer: certificate.issuer.description) }
        for one in [certificate, signer] {
            if clock < one.notBefore { throw .notYetValid(from: one.notBefore, clock: clock) }
            if one.notAfter < clock { throw .expired(since: one.notAfter, clock: clock) }
        }
        guard certificate.extensions.authority == nil else { throw .isAuthority }
        guard let found = certificate.extensions.usage, found.contains(usage) else {
            throw .wrongUsage(found: certificate.extensions.usage, wanted: usage)
        }
        if let since = lists[certificate.issuer.der]?.revoked(certificate.serial) { throw .revoked(since: since) }
        if !refused.isEmpty, let since = refused[SM3.hash(certificate.der)] { throw .revoked(since: since) }
    }

    private func isSigned(
        _ message: [UInt8], _ signature: SM2.Signature, by key: SM2.PublicKey, _ verifier: inout SM2.Verifier
    ) -> Bool {
        verifier.verify([SM2.Claim(key: key, message: message, signature: signature)], userID: userID)[0]
    }
}
