// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import ShangMi

/// What becomes of a key that is no longer used: kept where nobody can use it by mistake, or gone for good (KEY-21,
/// KEY-22).
package enum KeyArchive {
    /// Copies a key into a file that no command signs with, and then destroys the first.
    ///
    /// The envelope stays as it is, under the same passphrase: only the block's label changes.
    package static func archive(_ path: String, to place: String, passphrase: Secret) throws(CustodyError) {
        // A key whose passphrase is lost is not kept for later.
        _ = try KeyFile.read(at: path, passphrase: passphrase)
        try relabel(path, from: PEM.encryptedKey, to: PEM.archivedKey, at: place)
        try destroy(path)
    }

    /// Brings an archived key back: a copy of it that may be used.
    /// - Throws: `.passphraseWrong` and the other errors of reading it; nothing is written then.
    package static func unarchive(
        _ place: String, to path: String, passphrase: Secret
    ) throws(CustodyError) -> PrivateKey {
        let text = try KeyFile.privateBytes(at: place)
        guard let block = PEM.decode(text), block.label == PEM.archivedKey else { throw .notAKeyFile(path: place) }
        let usable = PEM.encode(block.content, label: PEM.encryptedKey)
        let key = try KeyFile.parse([UInt8](usable.utf8), passphrase: passphrase, path: place)
        try NewFile.create(at: path, [UInt8](usable.utf8))
        return key
    }

    private static func relabel(
        _ path: String, from label: String, to next: String, at place: String
    ) throws(CustodyError) {
        guard let block = PEM.decode(try KeyFile.privateBytes(at: path)), block.label == label else {
            throw .notAKeyFile(path: path)
        }
        try NewFile.create(at: place, [UInt8](PEM.encode(block.content, label: next).utf8))
    }

    /// Overwrites a file with zeros, makes that durable, and takes its name away.
    ///
    /// What a file system or a disk copied aside may still be there, as under any program: hence keys are encrypted on
    /// disk, and a passphrase that is forgotten destroys them too.
    package static func destroy(_ path: String) throws(CustodyError) {
        // SAFETY (this function): paths are C strings for the time of each call; `status` is ours.
        let file = unsafe open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { throw .fileUnwritable(path: path, errno: errno) }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { throw .fileUnreadable(path: path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= KeyFile.fileBytesMax else {
            throw .notAKeyFile(path: path)
        }
        if let failure = NewFile.write(file, [UInt8](repeating: 0, count: Int(status.st_size))) {
            throw .fileUnwritable(path: path, errno: failure)
        }
        guard fsync(file) == 0, unsafe unlink(path) == 0 else { throw .fileUnwritable(path: path, errno: errno) }
        try NewFile.syncFolder(of: path)
    }
}
