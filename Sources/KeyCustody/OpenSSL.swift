// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import Glibc

/// What the other files share of OpenSSL: algorithms fetched once, and its error queue turned into our error.
enum OpenSSL {
    // SAFETY: fetched algorithms never change and count their users atomically; OpenSSL shares them between
    // threads.
    nonisolated(unsafe) static let sm3: OpaquePointer? = unsafe EVP_MD_fetch(nil, "SM3", nil)
    // SAFETY: as above.
    nonisolated(unsafe) static let sha256: OpaquePointer? = unsafe EVP_MD_fetch(nil, "SHA2-256", nil)
    // SAFETY: as above.
    nonisolated(unsafe) static let sm4CBC: OpaquePointer? = unsafe EVP_CIPHER_fetch(nil, "SM4-CBC", nil)
    // SAFETY: as above.
    nonisolated(unsafe) static let sm4CTR: OpaquePointer? = unsafe EVP_CIPHER_fetch(nil, "SM4-CTR", nil)

    /// A text that lies in the program itself. OpenSSL's parameters keep the *pointers* of names and strings;
    /// a Swift string passed as a C string is gone after the call, and the parameter with it.
    static func text(_ literal: StaticString) -> UnsafePointer<CChar> {
        // SAFETY: a literal of more than one character is stored for ever and ends with a zero.
        unsafe UnsafeRawPointer(literal.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    /// Sets the SM2 user ID of a context that was begun and has read nothing yet; 1 where it is set (KEY-5).
    ///
    /// Not by the parameters of its beginning: OpenSSL 3.0.19 refuses the ID there as set too late, older and newer
    /// ones take it.
    static func setUserID(_ userID: [UInt8], of context: OpaquePointer?) -> Int32 {
        // SAFETY: the key's context belongs to `context` and lives as long; OpenSSL copies the ID.
        unsafe EVP_PKEY_CTX_set1_id(EVP_MD_CTX_get_pkey_ctx(context), userID, Int32(userID.count))
    }

    /// The last error of this thread as ours; the queue is left empty, so nothing later reads a stale error
    /// (KEY-3).
    static func failure(_ operation: String) -> CustodyError {
        defer { ERR_clear_error() }
        return .libraryFailed(operation: operation, number: UInt(ERR_peek_last_error()))
    }
}

/// The system's words for an error number.
func systemReason(_ number: Int32) -> String {
    var text = [CChar](repeating: 0, count: 256)
    // SAFETY: the POSIX form fills the buffer we give, within the length we give, and ends it with a zero.
    guard unsafe strerror_r(number, &text, text.count) == 0 else { return "error \(number)" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Bytes from the operating system's generator, through OpenSSL's.
package enum SystemRandom {
    /// - Throws: `.libraryFailed` where the system gives no entropy; nothing weaker is ever put in its place
    ///   (KEY-1).
    package static func bytes(count: Int) throws(CustodyError) -> [UInt8] {
        precondition(count >= 0 && count <= Int(Int32.max), "a count of random bytes fits OpenSSL's int")
        var bytes = [UInt8](repeating: 0, count: count)
        // SAFETY: the array has `count` bytes and lives through the call.
        guard count == 0 || (unsafe RAND_bytes(&bytes, Int32(count))) == 1 else {
            throw OpenSSL.failure("draw random bytes")
        }
        return bytes
    }
}
