// SPDX-License-Identifier: Apache-2.0
import Administration
import ArgumentParser
import Foundation

/// Rows for another program: JSON lines as they stand in the log, or a table.
/// - Spec: AUD-10.
struct AuditExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: phrase("Export rows as JSON lines or CSV.", zh: "以 JSON 行或 CSV 导出日志。"),
        discussion: phrase(
            """
            JSON lines are the log's own, byte for byte: whoever gets all of them can check their digests.

            Example: jiuding audit export --data data/node-0 --from 2026-11-01 --to 2026-11-30 --csv --out november.csv
            """,
            zh: """
                JSON 行与日志逐字节相同：取得全部行者可自行核验摘要。

                示例：jiuding audit export --data data/node-0 --from 2026-11-01 --to 2026-11-30 --csv --out november.csv
                """))

    @Flag(help: ArgumentHelp(phrase("A table with a header line instead of JSON lines.", zh: "导出为带表头的 CSV。")))
    var csv = false

    @Option(help: ArgumentHelp(phrase("Write here; default stdout.", zh: "写入文件；默认标准输出。"), valueName: "file"))
    var out: String?

    @OptionGroup var choice: AuditChoice
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if csv, output.json, out == nil {
            throw ValidationError(phrase("--csv and --json need --out", zh: "--csv 与 --json 同用时需要 --out"))
        }
    }

    func run() throws {
        let place = try AuditPlace.one(below: store.data)
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
        var problem: (any Error)?
        try choice.forEachRow(place) { row in
            count += 1
            text += (csv ? AuditView.csv(row) : String(decoding: row.line, as: UTF8.self)) + "\n"
            if text.utf8.count > 1 << 20, problem == nil {
                do { try write() } catch { problem = error }
            }
        }
        if let problem { throw problem }
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
