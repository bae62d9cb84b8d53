// SPDX-License-Identifier: Apache-2.0
internal import ShangMi

/// Protects the records of one direction, each with its number in the order.
///
/// A number is never used twice: at the limit it refuses to go on.
/// - Spec: TLCP-12 (CBC), TLCP-13 (GCM), TLCP-14 (numbers).
package struct RecordProtection: Sendable {
    private enum Cipher: Sendable {
        case gcm(SM4GCM, nonce: SecretBytes)
        case cbc(SM4CBC, mac: SecretBytes)
    }

    private static let explicitNonceBytes = 8
    private static let macBytes = 32

    private let cipher: Cipher
    private let limit: UInt64
    /// The number of the next record.
    package private(set) var number: UInt64 = 0

    /// - Parameter isWriting: CBC's two directions need different round keys.
    package init(_ keys: KeySchedule.RecordKeys, _ suite: CipherSuite, isWriting: Bool, limit: UInt64) {
        self.limit = limit
        var key = keys.cipher.bytes
        defer { SecretBytes.wipe(&key) }
        cipher =
            switch suite {
            case .gcm: .gcm(SM4GCM(key: key), nonce: keys.nonce)
            case .cbc: .cbc(SM4CBC(key: key, isWriting ? .encrypting : .decrypting), mac: keys.mac)
            }
    }

    /// Records that may still go under this key.
    package var left: UInt64 { limit - number }

    /// Whether a vector must be given.
    package var needsVector: Bool {
        if case .cbc = cipher { true } else { false }
    }

    private mutating func next() throws(Failure) -> [UInt8] {
        guard number < limit else { throw .recordsUsedUp(limit: limit) }
        defer { number += 1 }
        return (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
    }

    /// seq ‖ kind ‖ version ‖ length: what is authenticated beside the text.
    private static func additional(_ number: [UInt8], _ kind: UInt8, _ count: Int) -> [UInt8] {
        number + [
            kind, UInt8(Record.version >> 8), UInt8(Record.version & 0xff), UInt8(count >> 8), UInt8(count & 0xff),
        ]
    }

    /// Appends one whole record with `text`, at most 16 KiB, to `output`.
    /// - Parameter vector: 16 bytes nobody can foresee, where `needsVector`; else ignored.
    package mutating func seal(
        kind: UInt8, _ text: ArraySlice<UInt8>, vector: [UInt8], into output: inout [UInt8]
    ) throws(Failure) {
        precondition(text.count <= Limits.recordBytesMax, "a record's text has at most 16 KiB")
        let number = try next()
        let additional = RecordProtection.additional(number, kind, text.count)
        switch cipher {
        case .gcm(let cipher, let nonce):
            let count = RecordProtection.explicitNonceBytes + text.count + SM4GCM.tagBytes
            output += RecordProtection.header(kind, count) + number
            let start = output.count
            output += text
            cipher.seal(&output, from: start, nonce: nonce.bytes + number, additional: additional)
        case .cbc(let cipher, let mac):
            // One to sixteen bytes of padding, each the number of those that follow (TLS 1.1 section 6.2.3.2).
            let padding = SM4.blockBytes - (text.count + RecordProtection.macBytes) % SM4.blockBytes
            let count = SM4.blockBytes + text.count + RecordProtection.macBytes + padding
            output += RecordProtection.header(kind, count) + vector
            let start = output.count
            output += text
            output += SM3.hmac(key: mac.bytes, message: additional + text).bytes
            output += [UInt8](repeating: UInt8(padding - 1), count: padding)
            cipher.transform(&output, from: start, vector: vector)
        }
    }

    private static func header(_ kind: UInt8, _ count: Int) -> [UInt8] {
        [kind, UInt8(Record.version >> 8), UInt8(Record.version & 0xff), UInt8(count >> 8), UInt8(count & 0xff)]
    }

    /// Opens the content of one record.
    /// - Throws: `.recordRefused` for anything that is not the next record as it was sealed: all faults look and last
    ///   alike.
    package mutating func open(kind: UInt8, _ content: consuming [UInt8]) throws(Failure) -> [UInt8] {
        let number = try next()
        let length = content.count
        // The caller's array where nobody else holds it: 16 KiB are not copied.
        var bytes = consume content
        switch cipher {
        case .gcm(let cipher, let nonce):
            let explicit = RecordProtection.explicitNonceBytes
            let count = length - explicit - SM4GCM.tagBytes
            guard count >= 0 else { throw .recordRefused }
            let isOpen = cipher.open(
                &bytes, from: explicit, nonce: nonce.bytes + bytes[..<explicit],
                additional: RecordProtection.additional(number, kind, count))
            guard isOpen else { throw .recordRefused }
            bytes.removeFirst(explicit)
        case .cbc(let cipher, let mac):
            // A vector, a MAC and one byte of padding, in whole blocks.
            let count = length - SM4.blockBytes
            guard count > RecordProtection.macBytes, count % SM4.blockBytes == 0 else { throw .recordRefused }
            cipher.transform(&bytes, from: SM4.blockBytes, vector: Array(bytes[..<SM4.blockBytes]))
            bytes.removeFirst(SM4.blockBytes)
            guard let textCount = RecordProtection.textCount(bytes, number, kind, mac) else { throw .recordRefused }
            bytes.removeLast(bytes.count - textCount)
        }
        guard bytes.count <= Limits.recordBytesMax else { throw .recordTooLong(found: bytes.count) }
        return bytes
    }

    /// The length of the text before MAC and padding; nil where either is wrong.
    ///
    /// Until the verdict nothing branches on the padding, no address comes from it, and the same bytes are hashed and
    /// compared whatever it says: which of the two was wrong cannot be told by the answer nor by its time.
    private static func textCount(_ bytes: [UInt8], _ number: [UInt8], _ kind: UInt8, _ mac: SecretBytes) -> Int? {
        let countMax = bytes.count - macBytes - 1
        let countMin = max(0, countMax - 255)
        let padding = Int(bytes[bytes.count - 1])
        // A padding longer than the record is treated as none, and remembered.
        let fits = ~SM3.mask(countMax, isBelow: padding)
        let count = countMax - (padding & Int(truncatingIfNeeded: fits))
        var wrong: UInt64 = ~fits
        for back in 1...min(256, bytes.count) {
            let isPadding = SM3.mask(back - 1, isBelow: padding + 1) & fits
            wrong |= isPadding & UInt64(bytes[bytes.count - back] ^ UInt8(truncatingIfNeeded: padding))
        }
        let digest = SM3.hmac(
            key: mac.bytes, header: additional(number, kind, count), bytes: bytes, from: 0, count: count,
            countMin: countMin, countMax: countMax
        ).bytes
        // The MAC begins at one of 256 places: all are looked at, one is kept.
        var found = [UInt8](repeating: 0, count: macBytes)
        for start in countMin...countMax {
            let isHere = UInt8(truncatingIfNeeded: SM3.mask(start, equals: count))
            for index in 0..<macBytes { found[index] |= bytes[start &+ index] & isHere }
        }
        for index in 0..<macBytes { wrong |= UInt64(found[index] ^ digest[index]) }
        return wrong == 0 ? count : nil
    }
}
