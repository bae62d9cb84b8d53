// SPDX-License-Identifier: Apache-2.0
import Foundation
import Ledger
import ShangMi

/// What testing a contract found, as people and programs read it.
struct ScenarioReport {
    enum Native: String {
        case passed, failed, skipped
        /// The folder has no Swift tests.
        case absent
    }

    let module: ModuleFile
    let native: Native
    let runs: [ScenarioRun]

    func show(on terminal: Terminal) {
        terminal.emit(json)
        terminal.say(pairs: [
            (phrase("module", zh: "模块"), "\(module.path)  \(Quantity.bytes(UInt64(module.bytes.count)))"),
            (phrase("Swift tests", zh: "Swift 测试"), words),
        ])
        for run in runs { show(run, on: terminal) }
        if runs.isEmpty { terminal.say(phrase("no scenario: scenarios/*.yaml", zh: "没有剧本：scenarios/*.yaml")) }
    }

    private var words: String {
        switch native {
        case .passed: phrase("passed", zh: "通过")
        case .failed: phrase("failed", zh: "失败")
        case .skipped: phrase("left out", zh: "已跳过")
        case .absent: phrase("none", zh: "无")
        }
    }

    private func show(_ run: ScenarioRun, on terminal: Terminal) {
        let deviations = run.deviations
        let mark = deviations.isEmpty ? terminal.paint("✓", .green) : terminal.paint("✗", .red)
        terminal.say()
        terminal.say("\(mark) \(run.file.path)")
        var table = TableLayout([
            .init(phrase("line", zh: "行"), .right), .init(phrase("height", zh: "高度"), .right),
            .init(phrase("who", zh: "调用者")), .init(phrase("method", zh: "方法")),
            .init(phrase("gas", zh: "燃料"), .right), .init(phrase("result", zh: "结果")),
        ])
        for row in run.rows {
            let line = row.place.split(separator: ":").last.map(String.init) ?? ""
            table.add([
                line, "\(row.height.value)", row.caller, row.method, "\(row.gas)",
                row.result + (row.deviation == nil ? "" : "  ✗"),
            ])
        }
        terminal.say(table)
        for deviation in deviations { terminal.say(terminal.paint("✗", .red) + " " + deviation) }
    }

    private var json: JSONText {
        [
            "passed": .flag(native != .failed && runs.allSatisfy { $0.deviations.isEmpty }),
            "module": .text(module.path), "code": .text(SM3.hash(module.bytes).hex), "native": .text(native.rawValue),
            "scenarios": .list(
                runs.map { run in
                    [
                        "file": .text(run.file.path), "passed": .flag(run.deviations.isEmpty),
                        "calls": .list(run.rows.map { ScenarioReport.json($0) }),
                        "deviations": .list(run.deviations.map { .text($0) }),
                    ]
                }),
        ]
    }

    private static func json(_ row: ScenarioRun.Row) -> JSONText {
        [
            "place": .text(row.place), "height": .whole(row.height.value), "caller": .text(row.caller),
            "method": .text(row.method), "gasUsed": .whole(row.gas), "result": .text(row.result),
            "deviation": .maybe(row.deviation),
        ]
    }
}
