// SPDX-License-Identifier: Apache-2.0
import Administration
import ArgumentParser
import Foundation
import KeyCustody
import Ledger
import ShangMi

/// What was done on a node, or by a certificate authority, and who was denied what.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: phrase(
            "Read, check, export and anchor the tamper-evident log of a node or a certificate authority.",
            zh: "查看、核验、导出与锚定节点或证书机构的防篡改审计日志。"),
        subcommands: [AuditList.self, AuditVerify.self, AuditExport.self, AuditAnchor.self])
}

/// Where the logs of a node, or of a certificate authority, lie.
/// - Spec: AUD-1, AUD-15.
struct AuditPlace {
    /// The node's own data directory, or the authority's folder.
    let data: String

    var folder: String { "\(data)/audit" }

    /// What the log is called in its anchors: a node's by its configuration where it lies beside its data, an
    /// authority's by its root, else by the folder.
    var name: String {
        if let root = try? AuthorityPlace(data).readRoot() {
            return "\(root.subject.commonName ?? "ca") \(root.serial.hexadecimal.prefix(8))"
        }
        let path = "\(data)/node.yaml"
        if FileManager.default.fileExists(atPath: path), let found = try? NodeConfiguration.read(path) {
            return found.node
        }
        return URL(fileURLWithPath: data).standardizedFileURL.lastPathComponent
    }

    /// The trust anchor: the one given, the environment's, the one in DATA, else the one beside it.
    static func trust(_ given: String?, data: String, chain: String) -> String {
        let own = TrustChoice.path(given, data: data, chain: chain)
        guard given == nil, !FileManager.default.fileExists(atPath: own) else { return own }
        let beside = URL(fileURLWithPath: data).standardizedFileURL.deletingLastPathComponent().path
        return TrustChoice.path(nil, data: beside, chain: chain)
    }

    /// DATA itself where it is a node's or an authority's, and DATA/node-i.
    static func all(below data: String) throws -> [AuditPlace] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: data)) ?? []
        let candidates = [data] + names.filter { $0.hasPrefix("node-") }.sorted().map { "\(data)/\($0)" }
        let found = candidates.map { AuditPlace(data: $0) }.filter { FileManager.default.fileExists(atPath: $0.folder) }
        guard found.isEmpty else { return found }
        throw Failure.usage(
            phrase("no audit log lies below \(data)", zh: "\(data) 下没有审计日志"),
            fix: phrase(
                "name a node's data directory, or an authority's folder, with --data",
                zh: "请用 --data 指定节点的数据目录或证书机构目录"))
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
        for time in [from, to].compactMap({ $0 }) where !AuditFilter.isTime(time) {
            throw ValidationError(
                phrase(
                    "\"\(time)\" is no time; write it as 2026-11-21 or 2026-11-21T04:59:51Z",
                    zh: "“\(time)”不是时间；请写作 2026-11-21 或 2026-11-21T04:59:51Z"))
        }
    }

    var filter: AuditFilter {
        var filter = AuditFilter()
        (filter.from, filter.to, filter.act, filter.who) = (from, to, act, who)
        filter.isDenied = denied
        return filter
    }

    var log: String { reads ? AuditFolder.reads : AuditFolder.acts }

    func folder(_ place: AuditPlace) -> AuditFolder {
        AuditFolder(place.folder, log)
    }

    /// Hands every chosen row to `body`; a line that is no row is passed over, `verify` names it.
    func forEachRow(_ place: AuditPlace, _ body: (AuditRow) -> Void) throws {
        let filter = filter
        try Failure.namingAudit { () throws(AuditFailure) in
            _ = try folder(place).forEachLine { line, _ in
                if let row = AuditRow(line: line), filter.takes(row) { body(row) }
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
