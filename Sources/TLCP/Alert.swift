// SPDX-License-Identifier: Apache-2.0

/// What one side tells the other before it ends a link (GB/T 38636-2020 section 6.5.2). Numbers are the standard's.
///
/// - Spec: TLCP-15.
package struct Alert: Hashable, Sendable {
    package let number: UInt8

    package init(_ number: UInt8) { self.number = number }

    package static let closeNotify = Alert(0)
    package static let unexpectedMessage = Alert(10)
    package static let badRecordMAC = Alert(20)
    package static let recordOverflow = Alert(22)
    package static let handshakeFailure = Alert(40)
    package static let badCertificate = Alert(42)
    package static let unsupportedCertificate = Alert(43)
    package static let certificateRevoked = Alert(44)
    package static let certificateExpired = Alert(45)
    package static let certificateUnknown = Alert(46)
    package static let illegalParameter = Alert(47)
    package static let unknownAuthority = Alert(48)
    package static let accessDenied = Alert(49)
    package static let decodeError = Alert(50)
    package static let decryptError = Alert(51)
    package static let protocolVersion = Alert(70)
    package static let insufficientSecurity = Alert(71)
    package static let internalError = Alert(80)
    package static let userCancelled = Alert(90)
    package static let noRenegotiation = Alert(100)

    /// Level and description on the wire. Only the end of a link in peace is a warning.
    var bytes: [UInt8] { [self == .closeNotify ? 1 : 2, number] }

    package var name: String { row?.name ?? "alert \(number)" }

    /// What the other side means by it, as a clause about us.
    package var meaning: String { row?.meaning ?? "it ended the link for a reason of its own" }

    private var row: (number: UInt8, name: String, meaning: String)? { Alert.rows.first { $0.number == number } }

    private static let rows: [(number: UInt8, name: String, meaning: String)] = [
        (0, "close_notify", "it closed the link"),
        (10, "unexpected_message", "it did not expect the message we sent"),
        (
            20, "bad_record_mac",
            "it could not open a record of ours: one side used another key, or the bytes were changed on the way"
        ),
        (21, "decryption_failed", "it could not open a record of ours"),
        (22, "record_overflow", "a record of ours is too long for it"),
        (30, "decompression_failure", "it tried to decompress, which we never ask for"),
        (40, "handshake_failure", "it found no suite in common, or we sent no certificate where it needs one"),
        (
            42, "bad_certificate",
            "it cannot read our certificate, or an authority with a known name and another key signed it"
        ),
        (
            43, "unsupported_certificate",
            "our certificate is not for this use: the signing one must come first, the encrypting one second"
        ),
        (44, "certificate_revoked", "our certificate has been revoked by its authority"),
        (
            45, "certificate_expired",
            "our certificate does not hold by its clock: it has expired, begins later, or the clock is wrong"
        ),
        (46, "certificate_unknown", "our certificate is not the one it expects from this address"),
        (47, "illegal_parameter", "a field of our handshake contradicts an earlier one"),
        (48, "unknown_ca", "it does not trust the authority that signed our certificate"),
        (49, "access_denied", "our certificate is good, and we are not on its list of allowed peers"),
        (50, "decode_error", "it could not read a message of ours"),
        (51, "decrypt_error", "a signature or the end of our handshake is not right for it"),
        (70, "protocol_version", "it does not speak TLCP 1.1"),
        (71, "insufficient_security", "it wants stronger suites than we offer"),
        (80, "internal_error", "it failed on its own, perhaps for its private key"),
        (90, "user_canceled", "it gave the handshake up"),
        (100, "no_renegotiation", "it does not begin a second handshake on one link"),
        (200, "unsupported_site2site", "it has no tunnel between sites"),
        (201, "no_area", "it wants identity-based keys"), (202, "unsupported_areatype", "it wants identity-based keys"),
        (203, "bad_ibcparam", "it wants identity-based keys"),
        (204, "unsupported_ibcparam", "it wants identity-based keys"),
        (205, "identity_need", "it wants identity-based keys"),
    ]
}
