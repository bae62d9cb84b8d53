// SPDX-License-Identifier: Apache-2.0
import Administration
import Foundation
import Ledger
import Synchronization
import Testing

@Suite struct AuditDeskTests {
    private func desk(
        _ room: AuditRoom, alarms: @escaping @Sendable (String?) -> Void = { _ in }
    ) -> AuditDesk {
        AuditDesk(AuditLog(room.folder), span: 3_600, clock: { Timestamp(1) }, alarm: alarms)
    }

    @Test("what repeats is one row with a count; of denials the first is told at once (AUD-7)")
    func counted() async throws {
        let room = try AuditRoom()
        defer { room.leave() }
        let desk = desk(room)
        for _ in 1...50 { desk.count(AuditRecord("gateway.denied", .denied, who: "a"), atOnce: true) }
        for _ in 1...20 { desk.count(AuditRecord("read", .allowed, who: "b"), atOnce: false) }
        await desk.flush()
        let rows = try room.lines.compactMap { AuditRow(line: $0)?.record }
        #expect(rows.map { "\($0.who)\($0.count)" } == ["a1", "a49", "b20"])
    }

    @Test("strangers of ever new names fill one row, not the memory (AUD-7)")
    func kinds() async throws {
        let room = try AuditRoom()
        defer { room.leave() }
        let desk = desk(room)
        for number in 1...(AuditDesk.kindsMax + 500) {
            desk.count(AuditRecord("read", .denied, object: "\(number)"), atOnce: false)
        }
        let many = UInt64(3 * AuditDesk.kindsMax)
        for number in 0..<many { desk.count(AuditRecord("link", .denied, who: "\(number)"), atOnce: false) }
        await desk.flush()
        let rows = try room.lines.compactMap { AuditRow(line: $0)?.record }
        #expect(rows.count <= 2 * AuditDesk.kindsMax + 2)
        #expect(rows.map(\.count).reduce(0, +) == UInt64(AuditDesk.kindsMax + 500) + many)
    }

    @Test("one caller of ever new acts hides his own, and strangers at one address only theirs (AUD-7)")
    func fairness() async throws {
        let room = try AuditRoom()
        defer { room.leave() }
        let desk = desk(room)
        for number in 0..<1_000 {
            desk.count(AuditRecord("read", .denied, who: "a", object: "\(number)"), atOnce: true)
            let stranger = AuditRecord("request", .denied, who: "\(number)", object: "x", count: 2)
            desk.count(stranger, atOnce: true, stranger: "10.0.0.1")
        }
        desk.count(AuditRecord("read", .denied, who: "b"), atOnce: true)
        desk.count(AuditRecord("request", .denied, who: "c"), atOnce: true, stranger: "10.0.0.2")
        await desk.flush()
        let rows = try room.lines.compactMap { AuditRow(line: $0)?.record }
        #expect(rows.count == AuditDesk.callerKindsMax + AuditDesk.addressKindsMax + 4)
        #expect(rows.map(\.count).reduce(0, +) == 3_002)
        #expect(
            rows.filter { $0.object.hasPrefix("others") }.map { $0.who + $0.object } == [
                "others from 10.0.0.1", "aothers",
            ])
        #expect(rows.contains { $0.who == "b" } && rows.contains { $0.who == "c" })
        // Of all addresses together no more than so many, and the count is right all the same.
        for number in 0..<1_000 {
            let stranger = AuditRecord("request", .denied, who: "\(number)")
            desk.count(stranger, atOnce: true, stranger: "10.1.0.\(number)")
        }
        await desk.flush()
        let more = try room.lines.compactMap { AuditRow(line: $0)?.record }.dropFirst(rows.count)
        #expect(more.count == AuditDesk.strangerKindsMax + 1 && more.map(\.count).reduce(0, +) == 1_000)
    }

    @Test("where nothing can be written there is one alarm, nobody waits, and what found no room is told later (AUD-8)")
    func unwritable() async throws {
        let room = try AuditRoom()
        defer { room.leave() }
        let told = Told()
        let path = room.path + "/deeper/audit"
        let desk = AuditDesk(
            AuditLog(AuditFolder(path, AuditFolder.acts)), span: 3_600, clock: { Timestamp(1) }, alarm: { told.add($0) }
        )
        desk.note(AuditRecord("first"))
        await desk.flush()
        #expect(desk.standing.problem != nil && told.words.count == 1)
        for _ in 0..<(AuditDesk.waitingMax + 9) { desk.note(AuditRecord("more")) }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        await desk.flush()
        await desk.flush()
        #expect(desk.standing.problem == nil && told.words.count == 2)
        let folder = AuditFolder(path, AuditFolder.acts)
        var records: [AuditRecord] = []
        try folder.forEachLine { line, _ in records.append(try #require(AuditRow(line: line)).record) }
        #expect(records.first?.act == "first" && records.last?.act == "audit.lost")
        #expect(records.map(\.count).reduce(0, +) == UInt64(AuditDesk.waitingMax + 10))
        #expect(try AuditCheck.run(folder).holds)
    }

    @Test("rows that must be there are there when it returns, or it throws and none is (AUD-4, AUD-11)")
    func certain() async throws {
        let room = try AuditRoom()
        defer { room.leave() }
        let told = Told()
        let desk = desk(room) { told.add($0) }
        desk.note(AuditRecord("first"))
        try await desk.write([AuditRecord("second"), AuditRecord("third")])
        #expect(try room.lines.compactMap { AuditRow(line: $0)?.record.act } == ["first", "second", "third"])
        let aside = room.path + "-aside"
        try FileManager.default.moveItem(atPath: room.path, toPath: aside)
        #expect(FileManager.default.createFile(atPath: room.path, contents: nil))
        await #expect(throws: AuditFailure.self) { try await desk.write([AuditRecord("fourth")]) }
        #expect(desk.standing.problem != nil && told.words.count == 1)
        try FileManager.default.removeItem(atPath: room.path)
        try FileManager.default.moveItem(atPath: aside, toPath: room.path)
        try await desk.write([AuditRecord("fifth")])
        #expect(try room.lines.compactMap { AuditRow(line: $0)?.record.act }.last == "fifth")
        #expect(desk.standing.problem == nil && told.words.count == 2)
        let check = try AuditCheck.run(room.folder)
        #expect(check.holds && check.rows == 4)
    }

    private final class Told: Sendable {
        private let state = Mutex<[String?]>([])
        var words: [String?] { state.withLock { $0 } }
        func add(_ word: String?) { state.withLock { $0.append(word) } }
    }
}
