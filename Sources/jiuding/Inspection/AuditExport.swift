// SPDX-License-Identifier: Apache-2.0
import Administration
import ArgumentParser
import Foundation

/// Rows for another program: JSON lines as they stand in the log, or a table.
/// - Spec: AUD-10.
struct AuditExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: phrase("Export rows as JSON lines or CSV.", zh: "以 JSON 行或 CSV 导出日志。"),
        discussion: phrase(
            """
            JSON lines are the log's own, byte for byte: whoever gets all of them can check their digests, and `audit
            verify` reads them as audit/acts-000000000001.log in a folder. With --node they come through the node's
            gateway, which takes the role supervisor or auditAdmin.

            Example: jiuding audit export --data data/node-0 --from 2026-11-01 --to 2026-11-30 --csv --out november.csv
            """,
            zh: """
                JSON 行与日志逐字节相同：取得全部行者可自行核验摘要；存为某目录下的 audit/acts-000000000001.log 后，\
                可用 audit verify 核验。带 --node 时经节点网关读取，需具 supervisor 或 auditAdmin 角色。

                示例：jiuding audit export --data data/node-0 --from 2026-11-01 --to 2026-11-30 --csv --out november.csv
                """))

    @Flag(help: ArgumentHelp(phrase("A table with a header line instead of JSON lines.", zh: "导出为带表头的 CSV。")))
    var csv = false

    @Option(help: ArgumentHelp(phrase("Write here; default stdout.", zh: "写入文件；默认标准输出。"), valueName: "file"))
    var out: String?

    @OptionGroup var choice: AuditChoice
    @OptionGroup var source: AuditSource
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if csv, output.json, out == nil {
            throw ValidationError(phrase("--csv and --json need --out", zh: "--csv 与 --json 同用时需要 --out"))
        }
    }

    mutating func run() async throws {
        let file = try handle()
        var count: UInt64 = 0
        var text = csv ? AuditView.columns.joined(separator: ",") + "\n" : ""
        func write() throws {
            do { try file.write(contentsOf: Data(text.utf8)) } catch {
                throw Failure(
                    .no, "JD-4009", phrase("\(out ?? "stdout") cannot be written", zh: "无法写入 \(out ?? "标准输出")"),
                    fix: phrase("check the path and the free space", zh: "请检查路径与剩余空间"))
            }
            text = ""
        }
        let isTable = csv
        try await source.forEachRow(choice) { row in
            count += 1
            text += (isTable ? AuditView.csv(row) : String(decoding: row.line, as: UTF8.self)) + "\n"
            if text.utf8.count > 1 << 20 { try write() }
        }
        try write()
        guard let out else { return }
        output.terminal.emit(["file": .text(out), "rows": .whole(count)])
        output.terminal.say(phrase("\(out): \(count) rows", zh: "\(out)：\(count) 行"))
    }

    private func handle() throws -> FileHandle {
        guard let out else { return .standardOutput }
        guard FileManager.default.createFile(atPath: out, contents: nil), let file = FileHandle(forWritingAtPath: out)
        else {
            throw Failure.usage(
                phrase("\(out) cannot be written", zh: "无法写入 \(out)"), fix: phrase("check the path", zh: "请检查路径"))
        }
        return file
    }
}
