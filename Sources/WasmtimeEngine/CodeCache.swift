// SPDX-License-Identifier: Apache-2.0
internal import Bedrock
internal import Execution
internal import Glibc
internal import ShangMi
internal import Synchronization

/// Machine code on disk, a file a program, so that a start compiles nothing.
///
/// A cache: whatever is wrong with a file or with the folder costs a compilation and nothing else. But what is taken
/// from it runs as this process, so it is taken only from a folder and a file that no other user may write, and only
/// whole. The digest is against damage: who can write as this user needs no cache to run code.
/// - Spec: ENG-9, ENG-10.
final class CodeCache: Sendable {
    /// The folder of one code digest: other settings and other versions never meet.
    let folder: String
    let codeDigest: Digest

    private static let magic = Array("JDCODE01".utf8)
    private static let overheadBytes = magic.count + 3 * Digest.byteCount
    /// The greatest file: what the greatest program becomes, many times over.
    private static let bytesMax = 128 << 20
    /// Programs kept, and bytes of them all; those that were used longest ago go.
    private static let filesMax = 4_096
    private static let sumMax = 2 << 30
    /// It is swept at the start and after so many new files.
    private static let sweepEvery = 64
    /// A draft so old is of a process that died.
    private static let draftSeconds = 3_600

    private let fresh = Mutex(0)

    /// - Throws: where the folder can be had for nobody but others.
    init(parent: String, codeDigest: Digest) throws(EngineTrouble) {
        folder = "\(parent)/\(codeDigest.hex.prefix(16))"
        self.codeDigest = codeDigest
        for path in [parent, folder] { try CodeCache.own(path) }
        sweep()
    }

    private func path(_ program: Digest) -> String { "\(folder)/\(program.hex).code" }

    /// The code kept for a program; nil where there is none that may be trusted.
    func code(for program: Digest) -> [UInt8]? {
        guard let file = try? OwnedFile.open(path(program), what: "compiled code") else { return nil }
        defer { file.close() }
        guard (CodeCache.overheadBytes...CodeCache.bytesMax).contains(file.count),
            let bytes = try? file.bytes(upTo: file.count), bytes.count == file.count
        else { return nil }
        let end = bytes.count - Digest.byteCount
        let head = head(program)
        guard bytes.starts(with: head), Digest(Array(bytes[end...])) == SM3.hash(Array(bytes[..<end])) else {
            return nil
        }
        // It was used now: what is swept goes by this.
        futimens(file.descriptor, nil)
        return Array(bytes[head.count..<end])
    }

    /// Keeps code, whole or not at all.
    /// - Returns: false where the disk did not take it.
    func keep(_ code: [UInt8], for program: Digest) -> Bool {
        var bytes = head(program) + code
        bytes += SM3.hash(bytes).bytes
        let name = path(program)
        // A name of its own: engines of other processes may share the folder.
        let draft = "\(name).new-\(UInt64.random(in: .min ... .max))"
        // SAFETY (this function): paths are C strings for the time of each call.
        let file = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { return false }
        // Not synced: a file that a crash cut short is not whole, and compiled anew.
        let isWritten = CodeCache.write(bytes, to: file)
        close(file)
        if isWritten, unsafe rename(draft, name) == 0 {
            let isDue = fresh.withLock { fresh in
                fresh = (fresh + 1) % CodeCache.sweepEvery
                return fresh == 0
            }
            if isDue { sweep() }
            return true
        }
        unsafe unlink(draft)
        return false
    }

    private func head(_ program: Digest) -> [UInt8] { CodeCache.magic + codeDigest.bytes + program.bytes }

    private static func write(_ bytes: [UInt8], to file: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            // SAFETY: the buffer is the rest itself, with its own count.
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Makes a folder of ours, or sees that one is.
    private static func own(_ path: String) throws(EngineTrouble) {
        // SAFETY (this function): paths are C strings, and `status` is ours, for the time of each call.
        if unsafe mkdir(path, 0o700) != 0, errno != EEXIST {
            let number = errno
            throw EngineTrouble(
                what: "\(path) cannot be made: \(OwnedFile.reason(number))", heals: number == ENOSPC || number == EIO)
        }
        var status = stat()
        guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(),
            status.st_mode & 0o022 == 0
        else {
            throw EngineTrouble(what: "\(path) is no folder that only its user may write", heals: false)
        }
        // What others may read of it is nothing of theirs.
        unsafe chmod(path, 0o700)
    }

    /// Removes drafts that a crash left, and the files used longest ago beyond those that are kept.
    private func sweep() {
        var kept: [(name: String, time: Int, bytes: Int)] = []
        let now = time(nil)
        for name in CodeCache.names(in: folder) {
            var status = stat()
            // SAFETY: the path is a C string, and `status` is ours, for the time of the call.
            guard unsafe lstat("\(folder)/\(name)", &status) == 0 else { continue }
            if name.hasSuffix(".code") {
                kept.append((name, status.st_mtim.tv_sec, Int(status.st_size)))
            } else if name.contains(".new-"), status.st_mtim.tv_sec < now - CodeCache.draftSeconds {
                unsafe unlink("\(folder)/\(name)")
            }
        }
        kept.sort { $0.time > $1.time }
        var sum = 0
        for (place, file) in kept.enumerated() {
            sum += file.bytes
            if place >= CodeCache.filesMax || sum > CodeCache.sumMax { unsafe unlink("\(folder)/\(file.name)") }
        }
    }

    private static func names(in folder: String) -> [String] {
        // SAFETY (this function): the directory is closed once; an entry's name ends with a zero and is copied at once.
        guard let directory = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            names.append(
                unsafe withUnsafeBytes(of: entry.pointee.d_name) {
                    unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                })
        }
        return names
    }
}
