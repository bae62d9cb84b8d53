// SPDX-License-Identifier: Apache-2.0
internal import Bedrock
internal import ShangMi

/// The messages of a handshake by their numbers (GB/T 38636-2020 section 6.4.3).
package enum HandshakeKind: UInt8, Hashable, Sendable {
    case helloRequest = 0
    case clientHello = 1
    case serverHello = 2
    case certificate = 11
    case serverKeyExchange = 12
    case certificateRequest = 13
    case serverHelloDone = 14
    case certificateVerify = 15
    case clientKeyExchange = 16
    case finished = 20

    package var name: String {
        switch self {
        case .helloRequest: "HelloRequest"
        case .clientHello: "ClientHello"
        case .serverHello: "ServerHello"
        case .certificate: "Certificate"
        case .serverKeyExchange: "ServerKeyExchange"
        case .certificateRequest: "CertificateRequest"
        case .serverHelloDone: "ServerHelloDone"
        case .certificateVerify: "CertificateVerify"
        case .clientKeyExchange: "ClientKeyExchange"
        case .finished: "Finished"
        }
    }
}

/// One whole message as it came, header and all, for the transcript.
struct HandshakeMessage {
    static let headerBytes = 4
    let kind: HandshakeKind
    let bytes: [UInt8]

    init(kind: HandshakeKind, bytes: [UInt8]) { (self.kind, self.bytes) = (kind, bytes) }

    init(_ kind: HandshakeKind, body: [UInt8]) {
        self.kind = kind
        bytes = [kind.rawValue] + Vector.length(body.count, bytes: 3) + body
    }

    /// Reads the whole body; what it breaks on, and what is left over, is told with its place in the body.
    func read<Value>(_ body: (inout Decoder) throws(DecodeError) -> Value) throws(Failure) -> Value {
        var decoder = Decoder(Array(bytes[HandshakeMessage.headerBytes...]))
        do throws(DecodeError) {
            let value = try body(&decoder)
            try decoder.finish()
            return value
        } catch {
            throw .malformed(kind, offset: error.offset)
        }
    }
}

/// Lengths before contents, as this protocol writes them: big-endian, of one, two or three bytes.
enum Vector {
    static func length(_ count: Int, bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: count >> (8 * (bytes - 1 - $0))) }
    }

    static func of(_ content: [UInt8], lengthBytes: Int) -> [UInt8] {
        length(content.count, bytes: lengthBytes) + content
    }
}

extension Decoder {
    mutating func number(bytes: Int) throws(DecodeError) -> Int {
        var value = 0
        for _ in 0..<bytes { value = value << 8 | Int(try u8()) }
        return value
    }

    mutating func vector(lengthBytes: Int, _ counts: ClosedRange<Int>) throws(DecodeError) -> [UInt8] {
        let start = offset
        let count = try number(bytes: lengthBytes)
        guard counts.contains(count) else { throw .outOfRange(offset: start, limit: UInt64(counts.upperBound)) }
        return try raw(count: count)
    }
}

// MARK: Bodies (TLCP-3, TLCP-4, TLCP-6 to TLCP-10)

struct ClientHello {
    var version: UInt16 = Record.version
    var randomBytes: [UInt8]
    var suites: [UInt16]
    var hasNullCompression = true

    var message: HandshakeMessage {
        let offered = suites.flatMap { Vector.length(Int($0), bytes: 2) }
        return HandshakeMessage(
            .clientHello,
            body: Vector.length(Int(version), bytes: 2) + randomBytes + [0] + Vector.of(offered, lengthBytes: 2) + [
                1, 0,
            ])
    }

    init(randomBytes: [UInt8], suites: [UInt16]) { (self.randomBytes, self.suites) = (randomBytes, suites) }

    /// A version of other rules may have another form: it is told before the rest is read.
    init(_ message: HandshakeMessage) throws(Failure) {
        (version, randomBytes, suites, hasNullCompression) = try message.read { decoder throws(DecodeError) in
            let version = UInt16(try decoder.number(bytes: 2))
            guard version == Record.version else {
                _ = try decoder.raw(count: decoder.remaining)
                return (version, [], [], true)
            }
            let random = try decoder.raw(count: 32)
            _ = try decoder.vector(lengthBytes: 1, 0...Limits.sessionIDBytesMax)
            let start = decoder.offset
            let offered = try decoder.vector(lengthBytes: 2, 2...2 * Limits.suitesOfferedMax)
            guard offered.count % 2 == 0 else { throw .notCanonical(offset: start) }
            let compressions = try decoder.vector(lengthBytes: 1, 1...255)
            // Extensions of others are looked at by nobody here.
            if decoder.remaining > 0 { _ = try decoder.vector(lengthBytes: 2, 0...Limits.extensionBytesMax) }
            let suites = stride(from: 0, to: offered.count, by: 2).map {
                UInt16(offered[$0]) << 8 | UInt16(offered[$0 + 1])
            }
            return (version, random, suites, compressions.contains(0))
        }
    }
}

