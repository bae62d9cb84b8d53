// SPDX-License-Identifier: Apache-2.0
import Administration
import Foundation
import Glibc
import Ledger
import ShangMi
import Synchronization
import Testing

/// A folder that is gone after the test, and what a test does to the files in it.
struct AuditRoom {
    let path: String
    let folder: AuditFolder

    init() throws {
        path = NSTemporaryDirectory() + "audit-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        folder = AuditFolder(path, AuditFolder.acts)
    }

    func filled(_ count: Int, anew: Bool) throws {
        for segment in folder.segments { try FileManager.default.removeItem(atPath: segment.path) }
        try filled(count)
    }

    func leave() { try? FileManager.default.removeItem(atPath: path) }

    static func entries(_ numbers: ClosedRange<Int>) -> [(time: Timestamp, record: AuditRecord)] {
        numbers.map { (Timestamp(1_763_000_000_000 + UInt64($0)), AuditRecord("test.act", object: "\($0)")) }
    }

    /// A log with so many rows.
    @discardableResult
    func filled(_ count: Int) throws -> AuditLog {
        let log = AuditLog(folder)
        try log.append(AuditRoom.entries(1...count))
        return log
    }

    var lines: [[UInt8]] {
        get throws {
            var lines: [[UInt8]] = []
            try folder.forEachLine { line, _ in lines.append(line) }
            return lines
        }
    }

    /// Writes the log anew as somebody would who wants to deceive.
    func forge(_ change: (inout [[UInt8]]) throws -> Void) throws {
        var all = try lines
        try change(&all)
        let text = all.reduce(into: Data()) { $0 += $1 + [0x0a] }
        try text.write(to: URL(fileURLWithPath: folder.segments[0].path))
    }

    static func changed(_ line: [UInt8], _ old: String, _ new: String) -> [UInt8] {
        [UInt8](String(decoding: line, as: UTF8.self).replacing(old, with: new).utf8)
    }
}

@Suite struct AuditLogTests {
    @Test("rows are numbered from 1, each with the digest of the one before, over restarts (AUD-1, AUD-2)")
    func chain() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        try room.filled(3)
        let tip = try AuditLog(room.folder).append(AuditRoom.entries(4...5))
        let rows = try room.lines.map { try #require(AuditRow(line: $0)) }
        #expect(rows.map(\.number) == [1, 2, 3, 4, 5] && tip.number == 5 && tip.digest == rows[4].digest)
        #expect(rows[0].previous == .zero && zip(rows, rows.dropFirst()).allSatisfy { $0.digest == $1.previous })
        #expect(rows.allSatisfy { $0.isSealed } && rows[0].time == "2025-11-13T02:13:20.001Z")
        let check = try AuditCheck.run(room.folder)
        #expect(check.holds && check.rows == 5 && check.last == 5)
    }

    @Test("a line's digest is the SM3 of what stands in front of it; any text survives the line (AUD-2, AUD-3)")
    func form() throws {
        let record = AuditRecord(
            "x", .denied, code: "JD-1809", who: "\"\\\u{1}\n\u{2028}", organization: "市大数据局", height: 7, count: 3,
            detail: String(repeating: "九", count: 400))
        let row = AuditRow(9, at: Timestamp(0), record, after: SM3.hash([1]))
        let line = String(decoding: row.line, as: UTF8.self)
        let body = try #require(line.range(of: ",\"digest\":")).lowerBound
        #expect(SM3.hash([UInt8](line[..<body].utf8)) == row.digest)
        #expect(AuditRow(line: row.line) == row && record.detail.utf8.count == 510)
        #expect(try JSONSerialization.jsonObject(with: Data(row.line)) is [String: Any])
        for flaw in ["{\"row\":09", "{ \"row\":9", "{\"row\":9,\"x\":1"] {
            #expect(AuditRow(line: AuditRoom.changed(row.line, "{\"row\":9", flaw)) == nil)
        }
        #expect(AuditRow(line: AuditRoom.changed(row.line, "\\u0001", "\\u0041")) == nil)
    }

