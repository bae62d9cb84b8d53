// SPDX-License-Identifier: Apache-2.0
import Bedrock
import KeyCustody
import ShangMi
import TLCP
import Testing

/// Links whose keys are real ones.
@Suite("Keys of links") struct LinkKeysTests {
    private struct Owner {
        let keys: LinkKeys
        let credentials: Credentials

        init(_ name: String, _ root: Certificate, _ authority: OpenSSLSigner, _ now: CertificateTime, _ serial: UInt8)
            throws
        {
            let (signing, encrypting) = (OpenSSLSigner(try PrivateKey.generate()), try PrivateKey.generate())
            keys = LinkKeys(signing: signing, encrypting: encrypting)
            func issue(_ usage: KeyUsage, _ key: SM2.PublicKey, _ serial: UInt8) throws -> Certificate {
                try CertificateDraft.below(
                    root, subject: try LinkKeysTests.name(name), key: key, usage: usage, serial: [serial],
                    notBefore: now, notAfter: now.advanced(byDays: 30)
                ).signed(by: authority)
            }
            credentials = Credentials(
                signing: try issue(.signing, signing.publicKey, serial),
                encrypting: try issue(.encrypting, encrypting.publicKey, serial + 1))
        }
    }

    private static func name(_ common: String) throws -> DistinguishedName {
        try #require(DistinguishedName([.init(ObjectIdentifier.commonName, common)]))
    }

    /// Runs one end until it waits for the other; gives what it said.
    private func feed(_ link: inout Link, _ keys: LinkKeys, _ event: LinkEvent, _ said: inout [UInt8]) -> LinkEnd? {
        var (events, end): ([LinkEvent], LinkEnd?) = ([event], nil)
        while !events.isEmpty {
            for effect in link.step(events.removeFirst()) {
                switch effect {
                case .send(let bytes): said += bytes
                case .perform(let request): events.append(.answered(keys.perform(request)))
                case .opened, .deliver: break
                case .ended(let how): end = how
                }
            }
        }
        return end
    }

    private func links(
        _ client: Owner, _ clientKeys: LinkKeys, _ server: Owner, _ root: Certificate, _ now: CertificateTime
    )
        throws -> (isOpen: Bool, ends: [LinkEnd?])
    {
        var trust = CertificateTrust()
        var verifier = SM2.Verifier(tableBytesMax: 0)
        try trust.trust(root, &verifier)
        func settings(_ role: Role, _ owner: Owner) throws -> LinkSettings {
            LinkSettings(
                role, owner.credentials, trust: trust, clock: now, seed: SecretBytes(try SystemRandom.bytes(count: 32)))
        }
        var dialling = Link(try settings(.client, client))
        var dialled = Link(try settings(.server, server))
        var (up, down): ([UInt8], [UInt8]) = ([], [])
        var ends: [LinkEnd?] = [feed(&dialling, clientKeys, .began, &up), nil]
        while !up.isEmpty || !down.isEmpty {
            let (rising, falling) = (up, down)
            (up, down) = ([], [])
            if !rising.isEmpty { ends[1] = feed(&dialled, server.keys, .received(rising), &down) ?? ends[1] }
            if !falling.isEmpty { ends[0] = feed(&dialling, clientKeys, .received(falling), &up) ?? ends[0] }
        }
        return (dialling.isOpen && dialled.isOpen, ends)
    }

    @Test("OpenSSL's keys sign, encrypt and decrypt for a link; a wrong one is found out by name (KEY-17, TLCP-19)")
    func openSSL() throws {
        let now = PaperTime.now
        let authority = OpenSSLSigner(try PrivateKey.generate())
        let root = try CertificateDraft.root(
            try LinkKeysTests.name("root"), key: authority.publicKey, serial: [1], notBefore: now, notAfter: .never
        ).signed(by: authority)
        let (client, server) = (try Owner("a", root, authority, now, 2), try Owner("b", root, authority, now, 4))
        let good = try links(client, client.keys, server, root, now)
        #expect(good.isOpen && good.ends == [nil, nil])
        let wrong = try links(client, server.keys, server, root, now)
        #expect(!wrong.isOpen && wrong.ends[1] == .failed(.signatureWrong(.certificateVerify)))
    }

    @Test("what does not open answers with nothing, whatever is wrong with it (KEY-17, TLCP-9)")
    func refusals() throws {
        let key = try PrivateKey.generate()
        let keys = LinkKeys(signing: OpenSSLSigner(try PrivateKey.generate()), encrypting: key)
        let secret = SecretBytes([UInt8](0..<48))
        guard case .ciphertext(let good) = keys.perform(.encrypt(secret, to: key.publicKey)) else {
            Issue.record("no ciphertext")
            return
        }
        func text(_ bytes: [UInt8]) -> [UInt8]? {
            guard case .text(let secret) = keys.perform(.decrypt(bytes)) else { return [255] }
            return secret?.bytes
        }
        #expect(text(good) == [UInt8](0..<48))
        for byte in good.indices {
            var bytes = good
            bytes[byte] ^= 1
            #expect(text(bytes) == nil, "byte \(byte)")
        }
        #expect(text([]) == nil && text(Array(good.dropLast())) == nil && text(good + [0]) == nil)
    }
}

private enum PaperTime {
    static let now = CertificateTime(seconds: 1_795_000_000)
}
