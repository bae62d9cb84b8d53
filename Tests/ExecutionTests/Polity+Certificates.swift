// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi

// Certificates in a consortium to try things on.
extension Polity {
    /// A certificate about a key, by an authority that nobody knows: the chain does not ask who signed it (CERT-20).
    static func certificate(
        _ key: SM2.PublicKey, serial: UInt8 = 7, code: String? = nil
    ) throws -> Certificate {
        var random = SeededRandom(seed: 3)
        let authority = SM2.ThrowAwaySigner(from: &random)
        func name(_ common: String) -> DistinguishedName {
            let name = DistinguishedName([
                .init(ObjectIdentifier.country, "CN"), .init(ObjectIdentifier.organization, "bureau"),
                .init(ObjectIdentifier.commonName, common),
            ])
            guard let name else { preconditionFailure("a test's name is plain") }
            return name
        }
        let (from, to) = (CertificateTime(seconds: 1_700_000_000), CertificateTime(seconds: 1_900_000_000))
        let root = try CertificateDraft.root(
            name("root"), key: authority.publicKey, serial: [1], notBefore: from, notAfter: to
        ).signed(by: authority)
        var draft = CertificateDraft.below(
            root, subject: name("node"), key: key, usage: .signing, serial: [serial], notBefore: from, notAfter: to)
        draft.extensions.socialCreditCode = code
        return try draft.signed(by: authority)
    }

    /// Takes a certificate back.
    mutating func revocation(of certificate: [UInt8], by name: String) -> SignedTransaction {
        let request = CertificateRevocation(certificate: certificate, reason: Polity.label("card lost"))
        return call(
            MembershipContract.contract, MembershipContract.revokeCertificate, request.encoded, by: Polity.key(name))
    }

    /// A member of the organisation in its name, with a certificate.
    static func holding(
        _ name: String, _ certificate: Certificate, _ roles: RoleSet, person: String? = nil
    ) -> Member {
        Member(
            key: key(name), name: label(name), organization: label(String(name.split(separator: ".")[0])), roles: roles,
            person: person.map { SM3.hash(Array($0.utf8)) }, certificate: SM3.hash(certificate.der))
    }
}
