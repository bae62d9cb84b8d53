// SPDX-License-Identifier: Apache-2.0
import Foundation
import KeyCustody
import Ledger
import ShangMi

/// One organisation's office at a founding: makes its keys, its authority and its nodes' certificates, and signs with
/// them.
///
/// The ceremony has one in each organisation; `jiuding up` has all of them in one process. What is there already is
/// used, so an office that was interrupted goes on.
/// - Spec: FOUND-7, FOUND-17 (docs/spec/founding.md).
struct FoundingOffice: Sendable {
    private static let rootDays: Int64 = 3_650
    private static let days: Int64 = 825

    let party: Consortium.Party
    let places: FoundingPlaces
    /// The passphrase under which a key file is, or is to be.
    let passphrase: @Sendable (String) throws -> Secret

    /// Makes what is missing and opens the rest.
    /// - Cost: a derivation of 60 ms (KEY-8) for each key.
    func open() throws -> FoundingKeys {
        let root = try authority()
        var nodes: [FoundingKeys.Node] = []
        for (node, place) in zip(party.nodes, places.nodes) {
            let signing = OpenSSLSigner(try key(at: place.validatorKey))
            let encryption = OpenSSLSigner(try key(at: place.encryptionKey))
            nodes.append(
                FoundingKeys.Node(
                    signing: signing, encryption: encryption,
                    signingCertificate: try certify(
                        signing, .signing, at: place.signingCertificate, node, by: root),
                    encryptionCertificate: try certify(
                        encryption, .encryption, at: place.encryptionCertificate, node, by: root)))
        }
        return FoundingKeys(
            party: party, root: root.root, nodes: nodes,
            seats: try places.seats.map { OpenSSLSigner(try key(at: $0)) })
    }

    /// Opens a key without making one.
    /// - Throws: JD-2437 where it is not there.
    func existing(_ path: String) throws -> OpenSSLSigner {
        guard FileManager.default.fileExists(atPath: path) else {
            throw Failure(FoundingFlaw(.foundingKeyMissing, []), files: [path])
        }
        return OpenSSLSigner(try KeyFile.read(at: path, passphrase: try passphrase(path)))
    }

    private func key(at path: String) throws -> PrivateKey {
        // First: `up` keeps it in a file of its own, and a key nobody can open would be in the way for ever.
        let secret = try passphrase(path)
        if FileManager.default.fileExists(atPath: path) { return try KeyFile.read(at: path, passphrase: secret) }
        try DataDirectory.makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path, mode: 0o700)
        let key = try PrivateKey.generate()
        try KeyFile.write(key, at: path, passphrase: secret)
        return key
    }

    private var name: AuthorityName {
        var name = AuthorityName(organisation: party.organization.name.text)
        name.creditCode = party.organization.creditCode?.text
        return name
    }

    private func authority() throws -> CertificateAuthority {
        let place = AuthorityPlace(places.authority)
        let secret = try passphrase(place.key)
        let journal = AuthorityJournal(places.authority)
        if FileManager.default.fileExists(atPath: place.root) {
            return try journal.attempt(.issue) {
                try CertificateAuthority.open(places.authority, passphrase: secret, witness: journal)
            }
        }
        return try journal.attempt(.found) {
            try CertificateAuthority.found(
                name, in: places.authority, passphrase: secret, now: .now, days: FoundingOffice.rootDays,
                witness: journal)
        }
    }

    private func certify(
        _ signer: OpenSSLSigner, _ purpose: CertificatePurpose, at path: String, _ node: Consortium.Node,
        by authority: CertificateAuthority
    ) throws -> Certificate {
        // A key that was made anew needs a certificate of its own.
        if FileManager.default.fileExists(atPath: path) {
            let found = try CredentialFile.certificate(at: path)
            if found.key == signer.publicKey { return found }
        }
        var subject = name
        subject.commonName = node.name.text
        let request = try CertificateRequest.signed(try subject.distinguished(), by: signer)
        let certificate = try AuthorityJournal(places.authority).attempt(.issue) {
            try authority.issue(request, for: purpose, days: FoundingOffice.days, now: .now)
        }
        try DataDirectory.makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        try DataDirectory.write([UInt8](PEM.encode(certificate.der, label: PEM.certificate).utf8), to: path)
        return certificate
    }
}

/// An organisation's keys, opened.
struct FoundingKeys: Sendable {
    struct Node: Sendable {
        let signing: OpenSSLSigner
        let encryption: OpenSSLSigner
        let signingCertificate: Certificate
        let encryptionCertificate: Certificate
    }

    let party: Consortium.Party
    let root: Certificate
    let nodes: [Node]
    /// Of the seats the agreement leaves open, in its order.
    let seats: [OpenSSLSigner]

    /// What is handed to the others, with proof that each key is held (FOUND-6).
    /// - Parameter vouchers: admins whose keys the agreement names.
    func contribution(to consortium: Consortium, vouchers: [OpenSSLSigner] = []) throws -> Contribution {
        let body = Contribution.Body(
            consortium: consortium.digest, organization: party.id, root: root.der,
            nodes: nodes.map {
                Contribution.Node(
                    signing: $0.signing.publicKey, encryption: $0.encryption.publicKey,
                    signingCertificate: $0.signingCertificate.der, encryptionCertificate: $0.encryptionCertificate.der)
            },
            members: seats.map(\.publicKey))
        let message = body.signedMessage
        let signers = nodes.flatMap { [$0.signing, $0.encryption] } + seats
        return Contribution(
            body: body, proofs: try signers.map { try $0.sign(message) },
            vouchers: try vouchers.map { try $0.voucher(message) })
    }
}

extension GenesisDraft {
    /// One organisation's yes (FOUND-13).
    /// - Parameters:
    ///   - nodes: signing keys of its nodes, in the agreement's order.
    ///   - admins: its admins that sign now.
    func signed(
        for party: Consortium.Party, nodes: [OpenSSLSigner], admins: [OpenSSLSigner]
    ) throws -> FoundingSignature {
        let anchor = anchorMessage
        let validators = zip(party.nodes, nodes).filter { $0.0.isValidator }.map { $0.1 }
        return FoundingSignature(
            draft: digest, organization: party.id, nodes: try nodes.map { try $0.sign(signedMessage) },
            seals: try validators.map { try $0.sign(anchor) }, admins: try admins.map { try $0.voucher(signedMessage) })
    }
}

extension OpenSSLSigner {
    fileprivate func voucher(_ message: [UInt8]) throws -> Contribution.Voucher {
        Contribution.Voucher(account: AccountID(publicKey), signature: try sign(message))
    }
}
