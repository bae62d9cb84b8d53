// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Makes a file that was not there, durable before it has its name.
enum NewFile {
    /// Writes under a temporary name, syncs, then links the true name: `link` refuses a name that is taken,
    /// which `rename` would replace. A crash leaves at most a temporary file of mode 0600 (KEY-9).
    static func create(at path: String, _ bytes: [UInt8]) throws(CustodyError) {
        let temporary =
            path + ".new-" + (try SystemRandom.bytes(count: 8)).map { String($0, radix: 16) }.joined()
        // SAFETY (this function): paths are C strings for the time of each call.
        let file = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .fileUnwritable(path: path, errno: errno) }
        defer { unsafe unlink(temporary) }
        let failure = fill(file, bytes)
        close(file)
        if let failure { throw .fileUnwritable(path: path, errno: failure) }
        guard unsafe link(temporary, path) == 0 else {
            throw errno == EEXIST ? .fileExists(path: path) : .fileUnwritable(path: path, errno: errno)
        }
        try syncFolder(of: path)
    }

    /// - Returns: the error number, or nil where every byte is on the disk.
    private static func fill(_ file: Int32, _ bytes: [UInt8]) -> Int32? {
        guard fchmod(file, 0o600) == 0 else { return errno }
        var rest = bytes[...]
        while !rest.isEmpty {
            // SAFETY: the buffer is the rest itself, with its own count.
            let count = unsafe rest.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return errno }
            rest = rest.dropFirst(count)
        }
        return fsync(file) == 0 ? nil : errno
    }

    /// A name is durable when its folder is.
    private static func syncFolder(of path: String) throws(CustodyError) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        // SAFETY: the path is a C string for the time of the call.
        let file = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw .fileUnwritable(path: path, errno: errno) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw .fileUnwritable(path: path, errno: errno) }
    }
}
