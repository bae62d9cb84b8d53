// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import TLCP

/// Inputs are edits of something good, so that one byte of input reaches the far end of a handshake: three bytes each,
/// a place (two bytes, modulo the length) and the byte that stands there now. An input whose first byte is odd is taken
/// as it is.
private func patched(_ good: [UInt8], _ input: [UInt8]) -> [UInt8] {
    guard let mode = input.first else { return good }
    if mode % 2 == 1 { return Array(input[1...]) }
    var bytes = good
    for start in stride(from: 1, to: input.count - 2, by: 3) {
        bytes[(Int(input[start]) << 8 | Int(input[start + 1])) % bytes.count] = input[start + 2]
    }
    // The other bits cut the end off.
    return Array(bytes[..<(bytes.count - bytes.count * Int(mode >> 1) / 512)])
}

/// Two nodes of one authority, always the same.
private enum Paper {
    static let now = CertificateTime(seconds: 1_795_000_000)
    static let signers: [SM2.ThrowAwaySigner] = {
        var random = SeededRandom(seed: 1)
        return (0..<5).map { _ in SM2.ThrowAwaySigner(from: &random) }
    }()
    static let root = try! CertificateDraft.root(
        DistinguishedName([.init(ObjectIdentifier.commonName, "root")])!, key: signers[0].publicKey, serial: [1],
        notBefore: now, notAfter: .never
    ).signed(by: signers[0])
    static let trust: CertificateTrust = {
        var (trust, verifier) = (CertificateTrust(), SM2.Verifier(tableBytesMax: 0))
        try! trust.trust(root, &verifier)
        return trust
    }()

    static func issue(_ usage: KeyUsage, _ signer: Int) -> Certificate {
        try! CertificateDraft.below(
            root, subject: DistinguishedName([.init(ObjectIdentifier.commonName, "node")])!,
            key: signers[signer].publicKey, usage: usage, serial: [2], notBefore: now, notAfter: .never
        ).signed(by: signers[0])
    }

    static let credentials = [
        Credentials(signing: issue(.signing, 1), encrypting: issue(.encrypting, 2)),
        Credentials(signing: issue(.signing, 3), encrypting: issue(.encrypting, 4)),
    ]

    static func link(_ role: Role) -> Link {
        let index = role == .client ? 0 : 1
        return Link(
            LinkSettings(
                role, credentials[index], trust: trust, clock: now,
                seed: SecretBytes([UInt8](repeating: UInt8(index), count: 32))))
    }

    /// - Returns: what the end says, and whether it is over.
    static func step(_ link: inout Link, _ role: Role, _ event: LinkEvent) -> [UInt8] {
        var (said, events) = ([UInt8](), [event])
        while !events.isEmpty {
            for effect in link.step(events.removeFirst()) {
                switch effect {
                case .send(let bytes): said += bytes
                case .perform(let request): events.append(.answered(answer(request, role == .client ? 1 : 3)))
                case .opened, .deliver, .ended: break
                }
            }
        }
        return said
    }

    private static func answer(_ request: PrivateRequest, _ signer: Int) -> PrivateAnswer {
        switch request {
        case .sign(let message): return .signature(try! signers[signer].sign(message))
        case .decrypt(let bytes): return .text(signers[signer + 1].decrypt(bytes).map { SecretBytes($0) })
        case .encrypt(let secret, let key):
            var random = SeededRandom(seed: 5)
            return .ciphertext(SM2.ThrowAwaySigner.encrypt(secret.bytes, to: key, from: &random))
        }
    }

    /// What each side says in a good handshake.
    static let flights: (client: [UInt8], server: [UInt8]) = {
        var client = link(.client)
        var server = link(.server)
        var (up, down) = ([UInt8](), [UInt8]())
        var said = step(&client, .client, .began)
        while !said.isEmpty {
            up += said
            let answer = step(&server, .server, .received(said))
            down += answer
            said = step(&client, .client, .received(answer))
        }
        precondition(client.isOpen && server.isOpen, "undisturbed, the two link")
        return (up, down)
    }()
}

private let goodRequest = try! CertificateRequest.signed(Paper.root.subject, by: Paper.signers[1])
private let goodList = try! RevocationList.signed(
    [.init(serial: [5], since: Paper.now)], number: [1], issuer: Paper.root, made: Paper.now, next: Paper.now,
    by: Paper.signers[0])

/// What no input may break of certificates and links.
enum LinkLaws {
    /// Of certificates, requests and lists: what is read is kept to the byte.
    @Sendable static func certificate(_ input: [UInt8]) {
        let edits = Array(input.dropFirst())
        switch (input.first ?? 0) % 3 {
        case 0:
            let bytes = patched(Paper.credentials[0].signing.der, edits)
            if let read = try? Certificate(bytes) {
                precondition(read.der == bytes, "a certificate changed while it was read")
            }
        case 1: _ = try? CertificateRequest(patched(goodRequest.der, edits))
        default: _ = try? RevocationList(patched(goodList.der, edits))
        }
    }

    /// Of records: nothing opens that was not sealed under the key.
    @Sendable static func record(_ input: [UInt8]) {
        for suite in CipherSuite.allCases {
            let keys = KeySchedule.keys(
                suite, master: SecretBytes([UInt8](repeating: 3, count: 48)), client: [1], server: [2]
            ).client
            var (writing, reading) = (
                RecordProtection(keys, suite, isWriting: true, limit: 9),
                RecordProtection(keys, suite, isWriting: false, limit: 9)
            )
            var good: [UInt8] = []
            try! writing.seal(
                kind: 23, [UInt8](repeating: 8, count: 100)[...], vector: [UInt8](repeating: 1, count: 16), into: &good)
            let content = patched(Array(good[5...]), input)
            let text = try? reading.open(kind: 23, content)
            precondition((text != nil) == (content == Array(good[5...])), "a record opened that was not sealed so")
        }
    }

    /// Of links: no trap, whatever comes; a side opens only where nothing it must see was changed.
    static func link(_ role: Role, _ input: [UInt8]) {
        let good = role == .server ? Paper.flights.client : Paper.flights.server
        let bytes = patched(good, input)
        var link = Paper.link(role)
        _ = Paper.step(&link, role, .began)
        // In two pieces, cut anywhere.
        let cut = input.isEmpty ? 0 : Int(input[input.count - 1]) * bytes.count / 256
        _ = Paper.step(&link, role, .received(Array(bytes[..<cut])))
        _ = Paper.step(&link, role, .received(Array(bytes[cut...])))
        precondition(!link.isOpen || bytes.starts(with: good), "a link opened over a changed handshake")
    }
}
