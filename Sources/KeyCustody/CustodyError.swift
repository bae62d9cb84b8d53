// SPDX-License-Identifier: Apache-2.0
internal import ShangMi

/// Why a key could not be made, kept, read or used. Closed: a caller can answer every case.
///
/// No case carries a secret, so any of them may be printed or logged (KEY-2).
package enum CustodyError: Error, Hashable, Sendable {
    /// Something with this name exists already. Final until it is moved.
    case fileExists(path: String)
    /// The system would not let us read. May heal.
    case fileUnreadable(path: String, errno: Int32)
    /// The system would not let us write. May heal; nothing was left behind under the name.
    case fileUnwritable(path: String, errno: Int32)
    /// Others than the owner may read or change the file. Final until its mode is changed.
    case fileTooOpen(path: String, mode: UInt32)
    /// The file is too long, not a plain file, or not PEM and DER of the expected shape. Final.
    case notAKeyFile(path: String)
    /// A private key in the clear. Final unless plain keys are allowed for development.
    case notEncrypted(path: String)
    /// The key is protected by something else than SM4-CBC under PBKDF2. Final.
    case protectionUnsupported(path: String)
    /// The file asks for too few or too many iterations. Final.
    case iterationsOutOfRange(found: UInt64)
    /// The passphrase does not open the file; or its ciphertext was damaged, which looks the same.
    case passphraseWrong(path: String)
    /// Empty or longer than the limit.
    case passphraseUnfit
    /// What was decoded is not a private key on the SM2 curve, or its two halves do not belong together.
    /// Final.
    case notAnSM2Key
    /// Not in 1...n-2 (GB/T 32918.1). Final.
    case scalarOutOfRange
    /// Not the form it claims to be. Final.
    case ciphertextMalformed
    /// The key is not the right one, or the bytes were changed; the two cannot be told apart. Final.
    case ciphertextRefused
    /// Empty where that has no meaning, or longer than the limit. Final.
    case lengthOutOfRange(found: Int, limit: Int)
    /// OpenSSL refused something it should do. Our bug or a damaged installation.
    case libraryFailed(operation: String, number: UInt)
    /// A certificate authority did not do what it was asked.
    case authority(AuthorityFault)
    /// A file of certificates is not what it should be.
    case credential(path: String, CredentialFault)
    /// Shares of a key do not do what was asked, or a key's life does not allow it any more.
    case share(ShareFault)
    /// A cryptographic device does not sign.
    case device(DeviceFault)
}

extension CustodyError {
    /// Reads a ciphertext or a signature: bytes of another form than claimed are refused as such, wherever they break.
    static func reading<Value>(_ body: () throws(DERError) -> Value) throws(CustodyError) -> Value {
        do throws(DERError) { return try body() } catch { throw .ciphertextMalformed }
    }
}

extension CustodyError: CustomStringConvertible {
    /// Stable for ever; a number is never used again (KEY-16; interfaces, section 1).
    package var code: String {
        switch self {
        case .fileExists: "JD-1601"
        case .fileUnreadable: "JD-1602"
        case .fileUnwritable: "JD-1603"
        case .fileTooOpen: "JD-1604"
        case .notAKeyFile: "JD-1605"
        case .notEncrypted: "JD-1606"
        case .protectionUnsupported: "JD-1607"
        case .iterationsOutOfRange: "JD-1608"
        case .passphraseWrong: "JD-1609"
        case .passphraseUnfit: "JD-1610"
        case .notAnSM2Key: "JD-1611"
        case .scalarOutOfRange: "JD-1612"
        case .ciphertextMalformed: "JD-1613"
        case .ciphertextRefused: "JD-1614"
        case .lengthOutOfRange: "JD-1615"
        case .libraryFailed: "JD-1616"
        case .authority(let fault): fault.code
        case .credential(_, let fault): fault.code
        case .share(let fault): fault.code
        case .device(let fault): fault.code
        }
    }

    /// What is wrong, in one sentence.
    package var sentence: String {
        switch self {
        case .fileExists(let path): "\(path) exists already"
        case .fileUnreadable(let path, let errno): "cannot read \(path): \(systemReason(errno))"
        case .fileUnwritable(let path, let errno): "cannot write \(path): \(systemReason(errno))"
        case .fileTooOpen(let path, let mode): "others may use the key in \(path): its mode is \(octal(mode))"
        case .notAKeyFile(let path): "\(path) is not a private key file"
        case .notEncrypted(let path): "the private key in \(path) is not encrypted"
        case .protectionUnsupported(let path):
            "\(path) is not protected by SM4-CBC under PBKDF2 with HMAC-SM3"
        case .iterationsOutOfRange(let found):
            "\(found) PBKDF2 iterations are outside \(KeyFile.iterationsMin) to \(KeyFile.iterationsMax)"
        case .passphraseWrong(let path): "the passphrase does not open \(path)"
        case .passphraseUnfit: "a passphrase has 1 to \(KeyFile.passphraseBytesMax) bytes"
        case .notAnSM2Key: "this is not a private key on the SM2 curve"
        case .scalarOutOfRange: "the private number is outside 1 to n - 2"
        case .ciphertextMalformed: "the ciphertext does not have the form it claims"
        case .ciphertextRefused: "the ciphertext was changed or belongs to another key"
        case .lengthOutOfRange(let found, let limit): "\(found) bytes where 1 to \(limit) are possible"
        case .libraryFailed(let operation, let number): "OpenSSL failed to \(operation) (error \(number))"
        case .authority(let fault): fault.sentence.english
        case .credential(let path, let fault): fault.sentence(path).english
        case .share(let fault): fault.sentence.english
        case .device(let fault): fault.sentence.english
        }
    }

    /// What to do about it.
    package var fix: String {
        switch self {
        case .fileExists: "choose another name, or move the file away first"
        case .fileUnreadable, .fileUnwritable: "check that the folder exists and this user may use it"
        case .fileTooOpen(let path, _): "run: chmod 600 \(path)"
        case .notAKeyFile: "give a PEM file that begins with BEGIN ENCRYPTED PRIVATE KEY"
        case .notEncrypted: "encrypt it with a passphrase, or allow plain keys for development"
        case .protectionUnsupported, .iterationsOutOfRange:
            "run: openssl pkcs8 -topk8 -v2 sm4-cbc -v2prf hmacWithSHA256 -iter 100000 -in OLD -out NEW"
        case .passphraseWrong: "check the passphrase; if it is right, restore the file from its backup"
        case .passphraseUnfit: "choose a passphrase within these lengths"
        case .notAnSM2Key: "make a key with: jiuding key new"
        case .scalarOutOfRange: "draw another number"
        case .ciphertextMalformed: "check which form the sender used: DER, C1C3C2 or C1C2C3"
        case .ciphertextRefused: "check the key, then fetch the ciphertext again"
        case .lengthOutOfRange: "split the content, or encrypt a key and seal the content under it"
        case .libraryFailed: "check that libcrypto 3 is installed whole; then report this"
        case .authority(let fault): fault.fix.english
        case .credential(_, let fault): fault.fix.english
        case .share(let fault): fault.fix.english
        case .device(let fault): fault.fix.english
        }
    }

    package var description: String { "\(code) \(sentence); \(fix)" }
}

/// A mode as `ls` and `chmod` write it.
private func octal(_ mode: UInt32) -> String { "0" + String(mode & 0o7777, radix: 8) }
