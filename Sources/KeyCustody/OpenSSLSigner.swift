// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
package import ShangMi

/// Signs with a key in this process's memory, through OpenSSL (KEY-5).
///
/// The user ID is always set: OpenSSL 3.0 otherwise signs under the *empty* ID, and nobody would accept that.
/// - Cost: about 0.27 ms and no lock; every call has its own context.
package struct OpenSSLSigner: Signer {
    package let key: PrivateKey

    package init(_ key: PrivateKey) { self.key = key }

    package var publicKey: SM2.PublicKey { key.publicKey }

    package func sign(_ message: [UInt8]) throws(SignerError) -> SM2.Signature {
        do throws(CustodyError) {
            let der = try key.signature(over: message, userID: SM2.defaultUserID)
            return try CustodyError.reading { () throws(DERError) in try SM2.Signature(der: der) }
        } catch {
            throw .unavailable(reason: error.description)
        }
    }
}

extension PrivateKey {
    /// The DER signature over SM3(Z ‖ message).
    func signature(over message: [UInt8], userID: [UInt8]) throws(CustodyError) -> [UInt8] {
        // SAFETY: the context is freed on every path. 72 bytes hold the longest SEQUENCE of two 33-byte
        // INTEGERs.
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        var der = [UInt8](repeating: 0, count: 72)
        var count = der.count
        guard unsafe EVP_DigestSignInit_ex(context, nil, "SM3", nil, nil, pointer, nil) == 1,
            unsafe OpenSSL.setUserID(userID, of: context) == 1,
            unsafe EVP_DigestSign(context, &der, &count, message, message.count) == 1
        else {
            throw OpenSSL.failure("sign")
        }
        return [UInt8](der[..<count])
    }
}
