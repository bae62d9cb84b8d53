// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import TLCP
import Testing

func hex(_ text: String) -> [UInt8] { Hex.decode(text)! }

/// Holds two private keys in plain memory and answers at once: the body for tests beside KeyCustody's.
struct PaperKeys: PrivateKeys {
    var signing: SM2.ThrowAwaySigner
    var encrypting: SM2.ThrowAwaySigner
    /// Answers as a device that has gone away.
    var isGone = false
    /// Changes what was decrypted before it is answered.
    var alters: @Sendable ([UInt8]) -> [UInt8] = { $0 }

    func perform(_ request: PrivateRequest) -> PrivateAnswer {
        if isGone { return .unavailable(reason: "the device is gone") }
        switch request {
        case .sign(let message):
            guard let signature = try? signing.sign(message) else { return .unavailable(reason: "never") }
            return .signature(signature)
        case .decrypt(let ciphertext): return .text(encrypting.decrypt(ciphertext).map { SecretBytes(alters($0)) })
        case .encrypt(let secret, let key):
            var random = SeededRandom(seed: UInt64(secret.bytes[2]) << 8 | UInt64(secret.bytes[3]))
            return .ciphertext(SM2.ThrowAwaySigner.encrypt(secret.bytes, to: key, from: &random))
        }
    }
}

/// An authority that issues whatever a test asks for.
struct PaperAuthority {
    static let now = CertificateTime(seconds: 1_795_000_000)
    let root: Certificate
    let signer: SM2.ThrowAwaySigner
    private let clock: CertificateTime

    /// - Parameter clock: what "now" is for what it issues.
    init(_ organization: String = "市大数据局", seed: UInt64 = 1, clock: CertificateTime = now) throws {
        var random = SeededRandom(seed: seed)
        self.clock = clock
        signer = SM2.ThrowAwaySigner(from: &random)
        root = try CertificateDraft.root(
            try PaperAuthority.name(organization, "root"), key: signer.publicKey, serial: [1],
            notBefore: clock.advanced(byDays: -10), notAfter: .never
        ).signed(by: signer)
    }

    static func name(_ organization: String, _ common: String) throws -> DistinguishedName {
        try #require(
            DistinguishedName([
                .init(ObjectIdentifier.country, "CN"), .init(ObjectIdentifier.organization, organization),
                .init(ObjectIdentifier.commonName, common),
            ]))
    }

    func issue(
        _ common: String, _ key: SM2.PublicKey, _ usage: KeyUsage, serial: UInt8, from: Int64 = -1, days: Int64 = 90
    ) throws -> Certificate {
        try CertificateDraft.below(
            root, subject: try PaperAuthority.name(root.subject.organization ?? "", common), key: key, usage: usage,
            serial: [serial], notBefore: clock.advanced(byDays: from), notAfter: clock.advanced(byDays: from + days)
        ).signed(by: signer)
    }
}

/// One side: certificates, keys, and how it wants its link.
struct PaperParty {
    var credentials: Credentials?
    var keys: PaperKeys
    var trust = CertificateTrust()
    var clock = PaperAuthority.now
    var suites = CipherSuite.allCases
    var admission = LinkSettings.Admission.anyone
    var asksClient = true
    var recordsPerKeyMax = Limits.recordsPerKeyMax
    var seed: UInt64

    init(
        _ name: String, _ authority: PaperAuthority, trusting: [PaperAuthority]? = nil, seed: UInt64, from: Int64 = -1,
        days: Int64 = 90
    ) throws {
        var random = SeededRandom(seed: seed)
        keys = PaperKeys(signing: SM2.ThrowAwaySigner(from: &random), encrypting: SM2.ThrowAwaySigner(from: &random))
        self.seed = seed
        credentials = Credentials(
            signing: try authority.issue(
                name, keys.signing.publicKey, .signing, serial: UInt8(2 * seed), from: from, days: days),
            encrypting: try authority.issue(
                name, keys.encrypting.publicKey, .encrypting, serial: UInt8(2 * seed + 1), from: from, days: days))
        var verifier = SM2.Verifier(tableBytesMax: 0)
        for one in trusting ?? [authority] { try trust.trust(one.root, &verifier) }
    }

    func settings(_ role: Role) -> LinkSettings {
        var settings = LinkSettings(
            role, credentials, trust: trust, clock: clock, seed: SecretBytes(SM3.hash([UInt8(seed)]).bytes))
        settings.suites = suites
        settings.admission = admission
        settings.asksClient = asksClient
        settings.recordsPerKeyMax = recordsPerKeyMax
        return settings
    }
}

