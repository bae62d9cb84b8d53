// SPDX-License-Identifier: Apache-2.0
internal import Bedrock
internal import COpenSSL
package import ShangMi

/// One SM2 private key inside OpenSSL: it goes in, signs and decrypts, and leaves only encrypted (KEY-1,
/// KEY-2).
///
/// A class and not a noncopyable struct because a `Signer` is copied about freely; it is freed and wiped with
/// its last reference. Safe from several threads at once: the key object is never changed after `init`.
@safe package final class PrivateKey: Sendable {
    // SAFETY: OpenSSL 3 keys are read-only after creation and lock their caches; owned here, freed in
    // `deinit` only.
    nonisolated(unsafe) let pointer: OpaquePointer
    package let publicKey: SM2.PublicKey

    /// Takes ownership of `pointer`, also where it throws.
    private init(owning pointer: OpaquePointer) throws(CustodyError) {
        unsafe self.pointer = unsafe pointer
        do throws(CustodyError) {
            publicKey = try unsafe PrivateKey.publicKey(of: pointer)
        } catch {
            unsafe EVP_PKEY_free(pointer)
            throw error
        }
    }

    // SAFETY: the one free of the one owner; OpenSSL wipes the private number.
    deinit { unsafe EVP_PKEY_free(pointer) }

    /// Draws a new key from the system's generator.
    package static func generate() throws(CustodyError) -> PrivateKey {
        // SAFETY: the context is freed on every path; `key` is owned by what we return.
        let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "SM2", nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1, unsafe EVP_PKEY_generate(context, &key) == 1,
            let key = unsafe key
        else { throw OpenSSL.failure("generate a key") }
        return try unsafe PrivateKey(owning: key)
    }

    /// Takes a private number of 32 big-endian bytes: for published vectors and for keys from elsewhere.
    package convenience init(scalar: Secret) throws(CustodyError) {
        guard scalar.count == 32 else { throw .scalarOutOfRange }
        // SAFETY: BN_bin2bn reads exactly the 32 bytes it is told; the number is wiped when freed.
        let number = unsafe scalar.withBytes { unsafe BN_bin2bn($0.baseAddress, 32, nil) }
        guard let number = unsafe number else { throw OpenSSL.failure("read a number") }
        defer { unsafe BN_clear_free(number) }
        try unsafe self.init(number: number)
    }

    /// Rebuilds a foreign key from its private number alone, so that its public half is ours by construction
    /// (KEY-4).
    ///
    /// - Throws: `.notAnSM2Key` where the key is of another kind or its halves do not belong together.
    convenience init(rebuilding foreign: OpaquePointer) throws(CustodyError) {
        defer { ERR_clear_error() }
        // SAFETY: `foreign` stays the caller's; the number is our copy and is wiped when freed.
        guard unsafe EVP_PKEY_is_a(foreign, "SM2") == 1 else { throw .notAnSM2Key }
        var number: OpaquePointer?
        guard unsafe EVP_PKEY_get_bn_param(foreign, "priv", &number) == 1, let number = unsafe number else {
            throw .notAnSM2Key
        }
        defer { unsafe BN_clear_free(number) }
        let claimed = try unsafe PrivateKey.publicKey(of: foreign)
        try unsafe self.init(number: number)
        guard publicKey == claimed else { throw .notAnSM2Key }
    }

    private convenience init(number: OpaquePointer) throws(CustodyError) {
        // SAFETY: every object made here is freed by its `defer`; `number` stays the caller's.
        unsafe BN_set_flags(number, BN_FLG_CONSTTIME)
        let group = unsafe EC_GROUP_new_by_curve_name(NID_sm2)
        defer { unsafe EC_GROUP_free(group) }
        guard let group = unsafe group, let limit = unsafe BN_dup(EC_GROUP_get0_order(group)) else {
            throw OpenSSL.failure("find the SM2 curve")
        }
        defer { unsafe BN_free(limit) }
        // 1 ≤ d ≤ n - 2, which is d < n - 1.
        guard unsafe BN_sub_word(limit, 1) == 1, unsafe BN_is_zero(number) == 0,
            unsafe BN_is_negative(number) == 0, unsafe BN_cmp(number, limit) < 0
        else { throw .scalarOutOfRange }
        let point = try unsafe PrivateKey.basePoint(of: group, times: number)
        let key = try unsafe PrivateKey.assemble(point: point, number: number)
        try unsafe self.init(owning: key)
    }

    /// The uncompressed form of `number`·G, 65 bytes.
    static func basePoint(
        of group: OpaquePointer, times number: OpaquePointer
    ) throws(CustodyError) -> [UInt8] {
        // SAFETY: the point is freed here; the buffer has the 65 bytes of an uncompressed point.
        let point = unsafe EC_POINT_new(group)
        defer { unsafe EC_POINT_free(point) }
        var bytes = [UInt8](repeating: 0, count: 65)
        guard unsafe EC_POINT_mul(group, point, number, nil, nil, nil) == 1,
            unsafe EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, &bytes, 65, nil) == 65
        else { throw OpenSSL.failure("multiply the base point") }
        return bytes
    }

    /// A key object from its parts. `number` nil makes a public key; a point off the curve is refused by
    /// OpenSSL.
    static func assemble(point: [UInt8], number: OpaquePointer?) throws(CustodyError) -> OpaquePointer {
        // SAFETY: the builder copies or references its inputs until `to_param`, and all live to the end of
        // this scope.
        let builder = unsafe OSSL_PARAM_BLD_new()
        defer { unsafe OSSL_PARAM_BLD_free(builder) }
        guard
            unsafe OSSL_PARAM_BLD_push_utf8_string(builder, OpenSSL.text("group"), OpenSSL.text("SM2"), 3)
                == 1
        else {
            throw OpenSSL.failure("describe a key")
        }
        if let number = unsafe number,
            unsafe OSSL_PARAM_BLD_push_BN(builder, OpenSSL.text("priv"), number) != 1
        {
            throw OpenSSL.failure("describe a key")
        }
        let parameters = unsafe point.withUnsafeBytes { bytes in
            // SAFETY: the pushed pointer must live until `to_param`, which is inside this closure.
            unsafe OSSL_PARAM_BLD_push_octet_string(
                builder, OpenSSL.text("pub"), bytes.baseAddress, bytes.count) == 1
                ? OSSL_PARAM_BLD_to_param(builder) : nil
        }
        defer { unsafe OSSL_PARAM_free(parameters) }
        let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "SM2", nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        // EVP_PKEY_KEYPAIR and EVP_PKEY_PUBLIC_KEY of evp.h, which are sums of macros and so not imported.
        let selection: Int32 = unsafe number == nil ? 0x86 : 0x87
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_fromdata_init(context) == 1,
            unsafe EVP_PKEY_fromdata(context, &key, selection, parameters) == 1, let key = unsafe key
        else { throw OpenSSL.failure("assemble a key") }
        return unsafe key
    }

    private static func publicKey(of key: OpaquePointer) throws(CustodyError) -> SM2.PublicKey {
        // SAFETY: the buffer has the 65 bytes the call is told of; a longer encoding is refused, not cut.
        var bytes = [UInt8](repeating: 0, count: 65)
        var count = 0
        guard unsafe EVP_PKEY_get_octet_string_param(key, "pub", &bytes, 65, &count) == 1 else {
            throw OpenSSL.failure("read a public key")
        }
        guard count == 65, bytes[0] == 4, let publicKey = SM2.PublicKey([UInt8](bytes[1...])) else {
            throw .notAnSM2Key
        }
        return publicKey
    }
}

extension PrivateKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "PrivateKey(of \(Hex.encode(publicKey.bytes)))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}
