// SPDX-License-Identifier: Apache-2.0
import Bedrock
import NIOPosix
import ShangMi
import TLCP
import Transport

/// One authority that gives nodes their two certificates, with keys from a seed.
struct CertificateOffice {
    private let authority: SM2.ThrowAwaySigner
    private let root: Certificate
    private let trust: CertificateTrust
    private static let now = CertificateTime(seconds: 1_795_000_000)

    /// - Parameter seed: another one is another authority.
    init(seed: UInt64 = 77) throws {
        var random = SeededRandom(seed: seed)
        authority = SM2.ThrowAwaySigner(from: &random)
        root = try CertificateDraft.root(
            try CertificateOffice.name("authority \(seed)"), key: authority.publicKey, serial: [1],
            notBefore: CertificateOffice.now, notAfter: .never
        ).signed(by: authority)
        var trust = CertificateTrust()
        var verifier = SM2.Verifier(tableBytesMax: 0)
        try trust.trust(root, &verifier)
        self.trust = trust
    }

    private struct NoName: Error {}

    private static func name(_ common: String) throws -> DistinguishedName {
        guard let name = DistinguishedName([.init(ObjectIdentifier.commonName, common)]) else { throw NoName() }
        return name
    }

    private struct Keys: PrivateKeys {
        let signing: SM2.ThrowAwaySigner
        let encrypting: SM2.ThrowAwaySigner

        func perform(_ request: PrivateRequest) -> PrivateAnswer {
            switch request {
            case .sign(let message):
                guard let signature = try? signing.sign(message) else { return .unavailable(reason: "never") }
                return .signature(signature)
            case .decrypt(let bytes): return .text(encrypting.decrypt(bytes).map { SecretBytes($0) })
            case .encrypt(let secret, let key):
                var random = SeededRandom(seed: .random(in: 0 ... .max))
                return .ciphertext(SM2.ThrowAwaySigner.encrypt(secret.bytes, to: key, from: &random))
            }
        }
    }

    /// Links of a node that is known by this signing key.
    func security(of signer: SM2.ThrowAwaySigner, named name: String) throws -> TLCPSecurity {
        var random = SeededRandom(seed: .random(in: 0 ... .max))
        let keys = Keys(signing: signer, encrypting: SM2.ThrowAwaySigner(from: &random))
        func issue(_ usage: KeyUsage, _ key: SM2.PublicKey, _ serial: UInt8) throws -> Certificate {
            try CertificateDraft.below(
                root, subject: try CertificateOffice.name(name), key: key, usage: usage, serial: [serial],
                notBefore: CertificateOffice.now, notAfter: .never
            ).signed(by: authority)
        }
        let credentials = Credentials(
            signing: try issue(.signing, signer.publicKey, 2),
            encrypting: try issue(.encrypting, keys.encrypting.publicKey, 3))
        let trust = trust
        return TLCPSecurity(
            settings: { role in
                LinkSettings(
                    role, credentials, trust: trust, clock: CertificateOffice.now,
                    seed: SecretBytes((0..<32).map { _ in UInt8.random(in: 0...255) }))
            },
            desk: { request, loop in
                NIOThreadPool.singleton.runIfActive(eventLoop: loop) { keys.perform(request) }
            })
    }
}