/// One end of a link with its host: answers requests at once, keeps what it was told.
final class PaperEnd {
    private var link: Link
    private let keys: PaperKeys
    /// Answers are kept back while this is set.
    var isSlow = false
    private(set) var waiting: [PrivateRequest] = []
    private(set) var sent: [[UInt8]] = []
    private(set) var received: [UInt8] = []
    private(set) var peer: LinkPeer?
    private(set) var end: LinkEnd?
    /// What it asked to be encrypted: known to tests that sit on the wire with the keys.
    private(set) var firstSecret: SecretBytes?

    init(_ party: PaperParty, _ role: Role) {
        link = Link(party.settings(role))
        keys = party.keys
    }

    var isOpen: Bool { link.isOpen }
    var recordsLeft: UInt64 { link.recordsLeft }
    var failure: Failure? { if case .failed(let failure)? = end { failure } else { nil } }

    func feed(_ event: LinkEvent) {
        for effect in link.step(event) {
            switch effect {
            case .send(let bytes): sent.append(bytes)
            case .perform(let request):
                if case .encrypt(let secret, _) = request { firstSecret = secret }
                if isSlow { waiting.append(request) } else { feed(.answered(keys.perform(request))) }
            case .opened(let peer): self.peer = peer
            case .deliver(let bytes): received += bytes
            case .ended(let end): self.end = end
            }
        }
    }

    func answerOne() {
        guard !waiting.isEmpty else { return }
        feed(.answered(keys.perform(waiting.removeFirst())))
    }

    /// What it wants to say now.
    func take() -> [UInt8] {
        defer { sent = [] }
        return sent.flatMap { $0 }
    }
}

/// Two ends and the wire between them, on which a test may sit.
struct PaperWire {
    let client: PaperEnd
    let server: PaperEnd
    /// Changes what the sender just said: the sender and its bytes in, the bytes that arrive out.
    var tap: (Role, [UInt8]) -> [UInt8] = { _, bytes in bytes }
    /// How many bytes arrive at once; nil for all.
    var chunk: Int?

    init(_ client: PaperParty, _ server: PaperParty) {
        self.client = PaperEnd(client, .client)
        self.server = PaperEnd(server, .server)
    }

    /// Carries bytes until nobody says anything; then, where the handshake hangs, lets both deadlines pass.
    func run(begins: Bool = true) {
        if begins { client.feed(.began) }
        carry()
        if !(client.isOpen && server.isOpen) {
            for end in [client, server] where !end.isOpen { end.feed(.deadlinePassed) }
            carry()
        }
    }

    func carry() {
        for _ in 0..<100 {
            let (up, down) = (client.take(), server.take())
            if up.isEmpty, down.isEmpty { return }
            deliver(tap(.client, up), to: server)
            deliver(tap(.server, down), to: client)
        }
    }

    private func deliver(_ bytes: [UInt8], to end: PaperEnd) {
        let size = chunk ?? max(1, bytes.count)
        for start in stride(from: 0, to: bytes.count, by: size) {
            end.feed(.received(Array(bytes[start..<min(start + size, bytes.count)])))
        }
    }
}

/// Cuts a stream that is not protected, or whose protection does not matter, into whole records.
func records(_ bytes: [UInt8]) -> [[UInt8]] {
    var (list, next) = ([[UInt8]](), 0)
    while next + 5 <= bytes.count {
        let end = min(bytes.count, next + 5 + (Int(bytes[next + 3]) << 8 | Int(bytes[next + 4])))
        list.append(Array(bytes[next..<end]))
        next = end
    }
    return list
}

/// A record that is not protected.
func record(_ kind: UInt8, _ content: [UInt8]) -> [UInt8] {
    [kind, 1, 1, UInt8(content.count >> 8), UInt8(content.count & 0xff)] + content
}

/// The two parties most tests use: nodes of two organisations that trust each other's roots.
struct PaperPair {
    let mine: PaperAuthority
    let theirs: PaperAuthority
    var client: PaperParty
    var server: PaperParty

    init(_ suite: CipherSuite? = nil) throws {
        mine = try PaperAuthority("市大数据局", seed: 1)
        theirs = try PaperAuthority("法院", seed: 2)
        client = try PaperParty("node-1", mine, trusting: [mine, theirs], seed: 11)
        server = try PaperParty("node-2", theirs, trusting: [mine, theirs], seed: 12)
        if let suite { server.suites = [suite] }
    }

    func run() -> PaperWire {
        let wire = PaperWire(client, server)
        wire.run()
        return wire
    }
}
