// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
package import ShangMi

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
        // SAFETY: the context is freed on every path.
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestVerifyInit_ex(context, nil, "SM3", nil, nil, pointer, nil) == 1,
            unsafe OpenSSL.setUserID(userID, of: context) == 1
        else { return false }
        return unsafe EVP_DigestVerify(context, der, der.count, message, message.count) == 1
    }
}
