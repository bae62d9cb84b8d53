// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
package import ShangMi

/// Public-key encryption on the SM2 curve, by OpenSSL (GB/T 32918.4-2016, KEY-14).
package enum SM2Encryption {
    /// Encrypts 1 to 65,536 bytes so that only the holder of the private key reads them.
    package static func encrypt(
        _ message: [UInt8], to publicKey: SM2.PublicKey
    ) throws(CustodyError) -> SM2Ciphertext {
        guard (1...SM2Ciphertext.messageBytesMax).contains(message.count) else {
            throw .lengthOutOfRange(found: message.count, limit: SM2Ciphertext.messageBytesMax)
        }
        let key = try PublicKeyObject(publicKey)
        // The standard draws again where the key stream is all zero (step A5). OpenSSL 3.0.22 does so itself.
        // We look too: one byte of message meets it once in 256 times, and an OpenSSL that does not would
        // leave it in the clear. 32 draws fail with 2⁻²⁵⁶.
        for _ in 0..<32 {
            let der = try unsafe transform(message, with: key.pointer, encrypting: true)
            guard let der else { throw OpenSSL.failure("encrypt with SM2") }
            let ciphertext = try SM2Ciphertext(der: der)
            if ciphertext.body != message { return ciphertext }
        }
        throw OpenSSL.failure("encrypt with SM2")
    }

    /// - Returns: nil where OpenSSL refuses; its error queue is left for the caller.
    fileprivate static func transform(
        _ input: [UInt8], with key: OpaquePointer, encrypting: Bool
    ) throws(CustodyError) -> [UInt8]? {
        // SAFETY: the context is freed on every path; the output has the room OpenSSL itself asked for.
        let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        guard unsafe (encrypting ? EVP_PKEY_encrypt_init(context) : EVP_PKEY_decrypt_init(context)) == 1
        else {
            throw OpenSSL.failure("begin SM2 encryption")
        }
        func step(_ output: UnsafeMutablePointer<UInt8>?, _ count: inout Int) -> Bool {
            unsafe encrypting
                ? EVP_PKEY_encrypt(context, output, &count, input, input.count) == 1
                : EVP_PKEY_decrypt(context, output, &count, input, input.count) == 1
        }
        var count = 0
        guard step(nil, &count), count >= 0, count <= input.count + 1024 else { return nil }
        var output = [UInt8](repeating: 0, count: count)
        let done = unsafe output.withUnsafeMutableBufferPointer { unsafe step($0.baseAddress, &count) }
        return done ? [UInt8](output.prefix(count)) : nil
    }
}

extension PrivateKey {
    /// - Throws: `.ciphertextRefused` for a changed ciphertext, another's, or a point off the curve: the
    ///   three cannot be told apart, and should not be.
    package func decrypt(_ ciphertext: SM2Ciphertext) throws(CustodyError) -> [UInt8] {
        defer { ERR_clear_error() }
        let message = try unsafe SM2Encryption.transform(ciphertext.der, with: pointer, encrypting: false)
        // An all-zero key stream enciphers nothing; the standard ends there (step B4).
        guard let message, message.count == ciphertext.body.count, message != ciphertext.body else {
            throw .ciphertextRefused
        }
        return message
    }
}
