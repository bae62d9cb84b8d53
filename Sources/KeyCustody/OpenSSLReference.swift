// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
package import ShangMi

/// The same algorithms by OpenSSL: the oracle of our tests, and "the reference in the same run" of our
/// benchmarks.
///
/// Nothing in service calls it (KEY-15).
package enum OpenSSLReference {
    /// OpenSSL's own name for itself, for the heading of a benchmark.
    // SAFETY: OpenSSL answers with a static string.
    package static var version: String { unsafe String(cString: OpenSSL_version(OPENSSL_VERSION)) }

    /// Whether this thread's error queue is empty, as it must be after every call of this module (KEY-3).
    package static var errorQueueIsEmpty: Bool { ERR_peek_error() == 0 }

    /// Checks one signature over SM3(Z ‖ message).
    package static func verify(
        _ message: [UInt8], _ signature: SM2.Signature, by publicKey: SM2.PublicKey,
        userID: [UInt8] = SM2.defaultUserID
    ) -> Bool {
        guard let key = try? PublicKeyObject(publicKey) else { return false }
        return key.verify(message, der: signature.der, userID: userID)
    }

    package static func sm3(_ message: [UInt8]) -> Digest? {
        defer { ERR_clear_error() }
        var digest = [UInt8](repeating: 0, count: 32)
        // SAFETY: SM3 gives 32 bytes, which the array has.
        guard unsafe EVP_Digest(message, message.count, &digest, nil, OpenSSL.sm3, nil) == 1 else {
            return nil
        }
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
        unsafe BlockCipher.sm4CBC.decrypt(ciphertext, key: key, vector: vector)?.withBytes {
            unsafe [UInt8]($0)
        }
    }
}
