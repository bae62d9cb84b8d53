// SPDX-License-Identifier: Apache-2.0
internal import ShangMi

/// The handshake of the side that dials.
///
/// ```
/// hello ──► ServerHello ──► Certificate ──► ServerKeyExchange ──► (CertificateRequest) ──► ServerHelloDone
///   encrypting the first secret ──► (signing the transcript) ──► our Finished said ──► its Finished ──► open
/// ```
/// - Spec: TLCP-5.
struct ClientHandshake {
    private enum Phase {
        case start, serverHello, certificate, keyExchange, requestOrDone, done
        /// The first secret is being encrypted; the transcript is being signed.
        case encrypting, signing
        case finished, over
    }

    private var phase = Phase.start
    private var shared: Handshake
    private var isAsked = false
    private var firstSecret: SecretBytes?

    init(_ settings: LinkSettings) { shared = Handshake(settings) }

    /// What comes next, for messages to people.
    var waitingFor: String {
        switch phase {
        case .start, .over: "nothing"
        case .serverHello: HandshakeKind.serverHello.name
        case .certificate: HandshakeKind.certificate.name
        case .keyExchange: HandshakeKind.serverKeyExchange.name
        case .requestOrDone: "CertificateRequest or ServerHelloDone"
        case .done: HandshakeKind.serverHelloDone.name
        case .encrypting, .signing: "our own key's answer"
        case .finished: HandshakeKind.finished.name
        }
    }

    /// Whether the other side's turn to protect has come.
    var expectsProtection: Bool { phase == .finished }

    var clocks: Clocks { shared.clocks }

    mutating func begin() -> [HandshakeOrder] {
        precondition(phase == .start, "a handshake begins once")
        shared.clientRandom = shared.greeting("client random")
        phase = .serverHello
        let hello = ClientHello(randomBytes: shared.clientRandom, suites: shared.settings.suites.map(\.rawValue))
        return [shared.say(hello.message)]
    }

    mutating func take(_ message: HandshakeMessage) throws(Failure) -> [HandshakeOrder] {
        switch (phase, message.kind) {
        case (.serverHello, .serverHello): try take(hello: message)
        case (.certificate, .certificate):
            try shared.take(certificates: message)
            phase = .keyExchange
        case (.keyExchange, .serverKeyExchange):
            guard let encrypting = shared.encrypting else {
                preconditionFailure("a server's second certificate is kept")
            }
            try shared.checkSignature(message, over: shared.exchangeClaim(encrypting.der))
            phase = .requestOrDone
        case (.requestOrDone, .certificateRequest):
            guard try CertificateRequestBody.read(message).contains(CertificateRequestBody.signsOnCurve) else {
                throw .contradiction("it asks for a certificate of another kind than SM2 signing")
            }
            isAsked = true
            phase = .done
        case (.requestOrDone, .serverHelloDone), (.done, .serverHelloDone):
            shared.record(message)
            return answerFlight()
        case (.finished, .finished):
            try shared.check(finished: message, of: .server)
            phase = .over
            return [.open(shared.peer)]
        default: throw .unexpected(found: message.kind.name, wanted: waitingFor)
        }
        shared.record(message)
        return []
    }

    private mutating func take(hello message: HandshakeMessage) throws(Failure) {
        let hello = try ServerHello(message)
        guard hello.version == Record.version else { throw .versionUnsupported(found: hello.version) }
        guard let suite = CipherSuite(rawValue: hello.suite), shared.settings.suites.contains(suite) else {
            throw .contradiction("it chose \(CipherSuite.name(hello.suite)), which we did not offer")
        }
        guard hello.compression == 0 else { throw .compressionWanted }
        (shared.serverRandom, shared.suite) = (hello.randomBytes, suite)
        phase = .certificate
    }

    /// Certificates where they are asked for, then the first secret, once it is encrypted.
    private mutating func answerFlight() -> [HandshakeOrder] {
        guard let encrypting = shared.encrypting else { preconditionFailure("a server's second certificate is kept") }
        var orders: [HandshakeOrder] = []
        if isAsked {
            let credentials = shared.settings.credentials
            let list = credentials.map { [$0.signing.der, $0.encrypting.der] } ?? []
            orders.append(shared.say(CertificateList.message(list)))
        }
        let version = [UInt8(Record.version >> 8), UInt8(Record.version & 0xff)]
        var bytes =
            version + shared.fresh.draw("first secret", count: 32) + shared.fresh.draw("first secret", count: 14)
        let secret = SecretBytes(bytes)
        SecretBytes.wipe(&bytes)
        firstSecret = secret
        phase = .encrypting
        return orders + [.perform(.encrypt(secret, to: encrypting.key))]
    }

    mutating func take(_ answer: PrivateAnswer) throws(Failure) -> [HandshakeOrder] {
        switch (phase, answer) {
        case (_, .unavailable(let reason)): throw .privateKeyUnavailable(reason: reason)
        case (.encrypting, .ciphertext(let bytes)):
            guard let firstSecret else { preconditionFailure("the first secret is kept while it is encrypted") }
            let exchange = shared.say(OpaqueBody.message(.clientKeyExchange, bytes))
            shared.agree(on: firstSecret)
            self.firstSecret = nil
            guard isAsked, shared.settings.credentials != nil else { return [exchange] + finish() }
            phase = .signing
            return [exchange, .perform(.sign(shared.transcriptDigest.bytes))]
        case (.signing, .signature(let signature)):
            return [shared.say(OpaqueBody.message(.certificateVerify, signature.der))] + finish()
        default: throw .privateKeyUnavailable(reason: "the answer is not the kind that was asked for")
        }
    }

    private mutating func finish() -> [HandshakeOrder] {
        phase = .finished
        return [
            .protect(shared.keys(of: .client), shared.suite), shared.say(shared.finished(of: .client)),
            .expectProtection(shared.keys(of: .server), shared.suite),
        ]
    }
}
