// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// SM4 (GB/T 32907-2016) in one of its modes, by OpenSSL. Without authentication: only for use inside this
/// module.
enum BlockCipher {
    /// Cipher block chaining with PKCS#7 padding.
    case sm4CBC
    /// Counter mode: the vector is the first counter block.
    case sm4CTR

    static let keyBytes = 16
    static let blockBytes = 16

    private var algorithm: OpaquePointer? {
        switch self {
        case .sm4CBC: unsafe OpenSSL.sm4CBC
        case .sm4CTR: unsafe OpenSSL.sm4CTR
        }
    }

    func encrypt(_ plain: Secret, key: Secret, vector: [UInt8]) -> [UInt8]? {
        unsafe plain.withBytes { unsafe run($0, key: key, vector: vector, encrypting: true) }
    }

    func encrypt(_ plain: [UInt8], key: Secret, vector: [UInt8]) -> [UInt8]? {
        // SAFETY: the array lives through the closure.
        unsafe plain.withUnsafeBytes { unsafe run($0, key: key, vector: vector, encrypting: true) }
    }

    func decrypt(_ ciphertext: [UInt8], key: Secret, vector: [UInt8]) -> Secret? {
        // SAFETY: the array lives through the closure; the copy of the plain bytes is wiped after they are
        // taken.
        guard
            var plain = unsafe ciphertext.withUnsafeBytes({
                unsafe run($0, key: key, vector: vector, encrypting: false)
            })
        else { return nil }
        defer { unsafe OPENSSL_cleanse(&plain, plain.count) }
        return Secret(plain)
    }

    /// - Returns: nil where the padding is wrong or OpenSSL fails; its error queue is left empty.
    private func run(
        _ input: UnsafeRawBufferPointer, key: Secret, vector: [UInt8], encrypting: Bool
    ) -> [UInt8]? {
        precondition(
            key.count == Self.keyBytes && vector.count == Self.blockBytes, "SM4 has 16-byte keys and blocks")
        precondition(
            input.count <= Int(Int32.max) - Self.blockBytes, "one call of OpenSSL takes an int of bytes")
        defer { ERR_clear_error() }
        // SAFETY: the output has room for one block more than the input, the most that padding adds; the two
        // steps write one after the other within it; the context is wiped and freed on every path.
        let context = unsafe EVP_CIPHER_CTX_new()
        defer { unsafe EVP_CIPHER_CTX_free(context) }
        let begun = unsafe key.withBytes {
            unsafe EVP_CipherInit_ex2(
                context, algorithm, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), vector,
                encrypting ? 1 : 0,
                nil)
        }
        guard begun == 1 else { return nil }
        let bytes = unsafe input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var written = 0
        var output = [UInt8](repeating: 0, count: input.count + Self.blockBytes)
        let done = unsafe output.withUnsafeMutableBufferPointer { buffer in
            var (middle, last) = (Int32(0), Int32(0))
            let start = buffer.baseAddress
            guard unsafe EVP_CipherUpdate(context, start, &middle, bytes, Int32(input.count)) == 1 else {
                return false
            }
            guard unsafe EVP_CipherFinal_ex(context, start.map { unsafe $0 + Int(middle) }, &last) == 1 else {
                return false
            }
            written = Int(middle + last)
            return true
        }
        defer { if !encrypting { unsafe OPENSSL_cleanse(&output, output.count) } }
        return done ? [UInt8](output[..<written]) : nil
    }
}
