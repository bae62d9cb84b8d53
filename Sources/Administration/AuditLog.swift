// SPDX-License-Identifier: Apache-2.0
import Glibc
package import Ledger
package import ShangMi
import Synchronization

/// Appends rows to a log and makes them durable; several processes may append to one log by turns.
///
/// Each append holds the folder's lock, so a command beside a running node continues the same chain. A row that a crash
/// cut short is taken away by the next append: it was never told to anybody.
/// - Spec: AUD-1, AUD-2, AUD-4.
package final class AuditLog: Sendable {
    /// The newest row.
    package struct Tip: Hashable, Sendable {
        package let number: UInt64
        package let digest: Digest
        package static let none = Tip(number: 0, digest: .zero)

        package init(number: UInt64, digest: Digest) { (self.number, self.digest) = (number, digest) }
    }

    private struct Place {
        let segment: String
        let size: Int
        let tip: Tip
    }

    /// Told the newest row that is about to be removed, before it is; where it throws nothing is removed for now.
    package typealias Farewell = @Sendable (_ last: UInt64) throws(AuditFailure) -> Void

    /// Makes a new file's name durable in its folder.
    package typealias FolderSync = @Sendable (_ folder: String) throws(AuditFailure) -> Void

    /// How long an append waits for another process that holds the log.
    package static let patience: Duration = .seconds(5)

    package let folder: AuditFolder
    private let segmentBytesMax: Int
    private let retention: AuditRetention?
    private let report: @Sendable (AuditFailure) -> Void
    private let patience: Duration
    private let farewell: Farewell
    private let syncFolder: FolderSync
    private let place: Mutex<Place?> = Mutex(nil)

    /// - Parameters:
    ///   - retention: when older files go, and where to; nil keeps all.
    ///   - report: told why older files could not go.
    package init(
        _ folder: AuditFolder, segmentBytesMax: Int = 64 << 20, retention: AuditRetention? = nil,
        patience: Duration = AuditLog.patience, syncFolder: @escaping FolderSync = AuditLog.sync,
        report: @escaping @Sendable (AuditFailure) -> Void = { _ in }, farewell: @escaping Farewell = { _ in }
    ) {
        self.syncFolder = syncFolder
        (self.folder, self.segmentBytesMax, self.retention) = (folder, segmentBytesMax, retention)
        (self.patience, self.report, self.farewell) = (patience, report, farewell)
    }

    /// Writes rows behind those that are there.
    /// - Returns: the newest row; all are on the disk then. Where it throws, none of them is in the log.
    @discardableResult
    package func append(_ records: [(time: Timestamp, record: AuditRecord)]) throws(AuditFailure) -> Tip {
        let lock = try lockFolder()
        defer { close(lock) }
        return try place.withLock { (known) throws(AuditFailure) in
            let result = Result { () throws(AuditFailure) in try write(records, from: known) }
            known = try? result.get()
            return try result.get().tip
        }
    }

    /// The newest row, as the disk has it.
    package func tip() throws(AuditFailure) -> Tip { try append([]) }

    private func lockFolder() throws(AuditFailure) -> Int32 {
        // SAFETY (this function): paths are C strings for the time of each call.
        if unsafe mkdir(folder.path, 0o700) == 0 { try settleFolder() }
        let lock = unsafe open(folder.lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw .unwritable(path: folder.lockPath, errno: errno) }
        giveToOwner(lock)
        // A process that was stopped while it held the lock must not stop this one with it.
        let end = ContinuousClock.now + patience
        while flock(lock, LOCK_EX | LOCK_NB) != 0 {
            let number = errno
            guard number == EINTR || number == EWOULDBLOCK else {
                close(lock)
                throw .unwritable(path: folder.lockPath, errno: number)
            }
            guard ContinuousClock.now < end else {
                close(lock)
                throw .busy(path: folder.lockPath)
            }
            usleep(2_000)
        }
        return lock
    }

    private func write(
        _ records: [(time: Timestamp, record: AuditRecord)], from known: Place?
    ) throws(AuditFailure) -> Place {
        let segments = folder.segments
        var (path, tip, isDamaged) = (segments.last?.path, known?.tip ?? .none, false)
        var size = path.map { AuditLog.size(of: $0) } ?? 0
        if let path, known?.segment != path || known?.size != size {
            (tip, size, isDamaged) = try recover(segments)
        } else if path == nil {
            tip = .none
        }
        guard !records.isEmpty else { return Place(segment: path ?? "", size: size, tip: tip) }
        guard tip.number + UInt64(records.count) < AuditRow.numberMax else { throw .full(path: folder.path) }
        var text: [UInt8] = []
        if isDamaged {
            // What stands there is left as it is, for whoever looks into it.
            let notice = AuditRecord(
                "audit.resumed", .failed, code: "JD-2301", object: folder.name,
                detail: "the row before this one is damaged")
            AuditLog.add(notice, at: records[0].time, to: &text, &tip)
        }
        for (time, record) in records { AuditLog.add(record, at: time, to: &text, &tip) }
        if path == nil || isDamaged || size >= segmentBytesMax {
            let first = tip.number - UInt64(records.count) - (isDamaged ? 1 : 0) + 1
            path = folder.segmentPath(first: first)
            size = 0
        }
        let whole = path ?? folder.segmentPath(first: 1)
        if size == 0 {
            // Its name first: rows in a file that may be gone after a crash are none, and are not to be told twice.
            try append([], to: whole, at: 0)
            try syncFolder(folder.path)
        }
        try append(text, to: whole, at: size)
        if size == 0, let now = records.last?.time { removeOld(at: now) }
        return Place(segment: whole, size: size + text.count, tip: tip)
    }

    private static func add(_ record: AuditRecord, at time: Timestamp, to text: inout [UInt8], _ tip: inout Tip) {
        let row = AuditRow(tip.number + 1, at: time, record, after: tip.digest)
        text += row.line + [0x0a]
        tip = Tip(number: row.number, digest: row.digest)
    }

    // MARK: The end of what is there

    /// Reads the newest row from the disk and takes away what a crash left behind it.
    private func recover(
        _ segments: [AuditFolder.Segment]
    ) throws(AuditFailure) -> (tip: Tip, size: Int, isDamaged: Bool) {
        var lastSize = 0
        for (index, segment) in segments.enumerated().reversed() {
            var (count, whole, last): (UInt64, Int, [UInt8]) = (0, 0, [])
            let bytes = try AuditLog.contents(of: segment.path)
            var start = 0
            for (offset, byte) in bytes.enumerated() where byte == 0x0a {
                count += 1
                last = Array(bytes[start..<offset])
                start = offset + 1
                whole = start
            }
            if index == segments.count - 1 {
                lastSize = whole
                if whole < bytes.count {
                    // SAFETY: the path is a C string for the time of the call.
                    guard unsafe truncate(segment.path, whole) == 0 else {
                        throw .unwritable(path: segment.path, errno: errno)
                    }
                }
            }
            guard count > 0 else { continue }
            // A row is believed its number only where it stands: what is written next has to follow from it.
            let number = segment.first + count - 1
            if let row = AuditRow(line: last), row.isSealed, row.number == number {
                return (Tip(number: number, digest: row.digest), lastSize, false)
            }
            return (Tip(number: number, digest: SM3.hash(last)), lastSize, true)
        }
        return (.none, lastSize, false)
    }

    private static func size(of path: String) -> Int {
        var status = stat()
        // SAFETY: the kernel fills the structure it is given, which is ours.
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : -1
    }

    private static func contents(of path: String) throws(AuditFailure) -> [UInt8] {
        // SAFETY: the path is a C string for the time of the call.
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unreadable(path: path) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            // SAFETY: the buffer is the array itself, with its own count.
            let count = unsafe piece.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(path: path) }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
        }
    }

    // MARK: Writing

    /// Writes at the end and syncs; what could be written only in part is taken away again.
    private func append(_ bytes: [UInt8], to path: String, at size: Int) throws(AuditFailure) {
        // SAFETY: the path is a C string for the time of the call.
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .unwritable(path: path, errno: errno) }
        defer { close(file) }
        giveToOwner(file)
        var rest = bytes[...]
        while !rest.isEmpty {
            // SAFETY: the buffer is the rest itself, with its own count.
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let number = errno
                _ = ftruncate(file, size)
                throw .unwritable(path: path, errno: number)
            }
            rest = rest.dropFirst(count)
        }
        guard fdatasync(file) == 0 else {
            let number = errno
            _ = ftruncate(file, size)
            throw .unwritable(path: path, errno: number)
        }
    }

    /// A new folder is durable, and of the owner of what it lies in: root that works there once must not keep the
    /// owner from writing rows.
    private func settleFolder() throws(AuditFailure) {
        let cut = folder.path.lastIndex(of: "/")
        let parent = cut.map { $0 == folder.path.startIndex ? "/" : String(folder.path[..<$0]) } ?? "."
        // By the descriptor of a folder: the parent's owner may have put something else in its place meanwhile.
        // SAFETY (all three): the kernel fills structures that are ours; paths are C strings for the time of the call.
        let made = unsafe open(folder.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if made >= 0 {
            defer { close(made) }
            var (above, own) = (stat(), stat())
            if geteuid() == 0, unsafe fstat(made, &own) == 0, own.st_uid == 0, unsafe stat(parent, &above) == 0 {
                _ = fchown(made, above.st_uid, above.st_gid)
            }
        }
        try AuditLog.sync(parent)
    }

    /// A command that root runs leaves no file the node's own user cannot write.
    private func giveToOwner(_ file: Int32) {
        guard geteuid() == 0 else { return }
        var status = stat()
        // SAFETY: the kernel fills the structure it is given, which is ours.
        guard unsafe stat(folder.path, &status) == 0 else { return }
        _ = fchown(file, status.st_uid, status.st_gid)
    }

    @Sendable package static func sync(_ folder: String) throws(AuditFailure) {
        // SAFETY: the path is a C string for the time of the call.
        let file = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw .unwritable(path: folder, errno: errno) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw .unwritable(path: folder, errno: errno) }
    }

    private func removeOld(at now: Timestamp) {
        guard let retention else { return }
        let old = retention.old(folder.segments, at: now)
        guard let newest = old.last else { return }
        let segments = folder.segments
        guard let behind = segments.first(where: { $0.first > newest.first }) else { return }
        do throws(AuditFailure) {
            for segment in old { try retention.keep(segment) }
            // Told first: a file that is gone without a word is one that somebody took.
            try farewell(behind.first - 1)
        } catch { return report(error) }
        for segment in old {
            // SAFETY: the path is a C string for the time of the call.
            _ = unsafe unlink(segment.path)
        }
    }
}
