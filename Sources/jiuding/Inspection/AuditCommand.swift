// SPDX-License-Identifier: Apache-2.0
import Administration
import ArgumentParser
import Foundation
import Ledger
import ShangMi

/// What was done on a node and who was denied what.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: phrase(
            "Read, check and export a node's tamper-evident log of acts, denials and reads.",
            zh: "查看、核验与导出节点的防篡改审计日志。"),
        subcommands: [AuditList.self, AuditVerify.self, AuditExport.self])
}

/// Where a node's logs lie.
struct AuditPlace {
    /// The node's own data directory.
    let data: String

    var folder: String { "\(data)/audit" }

    /// What the node is called: by its configuration where it lies beside its data, else by the folder.
    var node: String {
        let path = "\(data)/node.yaml"
        if FileManager.default.fileExists(atPath: path), let found = try? NodeConfiguration.read(path) {
            return found.node
        }
        return URL(fileURLWithPath: data).standardizedFileURL.lastPathComponent
    }

    /// DATA itself where it is a node's, and DATA/node-i.
    static func all(below data: String) throws -> [AuditPlace] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: data)) ?? []
        let candidates = [data] + names.filter { $0.hasPrefix("node-") }.sorted().map { "\(data)/\($0)" }
        let found = candidates.map { AuditPlace(data: $0) }.filter { FileManager.default.fileExists(atPath: $0.folder) }
        guard found.isEmpty else { return found }
        throw Failure.usage(
            phrase("no audit log lies below \(data)", zh: "\(data) 下没有审计日志"),
            fix: phrase("name a node's data directory with --data", zh: "请用 --data 指定节点的数据目录"))
    }

    /// The one place a command reads from.
    static func one(below data: String) throws -> AuditPlace {
        let found = try all(below: data)
        guard found.count > 1 else { return found[0] }
        throw Failure.usage(
            phrase("\(data) holds the logs of \(found.count) nodes", zh: "\(data) 含有 \(found.count) 个节点的日志"),
            fix: phrase("name one: --data \(found[0].data)", zh: "请指定其一：--data \(found[0].data)"))
    }
}

/// Which rows of which log.
struct AuditChoice: ParsableArguments {
    @Flag(help: ArgumentHelp(phrase("The log of reads instead of acts and denials.", zh: "查看读取日志，而非操作日志。")))
    var reads = false

    @Option(
        help: ArgumentHelp(
            phrase("Only rows from this time on, UTC, as 2026-11-21 or longer.", zh: "起始时间（UTC），如 2026-11-21。"),
            valueName: "time"))
    var from: String?

    @Option(
        help: ArgumentHelp(
            phrase("Only rows up to and including this time, UTC.", zh: "截止时间（UTC，含）。"), valueName: "time"))
    var to: String?

    @Option(
        help: ArgumentHelp(
            phrase("Only acts that begin so, as token.", zh: "仅列出以此开头的操作，如 token。"), valueName: "act"))
    var act: String?

    @Option(
        help: ArgumentHelp(
            phrase("Only rows with this account or organisation.", zh: "仅列出该账户或机构的记录。"), valueName: "name"))
    var who: String?

    @Flag(help: ArgumentHelp(phrase("Only what was denied or failed.", zh: "仅列出被拒绝或失败的记录。")))
    var denied = false

    func validate() throws {
        for time in [from, to].compactMap({ $0 }) where !AuditChoice.isTime(time) {
            throw ValidationError(
                phrase(
                    "\"\(time)\" is no time; write it as 2026-11-21 or 2026-11-21T04:59:51Z",
                    zh: "“\(time)”不是时间；请写作 2026-11-21 或 2026-11-21T04:59:51Z"))
        }
    }

    /// The beginning of a time as rows have it.
    private static func isTime(_ text: String) -> Bool {
        let form = "0000-00-00T00:00:00.000Z"
        let plain = text.hasSuffix("Z") ? String(text.dropLast()) : text
        guard plain.utf8.count >= 4, plain.utf8.count < form.utf8.count else { return false }
        return zip(plain.utf8, form.utf8).allSatisfy { given, wanted in
            wanted == 0x30 ? (0x30...0x39).contains(given) : given == wanted
        }
    }

    func folder(_ place: AuditPlace) -> AuditFolder {
        AuditFolder(place.folder, reads ? AuditFolder.reads : AuditFolder.acts)
    }

    func takes(_ row: AuditRow) -> Bool {
        func plain(_ text: String) -> String { text.hasSuffix("Z") ? String(text.dropLast()) : text }
        if let from, row.time < plain(from) { return false }
        if let to, row.time.prefix(plain(to).count) > plain(to) { return false }
        if let act, !row.record.act.hasPrefix(act) { return false }
        if let who, row.record.who != who, row.record.organization != who { return false }
        return !denied || row.record.verdict == .denied || row.record.verdict == .failed
    }

