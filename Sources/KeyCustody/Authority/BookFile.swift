// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The book's file: held by one process at a time, and only ever grown by whole lines.
/// - Spec: CERT-11, CERT-13.
final class BookFile {
    let path: String
    private let descriptor: Int32
    /// Where the next line goes. What lies behind it is a cut-off write.
    private var end = 0

    /// Opens and locks the file. The lock goes with the process, however it ends.
    /// - Throws: `.fileUnreadable`, `.authority(.busy)`.
    init(at path: String, in directory: String, creating: Bool) throws(CustodyError) {
        self.path = path
        // SAFETY: the path is a C string for the time of the call.
        descriptor = unsafe open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (creating ? O_CREAT : 0), 0o600)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw .authority(.damaged(path: path, .missing)) }
            throw .fileUnreadable(path: path, errno: errno)
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            if number == EWOULDBLOCK { throw .authority(.busy(directory: directory)) }
            throw .fileUnreadable(path: path, errno: number)
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Every byte; the next line goes behind the last whole one.
    func read() throws(CustodyError) -> [UInt8] {
        let bytes = try PlainFile.contents(of: descriptor, path: path, bytesMax: PlainFile.bookBytesMax)
        end = bytes.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        return bytes
    }

    /// Whether no whole line stands in it.
    var isEmpty: Bool { end == 0 }

    /// Adds whole lines and returns when they are on the disk. Where it throws, nothing counts as written: the next
    /// call cuts off what may have been left.
    func append(_ lines: [String]) throws(CustodyError) {
        let bytes = [UInt8](lines.map { $0 + "\n" }.joined().utf8)
        guard ftruncate(descriptor, end) == 0, lseek(descriptor, end, SEEK_SET) == end else {
            throw .fileUnwritable(path: path, errno: errno)
        }
        if let failure = NewFile.write(descriptor, bytes) { throw .fileUnwritable(path: path, errno: failure) }
        guard fsync(descriptor) == 0 else { throw .fileUnwritable(path: path, errno: errno) }
        end += bytes.count
    }
}

/// Reads files that are no secret.
enum PlainFile {
    /// A certificate takes about 1 KiB of a book.
    static let bookBytesMax = 512 << 20
    /// A revocation list of 8 MiB as text.
    static let listBytesMax = 12 << 20

    /// - Returns: nil where there is no such file.
    static func contentsIfAny(at path: String, bytesMax: Int) throws(CustodyError) -> [UInt8]? {
        // Not blocking, so that a pipe under this name cannot hold us.
        // SAFETY: the path is a C string for the time of the call.
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .fileUnreadable(path: path, errno: errno)
        }
        defer { close(file) }
        return try contents(of: file, path: path, bytesMax: bytesMax)
    }

    static func contents(at path: String, bytesMax: Int) throws(CustodyError) -> [UInt8] {
        guard let bytes = try contentsIfAny(at: path, bytesMax: bytesMax) else {
            throw .fileUnreadable(path: path, errno: ENOENT)
        }
        return bytes
    }

    /// The bytes of an open plain file from its start.
    static func contents(of file: Int32, path: String, bytesMax: Int) throws(CustodyError) -> [UInt8] {
        var status = stat()
        // SAFETY: `status` is ours.
        guard unsafe fstat(file, &status) == 0 else { throw .fileUnreadable(path: path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .fileUnreadable(path: path, errno: EINVAL) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Swift.min(Int(status.st_size), bytesMax) + 1)
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            // SAFETY: the array has the bytes the call is told of.
            let count = unsafe pread(file, &chunk, chunk.count, off_t(bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .fileUnreadable(path: path, errno: errno) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= bytesMax else { throw .fileUnreadable(path: path, errno: EFBIG) }
        }
    }
}
