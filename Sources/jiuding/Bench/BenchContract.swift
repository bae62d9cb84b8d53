// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Execution
import WasmtimeEngine

/// Measures the engine contracts run on: calls a second, and whether gas follows time.
struct BenchContract: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contract",
        abstract: phrase("Measure the engine that contracts run on.", zh: "测量合约执行引擎。"),
        discussion: phrase(
            "One thread, CPU time. A call on a fresh instance with two reads and two writes; then time per gas of "
                + "programs of every kind. Needs no node.\n\nExample: jiuding bench contract --seconds 2",
            zh: "单线程，按 CPU 时间。先测在新实例上各读写两次的一次调用，再测各类程序每单位 gas 的时间。不需要节点。\n\n"
                + "示例：jiuding bench contract --seconds 2"))

    @Option(help: ArgumentHelp(phrase("CPU seconds of one row.", zh: "每行的 CPU 秒数。")))
    var seconds = 0.5

    @Option(
        help: ArgumentHelp(
            phrase("The engine's library, if not beside this program.", zh: "引擎库文件，若不在本程序旁。"), valueName: "file"))
    var library: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (0.05...600).contains(seconds) else {
            throw ValidationError(phrase("--seconds lies from 0.05 to 600", zh: "--seconds 应在 0.05 到 600 之间"))
        }
    }

    mutating func run() throws {
        let terminal = output.terminal
        do {
            let engine = try library.map { path throws(EngineTrouble) in try WasmtimeEngine.load(path: path) }
            var rows = try ContractRows(seconds: seconds, engine: engine ?? NodeEngine(cacheIn: nil).engine())
            try rows.measureAll { terminal.note("· \($0)") }
            ContractReport(rows: rows).show(on: terminal)
        } catch let trouble as EngineTrouble { throw Failure(trouble) }
    }
}
