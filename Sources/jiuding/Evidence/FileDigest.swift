// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import ShangMi

/// The digest of a file's content, taken piece by piece, so that its size does not matter.
struct FileDigest: Hashable, Sendable {
    /// A read of this size costs far less than hashing it, and a hundred of them fit any machine.
    static let pieceBytes = 1 << 20

    let digest: Digest
    let size: UInt64

    /// Why a file could not be digested. Each may heal.
    enum Flaw: Error, Hashable, Sendable {
        case unreadable(errno: Int32)
        /// A folder, a pipe, a device.
        case notPlain
        /// It changed while it was being read, so there is no one content to speak of.
        case changed
        case cancelled
    }

    /// Reads and hashes the file at `path`; a symbolic link is not followed.
    /// - Parameter progress: told the bytes of each piece.
    /// - Cost: one SM3 pass; one buffer of 1 MiB.
    @concurrent
    static func of(
        _ path: String, followingLinks: Bool = false, progress: @Sendable (Int) -> Void = { _ in }
    ) async throws(Flaw) -> FileDigest {
        // Not blocking, so that a pipe put in a file's place cannot hold us.
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followingLinks ? 0 : O_NOFOLLOW)
        // SAFETY: the path is a C string for the time of the call.
        let file = unsafe open(path, flags)
        guard file >= 0 else { throw errno == ELOOP ? .notPlain : .unreadable(errno: errno) }
        defer { close(file) }
        let before = try state(of: file)
        var hash = SM3()
        var size: UInt64 = 0
        var piece = [UInt8](repeating: 0, count: pieceBytes)
        while true {
            // SAFETY: the array has the bytes the call is told of.
            let count = unsafe Glibc.read(file, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(errno: errno) }
            if count == 0 { break }
            hash.update(piece.span.extracting(first: count))
            size += UInt64(count)
            progress(count)
            if Task.isCancelled { throw .cancelled }
            // The threads of the pool are few; others get their turn between two pieces.
            await Task.yield()
        }
        guard try state(of: file) == before, before.size == size else { throw .changed }
        return FileDigest(digest: hash.finalize(), size: size)
    }

    /// What changes when a file is written to.
    private struct State: Equatable {
        let size: UInt64
        let seconds: Int
        let nanoseconds: Int
    }

    private static func state(of file: Int32) throws(Flaw) -> State {
        var status = stat()
        // SAFETY: `status` is ours.
        guard unsafe fstat(file, &status) == 0 else { throw .unreadable(errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notPlain }
        return State(
            size: UInt64(status.st_size), seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    }
}

extension FileDigest.Flaw {
    var sentence: String {
        switch self {
        case .unreadable(let number):
            phrase("it cannot be read: \(SystemReason.text(number))", zh: "无法读取：\(SystemReason.text(number))")
        case .notPlain: phrase("it is not a plain file", zh: "不是普通文件")
        case .changed: phrase("it changed while it was being read; try again", zh: "读取过程中文件发生变化，请重试")
        case .cancelled: phrase("interrupted", zh: "已中断")
        }
    }

    func failure(_ path: String) -> Failure {
        let missing = self == .unreadable(errno: ENOENT)
        return Failure(
            missing ? .usage : .no, "JD-4008", "\(path): \(sentence)",
            fix: phrase("check the path and its mode", zh: "请检查路径与权限"))
    }
}

/// What the system says about an error number.
enum SystemReason {
    static func text(_ number: Int32) -> String {
        // SAFETY: strerror gives a string that lives until its next call on this thread; it is copied at once.
        unsafe String(cString: strerror(number))
    }
}
