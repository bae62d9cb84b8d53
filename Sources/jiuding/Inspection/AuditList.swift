// SPDX-License-Identifier: Apache-2.0
import Administration
import ArgumentParser

/// The newest rows.
struct AuditList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: phrase("List what was done and denied, the newest last.", zh: "列出操作与拒绝记录，最新的在最后。"),
        discussion: phrase(
            """
            With --node the log of a node is read through its gateway, which takes the role supervisor or auditAdmin.

            Example: jiuding audit list --data data/node-0 --denied --from 2026-11-21
            Example: jiuding audit list --node http://10.0.0.1:8600 --as auditor.key --denied
            """,
            zh: """
                带 --node 时经节点网关读取其日志，需具 supervisor 或 auditAdmin 角色。

                示例：jiuding audit list --data data/node-0 --denied --from 2026-11-21
                示例：jiuding audit list --node http://10.0.0.1:8600 --as auditor.key --denied
                """))

    @Option(help: ArgumentHelp(phrase("How many rows at most.", zh: "最多列出的行数。"), valueName: "n"))
    var limit = 50

    @OptionGroup var choice: AuditChoice
    @OptionGroup var source: AuditSource
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...100_000).contains(limit) else {
            throw ValidationError(phrase("--limit is 1 to 100000", zh: "--limit 为 1 到 100000"))
        }
    }

    mutating func run() async throws {
        let terminal = output.terminal
        var rows: [AuditRow] = []
        let limit = limit
        try await source.forEachRow(choice, newest: limit) { row in
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