    @Test("a changed row is the one that is named, whether it was sealed again or not (AUD-5)", arguments: [1, 4, 8])
    func changedRow(_ number: Int) throws {
        let room = try AuditRoom()
        defer { room.leave() }
        try room.filled(8)
        let line = try room.lines[number - 1]
        try room.forge { $0[number - 1] = AuditRoom.changed(line, "\"object\":\"\(number)\"", "\"object\":\"x\"") }
        let plain = try AuditCheck.run(room.folder)
        #expect(plain.flaws.map(\.row) == [UInt64(number)] && plain.flaws[0].kind == .changed)
        // Sealed again: the row behind it still names what it was. The last one has none behind it: AUD-6.
        let row = try #require(AuditRow(line: line))
        let forged = AuditRow(
            row.number, at: Timestamp(0), AuditRecord("test.act", object: "x"), after: row.previous)
        try room.forge { $0[number - 1] = forged.line }
        let sealed = try AuditCheck.run(room.folder)
        #expect(sealed.flaws.map(\.row) == (number == 8 ? [] : [UInt64(number)]))
    }

    @Test("deleted rows are named, one or many, at the beginning or in between; a moved row too (AUD-5)")
    func deleted() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        try room.filled(9)
        let whole = try room.lines
        try room.forge { $0.remove(at: 4) }
        #expect(try AuditCheck.run(room.folder).flaws.map { [$0.row, $0.last] } == [[5, 5]])
        try room.forge { $0 = Array(whole[3...]) }
        let front = try AuditCheck.run(room.folder)
        #expect(front.flaws.map { [$0.row, $0.last] } == [[1, 3]] && front.flaws[0].kind == .missing)
        try room.forge { $0 = whole + [whole[2]] }
        #expect(try AuditCheck.run(room.folder).flaws.map(\.kind) == [.misplaced])
        try room.forge { $0 = whole.enumerated().map { $0 == 5 ? [UInt8]("no row".utf8) : $1 } }
        #expect(try AuditCheck.run(room.folder).flaws.map(\.row) == [6])
    }

    @Test("against the chain a cut tail and a log that was written anew are found (AUD-6)")
    func anchors() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        try room.filled(9)
        let rows = try room.lines.map { try #require(AuditRow(line: $0)) }
        let anchors = [3, 7].map { AuditCheck.Anchor(row: $0, digest: rows[Int($0) - 1].digest, evidence: "E\($0)-0") }
        let good = try AuditCheck.run(room.folder, anchors: anchors)
        #expect(good.holds && good.held == Set(anchors))
        try room.forge { $0.removeLast(4) }
        #expect(try AuditCheck.run(room.folder).holds)
        let cut = try AuditCheck.run(room.folder, anchors: anchors)
        #expect(cut.flaws.map(\.kind) == [.cut] && cut.flaws[0].row == 6 && cut.flaws[0].evidence == "E7-0")
        try FileManager.default.removeItem(atPath: room.folder.segments[0].path)
        try AuditLog(room.folder).append(AuditRoom.entries(11...19))
        #expect(try AuditCheck.run(room.folder).holds)
        #expect(try AuditCheck.run(room.folder, anchors: anchors).flaws.map(\.row) == [3, 7])
    }

    @Test("a row that a crash cut short is taken away, wherever it was cut, and the chain goes on (AUD-4)")
    func torn() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        try room.filled(3)
        let path = room.folder.segments[0].path
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        let next = AuditRow(4, at: Timestamp(1), AuditRecord("test.act"), after: .zero).line
        for length in [0, 1, 40, next.count] {
            try (whole + next.prefix(length)).write(to: URL(fileURLWithPath: path))
            #expect(try AuditCheck.run(room.folder).isTorn == (length > 0))
            #expect(try AuditLog(room.folder).append(AuditRoom.entries(4...4)).number == 4)
            let check = try AuditCheck.run(room.folder)
            #expect(check.holds && check.rows == 4 && !check.isTorn)
        }
    }

    @Test("a damaged end is left as it is and the log goes on behind it, which the check tells (AUD-4, AUD-5)")
    func damagedEnd() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        try room.filled(3)
        try room.forge { $0[2] = [UInt8]("{}".utf8) }
        let log = AuditLog(room.folder)
        #expect(try log.append(AuditRoom.entries(4...4)).number == 5)
        let rows = try room.lines.compactMap { AuditRow(line: $0) }
        #expect(rows.map(\.number) == [1, 2, 4, 5] && rows[2].record.act == "audit.resumed")
        let check = try AuditCheck.run(room.folder)
        #expect(check.flaws.map(\.row) == [3] && check.last == 5)
    }

    /// A row a day each.
    static func daily(_ number: Int) -> [(time: Timestamp, record: AuditRecord)] {
        let day: UInt64 = 86_400_000
        return [(Timestamp(1_763_000_000_000 + UInt64(number) * day), AuditRecord("test.act", object: "\(number)"))]
    }

    @Test(
        "files are begun anew at a size; of a bounded log the oldest go, and what is left still holds (AUD-1, AUD-14)")
    func segments() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        let removed = Mutex<[UInt64]>([])
        let retention = AuditRetention(filesKept: 3, archive: room.path + "-archive")
        defer { try? FileManager.default.removeItem(atPath: room.path + "-archive") }
        let log = AuditLog(
            room.folder, segmentBytesMax: 1_000, retention: retention,
            farewell: { last in removed.withLock { $0.append(last) } })
        for number in 1...39 { try log.append(AuditLogTests.daily(number)) }
        for number in 1_000...1_010 where room.folder.segments.count != 3 {
            try log.append(AuditLogTests.daily(number))
        }
        let segments = room.folder.segments
        #expect(segments.count == 3 && segments[0].first > 1)
        // Each time it was said before which row is the last to go.
        let last = try #require(removed.withLock { $0.last })
        #expect(last == segments[0].first - 1 && removed.withLock { $0 == $0.sorted() })
        #expect(try AuditCheck.run(room.folder, from: last + 1).holds)
        #expect(try AuditCheck.run(room.folder).flaws.map { [$0.row, $0.last] } == [[1, last]])
        try FileManager.default.removeItem(atPath: segments[1].path)
        let check = try AuditCheck.run(room.folder, from: last + 1)
        #expect(check.flaws.map(\.row) == [segments[1].first] && check.flaws[0].last == segments[2].first - 1)
        // Files at the beginning that no rule removed are missing, and so is a log that is gone.
        try FileManager.default.removeItem(atPath: segments[0].path)
        let front = try AuditCheck.run(room.folder, from: last + 1)
        #expect(front.flaws.map { [$0.row, $0.last] } == [[last + 1, segments[2].first - 1]])
        try FileManager.default.removeItem(atPath: segments[2].path)
        #expect(try AuditCheck.run(room.folder, from: last + 1).flaws.map(\.row) == [last + 1])
        #expect(try AuditCheck.run(room.folder, isWanted: false).holds)
    }

    @Test("where a new file's name is not durable none of its rows are written, and later each once (AUD-4)")
    func unsynced() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        let failures = Mutex(2)
        let log = AuditLog(
            room.folder, segmentBytesMax: 1_000,
            syncFolder: { path throws(AuditFailure) in
                let fails = failures.withLock { left in
                    left -= 1
                    return left >= 0
                }
                if fails { throw .unwritable(path: path, errno: EIO) }
                try AuditLog.sync(path)
            })
        for round in 0..<3 {
            // As the desk does: the same rows until they are there.
            while (try? log.append(AuditRoom.entries((round * 4 + 1)...(round * 4 + 4)))) == nil {
                #expect(try AuditLog(room.folder).tip().number == UInt64(round * 4))
            }
            failures.withLock { $0 = 2 }
        }
        let rows = try room.lines.compactMap { AuditRow(line: $0)?.record.object }
        #expect(rows == (1...12).map { "\($0)" })
        #expect(try AuditCheck.run(room.folder).holds && room.folder.segments.count == 3)
    }

    @Test("where nobody was told which rows go, none go (AUD-14)")
    func farewell() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        let retention = AuditRetention(filesKept: 1, archive: room.path + "-archive")
        defer { try? FileManager.default.removeItem(atPath: room.path + "-archive") }
        let told = Mutex(0)
        let log = AuditLog(
            room.folder, segmentBytesMax: 1_000, retention: retention, report: { _ in told.withLock { $0 += 1 } },
            farewell: { (_) throws(AuditFailure) in throw .busy(path: "") })
        for number in 1...20 { try log.append(AuditLogTests.daily(100 * number)) }
        #expect(told.withLock { $0 } > 0)
        #expect(room.folder.segments.count > 3 && room.folder.segments[0].first == 1)
        #expect(try AuditCheck.run(room.folder).holds)
    }

    @Test("a process that holds the log stops nobody for longer than an append may wait (AUD-1)")
    func held() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        try room.filled(1)
        let path = "\(room.path)/acts.lock"
        // SAFETY: the path is a C string for the time of the call.
        let other = unsafe open(path, O_RDWR)
        #expect(other >= 0 && flock(other, LOCK_EX) == 0)
        let log = AuditLog(room.folder, patience: .milliseconds(100))
        let began = ContinuousClock.now
        #expect(throws: AuditFailure.busy(path: path)) { try log.append(AuditRoom.entries(2...2)) }
        #expect(ContinuousClock.now - began < .seconds(3))
        close(other)
        #expect(try log.append(AuditRoom.entries(2...2)).number == 2)
    }

    @Test(
        "numbers nobody could have written are no rows and no files, and stop neither reader nor writer (AUD-1, AUD-2)"
    )
    func numbers() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        try room.filled(3)
        let record = AuditRecord("test.act")
        for number in [0, AuditRow.numberMax + 1, UInt64.max - 1, UInt64.max] {
            let line = AuditRow(number, at: Timestamp(0), record, after: .zero).line
            #expect(AuditRow(line: line) == nil)
            try room.filled(3, anew: true)
            try room.forge { $0.append(line) }
            #expect(try AuditCheck.run(room.folder).flaws.map(\.row) == [4], "\(number)")
            #expect(try AuditLog(room.folder).append(AuditRoom.entries(5...5)).number == 6)
        }
        // The last number there is: believed by nobody in a place it does not belong to.
        try room.filled(3, anew: true)
        try room.forge { $0.append(AuditRow(AuditRow.numberMax, at: Timestamp(0), record, after: .zero).line) }
        #expect(try !AuditCheck.run(room.folder).holds)
        #expect(try AuditLog(room.folder).append(AuditRoom.entries(5...5)).number == 6)
        for name in ["acts-000000000000.log", "acts-18446744073709551615.log", "acts-1.log", "acts-+00000000001.log"] {
            try room.filled(2, anew: true)
            try Data([0x0a]).write(to: URL(fileURLWithPath: "\(room.path)/\(name)"))
            #expect(room.folder.segments.map(\.first) == [1], "\(name)")
            #expect(try AuditCheck.run(room.folder).holds, "\(name)")
        }
        // A file without an end of a line is not held whole in memory as one.
        try room.filled(2, anew: true)
        let path = room.folder.segments[0].path
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        try (whole + Data(repeating: 0x41, count: 3 << 20) + [0x0a]).write(to: URL(fileURLWithPath: path))
        var longest = 0
        try room.folder.forEachLine { line, _ in longest = max(longest, line.count) }
        #expect(longest < 3 << 20)
        #expect(try AuditCheck.run(room.folder).flaws.map(\.row) == [3])
    }

    @Test("several writers of one log take turns and break nothing (AUD-1)")
    func writers() async throws {
        let room = try AuditRoom()
        defer { room.leave() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let log = AuditLog(room.folder)
                    for number in 1...25 { try log.append(AuditRoom.entries(number...number)) }
                }
            }
            try await group.waitForAll()
        }
        let check = try AuditCheck.run(room.folder)
        #expect(check.holds && check.rows == 100)
    }
}
