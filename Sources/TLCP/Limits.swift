// SPDX-License-Identifier: Apache-2.0
internal import ShangMi

/// Everything that is bounded on a link, in one place (TLCP-4, TLCP-14). None of it is configurable but where it says
/// so.
package enum Limits {
    /// The text of a record (GB/T 38636-2020 section 6.3.2).
    package static let recordBytesMax = 1 << 14
    /// What protection may add to it.
    package static let protectionBytesMax = 2048
    package static let recordHeaderBytes = 5
    /// What our own protection and header add to a record at most: 5 + 16 + 32 + 16.
    static let protectionRoomBytes = 72
    /// Everything one side may send until the link is open, headers included. A handshake of ours has less than 5 KiB;
    /// two certificates of the greatest size and a list of a hundred authorities fit.
    package static let handshakeBytesMax = 64 << 10
    /// Signing and encrypting certificate, and two authorities above them, which are not looked at.
    package static let certificatesMax = 4
    /// Names of authorities in a request.
    package static let authoritiesMax = 256
    package static let suitesOfferedMax = 128
    package static let sessionIDBytesMax = 32
    package static let extensionBytesMax = 4096
    /// An SM2 signature in DER has at most 72 bytes; the ciphertext of 48 bytes at most 158.
    package static let signatureBytesMax = 128
    package static let ciphertextBytesMax = 256
    /// Empty records of data in a row: some implementations send one before each message, none sends many.
    package static let emptyRecordsMax = 16
    /// What may wait while a device signs or decrypts. A peer that keeps to the protocol sends nothing then.
    package static let waitingBytesMax = 32 << 10
    /// Records under one key: 256 GiB of full ones, where an attacker's advantage against SM4's 128-bit blocks is still
    /// below 2⁻⁵⁷ (the bound TLS 1.3 has for AES-GCM). Tests set less.
    package static let recordsPerKeyMax: UInt64 = 1 << 24
    /// How soon a handshake must be done; the host keeps the time.
    package static let handshakeSecondsMax = 10

    /// The longest body of each handshake message.
    static func bodyBytesMax(_ kind: HandshakeKind) -> Int {
        switch kind {
        case .helloRequest, .serverHelloDone: 0
        case .clientHello: 41 + sessionIDBytesMax + 2 * suitesOfferedMax + 256 + extensionBytesMax
        case .serverHello: 41 + sessionIDBytesMax + extensionBytesMax
        case .certificate: 3 + certificatesMax * (3 + Certificate.bytesMax)
        case .certificateRequest: 32 << 10
        case .serverKeyExchange, .certificateVerify: 2 + signatureBytesMax
        case .clientKeyExchange: 2 + ciphertextBytesMax
        case .finished: KeySchedule.verifyBytes
        }
    }
}
