// SPDX-License-Identifier: Apache-2.0
import Administration
import Foundation
import Ledger
import Testing

/// A watcher of a chain that is killed anywhere and goes on.
@Suite struct AuditCursorTests {
    private static let identity = String(repeating: "ab", count: 32)

    private func row(_ act: String, _ height: UInt64?, object: String = "", chain: String = "main") -> AuditRecord {
        AuditRecord(act, chain: chain, object: object, height: height)
    }

    private func resume(_ room: AuditRoom, _ identity: String = AuditCursorTests.identity) throws -> AuditCursor? {
        try AuditCursor.resume(room.folder, chain: "main", identity: identity, mark: room.path + "/seen-main")
    }

    private func mark(_ room: AuditRoom, done: UInt64, tip: UInt64) throws {
        let text = AuditCursor.text(done: done, identity: AuditCursorTests.identity, tip: tip)
        try Data(text.utf8).write(to: URL(fileURLWithPath: room.path + "/seen-main"))
    }

    @Test(
        "a log that knows nothing of a chain says so; what is of another chain or no height counts for nothing (AUD-11)"
    )
    func unknown() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        #expect(try resume(room) == nil)
        let log = AuditLog(room.folder)
        try log.append([(Timestamp(1), row("governance.effect", 7))])
        #expect(try resume(room) == nil)
        try log.append([(Timestamp(1), row(AuditCursor.beginning, 1, object: AuditCursorTests.identity))])
        try log.append([
            (Timestamp(1), row("governance.effect", 9, chain: "other")), (Timestamp(1), row("read", 9)),
            (Timestamp(1), row("audit.anchored", 9)), (Timestamp(1), row("token.create", nil)),
        ])
        #expect(try resume(room) == AuditCursor(next: 1))
        #expect(try resume(room, String(repeating: "cd", count: 32)) == nil)
        // The name has gone over to another chain, and came back: nothing is known of what lies between.
        try log.append([(Timestamp(1), row(AuditCursor.beginning, 1, object: "another"))])
        #expect(try resume(room) == nil)
    }

    @Test("it goes on at the height of the newest row, whose rows are known, by the mark or without it (AUD-11)")
    func newest() throws {
        let room = try AuditRoom()
        defer { room.leave() }
        let log = AuditLog(room.folder)
        try log.append([(Timestamp(1), row(AuditCursor.beginning, 1, object: AuditCursorTests.identity))])
        let (one, two) = (row("call", 9, object: "a"), row("membership.announce", 9, object: "b"))
        try log.append([(Timestamp(1), row("governance.propose", 5)), (Timestamp(1), one), (Timestamp(1), two)])
        let known = Set([one, two].map { AuditCursor.Mark($0) })
        #expect(try resume(room) == AuditCursor(next: 9, known: known))
        try mark(room, done: 8, tip: 2)
        #expect(try resume(room) == AuditCursor(next: 9, known: known))
        try mark(room, done: 300, tip: 4)
        #expect(try resume(room) == AuditCursor(next: 301))
        for text in [
            "", "9", "9 main 4", "18446744073709551615 \(AuditCursorTests.identity) 4",
            "x \(AuditCursorTests.identity) y",
        ] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: room.path + "/seen-main"))
            #expect(try resume(room) == AuditCursor(next: 9, known: known), "\(text)")
        }
    }

    @Test(
        "heights that were not there are told of once, wherever it was killed and whatever went since (AUD-11)"
    )
    func gaps() throws {
        let wanted = [
            row(AuditCursor.unseen, 4, object: "4-30"), row("governance.effect", 9, object: "a"),
            row("governance.expire", 9, object: "b"), row("governance.effect", 28, object: "c"),
        ]
        for count in 0...wanted.count {
            let room = try AuditRoom()
            defer { room.leave() }
            let log = AuditLog(room.folder)
            try log.append([(Timestamp(1), row(AuditCursor.beginning, 1, object: AuditCursorTests.identity))])
            try mark(room, done: 3, tip: 1)
            try log.append(wanted.prefix(count).map { (Timestamp(1), $0) })
            let cursor = try #require(try resume(room))
            #expect(cursor.next == 4 && cursor.through == (count == 0 ? nil : 30) && cursor.isMarked == (count > 0))
            let rest = wanted.filter { !cursor.known.contains(AuditCursor.Mark($0)) }
            #expect(rest == Array(wanted.dropFirst(count)))
            // What was meant to be together stays known until all of it is done.
            if count > 0 {
                #expect(cursor.advanced(past: 9) == AuditCursor(next: 10, known: cursor.known, through: 30))
            }
            #expect(cursor.advanced(past: 30) == AuditCursor(next: 31))
            try log.append([(Timestamp(1), row("governance.propose", 33))])
            #expect(try resume(room)?.next == 33)
        }
        for object in ["", "4", "4-", "4-x", "9-3", "4-18446744073709551615", "4-5-6"] {
            let room = try AuditRoom()
            defer { room.leave() }
            try AuditLog(room.folder).append([
                (Timestamp(1), row(AuditCursor.beginning, 1, object: AuditCursorTests.identity)),
                (Timestamp(1), row(AuditCursor.unseen, 4, object: object)),
            ])
            #expect(try resume(room)?.through == nil, "\(object)")
        }
    }

    @Test("killed after any number of its rows, and before or after its mark, it writes each row once (AUD-11)")
    func killed() throws {
        // Heights with none, one or several rows.
        let wanted: [[AuditRecord]] = (1...40).map { height in
            (0..<(height * 7 % 4)).map { row("governance.approve", UInt64(height), object: "\(height)-\($0)") }
        }
        var random = SystemRandomNumberGenerator()
        for _ in 0..<25 {
            let room = try AuditRoom()
            defer { room.leave() }
            var isDone = false
            while !isDone {
                isDone = try live(room, wanted, killedAfter: Int.random(in: 1...25, using: &random))
            }
            let rows = try room.lines.compactMap { AuditRow(line: $0)?.record }
                .filter { AuditCursor.tells($0, of: "main") }
            #expect(rows == wanted.flatMap { $0 })
            #expect(try AuditCheck.run(room.folder).holds)
        }
    }

    /// As the node's watch goes, one step of the disk after the other.
    /// - Returns: whether it came to the end before it was killed.
    private func live(_ room: AuditRoom, _ wanted: [[AuditRecord]], killedAfter steps: Int) throws -> Bool {
        var steps = steps
        func step() -> Bool {
            steps -= 1
            return steps >= 0
        }
        let log = AuditLog(room.folder)
        var cursor: AuditCursor
        if let known = try resume(room) {
            cursor = known
        } else {
            guard step() else { return false }
            try log.append([(Timestamp(1), row(AuditCursor.beginning, 1, object: AuditCursorTests.identity))])
            cursor = AuditCursor(next: 1)
        }
        while cursor.next <= UInt64(wanted.count) {
            let rows = wanted[Int(cursor.next) - 1].filter { !cursor.known.contains(AuditCursor.Mark($0)) }
            if !rows.isEmpty {
                if !cursor.isMarked {
                    guard step() else { return false }
                    try mark(room, done: cursor.next - 1, tip: try log.tip().number)
                }
                // One write, of which a crash may leave a part.
                for row in rows {
                    guard step() else { return false }
                    try log.append([(Timestamp(1), row)])
                }
            }
            if cursor.next % 8 == 0 {
                guard step() else { return false }
                try mark(room, done: cursor.next, tip: try log.tip().number)
            }
            cursor = AuditCursor(next: cursor.next + 1)
        }
        return true
    }
}
