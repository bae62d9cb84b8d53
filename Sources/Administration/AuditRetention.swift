// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Ledger

/// When files of a log may go from the node's disk, and where they stay then.
///
/// Three things have to be so of a file: that newer ones are kept in number, that its newest row is older than the time
/// for which logs are to be at hand, and that a copy of it is durable elsewhere. Without an elsewhere nothing goes.
/// - Spec: AUD-14.
package struct AuditRetention: Hashable, Sendable {
    /// Half a year, whichever half: nobody may set less.
    package static let daysMin = 183

    /// The newest files, which stay whatever their age.
    package let filesKept: Int
    package let days: Int
    /// The folder files go to; nil keeps them.
    package let archive: String?

    /// - Parameter days: fewer than `daysMin` are taken as that many.
    package init(filesKept: Int, days: Int = AuditRetention.daysMin, archive: String?) {
        self.filesKept = filesKept
        self.days = max(days, AuditRetention.daysMin)
        self.archive = archive
    }

    /// Files that may go: from the first on, as far as all of it is old enough.
    func old(_ segments: [AuditFolder.Segment], at now: Timestamp) -> ArraySlice<AuditFolder.Segment> {
        let age = UInt64(days) * 86_400_000
        guard archive != nil, now.value > age else { return [] }
        // Times as rows have them sort as times do.
        let bound = AuditTime.text(Timestamp(now.value - age))
        return segments.dropLast(filesKept).prefix { segment in
            AuditRetention.newest(segment).map { $0.time < bound } ?? false
        }
    }

    /// The last row of a file; nil where its last line is none, and nobody can say how old it is.
    private static func newest(_ segment: AuditFolder.Segment) -> AuditRow? {
        guard let file = FileHandle(forReadingAtPath: segment.path) else { return nil }
        defer { try? file.close() }
        let reach = UInt64(AuditRow.lineBytesMax) + 1
        guard let end = try? file.seekToEnd(), (try? file.seek(toOffset: end - min(end, reach))) != nil,
            let tail = try? file.readToEnd(), tail.last == 0x0a
        else { return nil }
        let line = tail.dropLast()
        let start = line.lastIndex(of: 0x0a).map { line.index(after: $0) } ?? line.startIndex
        return AuditRow(line: Array(line[start...]))
    }

    /// Puts a durable copy of a file into the archive; one that is there already stays.
    /// - Throws: where there is none then, or another file has its name.
    func keep(_ segment: AuditFolder.Segment) throws(AuditFailure) {
        guard let archive else { return }
        let target = "\(archive)/\(segment.path.split(separator: "/").last.map(String.init) ?? "")"
        guard let content = FileManager.default.contents(atPath: segment.path) else {
            throw .unreadable(path: segment.path)
        }
        if let known = FileManager.default.contents(atPath: target) {
            guard known == content else { throw .unwritable(path: target, errno: EEXIST) }
            return
        }
        let draft = target + ".new"
        do {
            try FileManager.default.createDirectory(
                atPath: archive, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try? FileManager.default.removeItem(atPath: draft)
            guard
                FileManager.default.createFile(
                    atPath: draft, contents: content, attributes: [.posixPermissions: 0o600]),
                let handle = FileHandle(forUpdatingAtPath: draft)
            else { throw CocoaError(.fileWriteUnknown) }
            try handle.synchronize()
            try handle.close()
            try FileManager.default.moveItem(atPath: draft, toPath: target)
        } catch { throw .unwritable(path: target, errno: EIO) }
        try AuditLog.sync(archive)
    }
}
