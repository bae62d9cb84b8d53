// SPDX-License-Identifier: Apache-2.0
import Bedrock
import COpenSSL
import ShangMi

/// An SM2 key held by OpenSSL, which shares no line of code with what is under test.
@safe final class OpenSSLKey {
    /// EVP_PKEY_PUBLIC_KEY, a macro Swift cannot read: the parameters (0x84) and the public key (0x02).
    private static let publicKeySelection: Int32 = 0x86
    // SAFETY: made by `init`, freed by `deinit`, used by one thread only.
    private let key: OpaquePointer

    /// Draws a fresh key pair.
    init() {
        // SAFETY: a null library context and property query mean the defaults.
        let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "SM2", nil)
        var made: OpaquePointer?
        // SAFETY: the context was made just above; a failure traps instead of going on.
        let ok = unsafe EVP_PKEY_keygen_init(context) == 1 && EVP_PKEY_generate(context, &made) == 1
        precondition(ok, "OpenSSL makes SM2 keys")
        unsafe EVP_PKEY_CTX_free(context)  // SAFETY: not used again.
        unsafe key = made!
    }

    /// Takes a public key.
    init?(_ publicKey: SM2.PublicKey) {
        let bytes: [UInt8] = [4] + publicKey.bytes
        // SAFETY: OpenSSL copies what it is given before `fromdata` returns; `bytes` outlives the calls.
        let made: OpaquePointer? = unsafe bytes.withUnsafeBufferPointer { bytes in
            let builder = unsafe OSSL_PARAM_BLD_new()
            unsafe OSSL_PARAM_BLD_push_utf8_string(builder, "group", "SM2", 0)
            unsafe OSSL_PARAM_BLD_push_octet_string(builder, "pub", bytes.baseAddress, bytes.count)
            let parameters = unsafe OSSL_PARAM_BLD_to_param(builder)
            let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "SM2", nil)
            var made: OpaquePointer?
            unsafe EVP_PKEY_fromdata_init(context)
            unsafe EVP_PKEY_fromdata(context, &made, OpenSSLKey.publicKeySelection, parameters)
            unsafe EVP_PKEY_CTX_free(context)
            unsafe OSSL_PARAM_free(parameters)
            unsafe OSSL_PARAM_BLD_free(builder)
            return unsafe made
        }
        guard let made = unsafe made else { return nil }
        unsafe key = made
    }

    deinit { unsafe EVP_PKEY_free(key) }  // SAFETY: the last use of the key this object owns.

    var publicKey: SM2.PublicKey {
        var bytes = [UInt8](repeating: 0, count: 65)
        var length = 0
        // SAFETY: OpenSSL writes at most the 65 bytes it is told of.
        unsafe EVP_PKEY_get_octet_string_param(key, "pub", &bytes, bytes.count, &length)
        return SM2.PublicKey([UInt8](bytes.dropFirst()))!
    }

    func sign(digest: Digest) -> SM2.Signature {
        let context = unsafe EVP_PKEY_CTX_new(key, nil)  // SAFETY: freed below.
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var der = [UInt8](repeating: 0, count: 80)
        var length = der.count
        // SAFETY: OpenSSL writes at most `length` bytes; a signature takes at most 72.
        let ok =
            unsafe EVP_PKEY_sign_init(context) == 1
            && EVP_PKEY_sign(context, &der, &length, digest.bytes, 32) == 1
        precondition(ok, "OpenSSL signs")
        let r = OpenSSLKey.number(der, at: 2)
        let s = OpenSSLKey.number(der, at: 4 + Int(der[3]))
        return SM2.Signature(r: r, s: s)
    }

    func verify(_ signature: SM2.Signature, digest: Digest) -> Bool {
        let context = unsafe EVP_PKEY_CTX_new(key, nil)  // SAFETY: freed below.
        defer { unsafe EVP_PKEY_CTX_free(context) }
        let body = OpenSSLKey.integer(signature.r) + OpenSSLKey.integer(signature.s)
        let der = [0x30, UInt8(body.count)] + body
        // SAFETY: lengths are those of the arrays passed.
        return unsafe EVP_PKEY_verify_init(context) == 1
            && EVP_PKEY_verify(context, der, der.count, digest.bytes, 32) == 1
    }

    /// The INTEGER at `start`: tag, length, big-endian bytes.
    private static func number(_ der: [UInt8], at start: Int) -> Digest {
        let content = der[(start + 2)..<(start + 2 + Int(der[start + 1]))].drop { $0 == 0 }
        return Digest([UInt8](repeating: 0, count: 32 - content.count) + content)!
    }

    private static func integer(_ value: Digest) -> [UInt8] {
        var content = [UInt8](value.bytes.drop { $0 == 0 })
        if content.first.map({ $0 >= 0x80 }) ?? true { content.insert(0, at: 0) }
        return [2, UInt8(content.count)] + content
    }
}

enum OpenSSL {
    static func sm3(_ message: [UInt8]) -> Digest {
        var digest = [UInt8](repeating: 0, count: 32)
        // SAFETY: SM3 writes 32 bytes; the length is the array's.
        unsafe EVP_Digest(message, message.count, &digest, nil, EVP_sm3(), nil)
        return Digest(digest)!
    }

    static func hmac(key: [UInt8], message: [UInt8]) -> Digest {
        var digest = [UInt8](repeating: 0, count: 32)
        var length = 0
        // SAFETY: lengths are those of the arrays passed.
        unsafe EVP_Q_mac(
            nil, "HMAC", nil, "SM3", nil, key, key.count, message, message.count, &digest, digest.count,
            &length)
        return Digest(digest)!
    }
}
