// SPDX-License-Identifier: Apache-2.0
package import ShangMi

/// Which of the two certificates of a node, or of a person.
package enum Half: String, Hashable, Sendable { case signing, encrypting }

/// What stands where a record of TLCP should begin.
package enum Foreign: Hashable, Sendable {
    /// A record of TLS, with its version: 0x0301 to 0x0303. The other side is no GM program, or its GM switch is off.
    case tls(version: UInt16)
    /// Text: `GET `, or an answer of HTTP.
    case text(String)
    case unknown([UInt8])
}

/// The two clocks when a link began, by what the two sides said.
package struct Clocks: Hashable, Sendable {
    package let ours: CertificateTime
    /// Nil where the other side's hello said nothing credible.
    package let theirs: CertificateTime?

    package init(ours: CertificateTime, theirs: CertificateTime?) { (self.ours, self.theirs) = (ours, theirs) }
}

/// Why a link was not made, or ended otherwise than in peace. Every case names what the two sides must compare.
///
/// All are final for this link. Whether dialling again can help is `mayHeal`.
/// - Spec: TLCP-18.
package enum Failure: Error, Hashable, Sendable {
    // What is spoken.
    case notTLCP(Foreign)
    case versionUnsupported(found: UInt16)
    case noCommonSuite(theirs: [UInt16], ours: [UInt16])
    case compressionWanted
    // The form and order of what is said.
    case malformed(HandshakeKind, offset: Int)
    case malformedRecord(reason: String)
    case messageTooLong(HandshakeKind, found: Int, limit: Int)
    case unexpected(found: String, wanted: String)
    case handshakeTooLong(limit: Int)
    case emptyRecords(limit: Int)
    case contradiction(String)
    case renegotiation
    // Who it is.
    case noCertificate
    case noEncryptingCertificate
    case certificateUnreadable(Half, offset: Int, expected: String)
    /// - Parameter theirClock: what its hello said, where the flaw is one of time and the hello said something
    ///   credible.
    case certificateRefused(Half, subject: String, CertificateFlaw, theirClock: CertificateTime? = nil)
    case halvesDiffer(signing: String, encrypting: String)
    case otherName(found: String, wanted: String)
    case notAllowed(subject: String, key: SM2.PublicKey)
    // Whether they hold the keys.
    case signatureWrong(HandshakeKind)
    case firstSecretUnreadable
    case finishedWrong
    // Records.
    case recordRefused
    case recordTooLong(found: Int)
    case recordsUsedUp(limit: UInt64)
    case waitingTooLong(limit: Int)
    // The ends.
    /// - Parameter clocks: where it says that our certificate does not hold by its clock.
    case toldBy(Alert, during: String, clocks: Clocks? = nil)
    case cutOff(during: String)
    case timedOut(waitingFor: String)
    case privateKeyUnavailable(reason: String)
}

extension Failure {
    /// Stable for ever; a number is never used again.
    package var code: String { "JD-\(1700 + number)" }

    private var number: Int {
        switch self {
        case .notTLCP: 1
        case .versionUnsupported: 2
        case .noCommonSuite: 3
        case .compressionWanted: 4
        case .malformed: 5
        case .malformedRecord: 6
        case .messageTooLong: 7
        case .unexpected: 8
        case .handshakeTooLong: 9
        case .emptyRecords: 10
        case .contradiction: 11
        case .renegotiation: 12
        case .noCertificate: 13
        case .noEncryptingCertificate: 14
        case .certificateUnreadable: 15
        case .certificateRefused(_, _, let flaw, _): flaw.number
        case .halvesDiffer: 23
        case .otherName: 24
        case .notAllowed: 25
        case .signatureWrong: 26
        case .firstSecretUnreadable: 27
        case .finishedWrong: 28
        case .recordRefused: 29
        case .recordTooLong: 30
        case .recordsUsedUp: 31
        case .waitingTooLong: 32
        case .toldBy: 33
        case .cutOff: 34
        case .timedOut: 35
        case .privateKeyUnavailable: 36
        }
    }

    /// What the other side is told; nil where it would not understand, or has told us itself.
    package var alert: Alert? {
        switch self {
        case .notTLCP(.tls), .versionUnsupported: .protocolVersion
        case .notTLCP, .toldBy, .cutOff: nil
        case .noCommonSuite, .noCertificate, .noEncryptingCertificate: .handshakeFailure
        case .compressionWanted, .contradiction: .illegalParameter
        case .malformed, .malformedRecord, .messageTooLong: .decodeError
        case .unexpected, .emptyRecords, .handshakeTooLong, .waitingTooLong: .unexpectedMessage
        case .renegotiation: .noRenegotiation
        case .certificateUnreadable: .badCertificate
        case .certificateRefused(_, _, let flaw, _): flaw.alert
        case .halvesDiffer, .otherName: .certificateUnknown
        case .notAllowed: .accessDenied
        case .signatureWrong, .finishedWrong: .decryptError
        // As for any record that does not open: who sent it may not learn which of the two it was (TLCP-9).
        case .firstSecretUnreadable, .recordRefused: .badRecordMAC
        case .recordTooLong: .recordOverflow
        case .recordsUsedUp, .privateKeyUnavailable: .internalError
        case .timedOut: .userCancelled
        }
    }

    /// Whether the same two sides may succeed later with nothing changed by hand.
    package var mayHeal: Bool {
        switch self {
        case .cutOff, .timedOut, .privateKeyUnavailable, .recordsUsedUp, .recordRefused: true
        default: false
        }
    }
}

extension CertificateFlaw {
    fileprivate var number: Int {
        switch self {
        case .unknownAuthority: 16
        case .otherAuthority: 17
        case .notYetValid: 18
        case .expired: 19
        case .wrongUsage: 20
        case .isAuthority: 21
        case .revoked: 22
        }
    }

    fileprivate var alert: Alert {
        switch self {
        case .unknownAuthority: .unknownAuthority
        case .otherAuthority: .badCertificate
        case .notYetValid, .expired: .certificateExpired
        case .wrongUsage, .isAuthority: .unsupportedCertificate
        case .revoked: .certificateRevoked
        }
    }
}
