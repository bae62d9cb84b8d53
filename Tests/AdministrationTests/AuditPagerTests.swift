// SPDX-License-Identifier: Apache-2.0
import Administration
import Foundation
import Ledger
import Testing

/// AUD-10, AUD-13: a log given out page by page.
@Suite struct AuditPagerTests {
    /// All rows that pages of a filter give, one page after the other.
    private func all(
        _ room: AuditRoom, _ filter: AuditFilter = AuditFilter(), limit: Int, tip: UInt64 = AuditRow.numberMax,
        between: () throws -> Void = {}
    ) throws -> [AuditRow] {
        var (rows, place): ([AuditRow], AuditPager.Place?) = ([], nil)
        repeat {
            let page = try #require(try AuditPager(room.folder).page(filter, limit: limit, after: place, tip: tip))
            #expect(page.rows.count <= limit)
            rows += page.rows
            // As a caller has it: a text.
            place = try page.next.map { try #require(AuditPager.Place(text: $0.text)) }
            try between()
        } while place != nil
        return rows
    }

    @Test(
        "pages give each row once and in order, over the ends of files, whatever their length", arguments: [1, 7, 100])
    func pages(_ limit: Int) throws {
        let room = try AuditRoom()
        defer { room.leave() }
        let log = AuditLog(room.folder, segmentBytesMax: 4_000)
        for start in stride(from: 1, through: 91, by: 10) { try log.append(AuditRoom.entries(start...(start + 9))) }
        #expect(room.folder.segments.count > 3)
        #expect(try all(room, limit: limit).map(\.number) == Array(1...100))
        var later = AuditFilter()
        later.first = 55
        #expect(try all(room, later, limit: limit).map(\.number) == Array(55...100))
    }

    @Test("reading comes to an end though each page adds a row to the log")
    func bounded() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        let log = try room.filled(20)
        let rows = try all(room, limit: 3, tip: 20) { try log.append([(Timestamp(1), AuditRecord("audit.read"))]) }
        #expect(rows.map(\.number) == Array(1...20))
    }

    @Test("rows are chosen by time, act, account, organisation, chain and verdict (AUD-10)")
    func chosen() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        let day: UInt64 = 86_400_000
        let records = [
            AuditRecord("token.create", who: "a", organization: "x"),
            AuditRecord("token.revoke", .failed, who: "b", organization: "y", chain: "main"),
            AuditRecord("read", .denied, who: "a", organization: "x", chain: "other"),
        ]
        try AuditLog(room.folder).append(
            records.enumerated().map { (Timestamp(1_763_000_000_000 + UInt64($0.offset) * day), $0.element) })
        func rows(_ change: (inout AuditFilter) -> Void) throws -> [UInt64] {
            var filter = AuditFilter()
            change(&filter)
            return try all(room, filter, limit: 10).map(\.number)
        }
        #expect(try rows { $0.act = "token" } == [1, 2] && rows { $0.who = "a" } == [1, 3])
        #expect(try rows { $0.who = "y" } == [2] && rows { $0.chain = "main" } == [2])
        #expect(try rows { $0.isDenied = true } == [2, 3])
        #expect(try rows { $0.from = "2025-11-14" } == [2, 3] && rows { $0.to = "2025-11-14" } == [1, 2])
        #expect(try rows { ($0.from, $0.to) = ("2025-11-14T00:00:00Z", "2025-11-14T23") } == [2])
    }

    @Test("lines that are no rows are counted, and one that does not end stops nobody")
    func strange() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        try room.filled(3)
        try room.forge { lines in
            lines[1] = [UInt8]("{}".utf8)
            lines.append([UInt8](repeating: 0x78, count: 3 << 20))
        }
        let page = try #require(try AuditPager(room.folder).page(AuditFilter(), limit: 10, after: nil, tip: 99))
        #expect(page.rows.map(\.number) == [1, 3] && page.strange >= 1 && page.next == nil)
    }

    @Test("a cursor of a file that was removed, and one nobody was given, are told from each other")
    func cursors() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        try room.filled(3)
        let gone = AuditPager.Place(segment: 9, offset: 0, last: 9)
        #expect(try AuditPager(room.folder).page(AuditFilter(), limit: 1, after: gone, tip: 9) == nil)
        for text in ["", "1", "1-2", "1-2-3-4", "1-x-3", "-1-2-3", "1-18446744073709551615-3"] {
            #expect(AuditPager.Place(text: text) == nil, "\(text)")
        }
        // Beyond the file's end there is nothing, and nothing breaks.
        let far = AuditPager.Place(segment: 1, offset: 1 << 40, last: 9)
        #expect(try AuditPager(room.folder).page(AuditFilter(), limit: 1, after: far, tip: 9)?.rows.isEmpty == true)
    }
}
