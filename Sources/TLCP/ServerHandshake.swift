// SPDX-License-Identifier: Apache-2.0
internal import ShangMi

/// The handshake of the side that is dialled.
///
/// ```
/// ClientHello ──► signing the exchange ──► (Certificate) ──► ClientKeyExchange ──► decrypting the first secret
///   (CertificateVerify) ──► its Finished ──► our Finished said, open
/// ```
/// - Spec: TLCP-5.
struct ServerHandshake {
    private enum Phase {
        case clientHello, signing, certificate, keyExchange, decrypting, verify, finished, over
    }

    private var phase = Phase.clientHello
    private var shared: Handshake
    /// The first secret did not open: told when Finished does not, and not before (TLCP-9).
    private(set) var isFirstSecretUnreadable = false

    init(_ settings: LinkSettings) { shared = Handshake(settings) }

    var waitingFor: String {
        switch phase {
        case .clientHello: HandshakeKind.clientHello.name
        case .signing, .decrypting: "our own key's answer"
        case .certificate: HandshakeKind.certificate.name
        case .keyExchange: HandshakeKind.clientKeyExchange.name
        case .verify: HandshakeKind.certificateVerify.name
        case .finished: HandshakeKind.finished.name
        case .over: "nothing"
        }
    }

    var expectsProtection: Bool { phase == .finished }

    var clocks: Clocks { shared.clocks }

    mutating func take(_ message: HandshakeMessage) throws(Failure) -> [HandshakeOrder] {
        switch (phase, message.kind) {
        case (.clientHello, .clientHello):
            try take(hello: message)
            shared.record(message)
            return beginFlight()
        case (.certificate, .certificate):
            try shared.take(certificates: message)
            phase = .keyExchange
        case (.keyExchange, .clientKeyExchange):
            let ciphertext = try OpaqueBody.read(message, max: Limits.ciphertextBytesMax)
            shared.record(message)
            phase = .decrypting
            return [.perform(.decrypt(ciphertext))]
        case (.verify, .certificateVerify):
            try shared.checkSignature(message, over: shared.transcriptDigest.bytes)
            phase = .finished
        case (.finished, .finished):
            try shared.check(finished: message, of: .client)
            shared.record(message)
            phase = .over
            return [
                .protect(shared.keys(of: .server), shared.suite), shared.say(shared.finished(of: .server)),
                .open(shared.peer),
            ]
        default: throw .unexpected(found: message.kind.name, wanted: waitingFor)
        }
        shared.record(message)
        return []
    }

    /// Our order of preference decides; the client's says only what it knows.
    private mutating func take(hello message: HandshakeMessage) throws(Failure) {
        let hello = try ClientHello(message)
        guard hello.version == Record.version else { throw .versionUnsupported(found: hello.version) }
        guard hello.hasNullCompression else { throw .compressionWanted }
        guard let suite = shared.settings.suites.first(where: { hello.suites.contains($0.rawValue) }) else {
            throw .noCommonSuite(theirs: hello.suites, ours: shared.settings.suites.map(\.rawValue))
        }
        shared.clientRandom = hello.randomBytes
        shared.suite = suite
    }

    private var credentials: Credentials {
        guard let credentials = shared.settings.credentials else { preconditionFailure("a server shows certificates") }
        return credentials
    }

    private mutating func beginFlight() -> [HandshakeOrder] {
        shared.serverRandom = shared.greeting("server random")
        phase = .signing
        return [
            shared.say(ServerHello(randomBytes: shared.serverRandom, suite: shared.suite.rawValue).message),
            shared.say(CertificateList.message([credentials.signing.der, credentials.encrypting.der])),
            .perform(.sign(shared.exchangeClaim(credentials.encrypting.der))),
        ]
    }

    mutating func take(_ answer: PrivateAnswer) throws(Failure) -> [HandshakeOrder] {
        switch (phase, answer) {
        case (_, .unavailable(let reason)): throw .privateKeyUnavailable(reason: reason)
        case (.signing, .signature(let signature)):
            var orders = [shared.say(OpaqueBody.message(.serverKeyExchange, signature.der))]
            if shared.settings.asksClient {
                orders.append(
                    shared.say(CertificateRequestBody.message(authorities: shared.settings.trust.authorities)))
            }
            orders.append(shared.say(HandshakeMessage(.serverHelloDone, body: [])))
            phase = shared.settings.asksClient ? .certificate : .keyExchange
            return orders
        case (.decrypting, .text(let text)):
            agree(on: text)
            phase = shared.settings.asksClient ? .verify : .finished
            return [.expectProtection(shared.keys(of: .client), shared.suite)]
        default: throw .privateKeyUnavailable(reason: "the answer is not the kind that was asked for")
        }
    }

    /// A secret that does not open, or is not one, is replaced by a random one: the handshake then fails at the first
    /// protected record, as for any other fault (TLCP-9).
    private mutating func agree(on text: SecretBytes?) {
        var random = shared.fresh.draw("no first secret", count: 32) + shared.fresh.draw("no first secret", count: 16)
        defer { SecretBytes.wipe(&random) }
        if let text, text.count == KeySchedule.firstSecretBytes {
            var bytes = text.bytes
            defer { SecretBytes.wipe(&bytes) }
            if bytes[0] == UInt8(Record.version >> 8), bytes[1] == UInt8(Record.version & 0xff) {
                return shared.agree(on: text)
            }
        }
        isFirstSecretUnreadable = true
        shared.agree(on: SecretBytes(random))
    }
}
