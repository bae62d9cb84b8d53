// SPDX-License-Identifier: Apache-2.0
import Administration
import Foundation
import Ledger
import Testing

/// AUD-14: how long logs stay at hand, by a clock the test sets.
@Suite struct AuditRetentionTests {
    private static let day: UInt64 = 86_400_000
    private static let start: UInt64 = 1_763_000_000_000

    /// A log of many small files, a row a day from day 0 on.
    private func log(_ room: AuditRoom, filesKept: Int, days: Int, archive: String?) -> AuditLog {
        AuditLog(
            room.folder, segmentBytesMax: 1_000,
            retention: AuditRetention(filesKept: filesKept, days: days, archive: archive))
    }

    private func write(_ log: AuditLog, _ days: ClosedRange<UInt64>) throws {
        for number in days {
            let time = Timestamp(AuditRetentionTests.start + number * AuditRetentionTests.day)
            try log.append([(time, AuditRecord("test.act", object: "\(number)"))])
        }
    }

    /// Days of the rows that are in a folder's files, in order.
    private func rows(_ folder: AuditFolder) throws -> [UInt64] {
        var days: [UInt64] = []
        try folder.forEachLine { line, _ in
            if let day = AuditRow(line: line).flatMap({ UInt64($0.record.object) }) { days.append(day) }
        }
        return days
    }

    @Test("rows younger than half a year never go, however few files are to be kept and whatever is set (AUD-14, MG-2)")
    func younger() throws {
        for days in [0, 1, 183, 300] {
            let room = try AuditRoom()
            let archive = room.path + "-archive"
            defer {
                room.leave()
                try? FileManager.default.removeItem(atPath: archive)
            }
            let log = log(room, filesKept: 1, days: days, archive: archive)
            try write(log, 0...400)
            let kept = try rows(room.folder)
            let least = UInt64(max(days, AuditRetention.daysMin))
            // A whole file goes or none of it: a few older rows may be there still, no younger one is gone.
            let oldest = try #require(kept.first)
            #expect(kept.last == 400 && kept == Array(oldest...400) && oldest > 0)
            #expect(oldest <= 400 - least && oldest >= 400 - least - 8, "\(days): \(oldest)")
            // What went is in the archive, every row of it, and nowhere twice.
            let gone = try rows(AuditFolder(archive, room.folder.name))
            #expect(gone == Array(0..<oldest))
        }
    }

    @Test("so many files stay whatever their age (AUD-14)")
    func number() throws {
        let room = try AuditRoom()
        let archive = room.path + "-archive"
        defer {
            room.leave()
            try? FileManager.default.removeItem(atPath: archive)
        }
        let log = log(room, filesKept: 50, days: 183, archive: archive)
        try write(log, 0...100)
        let count = room.folder.segments.count
        try write(log, 5_000...5_000)
        #expect(count < 50 && room.folder.segments.count >= count, "fewer than fifty: none goes")
        #expect(!FileManager.default.fileExists(atPath: archive))
    }

    @Test("without an archive nothing goes; nor where the archive cannot be written or has another file (AUD-14)")
    func archive() throws {
        for way in 0..<3 {
            let room = try AuditRoom()
            let archive = room.path + "-archive"
            defer {
                room.leave()
                try? FileManager.default.removeItem(atPath: archive)
            }
            if way == 1 { #expect(FileManager.default.createFile(atPath: archive, contents: nil)) }
            if way == 2 {
                try FileManager.default.createDirectory(atPath: archive, withIntermediateDirectories: true)
                try Data("other".utf8).write(to: URL(fileURLWithPath: archive + "/acts-000000000001.log"))
            }
            try write(log(room, filesKept: 1, days: 183, archive: way == 0 ? nil : archive), 0...300)
            #expect(try rows(room.folder) == Array(0...300), "\(way)")
            #expect(try AuditCheck.run(room.folder).holds)
        }
    }

    @Test("a file whose newest row nobody can date stays, and all behind it (AUD-14)")
    func undated() throws {
        let room = try AuditRoom()
        let archive = room.path + "-archive"
        defer {
            room.leave()
            try? FileManager.default.removeItem(atPath: archive)
        }
        let log = log(room, filesKept: 1, days: 183, archive: archive)
        try write(log, 0...60)
        let second = room.folder.segments[1].path
        let content = try #require(FileManager.default.contents(atPath: second))
        try (content + Data("no row\n".utf8)).write(to: URL(fileURLWithPath: second))
        try write(log, 400...420)
        #expect(room.folder.segments.map(\.path).prefix(1) == [second])
        #expect(try rows(AuditFolder(archive, room.folder.name)).count < 10)
    }
}
