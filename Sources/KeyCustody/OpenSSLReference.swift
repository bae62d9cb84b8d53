// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
package import ShangMi

/// The same algorithms by OpenSSL: the oracle of our tests, and "the reference in the same run" of our benchmarks.
///
/// Nothing in service calls it (KEY-15).
package enum OpenSSLReference {
    /// OpenSSL's own name for itself, for the heading of a benchmark.
    // SAFETY: OpenSSL answers with a static string.
    package static var version: String { unsafe String(cString: OpenSSL_version(OPENSSL_VERSION)) }

    /// Checks one signature over SM3(Z ‖ message).
    package static func verify(
        _ message: [UInt8], _ signature: SM2.Signature, by publicKey: SM2.PublicKey,
        userID: [UInt8] = SM2.defaultUserID
    ) -> Bool {
        guard let key = try? PublicKeyObject(publicKey) else { return false }
        return key.verify(message, der: SignatureForm.der(of: signature), userID: userID)
    }

    package static func sm3(_ message: [UInt8]) -> Digest? {
        defer { ERR_clear_error() }
        var digest = [UInt8](repeating: 0, count: 32)
        // SAFETY: SM3 gives 32 bytes, which the array has.
        guard unsafe EVP_Digest(message, message.count, &digest, nil, OpenSSL.sm3, nil) == 1 else { return nil }
        return Digest(digest)
    }

    package static func sm4CBCEncrypt(_ plain: [UInt8], key: Secret, vector: [UInt8]) -> [UInt8]? {
        BlockCipher.sm4CBC.encrypt(plain, key: key, vector: vector)
    }

    package static func sm4CTREncrypt(_ plain: [UInt8], key: Secret, vector: [UInt8]) -> [UInt8]? {
        BlockCipher.sm4CTR.encrypt(plain, key: key, vector: vector)
    }

    package static func sm4CBCDecrypt(_ ciphertext: [UInt8], key: Secret, vector: [UInt8]) -> [UInt8]? {
        // SAFETY: the bytes are copied out while they are lent.
        unsafe BlockCipher.sm4CBC.decrypt(ciphertext, key: key, vector: vector)?.withBytes { unsafe [UInt8]($0) }
    }

    /// A public key inside OpenSSL, made once for many checks: importing costs 26 µs.
    @safe package final class PublicKeyObject: Sendable {
        // SAFETY: read-only after creation; owned here, freed in `deinit` only.
        nonisolated(unsafe) let pointer: OpaquePointer

        /// - Throws: `.libraryFailed` for a point off the curve.
        package init(_ key: SM2.PublicKey) throws(CustodyError) {
            unsafe pointer = try unsafe PrivateKey.assemble(point: [4] + key.bytes, number: nil)
        }

        // SAFETY: the one free of the one owner.
        deinit { unsafe EVP_PKEY_free(pointer) }

        package func verify(_ message: [UInt8], der: [UInt8], userID: [UInt8] = SM2.defaultUserID) -> Bool {
            defer { ERR_clear_error() }
            // SAFETY: the context is freed on every path; the parameters are copied by the init call.
            let context = unsafe EVP_MD_CTX_new()
            defer { unsafe EVP_MD_CTX_free(context) }
            var id = userID
            let begun = unsafe id.withUnsafeMutableBytes { bytes in
                var parameters = unsafe [
                    OSSL_PARAM_construct_octet_string("distid", bytes.baseAddress, bytes.count),
                    OSSL_PARAM_construct_end(),
                ]
                return unsafe EVP_DigestVerifyInit_ex(context, nil, "SM3", nil, nil, pointer, &parameters)
            }
            guard begun == 1 else { return false }
            return unsafe EVP_DigestVerify(context, der, der.count, message, message.count) == 1
        }
    }
}
