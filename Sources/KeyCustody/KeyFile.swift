// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import Glibc
internal import ShangMi

/// A private key on disk: PKCS#8 in PEM, encrypted with SM4-CBC under a passphrase (KEY-7 to KEY-11).
package enum KeyFile {
    /// 100,000 iterations cost an attacker about 60 ms a guess and core; an operator waits as long, once a
    /// start.
    package static let iterations = 100_000
    /// Below this a stolen file falls too fast; above the maximum a hostile file would hold a node for
    /// seconds.
    package static let iterationsMin = 10_000
    package static let iterationsMax = 10_000_000
    package static let passphraseBytesMax = 1024
    /// A key file of ours has about 400 bytes.
    package static let fileBytesMax = 16 << 10

    /// The function under PBKDF2.
    package enum Derivation: Hashable, Sendable {
        /// The national one, and the default. OpenSSL 3.0's own tool cannot read it; GmSSL can.
        case hmacSM3
        /// For exchange with tools that know no HMAC-SM3, such as `openssl pkey` of version 3.0.
        case hmacSHA256
    }

    /// Writes a new file of mode 0600, whole or not at all. It never replaces a file (KEY-9).
    /// - Cost: one derivation, about 60 ms at the default.
    package static func write(
        _ key: PrivateKey, at path: String, passphrase: Secret, iterations: Int = KeyFile.iterations,
        derivation: Derivation = .hmacSM3
    ) throws(CustodyError) {
        let text = try pem(of: key, passphrase: passphrase, iterations: iterations, derivation: derivation)
        try NewFile.create(at: path, [UInt8](text.utf8))
    }

    /// Reads a file that only its owner may use.
    /// - Parameter allowingPlain: takes a key in the clear as well; for development, never for a node in
    ///   service.
    package static func read(
        at path: String, passphrase: Secret, allowingPlain: Bool = false
    ) throws(CustodyError) -> PrivateKey {
        try parse(
            privateBytes(at: path), passphrase: passphrase, allowingPlain: allowingPlain, path: path)
    }

    /// The PEM text that `write` puts into a file.
    package static func pem(
        of key: PrivateKey, passphrase: Secret, iterations: Int = KeyFile.iterations,
        derivation: Derivation = .hmacSM3
    ) throws(CustodyError) -> String {
        try check(passphrase)
        guard (iterationsMin...iterationsMax).contains(iterations) else {
            throw .iterationsOutOfRange(found: UInt64(Swift.max(0, iterations)))
        }
        let envelope = try KeyEnvelope.seal(
            key.privateKeyInfo(), passphrase: passphrase, iterations: iterations, derivation: derivation)
        return PEM.encode(envelope.der, label: PEM.encryptedKey)
    }

    /// Reads the PEM text of a key file. `path` only names it in errors.
    package static func parse(
        _ text: [UInt8], passphrase: Secret, allowingPlain: Bool = false, path: String = "the key"
    ) throws(CustodyError) -> PrivateKey {
        guard text.count <= fileBytesMax, let block = PEM.decode(text) else { throw .notAKeyFile(path: path) }
        switch block.label {
        case PEM.encryptedKey:
            return try unlock(block.content, passphrase: passphrase, path: path)
        case PEM.archivedKey: throw .share(.archived(path: path))
        case PEM.plainKey:
            guard allowingPlain else { throw .notEncrypted(path: path) }
            return try PrivateKey(privateKeyInfo: Secret(block.content))
        default:
            throw .notAKeyFile(path: path)
        }
    }

    private static func unlock(_ der: [UInt8], passphrase: Secret, path: String) throws(CustodyError)
        -> PrivateKey
    {
        let envelope: KeyEnvelope
        do throws(KeyEnvelope.Flaw) {
            envelope = try KeyEnvelope.read(der)
        } catch {
            switch error {
            case .malformed: throw .notAKeyFile(path: path)
            case .unsupported: throw .protectionUnsupported(path: path)
            case .iterations(let found): throw .iterationsOutOfRange(found: found)
            }
        }
        try check(passphrase)
        guard let plain = try envelope.open(passphrase: passphrase) else {
            throw .passphraseWrong(path: path)
        }
        // One wrong passphrase in 256 leaves a valid padding; what it leaves is no PrivateKeyInfo.
        guard plain.isDERSequence else { throw .passphraseWrong(path: path) }
        return try PrivateKey(privateKeyInfo: plain)
    }

    static func check(_ passphrase: Secret) throws(CustodyError) {
        guard (1...passphraseBytesMax).contains(passphrase.count) else { throw .passphraseUnfit }
    }

    /// The bytes of a plain file which neither its group nor the world may touch (KEY-10).
    static func privateBytes(at path: String) throws(CustodyError) -> [UInt8] {
        // Not blocking, so that a pipe under this name cannot hold us.
        // SAFETY: the path is a C string for the time of the call.
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw .fileUnreadable(path: path, errno: errno) }
        defer { close(file) }
        var status = stat()
        // SAFETY: `status` is ours. The open file is asked, not the path, so no one can change it in between.
        guard unsafe fstat(file, &status) == 0 else { throw .fileUnreadable(path: path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAKeyFile(path: path) }
        guard status.st_mode & 0o077 == 0 else { throw .fileTooOpen(path: path, mode: status.st_mode) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: fileBytesMax + 1)
        while bytes.count <= fileBytesMax {
            // SAFETY: the array has the bytes the call is told of.
            let count = unsafe Glibc.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .fileUnreadable(path: path, errno: errno) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
        throw .notAKeyFile(path: path)
    }
}

extension Secret {
    /// Whether this is one DER SEQUENCE that fills its bytes: what a decrypted PrivateKeyInfo must be.
    fileprivate var isDERSequence: Bool {
        // SAFETY: reads within the buffer's count only.
        unsafe withBytes { bytes in
            guard bytes.count >= 4, unsafe bytes[0] == DER.Tag.sequence else { return false }
            switch unsafe bytes[1] {
            case let short where short < 0x80: return Int(short) + 2 == bytes.count
            case 0x81: return unsafe Int(bytes[2]) + 3 == bytes.count
            case 0x82: return unsafe (Int(bytes[2]) << 8 | Int(bytes[3])) + 4 == bytes.count
            default: return false
            }
        }
    }
}

extension PrivateKey {
    /// PrivateKeyInfo in DER: the key in the clear, so it stays inside this module.
    func privateKeyInfo() throws(CustodyError) -> Secret {
        // SAFETY: OpenSSL allocates `der` with `count` bytes; it is copied, then wiped and freed by the same.
        let info = unsafe EVP_PKEY2PKCS8(pointer)
        defer { unsafe PKCS8_PRIV_KEY_INFO_free(info) }
        var der: UnsafeMutablePointer<UInt8>?
        let count = unsafe i2d_PKCS8_PRIV_KEY_INFO(info, &der)
        guard count > 0, let der = unsafe der else { throw OpenSSL.failure("encode a key") }
        defer { unsafe CRYPTO_clear_free(der, Int(count), nil, 0) }
        return unsafe Secret([UInt8](UnsafeBufferPointer(start: der, count: Int(count))))
    }

    /// Reads a PrivateKeyInfo and rebuilds the key from its private number.
    convenience init(privateKeyInfo: Secret) throws(CustodyError) {
        defer { ERR_clear_error() }
        // SAFETY: d2i reads within the count it is told and moves only its own copy of the pointer.
        let info = unsafe privateKeyInfo.withBytes { bytes in
            var cursor = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return unsafe d2i_PKCS8_PRIV_KEY_INFO(nil, &cursor, bytes.count)
        }
        guard let info = unsafe info else { throw .notAnSM2Key }
        defer { unsafe PKCS8_PRIV_KEY_INFO_free(info) }
        guard let foreign = unsafe EVP_PKCS82PKEY(info) else { throw .notAnSM2Key }
        defer { unsafe EVP_PKEY_free(foreign) }
        try unsafe self.init(rebuilding: foreign)
    }
}
