// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Storage

/// The few calls on files that the store makes itself.
extension RocksDirectory {
    static func failure(_ verb: String, _ path: String) -> StoreError {
        // Read before anything can change it.
        let code = errno
        // SAFETY: strerror gives a C string that stays until the next call on this thread.
        let what = unsafe "cannot \(verb) \(path): \(String(cString: strerror(code)))"
        return code == ENOSPC ? .full(what: what) : .failed(what: what)
    }

    static func openFile(_ path: String, _ flags: Int32) throws(StoreError) -> Int32 {
        let file = unsafe open(path, flags | O_CLOEXEC, 0o644)
        if file >= 0 { return file }
        throw errno == ENOENT ? .corrupt(what: "\(path) is missing") : failure("open", path)
    }

    /// Reads up to `count` bytes from a file's start.
    static func read(_ file: Int32, count: Int, _ path: String) throws(StoreError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        // SAFETY: at most `count` bytes are written into the array's own buffer of `count` bytes.
        let length = unsafe bytes.withUnsafeMutableBytes { unsafe pread(file, $0.baseAddress, count, 0) }
        if length < 0 { throw failure("read", path) }
        return Array(bytes[..<length])
    }

    /// Writes bytes at a file's start.
    static func write(_ file: Int32, _ bytes: [UInt8], _ path: String) throws(StoreError) {
        // SAFETY: exactly the array's bytes are read, during the call only.
        let length = unsafe bytes.withUnsafeBytes { unsafe pwrite(file, $0.baseAddress, $0.count, 0) }
        if length != bytes.count { throw failure("write", path) }
    }

    /// Makes a file with these bytes, durable but for its name.
    static func writeFile(_ path: String, _ bytes: [UInt8]) throws(StoreError) {
        let file = try openFile(path, O_WRONLY | O_CREAT | O_TRUNC)
        defer { close(file) }
        try write(file, bytes, path)
        if fsync(file) != 0 { throw failure("sync", path) }
    }

    /// The plain files of a directory with their sizes, by name. A file that goes away meanwhile is left out.
    static func files(in path: String) throws(StoreError) -> [(name: String, byteCount: UInt64)] {
        // SAFETY: the stream is opened here and closed on every way out; an entry is read before the next one
        // is.
        guard let stream = unsafe opendir(path) else { throw failure("list", path) }
        defer { unsafe closedir(stream) }
        var files: [(name: String, byteCount: UInt64)] = []
        // SAFETY: as above; `d_name` ends with a zero byte within the entry.
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe String(cString: UnsafeRawPointer(field).assumingMemoryBound(to: CChar.self))
            }
            var status = stat()
            // SAFETY: `status` is filled during the call only.
            guard unsafe stat(path + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                continue
            }
            files.append((name: name, byteCount: UInt64(status.st_size)))
        }
        return files.sorted { $0.name < $1.name }
    }
}