struct ServerHello {
    var version: UInt16 = Record.version
    var randomBytes: [UInt8]
    var suite: UInt16
    var compression: UInt8 = 0

    /// The session ID stays empty: nothing is resumed (TLCP-17).
    var message: HandshakeMessage {
        HandshakeMessage(
            .serverHello,
            body: Vector.length(Int(version), bytes: 2) + randomBytes + [0] + Vector.length(Int(suite), bytes: 2)
                + [compression])
    }

    init(randomBytes: [UInt8], suite: UInt16) { (self.randomBytes, self.suite) = (randomBytes, suite) }

    init(_ message: HandshakeMessage) throws(Failure) {
        (version, randomBytes, suite, compression) = try message.read { decoder throws(DecodeError) in
            let version = UInt16(try decoder.number(bytes: 2))
            guard version == Record.version else {
                _ = try decoder.raw(count: decoder.remaining)
                return (version, [], 0, 0)
            }
            let random = try decoder.raw(count: 32)
            _ = try decoder.vector(lengthBytes: 1, 0...Limits.sessionIDBytesMax)
            let (suite, compression) = (UInt16(try decoder.number(bytes: 2)), try decoder.u8())
            if decoder.remaining > 0 { _ = try decoder.vector(lengthBytes: 2, 0...Limits.extensionBytesMax) }
            return (version, random, suite, compression)
        }
    }
}

enum CertificateList {
    static func message(_ certificates: [[UInt8]]) -> HandshakeMessage {
        let list = certificates.flatMap { Vector.of($0, lengthBytes: 3) }
        return HandshakeMessage(.certificate, body: Vector.of(list, lengthBytes: 3))
    }

    static func read(_ message: HandshakeMessage) throws(Failure) -> [[UInt8]] {
        try message.read { decoder throws(DecodeError) in
            let total = try decoder.number(bytes: 3)
            guard total == decoder.remaining else { throw .outOfRange(offset: 0, limit: UInt64(decoder.remaining)) }
            var certificates: [[UInt8]] = []
            while decoder.remaining > 0 {
                guard certificates.count < Limits.certificatesMax else {
                    throw .outOfRange(offset: decoder.offset, limit: UInt64(Limits.certificatesMax))
                }
                certificates.append(try decoder.vector(lengthBytes: 3, 1...Certificate.bytesMax))
            }
            return certificates
        }
    }
}

enum CertificateRequestBody {
    /// The kind of certificate we ask for: one whose key signs on an elliptic curve.
    static let signsOnCurve: UInt8 = 64

    static func message(authorities: [Certificate]) -> HandshakeMessage {
        let names = authorities.prefix(Limits.authoritiesMax).flatMap { Vector.of($0.subject.der, lengthBytes: 2) }
        return HandshakeMessage(.certificateRequest, body: [1, signsOnCurve] + Vector.of(names, lengthBytes: 2))
    }

    /// - Returns: the kinds asked for. The authorities are advice; we have one pair of certificates and send it.
    static func read(_ message: HandshakeMessage) throws(Failure) -> [UInt8] {
        try message.read { decoder throws(DecodeError) in
            let kinds = try decoder.vector(lengthBytes: 1, 1...255)
            let total = try decoder.number(bytes: 2)
            guard total == decoder.remaining else { throw .outOfRange(offset: 0, limit: UInt64(decoder.remaining)) }
            var count = 0
            while decoder.remaining > 0 {
                count += 1
                guard count <= Limits.authoritiesMax else {
                    throw .outOfRange(offset: decoder.offset, limit: UInt64(Limits.authoritiesMax))
                }
                _ = try decoder.vector(lengthBytes: 2, 1...65_535)
            }
            return kinds
        }
    }
}

/// The messages whose body is one vector of two length bytes: a signature or a ciphertext.
enum OpaqueBody {
    static func message(_ kind: HandshakeKind, _ content: [UInt8]) -> HandshakeMessage {
        HandshakeMessage(kind, body: Vector.of(content, lengthBytes: 2))
    }

    static func read(_ message: HandshakeMessage, max: Int) throws(Failure) -> [UInt8] {
        try message.read { decoder throws(DecodeError) in try decoder.vector(lengthBytes: 2, 1...max) }
    }

    static func signature(_ message: HandshakeMessage) throws(Failure) -> SM2.Signature {
        let der = try read(message, max: Limits.signatureBytesMax)
        do throws(DERError) { return try SM2.Signature(der: der) } catch {
            throw .malformed(message.kind, offset: 2 + error.offset)
        }
    }
}
