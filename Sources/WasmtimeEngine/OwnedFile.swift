// SPDX-License-Identifier: Apache-2.0
internal import Execution
internal import Glibc
internal import ShangMi

/// A file whose bytes become code of this process: only from hands that may give it code.
/// - Spec: ENG-2, ENG-9.
struct OwnedFile {
    let descriptor: Int32
    let path: String
    let count: Int

    /// - Throws: also where someone other than us and root could have written it.
    static func open(_ path: String, what: String) throws(EngineTrouble) -> OwnedFile {
        // SAFETY: the path is a C string for the time of the call.
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            let number = errno
            throw EngineTrouble(
                what: "\(what) cannot be opened: \(path): \(reason(number))", heals: passing.contains(number))
        }
        var status = stat()
        // SAFETY: `status` is ours and used during the call only.
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            Glibc.close(descriptor)
            throw EngineTrouble(what: "\(what) is no file: \(path)", heals: false)
        }
        guard status.st_uid == geteuid() || status.st_uid == 0, status.st_mode & 0o022 == 0 else {
            Glibc.close(descriptor)
            throw EngineTrouble(
                what: "\(what) may be written by others than its user and root: \(path)", heals: false)
        }
        return OwnedFile(descriptor: descriptor, path: path, count: Int(status.st_size))
    }

    func close() { Glibc.close(descriptor) }

    /// The SM3 digest of the whole file, read in pieces.
    func digest() throws(EngineTrouble) -> Digest {
        var sum = SM3()
        while true {
            let piece = try read(upTo: 1 << 20)
            if piece.isEmpty { return sum.finalize() }
            sum.update(piece)
        }
    }

    /// The file from where it stands to its end, but no more than `room` bytes.
    func bytes(upTo room: Int) throws(EngineTrouble) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(room)
        while bytes.count < room {
            let piece = try read(upTo: room - bytes.count)
            if piece.isEmpty { break }
            bytes += piece
        }
        return bytes
    }

    /// - Returns: no bytes at the end of the file.
    private func read(upTo room: Int) throws(EngineTrouble) -> [UInt8] {
        var failure: Int32 = 0
        let piece = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
            // SAFETY: the buffer has `room` bytes, and as many as were read are initialised.
            var count = unsafe Glibc.read(descriptor, buffer.baseAddress, room)
            while count < 0, errno == EINTR { count = unsafe Glibc.read(descriptor, buffer.baseAddress, room) }
            if count < 0 { failure = errno }
            filled = max(0, count)
        }
        guard failure == 0 else {
            throw EngineTrouble(what: "\(path) cannot be read: \(OwnedFile.reason(failure))", heals: true)
        }
        return piece
    }

    /// What keeps a file that is there from being opened at the moment.
    private static let passing: Set = [EMFILE, ENFILE, ENOMEM, EIO, EINTR]

    static func reason(_ number: Int32) -> String {
        // SAFETY: the system's own text, copied at once.
        unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    }
}
