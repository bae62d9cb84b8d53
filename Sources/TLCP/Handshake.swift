// SPDX-License-Identifier: Apache-2.0
internal import ShangMi

/// What a handshake wants done, in this order.
enum HandshakeOrder {
    case send(HandshakeMessage)
    case perform(PrivateRequest)
    /// Say that from here on we protect, and do.
    case protect(KeySchedule.RecordKeys, CipherSuite)
    /// From its ChangeCipherSpec on, the other side protects with these.
    case expectProtection(KeySchedule.RecordKeys, CipherSuite)
    case open(LinkPeer)
}

/// What both roles of a handshake share: the transcript, what was agreed, who the other side is.
struct Handshake {
    let settings: LinkSettings
    var fresh: SecretStream
    /// SM3 over every message so far, as sent.
    private(set) var transcript = SM3()
    var clientRandom: [UInt8] = []
    var serverRandom: [UInt8] = []
    var suite = CipherSuite.gcm
    private(set) var master: SecretBytes?
    private(set) var signing: Certificate?
    private(set) var encrypting: Certificate?

    init(_ settings: LinkSettings) {
        self.settings = settings
        fresh = SecretStream(seed: settings.seed)
    }

    mutating func record(_ message: HandshakeMessage) { transcript.update(message.bytes) }

    /// Takes a message into the transcript and gives the order to send it.
    mutating func say(_ message: HandshakeMessage) -> HandshakeOrder {
        record(message)
        return .send(message)
    }

    var transcriptDigest: Digest { transcript.finalize() }

    mutating func agree(on firstSecret: SecretBytes) {
        master = KeySchedule.master(firstSecret, client: clientRandom, server: serverRandom)
    }

    /// The keys of what `role` sends.
    func keys(of role: Role) -> KeySchedule.RecordKeys {
        guard let master else { preconditionFailure("keys come after the first secret") }
        let both = KeySchedule.keys(suite, master: master, client: clientRandom, server: serverRandom)
        return role == .client ? both.client : both.server
    }

    func finished(of role: Role) -> HandshakeMessage {
        guard let master else { preconditionFailure("Finished comes after the first secret") }
        let body = KeySchedule.verification(master: master, of: role, transcript: transcriptDigest)
        return HandshakeMessage(.finished, body: body)
    }

    /// Compares the other side's Finished with what it must be (TLCP-11).
    func check(finished message: HandshakeMessage, of role: Role) throws(Failure) {
        guard SecretBytes.areEqual(message.bytes, finished(of: role).bytes) else { throw .finishedWrong }
    }

    var peer: LinkPeer { LinkPeer(signing: signing, encrypting: encrypting, suite: suite) }

    // MARK: Clocks (TLCP-23)

    /// A hello's 32 bytes: our clock in seconds since 1970, then 28 fresh ones.
    mutating func greeting(_ label: String) -> [UInt8] {
        let seconds = UInt32(truncatingIfNeeded: settings.clock.seconds)
        return (0..<4).map { UInt8(truncatingIfNeeded: seconds >> UInt32(24 - 8 * $0)) } + fresh.draw(label, count: 28)
    }

    /// Others put randomness where the clock belongs, so only what can be one is taken for one: within 400 days of
    /// ours, or in the year 1970, where clocks without a battery begin.
    var clocks: Clocks {
        let random = settings.role == .client ? serverRandom : clientRandom
        guard random.count == 32 else { return Clocks(ours: settings.clock, theirs: nil) }
        let clock = CertificateTime(seconds: random[..<4].reduce(0) { $0 << 8 | Int64($1) })
        let isNear = abs(clock.days(since: settings.clock)) <= 400 || clock.seconds < 365 * 86_400
        return Clocks(ours: settings.clock, theirs: isNear ? clock : nil)
    }

    // MARK: Who it is (TLCP-6, TLCP-21)

    /// Reads, checks and keeps the certificates of the other side.
    ///
    /// The second one is needed of a server, whose key the first secret is encrypted to. A client's is checked where it
    /// is sent and is not an authority's.
    mutating func take(certificates message: HandshakeMessage) throws(Failure) {
        let list = try CertificateList.read(message)
        guard let first = list.first else { throw .noCertificate }
        var verifier = SM2.Verifier(tableBytesMax: 0)
        let signing = try Handshake.certificate(first, .signing)
        try check(signing, .signing, .digitalSignature, &verifier)
        var second: Certificate?
        if list.count > 1 {
            let certificate = try Handshake.certificate(list[1], .encrypting)
            if settings.role == .client || certificate.extensions.authority == nil { second = certificate }
        }
        if let second {
            try check(second, .encrypting, .keyEncipherment, &verifier)
            guard second.subject == signing.subject else {
                throw .halvesDiffer(signing: signing.subject.description, encrypting: second.subject.description)
            }
        } else if settings.role == .client {
            throw .noEncryptingCertificate
        }
        try admit(signing)
        (self.signing, encrypting) = (signing, second)
    }

    private static func certificate(_ der: [UInt8], _ half: Half) throws(Failure) -> Certificate {
        do throws(DERError) { return try Certificate(der) } catch {
            throw .certificateUnreadable(half, offset: error.offset, expected: error.expected)
        }
    }

    private func check(
        _ certificate: Certificate, _ half: Half, _ usage: KeyUsage, _ verifier: inout SM2.Verifier
    ) throws(Failure) {
        do throws(CertificateFlaw) {
            try settings.trust.check(certificate, for: usage, at: settings.clock, &verifier)
        } catch {
            var clock: CertificateTime?
            switch error {
            case .notYetValid, .expired: clock = clocks.theirs
            default: break
            }
            throw .certificateRefused(half, subject: certificate.subject.description, error, theirClock: clock)
        }
    }

    private func admit(_ signing: Certificate) throws(Failure) {
        switch settings.admission {
        case .anyone: return
        case .named(let wanted):
            let found = signing.subject.commonName ?? ""
            guard found == wanted else { throw .otherName(found: found, wanted: wanted) }
        case .keys(let keys):
            guard keys.contains(signing.key) else {
                throw .notAllowed(subject: signing.subject.description, key: signing.key)
            }
        }
    }

    // MARK: Whether it holds the key

    /// What a server signs: both randoms and its encryption certificate with its length (TLCP-7).
    func exchangeClaim(_ encrypting: [UInt8]) -> [UInt8] {
        clientRandom + serverRandom + Vector.of(encrypting, lengthBytes: 3)
    }

    func checkSignature(_ message: HandshakeMessage, over claim: [UInt8]) throws(Failure) {
        guard let signing else { preconditionFailure("signatures come after certificates") }
        let signature = try OpaqueBody.signature(message)
        var verifier = SM2.Verifier(tableBytesMax: 0)
        let isGood = verifier.verify([SM2.Claim(key: signing.key, message: claim, signature: signature)])[0]
        guard isGood else { throw .signatureWrong(message.kind) }
    }
}
