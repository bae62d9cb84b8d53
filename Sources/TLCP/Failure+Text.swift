// SPDX-License-Identifier: Apache-2.0
internal import Bedrock
internal import ShangMi

extension Failure {
    /// What is wrong, in one sentence that a person on either side can act on.
    package var sentence: String {
        switch self {
        case .notTLCP(.tls(let version)): "the other side speaks TLS (record version \(hex(version))), not TLCP"
        case .notTLCP(.text(let text)): "the other side speaks plain text (\"\(text)\"), not TLCP"
        case .notTLCP(.unknown(let bytes)):
            "the other side does not speak TLCP: its first bytes are \(Hex.encode(bytes))"
        case .versionUnsupported(let found): "the other side speaks version \(hex(found)) of TLCP; we speak 0x0101"
        case .noCommonSuite(let theirs, let ours):
            "no suite in common: theirs are \(names(theirs)), ours \(names(ours))"
        case .compressionWanted: "the other side insists on compression, which gives secrets away"
        case .malformed(let kind, let offset): "its \(kind.name) does not have its form from byte \(offset) on"
        case .malformedRecord(let reason): "a record of it is none: \(reason)"
        case .messageTooLong(let kind, let found, let limit):
            "its \(kind.name) would have \(found) bytes; at most \(limit) do"
        case .unexpected(let found, let wanted): "it sent \(found) where \(wanted) belongs"
        case .handshakeTooLong(let limit): "it sent more than \(limit) bytes without being done with the handshake"
        case .emptyRecords(let limit): "it sent more than \(limit) empty records in a row"
        case .contradiction(let what): what
        case .renegotiation: "it began a second handshake on one link"
        case .noCertificate: "it showed no certificate, and without one nobody is let in"
        case .noEncryptingCertificate: "it showed a signing certificate only; the encrypting one must come second"
        case .certificateUnreadable(let half, let offset, let expected):
            "its \(half) certificate cannot be read: \(expected) is missing at byte \(offset)"
        case .certificateRefused(let half, let subject, let flaw, let clock):
            "its \(half) certificate (\(subject)) \(flaw.clause)" + (clock.map { ", its own at \($0.digits)" } ?? "")
        case .halvesDiffer(let signing, let encrypting):
            "its two certificates name different owners: \(signing) signs, \(encrypting) encrypts"
        case .otherName(let found, let wanted): "we dialled \(wanted) and \(found) answered"
        case .notAllowed(let subject, let key):
            "\(subject) is not on our list of allowed peers (key \(Hex.encode(Array(key.bytes.prefix(8))))…)"
        case .signatureWrong(let kind): "its signature in \(kind.name) is not by the key of its signing certificate"
        case .firstSecretUnreadable:
            "what it encrypted to our encryption key does not open: it holds another certificate of ours"
        case .finishedWrong: "the two sides do not have the same handshake in mind: it was changed on the way"
        case .recordRefused: "a record does not open: it was changed on the way, repeated, or comes from another link"
        case .recordTooLong(let found): "a record of \(found) bytes is longer than any may be"
        case .recordsUsedUp(let limit): "\(limit) records went under one key; the link must be made anew"
        case .waitingTooLong(let limit):
            "it sent more than \(limit) bytes while our key was at work and its turn had not come"
        case .toldBy(let alert, let phase, let clocks):
            "the other side ended the link during \(phase) with \(alert.name): \(alert.meaning)"
                + (clocks?.clause ?? "")
        case .cutOff(let phase):
            "the connection ended during \(phase) without a word: cut on the way, or the other side died"
        case .timedOut(let what): "\(what) did not come within \(Limits.handshakeSecondsMax) seconds"
        case .privateKeyUnavailable(let reason): "our private key could not be used: \(reason)"
        }
    }

    /// What to do about it, and on which side.
    package var fix: String {
        switch self {
        case .notTLCP: "check the address and port, and that GM mode is on there"
        case .versionUnsupported, .noCommonSuite, .compressionWanted:
            "enable ECC_SM4_GCM_SM3 with TLCP 1.1 on both sides"
        case .certificateRefused(_, _, let flaw, _): flaw.fix
        case .noCertificate, .noEncryptingCertificate: "give the other side both certificates, the signing one first"
        case .certificateUnreadable: "issue it anew after GM/T 0015, in DER"
        case .halvesDiffer: "give the other side two certificates of one owner"
        case .otherName: "check the address of that peer, or its name in our configuration"
        case .notAllowed: "add the key to our list of allowed peers, if it belongs there"
        case .signatureWrong: "check that key file and certificate belong together on the other side"
        case .firstSecretUnreadable: "check that our encryption key and certificate belong together; then dial again"
        case .toldBy: "read the log of the other side at this time"
        case .cutOff, .timedOut: "check the network and the other side's log; we dial again by ourselves"
        case .recordsUsedUp: "nothing: the link is dialled again"
        case .privateKeyUnavailable: "check the key file or the device"
        default: "if it lasts, capture the first exchange and compare both versions"
        }
    }

}

extension Failure: CustomStringConvertible {
    package var description: String { "\(code) \(sentence); \(fix)" }
}

extension Clocks {
    fileprivate var clause: String {
        "; our clock stands at \(ours.digits)" + (theirs.map { ", its own at \($0.digits)" } ?? "")
    }
}

extension CertificateFlaw {
    fileprivate var clause: String {
        switch self {
        case .unknownAuthority(let issuer): "was signed by \(issuer), which is not trusted here"
        case .otherAuthority(let issuer):
            "says it was signed by \(issuer), and that authority's key here did not sign it"
        case .notYetValid(let from, let clock): "holds from \(from.digits) on; the clock here stands at \(clock.digits)"
        case .expired(let since, let clock): "held until \(since.digits); the clock here stands at \(clock.digits)"
        case .wrongUsage(let found, let wanted): "is for \(found?.names ?? "nothing"), not for \(wanted.names)"
        case .isAuthority: "is that of an authority, not of a node or a person"
        case .revoked(let since): "was revoked on \(since.digits)"
        }
    }

    fileprivate var fix: String {
        switch self {
        case .unknownAuthority: "trust that authority here, or have the certificate issued by one that is trusted"
        case .otherAuthority: "compare the authority's certificate on both sides: one of them is not the present one"
        case .notYetValid, .expired: "compare both clocks first; then renew the certificate"
        case .wrongUsage, .isAuthority:
            "put the signing certificate first and the encrypting one second, over different keys"
        case .revoked: "have a new certificate issued"
        }
    }
}

extension KeyUsage {
    fileprivate var names: String {
        let all: [(KeyUsage, String)] = [
            (.digitalSignature, "digitalSignature"), (.nonRepudiation, "nonRepudiation"),
            (.keyEncipherment, "keyEncipherment"), (.dataEncipherment, "dataEncipherment"),
            (.keyAgreement, "keyAgreement"), (.keyCertSign, "keyCertSign"), (.crlSign, "cRLSign"),
        ]
        return all.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
    }
}

private func hex(_ number: UInt16) -> String {
    let digits = String(number, radix: 16)
    return "0x" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
}

/// The first eight: a client of TLS may offer dozens.
private func names(_ suites: [UInt16]) -> String {
    suites.isEmpty ? "none" : suites.prefix(8).map { CipherSuite.name($0) }.joined(separator: ", ")
}
