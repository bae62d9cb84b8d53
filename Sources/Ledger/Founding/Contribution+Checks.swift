// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import ShangMi

/// Whether a contribution brings what was agreed, and whether who made it holds what it names.
/// - Spec: FOUND-6, FOUND-7, FOUND-9.
extension Contribution {
    /// A key and where in the ceremony it stands.
    struct PlacedKey {
        let key: SM2.PublicKey
        let place: String
    }

    /// - Parameter party: the organisation's part of the agreement.
    /// - Throws: `.foundingShape`, `.foundingProof`, `.foundingVoucher`, `.foundingCertificate`,
    ///   `.foundingCreditCode`.
    /// - Cost: one SM2 check for each key and each certificate.
    package func check(as party: Consortium.Party, _ verifier: inout SM2.Verifier) throws(FoundingFlaw) {
        let counts = [
            ("nodes", body.nodes.count, party.nodes.count), ("members", body.members.count, party.openSeats.count),
            ("proofs", proofs.count, 2 * party.nodes.count + party.openSeats.count),
        ]
        for (what, found, wanted) in counts where found != wanted {
            throw FoundingFlaw(.foundingShape, [party.id.text, what, "\(found)", "\(wanted)"])
        }
        try checkProofs(party, &verifier)
        try checkVouchers(party, &verifier)
        try checkCertificates(party, &verifier)
    }

    private func checkProofs(_ party: Consortium.Party, _ verifier: inout SM2.Verifier) throws(FoundingFlaw) {
        let message = body.signedMessage
        let claims = zip(body.provenKeys, proofs).map { SM2.Claim(key: $0, message: message, signature: $1) }
        for (placed, isGood) in zip(placedKeys(of: party), verifier.verify(claims)) where !isGood {
            throw FoundingFlaw(.foundingProof, [placed.place])
        }
    }

    /// Where the agreement names admins' keys, one of them stands behind this: nobody else speaks for the
    /// organisation.
    private func checkVouchers(_ party: Consortium.Party, _ verifier: inout SM2.Verifier) throws(FoundingFlaw) {
        let named = party.namedAdmins
        guard !named.isEmpty || !vouchers.isEmpty else { return }
        var claims: [SM2.Claim] = []
        for voucher in vouchers {
            guard let key = named.first(where: { AccountID($0) == voucher.account }) else {
                throw FoundingFlaw(.foundingVoucher, [party.id.text, voucher.account.hex])
            }
            claims.append(SM2.Claim(key: key, message: body.signedMessage, signature: voucher.signature))
        }
        guard !claims.isEmpty, verifier.verify(claims).allSatisfy({ $0 }) else {
            throw FoundingFlaw(.foundingVoucher, [party.id.text])
        }
    }

    private func checkCertificates(_ party: Consortium.Party, _ verifier: inout SM2.Verifier) throws(FoundingFlaw) {
        let root = try Contribution.certificate(body.root, "\(party.id.text)/root")
        var trust = CertificateTrust()
        do { try trust.trust(root, &verifier) } catch {
            throw FoundingFlaw(.foundingCertificate, ["\(party.id.text)/root"])
        }
        // Whom the authority speaks for: by name and by 统一社会信用代码, as all agreed.
        let wanted = [party.organization.name.text, party.organization.creditCode?.text ?? "-"]
        let found = [root.subject.organization ?? "-", root.extensions.socialCreditCode ?? "-"]
        guard found == wanted else {
            throw FoundingFlaw(.foundingCreditCode, [party.id.text] + found + wanted)
        }
        for (node, brought) in zip(party.nodes, body.nodes) {
            let pairs = [
                (brought.signingCertificate, brought.signing, KeyUsage.signing, "signing"),
                (brought.encryptionCertificate, brought.encryption, KeyUsage.encrypting, "encryption"),
            ]
            for (der, key, usage, what) in pairs {
                let place = "\(party.id.text)/\(node.name.text) \(what)"
                let certificate = try Contribution.certificate(der, place)
                // Whether it still holds is for the node to say when it starts; no clock has a say in a genesis.
                do { try trust.check(certificate, for: usage, at: certificate.notBefore, &verifier) } catch {
                    throw FoundingFlaw(.foundingCertificate, [place])
                }
                guard certificate.key == key, certificate.subject.organization == root.subject.organization,
                    certificate.subject.commonName == node.name.text
                else { throw FoundingFlaw(.foundingCertificate, [place]) }
            }
        }
    }

    private static func certificate(_ der: [UInt8], _ place: String) throws(FoundingFlaw) -> Certificate {
        do { return try Certificate(der) } catch { throw FoundingFlaw(.foundingCertificate, [place]) }
    }

    /// Every key that proves itself, in the order of the proofs, with its place in the agreement.
    private func placedKeys(of party: Consortium.Party) -> [PlacedKey] {
        let id = party.id.text
        var keys: [PlacedKey] = []
        for (node, brought) in zip(party.nodes, body.nodes) {
            keys.append(PlacedKey(key: brought.signing, place: "\(id)/\(node.name.text) signing"))
            keys.append(PlacedKey(key: brought.encryption, place: "\(id)/\(node.name.text) encryption"))
        }
        for (seat, key) in zip(party.openSeats, body.members) {
            keys.append(PlacedKey(key: key, place: "\(id)/\(seat.name.text)"))
        }
        return keys
    }

    /// Every key the organisation has in the ceremony: its authority's, those it brings, those named before.
    func keys(of party: Consortium.Party) -> [PlacedKey] {
        var keys = placedKeys(of: party)
        if let root = try? Certificate(body.root) {
            keys.append(PlacedKey(key: root.key, place: "\(party.id.text)/root"))
        }
        for seat in party.seats {
            if let key = seat.key { keys.append(PlacedKey(key: key, place: "\(party.id.text)/\(seat.name.text)")) }
        }
        return keys
    }
}
