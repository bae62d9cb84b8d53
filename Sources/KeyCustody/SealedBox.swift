// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// Two keys for authenticated encryption: one enciphers, the other authenticates; never one for both
/// (KEY-12).
package struct SealingKey: Sendable {
    let cipherKey: Secret
    let macKey: Secret

    /// Derives both from 32 bytes: HMAC-SM3(master, label), the first 16 bytes for SM4 and all 32 for the
    /// tag.
    package init(master: Secret) throws(CustodyError) {
        guard master.count == 32 else { throw .lengthOutOfRange(found: master.count, limit: 32) }
        // SAFETY: the bytes are copied into another secret while they are lent.
        cipherKey = unsafe try SealingKey.derive(master, "jiuding/sealed-box/1/sm4").withBytes {
            unsafe Secret([UInt8]($0.prefix(BlockCipher.keyBytes)))
        }
        macKey = try SealingKey.derive(master, "jiuding/sealed-box/1/hmac-sm3")
    }

    /// Takes two keys as they are: 16 bytes for SM4 and 32 for HMAC-SM3. They must be independent.
    package init(cipherKey: Secret, macKey: Secret) throws(CustodyError) {
        guard cipherKey.count == 16 else { throw .lengthOutOfRange(found: cipherKey.count, limit: 16) }
        guard macKey.count == 32 else { throw .lengthOutOfRange(found: macKey.count, limit: 32) }
        (self.cipherKey, self.macKey) = (cipherKey, macKey)
    }

    private static func derive(_ master: Secret, _ label: String) throws(CustodyError) -> Secret {
        Secret(try HMAC.sm3([UInt8](label.utf8), key: master))
    }
}

/// Content under SM4 and an HMAC-SM3 tag, encrypt-then-MAC; OpenSSL 3.0 has no SM4-GCM (KEY-12, KEY-13).
///
/// One form: version (1 byte), nonce (16), ciphertext, tag (32). Version 1 is counter mode, 2 is chaining.
/// The tag covers the context's length (8 bytes, big-endian), the context, and everything before the tag.
package enum SealedBox {
    package enum Mode: UInt8, CaseIterable, Sendable {
        /// The ciphertext is as long as the content. The default.
        case counter = 1
        /// The ciphertext is 1 to 16 bytes longer: for peers that know no counter mode.
        case chaining = 2

        var cipher: BlockCipher { self == .counter ? .sm4CTR : .sm4CBC }
    }

    /// Larger content is sealed in parts, with the part's number in the context.
    package static let contentBytesMax = 64 << 20
    package static let nonceBytes = 16
    package static let tagBytes = 32
    /// What a box is longer than its content, at most.
    package static let overheadBytesMax = 1 + nonceBytes + BlockCipher.blockBytes + tagBytes

    /// - Parameter context: what the content belongs to, such as a record's name; the opener must know it
    ///   too.
    package static func seal(
        _ content: [UInt8], under key: SealingKey, context: [UInt8] = [], mode: Mode = .counter
    ) throws(CustodyError) -> [UInt8] {
        guard content.count <= contentBytesMax else {
            throw .lengthOutOfRange(found: content.count, limit: contentBytesMax)
        }
        // Drawn at random: 128 bits, so two boxes under one key share no counter block in practice.
        let nonce = try SystemRandom.bytes(count: nonceBytes)
        guard let ciphertext = mode.cipher.encrypt(content, key: key.cipherKey, vector: nonce) else {
            throw OpenSSL.failure("encrypt with SM4")
        }
        let signed = [mode.rawValue] + nonce + ciphertext
        return signed + (try tag(of: signed, context, key))
    }

    /// - Throws: `.ciphertextMalformed` where the bytes are no box; `.ciphertextRefused` where the tag does
    ///   not stand. Nothing is decrypted before the tag was checked.
    package static func open(
        _ box: [UInt8], under key: SealingKey, context: [UInt8] = []
    ) throws(CustodyError) -> [UInt8] {
        guard box.count >= 1 + nonceBytes + tagBytes, box.count <= contentBytesMax + overheadBytesMax,
            let mode = Mode(rawValue: box[0])
        else { throw .ciphertextMalformed }
        let signed = [UInt8](box.dropLast(tagBytes))
        let expected = try tag(of: signed, context, key)
        let found = [UInt8](box.suffix(tagBytes))
        // SAFETY: both arrays have `tagBytes` bytes. The time does not tell where they differ.
        guard unsafe CRYPTO_memcmp(expected, found, tagBytes) == 0 else { throw .ciphertextRefused }
        let ciphertext = [UInt8](signed.dropFirst(1 + nonceBytes))
        let nonce = [UInt8](signed[1...nonceBytes])
        guard let content = mode.cipher.decrypt(ciphertext, key: key.cipherKey, vector: nonce) else {
            // The sealer itself wrote a padding that is none: it holds the key and still is not to be
            // believed.
            throw .ciphertextRefused
        }
        return unsafe content.withBytes { unsafe [UInt8]($0) }
    }

    private static func tag(
        of signed: [UInt8], _ context: [UInt8], _ key: SealingKey
    ) throws(CustodyError) -> [UInt8] {
        let length = (0..<8).reversed().map { UInt8(truncatingIfNeeded: context.count >> ($0 * 8)) }
        return try HMAC.sm3(length + context + signed, key: key.macKey)
    }
}

/// HMAC with SM3 (GB/T 15852.2), by OpenSSL.
package enum HMAC {
    /// - Returns: 32 bytes.
    package static func sm3(_ message: [UInt8], key: Secret) throws(CustodyError) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var count = 0
        // SAFETY: every pointer goes with the true count of its bytes and lives through the call.
        let done = unsafe key.withBytes {
            unsafe EVP_Q_mac(
                nil, "HMAC", nil, "SM3", nil, $0.baseAddress, $0.count, message, message.count, &code,
                code.count,
                &count) != nil
        }
        guard done, count == code.count else { throw OpenSSL.failure("compute HMAC-SM3") }
        return code
    }
}
