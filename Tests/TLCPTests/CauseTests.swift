// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import TLCP
import Testing

/// Each way two honest sides fail to link is told by its name on both: the cause here, the alert's meaning there.
@Suite("Links that are refused, and why (TLCP-18)") struct CauseTests {
    private let pair: PaperPair
    private let now = PaperAuthority.now
    private let afterHello = "the handshake, before its Certificate"
    /// What a client waits for when a server has judged its certificates.
    private let beforeFinished = "the handshake, before its Finished"

    init() throws { pair = try PaperPair() }

    /// Runs the pair, then the pair with the two roles exchanged, and compares both causes.
    private func expect(
        _ judge: PaperParty, refuses judged: PaperParty, with failure: Failure, _ alert: Alert, clocks: Clocks? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let client = PaperWire(judge, judged)
        client.run()
        #expect(client.client.failure == failure, sourceLocation: sourceLocation)
        #expect(
            client.server.failure == .toldBy(alert, during: afterHello, clocks: clocks), sourceLocation: sourceLocation)
        let server = PaperWire(judged, judge)
        server.run()
        #expect(server.server.failure == failure, sourceLocation: sourceLocation)
        #expect(
            server.client.failure == .toldBy(alert, during: beforeFinished, clocks: clocks),
            sourceLocation: sourceLocation)
        #expect(failure.alert == alert && failure.code.hasPrefix("JD-17"), sourceLocation: sourceLocation)
        #expect(!failure.description.isEmpty && !failure.mayHeal, sourceLocation: sourceLocation)
    }

    private let rootName = "C=CN, O=法院, CN=root"
    private let nodeName = "C=CN, O=法院, CN=node-2"

    @Test("an authority nobody trusts, and one whose name is known and whose key is not (TLCP-6)")
    func authorities() throws {
        let stranger = try PaperParty("node-1", pair.mine, trusting: [pair.mine], seed: 13)
        expect(
            stranger, refuses: pair.server,
            with: .certificateRefused(.signing, subject: nodeName, .unknownAuthority(issuer: rootName)),
            .unknownAuthority)
        let impostor = try PaperAuthority("法院", seed: 99)
        let deceived = try PaperParty("node-1", pair.mine, trusting: [pair.mine, impostor], seed: 13)
        expect(
            deceived, refuses: pair.server,
            with: .certificateRefused(.signing, subject: nodeName, .otherAuthority(issuer: rootName)), .badCertificate)
    }

    @Test("expired and not yet valid, with the certificate's time and the clock's (TLCP-6)")
    func clocks() throws {
        var late = pair.client
        late.clock = now.advanced(byDays: 100)
        // Only the judged one's certificate is short-lived.
        late.credentials = try PaperParty("node-1", pair.mine, seed: 11, days: 900).credentials
        var judged = pair.server
        #expect(judged.credentials?.signing.notAfter == now.advanced(byDays: 89))
        expect(
            late, refuses: judged,
            with: .certificateRefused(
                .signing, subject: nodeName, .expired(since: now.advanced(byDays: 89), clock: late.clock),
                theirClock: now), .certificateExpired, clocks: Clocks(ours: now, theirs: late.clock))
        judged = try PaperParty("node-2", pair.theirs, trusting: [pair.mine, pair.theirs], seed: 12, from: 5)
        expect(
            pair.client, refuses: judged,
            with: .certificateRefused(
                .signing, subject: nodeName, .notYetValid(from: now.advanced(byDays: 5), clock: now), theirClock: now),
            .certificateExpired, clocks: Clocks(ours: now, theirs: now))
        let flaw = CertificateFlaw.expired(since: now.advanced(byDays: 89), clock: now.advanced(byDays: 100))
        #expect(
            Failure.certificateRefused(.signing, subject: "x", flaw, theirClock: now).sentence
                == "its signing certificate (x) held until 20270215110640Z; the clock here stands at 20270226110640Z, "
                + "its own at 20261118110640Z")
        let told = Failure.toldBy(
            .certificateExpired, during: "x", clocks: Clocks(ours: now, theirs: now.advanced(byDays: 100)))
        #expect(told.sentence.hasSuffix("; our clock stands at 20261118110640Z, its own at 20270226110640Z"))
    }

    @Test("a clock without a battery is shown, and what is no clock is not (TLCP-23)")
    func clockInHello() throws {
        // The judge's clock is 100 days ahead; the last is in the year 1970.
        for (offset, isShown) in [
            (Int64(0), true), (-299, true), (499, true), (-302, false), (502, false), (-20_774, true),
        ] {
            var judged = pair.server
            judged.clock = now.advanced(byDays: offset)
            var judge = pair.client
            judge.clock = now.advanced(byDays: 100)
            let wire = PaperWire(judge, judged)
            wire.run()
            guard case .certificateRefused(_, _, _, let clock) = wire.client.failure else {
                Issue.record("\(offset): \(String(describing: wire.client.failure))")
                continue
            }
            #expect(clock == (isShown ? judged.clock : nil), "\(offset) days")
        }
    }

    @Test(
        "the encrypting certificate where the signing one belongs, twice the signing one, and an authority's (TLCP-6)")
    func usages() throws {
        var judged = pair.server
        let credentials = try #require(judged.credentials)
        judged.credentials = Credentials(signing: credentials.encrypting, encrypting: credentials.signing)
        expect(
            pair.client, refuses: judged,
            with: .certificateRefused(
                .signing, subject: nodeName, .wrongUsage(found: .encrypting, wanted: .digitalSignature)),
            .unsupportedCertificate)
        judged.credentials = Credentials(signing: credentials.signing, encrypting: credentials.signing)
        expect(
            pair.client, refuses: judged,
            with: .certificateRefused(
                .encrypting, subject: nodeName, .wrongUsage(found: .signing, wanted: .keyEncipherment)),
            .unsupportedCertificate)
        judged.credentials = Credentials(signing: pair.theirs.root, encrypting: credentials.encrypting)
        expect(
            pair.client, refuses: judged, with: .certificateRefused(.signing, subject: rootName, .isAuthority),
            .unsupportedCertificate)
    }

    @Test("revoked, in either half (TLCP-6)")
    func revocation() throws {
        for (half, serial) in [(Half.signing, UInt8(24)), (.encrypting, 25)] {
            var judge = pair.client
            let list = try RevocationList.signed(
                [.init(serial: [serial], since: now)], number: [1], issuer: pair.theirs.root, made: now, next: now,
                by: pair.theirs.signer)
            var verifier = SM2.Verifier(tableBytesMax: 0)
            _ = try judge.trust.take(list, &verifier)
            expect(
                judge, refuses: pair.server,
                with: .certificateRefused(half, subject: nodeName, .revoked(since: now)), .certificateRevoked)
        }
    }

    @Test("another name than was dialled, and one that is not on the list (TLCP-21)")
    func admission() throws {
        var judge = pair.client
        judge.admission = .named("node-7")
        expect(judge, refuses: pair.server, with: .otherName(found: "node-2", wanted: "node-7"), .certificateUnknown)
        judge.admission = .named("node-2")
        #expect(PaperPair.links(judge, pair.server))
        let key = pair.server.keys.signing.publicKey
        judge.admission = .keys([pair.client.keys.signing.publicKey])
        expect(judge, refuses: pair.server, with: .notAllowed(subject: nodeName, key: key), .accessDenied)
        judge.admission = .keys([pair.client.keys.signing.publicKey, key])
        #expect(PaperPair.links(judge, pair.server))
    }

    @Test("two halves of two owners (TLCP-6)")
    func halves() throws {
        var judged = pair.server
        let signing = try #require(judged.credentials?.signing)
        judged.credentials = Credentials(
            signing: signing,
            encrypting: try pair.theirs.issue("node-3", judged.keys.encrypting.publicKey, .encrypting, serial: 77))
        expect(
            pair.client, refuses: judged,
            with: .halvesDiffer(signing: nodeName, encrypting: "C=CN, O=法院, CN=node-3"), .certificateUnknown)
    }

    @Test("a client without certificates where they are asked for (TLCP-8)")
    func noCertificate() {
        var client = pair.client
        client.credentials = nil
        let wire = PaperWire(client, pair.server)
        wire.run()
        #expect(wire.server.failure == .noCertificate)
        #expect(wire.client.failure == .toldBy(.handshakeFailure, during: beforeFinished))
    }

    @Test(
        "a certificate without its key: in exchange, proof and encryption (TLCP-7, TLCP-9, TLCP-10)"
    )
    func keys() throws {
        let other = try PaperParty("x", pair.mine, seed: 40).keys
        var server = pair.server
        server.keys.signing = other.signing
        var wire = PaperWire(pair.client, server)
        wire.run()
        #expect(wire.client.failure == .signatureWrong(.serverKeyExchange))
        #expect(wire.server.failure == .toldBy(.decryptError, during: afterHello))
        var client = pair.client
        client.keys.signing = other.signing
        wire = PaperWire(client, pair.server)
        wire.run()
        #expect(wire.server.failure == .signatureWrong(.certificateVerify))
        #expect(wire.client.failure == .toldBy(.decryptError, during: beforeFinished))
        for suite in CipherSuite.allCases {
            server = pair.server
            server.suites = [suite]
            server.keys.encrypting = other.encrypting
            wire = PaperWire(pair.client, server)
            wire.run()
            // The cause is known here; the other side learns no more than of a damaged record.
            #expect(wire.server.failure == .firstSecretUnreadable)
            #expect(wire.client.failure == .toldBy(.badRecordMAC, during: beforeFinished))
        }
    }

    @Test("a first secret of another version or length is treated as one that does not open (TLCP-9)")
    func firstSecrets() {
        let changes: [@Sendable ([UInt8]) -> [UInt8]] = [
            { [1, 2] + $0[2...] }, { [3, 1] + $0[2...] }, { Array($0.dropLast()) }, { _ in [] }, { $0 + [0] },
        ]
        for change in changes {
            var server = pair.server
            server.keys.alters = change
            let wire = PaperWire(pair.client, server)
            wire.run()
            #expect(wire.server.failure == .firstSecretUnreadable)
            #expect(wire.client.failure == .toldBy(.badRecordMAC, during: beforeFinished))
        }
    }

    @Test("a server that is told TLS, text or noise names it, and bounds what it reads (TLCP-2)")
    func foreigners() {
        func told(_ role: Role, _ bytes: [UInt8]) -> (failure: Failure?, answer: [UInt8]) {
            let end = PaperEnd(role == .server ? pair.server : pair.client, role)
            end.feed(.began)
            _ = end.take()
            end.feed(.received(bytes))
            return (end.failure, end.take())
        }
        let tls = told(.server, [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])
        #expect(tls.failure == .notTLCP(.tls(version: 0x0301)) && tls.answer == record(21, [2, 70]))
        let alert = told(.client, [0x15, 3, 3, 0, 2, 2, 70])
        #expect(alert.failure == .notTLCP(.tls(version: 0x0303)))
        let get = told(.server, Array("GET / HTTP/1.1\r\n\r\n".utf8))
        #expect(get.failure == .notTLCP(.text("GET / HT")) && get.answer.isEmpty)
        #expect(told(.client, Array("HTTP/1.1 400 Bad".utf8)).failure == .notTLCP(.text("HTTP/1.1")))
        #expect(told(.server, [0x80, 0x2e, 1, 0]).failure == .notTLCP(.unknown([0x80, 0x2e, 1, 0])))
        #expect(told(.server, [22, 9, 9, 0, 1, 1]).failure == .notTLCP(.unknown([22, 9, 9, 0, 1, 1])))
        #expect(get.failure?.sentence == "the other side speaks plain text (\"GET / HT\"), not TLCP")
    }

    @Test("another version, compression, a suite that was not offered (TLCP-3)")
    func hellos() {
        func hello(version: [UInt8] = [1, 1], suites: [UInt8] = [0xe0, 0x53], compression: [UInt8] = [0]) -> [UInt8] {
            let body =
                version + [UInt8](repeating: 7, count: 32) + [0, 0, UInt8(suites.count)] + suites
                + [UInt8(compression.count)] + compression
            return record(22, [1, 0, 0, UInt8(body.count)] + body)
        }
        func failure(_ bytes: [UInt8]) -> Failure? {
            let end = PaperEnd(pair.server, .server)
            end.feed(.received(bytes))
            return end.failure
        }
        #expect(failure(hello()) == nil)
        #expect(failure(hello(version: [3, 3])) == .versionUnsupported(found: 0x0303))
        #expect(failure(hello(compression: [1])) == .compressionWanted)
        #expect(
            failure(hello(suites: [0xe0, 0x11, 0x13, 0x01]))
                == .noCommonSuite(theirs: [0xe011, 0x1301], ours: [0xe053, 0xe013]))
        #expect(failure(hello(suites: [0xe0])) == .malformed(.clientHello, offset: 35))
        for (place, value, failure) in [
            (45, UInt8(0x11), Failure.contradiction("it chose 0xe011, which we did not offer")),
            (46, 1, .compressionWanted), (9, 3, .versionUnsupported(found: 0x0301)),
        ] {
            var wire = PaperWire(pair.client, pair.server)
            wire.tap = { sender, bytes in
                guard sender == .server, bytes.count > 100 else { return bytes }
                var bytes = bytes
                bytes[place] = value
                return bytes
            }
            wire.run()
            #expect(wire.client.failure == failure)
        }
    }
}

extension PaperPair {
    static func links(_ client: PaperParty, _ server: PaperParty) -> Bool {
        let wire = PaperWire(client, server)
        wire.run()
        return wire.client.isOpen && wire.server.isOpen
    }
}
