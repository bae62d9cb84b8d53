// SPDX-License-Identifier: Apache-2.0
import ClientKit
import Gateway
import Ledger
import ShangMi
import Synchronization
import Testing

/// Logs in memory, and what was written down of their readers.
final class FakeAudit: AuditAccess {
    let chain = Label(literal: "main")
    private let state = Mutex<(notes: [AccessNote], isFull: Bool)>(([], false))
    var notes: [AccessNote] { state.withLock { $0.notes } }

    /// From now on nothing can be written down.
    func fill() { state.withLock { $0.isFull = true } }

    static func line(_ row: Int) -> String {
        let digest = String(repeating: "ab", count: 32)
        return "{\"row\":\(row),\"time\":\"2026-11-21T04:59:51.123Z\",\"act\":\"node.start\",\"verdict\":\"done\","
            + "\"code\":\"\",\"who\":\"九\",\"organization\":\"\",\"chain\":\"main\",\"object\":\"\",\"height\":null,"
            + "\"count\":1,\"detail\":\"a \\\"b\\\"\",\"previous\":\"\(digest)\",\"digest\":\"\(digest)\"}"
    }

    func standing() async -> AuditStanding {
        let digest = String(repeating: "ab", count: 32)
        return AuditStanding(
            node: "node-0", logs: [.init(name: "acts", first: 1, last: 5, digest: digest)],
            anchor: .init(account: AccountID(SM3.hash([1])), row: 4, evidence: "E7-0"))
    }

    func page(_ question: AuditQuestion) async throws(AccessError) -> AuditPage {
        guard question.log == "acts" else { throw AccessError(.notFound, detail: "no such log") }
        guard question.cursor != "x" else { throw AccessError(.malformedRequest, detail: "cursor") }
        let start = question.cursor.flatMap { Int($0) } ?? Int(question.first)
        let rows = Array((start...5).prefix(question.limit))
        let last = rows.last ?? 0
        return AuditPage(
            lines: rows.map { [UInt8](FakeAudit.line($0).utf8) }, first: UInt64(rows.first ?? 0), last: UInt64(last),
            strange: 0, cursor: last < 5 ? "\(last + 1)" : nil)
    }

    func record(_ note: AccessNote) async throws(AccessError) {
        let isFull = state.withLock { state in
            if !state.isFull { state.notes.append(note) }
            return state.isFull
        }
        if isFull { throw AccessError(.auditUnwritable, detail: "full") }
    }
}

@Suite struct AuditDoorTests {
    @Test(
        "whose office it is reads the log, others are denied with the code that says why, public reads or not (API-60)")
    func rights() async throws {
        for isPublic in [false, true] {
            let audit = FakeAudit()
            try await Guarded.run(isPublic: isPublic, audit: audit) { guarded in
                let (token, _) = try guarded.token()
                for path in ["/v1/audit", "/v1/audit/acts"] {
                    #expect(try await guarded.get(path).json?["code"] == .text("JD-3107"))
                    let denied = try await guarded.get(path, token: token)
                    #expect(denied.status == 403 && denied.json?["code"] == .text("JD-3120"))
                }
                await guarded.served.chain.appoint(guarded.member)
                #expect(try await guarded.get("/v1/audit", token: token).status == 200)
                #expect(try await guarded.get("/v1/audit/acts", token: token).status == 200)
                #expect(
                    try await guarded.get("/v1/audit", headers: try guarded.signed("GET", "/v1/audit")).status == 200)
                await guarded.served.chain.admit(guarded.member, Label(literal: "省局"), .memberFrozen)
                #expect(try await guarded.get("/v1/audit/acts", token: token).json?["code"] == .text("JD-1801"))
                // What was denied is told as every denial is, what was read in a row of its own.
                #expect(guarded.notes.all.count == 5 && guarded.notes.all.allSatisfy { $0.code != nil })
                #expect(guarded.notes.all.last?.object == "listAuditRows")
            }
            #expect(audit.notes.map(\.object) == ["standing", "acts 1-5", "standing"])
        }
    }

    @Test("rows come in the log's own bytes, page by page, and each page is written down before it is given (API-61)")
    func rows() async throws {
        let audit = FakeAudit()
        try await Guarded.run(audit: audit) { guarded in
            await guarded.served.chain.appoint(guarded.member)
            let (token, _) = try guarded.token()
            let answer = try await guarded.get("/v1/audit/acts?limit=2&denied=true&act=node", token: token)
            #expect(answer.text.contains(FakeAudit.line(1) + "," + FakeAudit.line(2)))
            #expect(answer.json?["cursor"] == .text("3"))
            let note = try #require(audit.notes.last)
            #expect(note.who == guarded.member.hex && note.organization == "省局" && note.object == "acts 1-2")
            #expect(note.detail.contains("127.0.0.1") && note.detail.contains("act node") && note.kind == .audit)
            for (path, status) in [
                ("/v1/audit/none", 404), ("/v1/audit/acts?limit=0", 400), ("/v1/audit/acts?cursor=x", 400),
                ("/v1/audit/acts?from=soon", 400), ("/v1/audit/acts?row=x", 400), ("/v1/audit/acts?to=2026-11-21", 200),
            ] { #expect(try await guarded.get(path, token: token).status == status, "\(path)") }
            var options = NodeClient.Options()
            options.attempts = 1
            options.token = token
            let reader = try NodeClient(guarded.served.url, options: options)
            let standing = try await reader.audit()
            #expect(standing.node == "node-0" && standing.logs.first?.last == 5 && standing.anchoredRow == 4)
            let page = try await reader.auditRows("acts", cursor: "4")
            #expect(page.elements.map(\.row) == [4, 5] && page.cursor == nil)
            #expect(
                page.elements[0].who == "九" && page.elements[0].detail == "a \"b\"" && page.elements[0].height == nil)
            await reader.close()
            audit.fill()
            let full = try await guarded.get("/v1/audit/acts", token: token)
            #expect(full.status == 503 && full.json?["code"] == .text("JD-2306") && !full.text.contains("node.start"))
        }
    }
}
