// SPDX-License-Identifier: Apache-2.0
import Glibc
package import Replication
import Storage

/// Reads a backup from a plain file, a buffer at a time.
package final class BackupFileReader: ByteSource {
    private static let bufferBytes = 256 << 10
    private let file: Int32
    private let path: String
    private var buffer: [UInt8] = []
    private var used = 0
    /// The file's size when it was opened, for those who show how far reading has come.
    package let size: UInt64

    package init(path: String) throws(BackupError) {
        // Not blocking, so that a pipe in a file's place cannot hold us.
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw BackupFile.failure("open", path) }
        var status = stat()
        // SAFETY: `status` is ours.
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(file)
            throw .file(what: "\(path) is not a plain file")
        }
        self.file = file
        self.path = path
        size = UInt64(status.st_size)
    }

    deinit { close(file) }

    package func read(_ count: Int) throws(BackupError) -> [UInt8] {
        var bytes: [UInt8] = []
        // A length from the file is no reason to take memory: it grows with what is really there.
        while bytes.count < count {
            if used == buffer.count { try fill() }
            if buffer.isEmpty { break }
            let taken = min(count - bytes.count, buffer.count - used)
            bytes += buffer[used..<(used + taken)]
            used += taken
        }
        return bytes
    }

    private func fill() throws(BackupError) {
        var fresh = [UInt8](repeating: 0, count: BackupFileReader.bufferBytes)
        while true {
            // SAFETY: the array has the bytes the call is told of.
            let count = unsafe Glibc.read(file, &fresh, fresh.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw BackupFile.failure("read", path) }
            (buffer, used) = (Array(fresh[..<count]), 0)
            return
        }
    }
}

/// Writes a file under a temporary name; it has its own only when all of it is durable.
/// - Spec: BACK-5, ARCH-2.
package final class BackupFileWriter: ByteSink {
    private static let bufferBytes = 256 << 10
    private let file: Int32
    private let path: String
    private let draft: String
    private var buffer: [UInt8] = []
    private var isDone = false
    package private(set) var byteCount: UInt64 = 0

    /// - Parameter path: where the file is to be; one that is there is replaced at `commit`.
    package init(path: String) throws(BackupError) {
        let draft = "\(path).\(getpid())~"
        let file = unsafe open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard file >= 0 else { throw BackupFile.failure("write", path) }
        (self.file, self.path, self.draft) = (file, path, draft)
    }

    deinit {
        close(file)
        if !isDone { unsafe unlink(draft) }
    }

    package func write(_ bytes: [UInt8]) throws(BackupError) {
        buffer += bytes
        byteCount += UInt64(bytes.count)
        if buffer.count >= BackupFileWriter.bufferBytes { try flush() }
    }

    private func flush() throws(BackupError) {
        var rest = buffer[...]
        while !rest.isEmpty {
            // SAFETY: the buffer is the rest itself, with its own count.
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw BackupFile.failure("write", path) }
            rest = rest.dropFirst(count)
        }
        buffer = []
    }

    /// Makes the file durable, then gives it its name.
    package func commit() throws(BackupError) {
        try flush()
        guard fsync(file) == 0 else { throw BackupFile.failure("sync", path) }
        try BackupFile.rename(draft, to: path)
        isDone = true
    }
}

/// The few calls on names that backups make.
enum BackupFile {
    static func failure(_ verb: String, _ path: String) -> BackupError {
        let code = errno
        // SAFETY: strerror gives a C string that stays until the next call on this thread.
        let what = unsafe "cannot \(verb) \(path): \(String(cString: strerror(code)))"
        return code == ENOSPC || code == EDQUOT ? .store(.full(what: what)) : .file(what: what)
    }

    /// Gives a file or folder another name, durably.
    static func rename(_ source: String, to target: String) throws(BackupError) {
        guard unsafe Glibc.rename(source, target) == 0 else { throw failure("rename", source) }
        try sync(folderOf: target)
    }

    static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    private static func sync(folderOf path: String) throws(BackupError) {
        let folder = folder(of: path)
        let file = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw failure("open", folder) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure("sync", folder) }
    }
}
