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
            return try SignatureForm.signature(
                fromDER: key.signature(over: message, userID: SM2.defaultUserID))
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
        let begun = unsafe OpenSSL.withUserID(userID) {
            unsafe EVP_DigestSignInit_ex(context, nil, "SM3", nil, nil, pointer, $0)
        }
        guard begun == 1, unsafe EVP_DigestSign(context, &der, &count, message, message.count) == 1 else {
            throw OpenSSL.failure("sign")
        }
        return [UInt8](der[..<count])
    }
}

/// The two forms of a signature: DER as OpenSSL and certificates have it, r ‖ s as the ledger has it.
package enum SignatureForm {
    /// Reads SEQUENCE { INTEGER r, INTEGER s }, in its one canonical form.
    package static func signature(fromDER der: [UInt8]) throws(CustodyError) -> SM2.Signature {
        var outer = DERReader(der)
        var pair = try outer.sequence()
        try outer.finish()
        let (r, s) = (try pair.unsigned(byteCount: 32), try pair.unsigned(byteCount: 32))
        try pair.finish()
        guard let r = Digest(r), let s = Digest(s) else { throw .ciphertextMalformed }
        return SM2.Signature(r: r, s: s)
    }

    package static func der(of signature: SM2.Signature) -> [UInt8] {
        DER.sequence([DER.unsigned(signature.r.bytes), DER.unsigned(signature.s.bytes)])
    }
}
