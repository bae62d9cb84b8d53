// SPDX-License-Identifier: Apache-2.0
import Bedrock
import HTTPTypes
import HummingbirdCore
import Ledger

/// What was done, denied and read at this node, for supervisors and audit administrators.
/// - Spec: API-60 to API-62.
enum AuditOperations {
    static let all: [Operation] = [standing, rows]

    private static let json = "application/json"

    private static let standing = Operation(
        "getAudit", .get, "/v1/audit", summary: "The logs of acts and reads of this node, and who anchors them",
        answers: [.init(status: 200, contentType: json, description: "Where they stand")], problems: [404]
    ) { call in
        let audit = try call.audit()
        let standing = await audit.standing()
        try await call.tellRead(audit, object: "standing", detail: "")
        return Call.json { writer in
            writer.object { writer in
                writer.field("node", standing.node)
                writer.field("chain", audit.chain.text)
                writer.field("logs", list: standing.logs) { writer, log in
                    writer.object { writer in
                        writer.field("log", log.name)
                        writer.field("first", log.first)
                        writer.field("last", log.last)
                        writer.field("digest", log.digest)
                    }
                }
                writer.field("anchor", standing.anchor) { writer, anchor in
                    writer.object { writer in
                        writer.field("account", anchor.account.hex)
                        writer.field("row", anchor.row)
                        writer.field("evidence", anchor.evidence)
                    }
                }
            }
        }
    }

    private static func word(_ name: String, _ description: String) -> Operation.Parameter {
        .init(name: name, place: .query, type: "string", description: description)
    }

    private static let rows = Operation(
        "listAuditRows", .get, "/v1/audit/{log}", summary: "Rows of a log in their order, each as it stands there",
        parameters: [
            .init(name: "log", place: .path, type: "string", description: "acts or reads"),
            .init(name: "row", place: .query, type: "integer", description: "The first row; 1 if absent"),
            word("from", "Only rows from this time on, UTC, or from a beginning of one as 2026-11-21"),
            word("to", "Only rows up to and including this time"), word("act", "Only acts that begin so"),
            word("who", "Only rows of this account or organisation"), word("chain", "Only rows about this chain"),
            .init(name: "denied", place: .query, type: "boolean", description: "true: only what was denied or failed"),
            .init(name: "limit", place: .query, type: "integer", description: "How many, 1 to 1000; 100 if absent"),
            word("cursor", "Where the page before this one ended"),
        ],
        answers: [.init(status: 200, contentType: json, description: "The rows")], problems: [400, 404, 503]
    ) { call in
        let audit = try call.audit()
        let question = try question(call)
        let page = try await audit.page(question)
        let rows = page.lines.isEmpty ? "no rows" : "\(page.first)-\(page.last)"
        // Before the answer: what nobody could write down nobody is given.
        try await call.tellRead(
            audit, object: "\(question.log) \(rows)", detail: "\(page.lines.count) rows\(chosen(question))")
        return Call.json(reserving: 512 * page.lines.count + 512) { writer in
            writer.object { writer in
                writer.field("log", question.log)
                writer.field("rows", list: page.lines) { $0.verbatim($1) }
                writer.field("strange", page.strange)
                writer.field("cursor", page.cursor) { $0.value($1) }
            }
        }
    }

    private static func question(_ call: Call) throws(Problem) -> AuditQuestion {
        var question = AuditQuestion(log: try call.path("log"))
        question.first = try call.number("row", max: 999_999_999_999) ?? 1
        question.limit = try call.limit(default: 100)
        question.cursor = try call.query("cursor")
        (question.from, question.to) = (try time(call, "from"), try time(call, "to"))
        (question.act, question.who) = (try call.query("act"), try call.query("who"))
        question.chain = try call.query("chain")
        question.isDenied = try call.flag("denied")
        return question
    }

    /// A time as rows have it, or the beginning of one from the year on.
    private static func time(_ call: Call, _ name: String) throws(Problem) -> String? {
        guard let text = try call.query(name) else { return nil }
        let form = "0000-00-00T00:00:00.000"
        let plain = text.hasSuffix("Z") ? String(text.dropLast()) : text
        let isTime =
            (4...form.utf8.count).contains(plain.utf8.count)
            && zip(plain.utf8, form.utf8).allSatisfy { $1 == 0x30 ? (0x30...0x39).contains($0) : $0 == $1 }
        guard isTime else { throw Problem(.malformedRequest, "\(name) is no time; write it as 2026-11-21T04:59:51Z") }
        return plain
    }

    /// What of the log was asked for, for the row that says so.
    private static func chosen(_ question: AuditQuestion) -> String {
        let words = [
            question.from.map { "from \($0)" }, question.to.map { "to \($0)" }, question.act.map { "act \($0)" },
            question.who.map { "who \($0)" }, question.chain.map { "chain \($0)" }, question.isDenied ? "denied" : nil,
        ].compactMap { $0 }
        return words.isEmpty ? "" : ", only " + words.joined(separator: ", ")
    }
}

extension Call {
    func audit() throws(Problem) -> any AuditAccess {
        guard let audit = door.node.audit else { throw Problem(.notFound, "this node keeps no audit log") }
        return audit
    }

    /// Whether the caller's office is to look at what others did (API-60).
    func auditVerdict() async throws(Problem) -> ReadVerdict {
        let audit = try audit()
        guard let account = caller.account else {
            throw Problem(.unauthorised, "the audit log is read with a token or a signed request")
        }
        let chain = try await door.chain(named: audit.chain.text)
        let verdict: ReadVerdict
        do { verdict = try await chain.mayAudit(by: account) } catch { throw Problem(error.code, error.detail) }
        guard !verdict.code.isSuccess else { return verdict }
        // No policy stands behind this: the rule is that of an office, and has a code of its own.
        let code = verdict.code == .deniedByPolicy ? StableCode.notAuditor : verdict.code.stable ?? .notAuditor
        throw Problem(
            status: 403, code: code,
            detail: "the audit log, by \(chain.name.text) at height \(verdict.height.value): \(verdict.reason)")
    }

    /// Writes down a read of the audit log before anything of it is given out (API-61).
    fileprivate func tellRead(_ audit: any AuditAccess, object: String, detail: String) async throws {
        let verdict = try await auditVerdict()
        try await audit.record(
            AccessNote(
                kind: .audit, who: caller.account?.hex ?? "", organization: verdict.organization?.text ?? "",
                chain: audit.chain.text, object: object, height: verdict.height.value, code: nil,
                detail: "from \(address)" + (detail.isEmpty ? "" : ", \(detail)"), address: address, claim: "",
                isStranger: false, count: 1))
    }
}
