// SPDX-License-Identifier: Apache-2.0
import Foundation
import KeyCustody
import ShangMi

/// Authorities and certificates of a local network: one authority for each organisation, two certificates for each
/// node.
struct LocalCertificates {
    let data: DataDirectory

    private static let rootDays: Int64 = 3_650
    private static let days: Int64 = 825

    /// Makes what is missing. Nothing here is needed by a network of one.
    func prepare(_ validators: [PrivateKey]) throws {
        var roots = ""
        for (index, key) in validators.enumerated() {
            let authority = try authority(of: index)
            let encryption = try DataDirectory.makeDevelopmentKey(at: data.encryptionKey(index))
            try DataDirectory.makeFolder("\(data.node(index))/certificates")
            try certify(key, .signing, at: data.certificate(.signing, index), by: authority, index)
            try certify(encryption, .encryption, at: data.certificate(.encryption, index), by: authority, index)
            roots += PEM.encode(authority.root.der, label: PEM.certificate)
        }
        try DataDirectory.makeFolder(data.root + "/trust")
        if FileManager.default.contents(atPath: data.authorities) != Data(roots.utf8) {
            try DataDirectory.write([UInt8](roots.utf8), to: data.authorities)
        }
    }

    private func authority(of index: Int) throws -> CertificateAuthority {
        let folder = data.authority(index)
        let place = AuthorityPlace(folder)
        let passphrase = try DataDirectory.developmentPassphrase(of: place.key)
        if FileManager.default.fileExists(atPath: place.root) {
            return try CertificateAuthority.open(folder, passphrase: passphrase)
        }
        return try CertificateAuthority.found(
            AuthorityName(organisation: LocalFounding.organization(index)), in: folder, passphrase: passphrase,
            now: .now, days: LocalCertificates.rootDays)
    }

    private func certify(
        _ key: PrivateKey, _ purpose: CertificatePurpose, at path: String, by authority: CertificateAuthority,
        _ index: Int
    ) throws {
        // A key that was made anew needs a certificate of its own.
        if FileManager.default.fileExists(atPath: path), try CredentialFile.certificate(at: path).key == key.publicKey {
            return
        }
        var name = AuthorityName(organisation: LocalFounding.organization(index))
        name.commonName = "node-\(index)"
        let request = try CertificateRequest.signed(try name.distinguished(), by: OpenSSLSigner(key))
        let certificate = try authority.issue(request, for: purpose, days: LocalCertificates.days, now: .now)
        try DataDirectory.write([UInt8](PEM.encode(certificate.der, label: PEM.certificate).utf8), to: path)
    }
}
