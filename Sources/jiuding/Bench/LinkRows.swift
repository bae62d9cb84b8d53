// SPDX-License-Identifier: Apache-2.0
import Bedrock
import KeyCustody
import ShangMi
import TLCP

/// The measurements of `bench tlcp`: two ends of a link in one thread, with real keys.
struct LinkRows {
    /// One end and the keys it asks.
    private struct End: ~Copyable {
        var link: Link
        let keys: LinkKeys
        private(set) var received = 0

        init(_ settings: LinkSettings, _ keys: LinkKeys) {
            link = Link(settings)
            self.keys = keys
        }

        /// - Returns: what it says to the other end.
        mutating func take(_ event: LinkEvent) -> [UInt8] {
            var (said, events) = ([UInt8](), [event])
            while !events.isEmpty {
                for effect in link.step(events.removeFirst()) {
                    switch effect {
                    case .send(let bytes): if said.isEmpty { said = bytes } else { said += bytes }
                    case .perform(let request): events.append(.answered(keys.perform(request)))
                    case .deliver(let bytes): received += bytes.count
                    case .opened, .ended: break
                    }
                }
            }
            return said
        }
    }

    private struct Pair: ~Copyable {
        var dialling: End
        var dialled: End

        var isOpen: Bool { dialling.link.isOpen && dialled.link.isOpen }
    }

    /// What a frame between nodes may have.
    private static let bulkBytes = 64 << 10
    private let seconds: Double
    private let client: (credentials: Credentials, keys: LinkKeys)
    private let server: (credentials: Credentials, keys: LinkKeys)
    private let trust: CertificateTrust
    private let now = CertificateTime(seconds: 1_795_000_000)
    private let signing: OpenSSLSigner
    private var random = SeededRandom(seed: 11)
    private(set) var rows: [CryptoRows.Row] = []

    init(seconds: Double) throws {
        self.seconds = seconds
        let authority = OpenSSLSigner(try PrivateKey.generate())
        let now = now
        func name(_ common: String) throws -> DistinguishedName {
            guard let name = DistinguishedName([.init(ObjectIdentifier.commonName, common)]) else {
                preconditionFailure("a short name is one")
            }
            return name
        }
        let root = try CertificateDraft.root(
            try name("root"), key: authority.publicKey, serial: [1], notBefore: now, notAfter: .never
        ).signed(by: authority)
        func node(_ common: String, _ signing: OpenSSLSigner) throws -> (Credentials, LinkKeys) {
            let encrypting = try PrivateKey.generate()
            func issue(_ usage: KeyUsage, _ key: SM2.PublicKey) throws -> Certificate {
                try CertificateDraft.below(
                    root, subject: try name(common), key: key, usage: usage, serial: [2], notBefore: now,
                    notAfter: .never
                ).signed(by: authority)
            }
            let credentials = Credentials(
                signing: try issue(.signing, signing.publicKey),
                encrypting: try issue(.encrypting, encrypting.publicKey))
            return (credentials, LinkKeys(signing: signing, encrypting: encrypting))
        }
        signing = OpenSSLSigner(try PrivateKey.generate())
        client = try node("client", OpenSSLSigner(try PrivateKey.generate()))
        server = try node("server", signing)
        var trust = CertificateTrust()
        var verifier = SM2.Verifier(tableBytesMax: 0)
        try trust.trust(root, &verifier)
        self.trust = trust
    }

    mutating func measureAll(_ progress: (String) -> Void) throws {
        for suite in [CipherSuite.gcm, .cbc] {
            progress("handshake \(suite.name)")
            try handshakes(suite)
            progress("bulk \(suite.name)")
            try bulk(suite)
        }
    }

    private func settings(_ role: Role, _ suite: CipherSuite, _ credentials: Credentials, _ seed: [UInt8])
        -> LinkSettings
    {
        var settings = LinkSettings(role, credentials, trust: trust, clock: now, seed: SecretBytes(seed))
        settings.suites = [suite]
        return settings
    }

    /// Mutual handshakes, both ends; beside them OpenSSL's signatures, of which a handshake has two.
    private mutating func handshakes(_ suite: CipherSuite) throws {
        let message = random.bytes(count: 39)
        let signing = signing
        var number: UInt64 = 0
        let duel = try Duel(seconds: seconds) {
            number += 1
            try CryptoRows.insist(pair(suite, number).isOpen)
            return 1
        } against: {
            _ = try signing.sign(message)
            return 1
        }
        add("tlcp.handshake", suite, "handshakes; OpenSSL: signatures", duel)
    }

    private func pair(_ suite: CipherSuite, _ number: UInt64) -> Pair {
        let seed = SM3.hash((0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }).bytes
        var dialling = End(settings(.client, suite, client.credentials, seed), client.keys)
        var dialled = End(settings(.server, suite, server.credentials, SM3.hash(seed).bytes), server.keys)
        var up = dialling.take(.began)
        while !up.isEmpty { up = dialling.take(.received(dialled.take(.received(up)))) }
        return Pair(dialling: dialling, dialled: dialled)
    }

    /// 64 KiB at a time from one end to the other, sealed and opened, beside OpenSSL's SM4-CBC, which only seals and
    /// adds no MAC.
    private mutating func bulk(_ suite: CipherSuite) throws {
        let bytes = random.bytes(count: LinkRows.bulkBytes)
        let (key, vector) = (Secret(random.bytes(count: 16)), random.bytes(count: 16))
        var pair = pair(suite, 0)
        let duel = try Duel(seconds: seconds) {
            let before = pair.dialled.received
            let sealed = pair.dialling.take(.wrote(bytes))
            let said = pair.dialled.take(.received(sealed))
            try CryptoRows.insist(said.isEmpty && pair.dialled.received - before == bytes.count)
            return bytes.count
        } against: {
            try CryptoRows.insist(OpenSSLReference.sm4CBCEncrypt(bytes, key: key, vector: vector) != nil)
            return bytes.count
        }
        add("tlcp.bulk", suite, "MB sealed and opened", duel, scale: 1e-6)
    }

    private mutating func add(_ name: String, _ suite: CipherSuite, _ unit: String, _ duel: Duel, scale: Double = 1) {
        rows.append(
            CryptoRows.Row(
                name: "\(name)/\(suite == .gcm ? "gcm" : "cbc")", path: CodePath.sm4.rawValue, unit: unit,
                perSecond: duel.perSecond * scale, referencePerSecond: duel.referencePerSecond * scale))
    }
}
