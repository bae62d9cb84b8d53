// SPDX-License-Identifier: Apache-2.0
import Administration
import Foundation
import Ledger
import ShangMi
import Testing

/// Every way one row of a log can be tampered with, at every place.
@Suite struct AuditForgeryTests {
    private static let count = 12

    private func flaws(_ room: AuditRoom, _ change: (inout [[UInt8]]) throws -> Void) throws -> [AuditCheck.Flaw] {
        let whole = try room.lines
        let last = try #require(whole.last)
        let anchor = try #require(AuditRow(line: last))
        try room.forge(change)
        let check = try AuditCheck.run(
            room.folder, anchors: [.init(row: anchor.number, digest: anchor.digest, evidence: "E9-0")])
        try room.forge { $0 = whole }
        return check.flaws
    }

    private func kinds(_ flaws: [AuditCheck.Flaw]) -> [String] {
        flaws.map { "\($0.kind.rawValue) \($0.row)-\($0.last)" }
    }

    @Test("one row that was deleted, changed, doubled or made up is named, and no other, wherever it is (AUD-5)")
    func single() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        try room.filled(AuditForgeryTests.count)
        let whole = try room.lines
        for place in 0..<(AuditForgeryTests.count - 1) {
            let number = place + 1
            let row = try #require(AuditRow(line: whole[place]))
            let deleted = try flaws(room) { $0.remove(at: place) }
            #expect(kinds(deleted) == ["missing \(number)-\(number)"])
            let other = AuditRow(row.number, at: Timestamp(0), AuditRecord("other"), after: row.previous)
            for (name, line) in [
                ("changed", AuditRoom.changed(whole[place], "test.act", "test.axt")), ("sealed anew", other.line),
                ("no row", [UInt8]("x".utf8)), ("empty", []),
                ("renumbered", AuditRoom.changed(whole[place], "{\"row\":\(number),", "{\"row\":\(number + 5),")),
                (
                    "sealed under another number",
                    AuditRow(row.number + 4, at: Timestamp(0), row.record, after: row.previous).line
                ),
            ] {
                let found = try flaws(room) { $0[place] = line }
                #expect(kinds(found) == ["changed \(number)-\(number)"], "\(name) at \(number)")
            }
            for target in 0...AuditForgeryTests.count {
                let doubled = try flaws(room) { $0.insert(whole[place], at: target) }
                #expect(kinds(doubled) == ["misplaced \(number)-\(number)"], "\(number) again at \(target)")
            }
        }
    }

    @Test(
        "of two rows that changed places one at least is named; so is a tail that was cut, however long (AUD-5, AUD-6)")
    func swappedAndCut() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        try room.filled(AuditForgeryTests.count)
        for left in 0..<(AuditForgeryTests.count - 1) {
            for right in (left + 1)..<AuditForgeryTests.count {
                let found = try flaws(room) { $0.swapAt(left, right) }
                let named = Set(found.flatMap { $0.row...$0.last })
                #expect(
                    named.contains(UInt64(left + 1)) || named.contains(UInt64(right + 1)),
                    "\(left) \(right) \(kinds(found))")
            }
            let cut = try flaws(room) { $0.removeLast($0.count - left - 1) }
            #expect(kinds(cut) == ["cut \(left + 2)-\(AuditForgeryTests.count)"])
        }
        #expect(kinds(try flaws(room) { $0 = [] }) == ["missing 1-1", "cut 1-\(AuditForgeryTests.count)"])
    }

    @Test("whatever is done to a log in several places, something of it is found (AUD-5, AUD-6)")
    func random() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        try room.filled(AuditForgeryTests.count)
        let whole = try room.lines
        for _ in 0..<400 {
            var lines = whole
            for _ in 0..<Int.random(in: 1...4) {
                let place = lines.isEmpty ? 0 : Int.random(in: 0..<lines.count)
                switch Int.random(in: 0..<5) {
                case 0 where !lines.isEmpty: lines.remove(at: place)
                case 1 where !lines.isEmpty && !lines[place].isEmpty:
                    lines[place][Int.random(in: 0..<lines[place].count)] ^= 1
                case 2 where !lines.isEmpty: lines.swapAt(place, Int.random(in: 0..<lines.count))
                case 3: lines.insert(whole[Int.random(in: 0..<whole.count)], at: place)
                default: lines = Array(lines.dropLast())
                }
            }
            guard lines != whole else { continue }
            #expect(try !flaws(room) { $0 = lines }.isEmpty)
        }
    }
}
