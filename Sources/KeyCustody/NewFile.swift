// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Makes a file, or a file's next content, durable before it has its name.
enum NewFile {
    /// Writes under a temporary name, syncs, then links the true name: `link` refuses a name that is taken,
    /// which `rename` would replace. A crash leaves at most a temporary file of mode 0600 (KEY-9).
    static func create(at path: String, _ bytes: [UInt8], mode: UInt32 = 0o600) throws(CustodyError) {
        let temporary = try draft(beside: path, bytes, mode: mode)
        // SAFETY (this function): paths are C strings for the time of each call.
        defer { unsafe unlink(temporary) }
        guard unsafe link(temporary, path) == 0 else {
            throw errno == EEXIST ? .fileExists(path: path) : .fileUnwritable(path: path, errno: errno)
        }
        try syncFolder(of: path)
    }

    /// As `create`, and takes the place of a file that is there: readers and a crash find the old one or the new one.
    static func replace(at path: String, _ bytes: [UInt8], mode: UInt32) throws(CustodyError) {
        let temporary = try draft(beside: path, bytes, mode: mode)
        // SAFETY (this function): paths are C strings for the time of each call.
        guard unsafe rename(temporary, path) == 0 else {
            let number = errno
            unsafe unlink(temporary)
            throw .fileUnwritable(path: path, errno: number)
        }
        try syncFolder(of: path)
    }

    /// - Returns: the path of a durable file with these bytes, beside the name it is for.
    private static func draft(beside path: String, _ bytes: [UInt8], mode: UInt32) throws(CustodyError) -> String {
        let temporary =
            path + ".new-" + (try SystemRandom.bytes(count: 8)).map { String($0, radix: 16) }.joined()
        // SAFETY (this function): paths are C strings for the time of each call.
        let file = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .fileUnwritable(path: path, errno: errno) }
        let failure = fill(file, bytes, mode: mode)
        close(file)
        if let failure {
            unsafe unlink(temporary)
            throw .fileUnwritable(path: path, errno: failure)
        }
        return temporary
    }

    /// - Returns: the error number, or nil where every byte is on the disk.
    private static func fill(_ file: Int32, _ bytes: [UInt8], mode: UInt32) -> Int32? {
        guard fchmod(file, mode) == 0 else { return errno }
        if let failure = write(file, bytes) { return failure }
        return fsync(file) == 0 ? nil : errno
    }

    /// - Returns: the error number, or nil where the system took every byte.
    static func write(_ file: Int32, _ bytes: [UInt8]) -> Int32? {
        var rest = bytes[...]
        while !rest.isEmpty {
            // SAFETY: the buffer is the rest itself, with its own count.
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return errno }
            rest = rest.dropFirst(count)
        }
        return nil
    }

    /// Makes a folder and those above it, where they are missing.
    static func makeFolder(at path: String, mode: UInt32) throws(CustodyError) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += (made.isEmpty || made == "/" ? "" : "/") + part
            // SAFETY: the path is a C string for the time of the call.
            guard unsafe mkdir(made, mode) == 0 || errno == EEXIST else {
                throw .fileUnwritable(path: made, errno: errno)
            }
        }
    }

    /// A name is durable when its folder is.
    static func syncFolder(of path: String) throws(CustodyError) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        // SAFETY: the path is a C string for the time of the call.
        let file = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw .fileUnwritable(path: path, errno: errno) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw .fileUnwritable(path: path, errno: errno) }
    }
}