    /// Hands every chosen row to `body`; a line that is no row is passed over, `verify` names it.
    func forEachRow(_ place: AuditPlace, _ body: (AuditRow) -> Void) throws {
        try Failure.namingAudit { () throws(AuditFailure) in
            _ = try folder(place).forEachLine { line, _ in
                if let row = AuditRow(line: line), takes(row) { body(row) }
            }
        }
    }
}

extension Failure {
    static func namingAudit<Answer>(_ body: () throws(AuditFailure) -> Answer) throws(Failure) -> Answer {
        do { return try body() } catch {
            let code = StableCode.auditUnwritable
            throw Failure(.no, code.label, "\(code.sentence): \(error)", fix: code.remedy)
        }
    }
}

/// The newest rows.
struct AuditList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: phrase("List what was done and denied, the newest last.", zh: "列出操作与拒绝记录，最新的在最后。"),
        discussion: phrase(
            "Example: jiuding audit list --data data/node-0 --denied --from 2026-11-21",
            zh: "示例：jiuding audit list --data data/node-0 --denied --from 2026-11-21"))

    @Option(help: ArgumentHelp(phrase("How many rows at most.", zh: "最多列出的行数。"), valueName: "n"))
    var limit = 50

    @OptionGroup var choice: AuditChoice
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...100_000).contains(limit) else {
            throw ValidationError(phrase("--limit is 1 to 100000", zh: "--limit 为 1 到 100000"))
        }
    }

    func run() throws {
        let terminal = output.terminal
        var rows: [AuditRow] = []
        try choice.forEachRow(try AuditPlace.one(below: store.data)) { row in
            rows.append(row)
            if rows.count >= 2 * limit { rows.removeFirst(rows.count - limit) }
        }
        rows = rows.suffix(limit)
        terminal.emit(["rows": .list(rows.map { AuditView.json($0) })])
        var table = TableLayout([
            .init(phrase("row", zh: "行"), .right), .init(phrase("time", zh: "时间")), .init(phrase("act", zh: "操作")),
            .init(phrase("verdict", zh: "结果")), .init(phrase("code", zh: "代码")), .init(phrase("who", zh: "何人")),
            .init(phrase("object", zh: "对象")), .init(phrase("count", zh: "次数"), .right),
        ])
        for row in rows {
            let record = row.record
            let home = record.organization.isEmpty ? "" : " (\(record.organization))"
            table.add([
                String(row.number), String(row.time.prefix(19)), record.act, AuditView.word(record.verdict),
                record.code,
                record.who.shortened + home, String(record.object.prefix(48)), String(record.count),
            ])
        }
        terminal.say(table)
    }
}

/// Rows as programs and people see them.
enum AuditView {
    static func json(_ row: AuditRow) -> JSONText {
        let record = row.record
        return [
            "row": .whole(row.number), "time": .text(row.time), "act": .text(record.act),
            "verdict": .text(record.verdict.rawValue), "code": .text(record.code), "who": .text(record.who),
            "organization": .text(record.organization), "chain": .text(record.chain), "object": .text(record.object),
            "height": record.height.map { .whole($0) } ?? .null, "count": .whole(record.count),
            "detail": .text(record.detail), "previous": .text(row.previous.hex), "digest": .text(row.digest.hex),
        ]
    }

    static func word(_ verdict: AuditRecord.Verdict) -> String {
        switch verdict {
        case .done: phrase("done", zh: "完成")
        case .allowed: phrase("allowed", zh: "允许")
        case .denied: phrase("denied", zh: "拒绝")
        case .failed: phrase("failed", zh: "失败")
        }
    }

    static let columns = [
        "row", "time", "act", "verdict", "code", "who", "organization", "chain", "object", "height", "count", "detail",
        "previous", "digest",
    ]

    /// One line of CSV (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe in front.
    static func csv(_ row: AuditRow) -> String {
        let record = row.record
        let fields = [
            "\(row.number)", row.time, record.act, record.verdict.rawValue, record.code, record.who,
            record.organization,
            record.chain, record.object, record.height.map { "\($0)" } ?? "", "\(record.count)", record.detail,
            row.previous.hex, row.digest.hex,
        ]
        return fields.map { field in
            let safe = "=+-@\t\r".contains(field.first ?? "x") ? "'" + field : field
            guard safe.contains(where: { ",\"\n\r".contains($0) }) else { return safe }
            return "\"\(safe.replacing("\"", with: "\"\""))\""
        }.joined(separator: ",")
    }
}
