// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Execution
import Foundation
import Ledger
import WasmtimeEngine

/// Replays a past transaction on this machine and shows what it did.
struct ContractTrace: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: phrase(
            "Replay a past transaction here; show calls, gas, state and the failing line.",
            zh: "在本机重放交易：调用、燃料、状态变化与出错源码行。"),
        discussion: phrase(
            """
            Out of a node's data directory, whose node may run: it is read as of one moment and never written. The block
            is executed again on the state before it. That state is taken where the node still keeps it (stateHeights),
            else made again by executing the blocks from the newest kept state before it, or from the founding, with a
            bar; each block's state must be the one the chain came to. Blocks that have left for the archive cannot be
            replayed. With --source, the contract's folder is built with debug information, and a failure's Swift line
            is shown; of a thrown error it is the last line with a throw that ran.

            Example: jiuding contract trace 9f3a… --data ./data --source desks/my-desk
            """,
            zh: """
                读取某节点的数据目录（节点可继续运行，只读某一时刻，绝不写入），在区块之前的状态上重新执行该区块。节点仍保留该状态时
                （stateHeights）直接取用，否则从更早的保留状态或创世起逐块重放并显示进度；每块状态须与链上一致。已移入归档的区块无法重放。
                给出 --source 时以调试信息构建合约目录，并显示出错的 Swift 源码行；抛出的错误取最后执行的含 throw 的行。

                示例：jiuding contract trace 9f3a… --data ./data --source desks/my-desk
                """))

    @Argument(help: ArgumentHelp(phrase("The transaction's identifier, 64 hexadecimal digits.", zh: "交易标识，64 位十六进制。")))
    var id: String

    @Option(help: ArgumentHelp(phrase("The chain's name.", zh: "链名称。"), valueName: "name"))
    var chain = "main"

    @Option(
        name: .customLong("source"),
        help: ArgumentHelp(
            phrase("A contract's folder; may stand more than once.", zh: "合约目录，可多次给出。"), valueName: "folder"))
    var folders: [String] = []

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run() throws {
        guard let transaction = TransactionID(hex: id) else { throw Identified.failure("TX", id) }
        guard let directory = StoreVerification.directories(below: store.data, chain: chain).first else {
            throw Failure.usage(
                phrase("no store of chain \(chain) lies below \(store.data)", zh: "\(store.data) 下没有链 \(chain) 的存储"),
                fix: phrase("name the data directory with --data", zh: "请用 --data 指定数据目录"))
        }
        let terminal = output.terminal
        let engine = TracingEngine(try ContractTrace.engine())
        var past = try PastChain(directory: directory, engine: engine)
        defer { past.close() }
        let bar = ProgressBar(terminal, label: phrase("replaying", zh: "重放"), unit: .items, total: 0)
        defer { bar.finish() }
        var replayed = try ReplayedTransaction(try past.place(of: transaction), of: &past, engine: engine) {
            bar.reach(Double($0), of: Double($1))
        }
        bar.finish()
        let failures = try failures(of: &replayed)
        TraceReport(transaction: transaction, replayed: replayed, failures: failures).show(on: terminal)
        if replayed.outcome != replayed.recorded {
            throw Failure(
                .no, "JD-1510",
                phrase("it came to something else than its receipt says", zh: "结果与回执不符"),
                fix: phrase("run the program version that the chain's nodes run", zh: "请使用与链上节点相同的程序版本"))
        }
    }

    private static func engine() throws -> WasmtimeEngine {
        do throws(EngineTrouble) {
            guard let path = NodeEngine.library else {
                throw EngineTrouble(what: "the contract engine's library is not here", heals: false)
            }
            var settings = EngineSettings()
            settings.keepsFrames = true
            return try WasmtimeEngine.load(path: path, settings: settings)
        } catch { throw Failure(error) }
    }

    /// Runs that failed, and where in the sources that are at hand.
    private func failures(of replayed: inout ReplayedTransaction) throws -> [TraceReport.Mishap] {
        let failed = replayed.runs.indices.filter { replayed.runs[$0].hasFailed }.prefix(TraceReport.failuresMax)
        guard !failed.isEmpty, !folders.isEmpty else { return failed.map { TraceReport.Mishap(run: $0) } }
        let place = FileManager.default.temporaryDirectory.appending(path: "jiuding-trace-\(UUID().uuidString)").path()
        defer { try? FileManager.default.removeItem(atPath: place) }
        let sources = try folders.enumerated().map { try SourceLines(folder: $1, in: "\(place)/\($0)") }
        var mishaps: [TraceReport.Mishap] = []
        for number in failed {
            let run = replayed.runs[number]
            guard let code = replayed.codes[run.program], let known = sources.first(where: { $0.code == code.digest })
            else {
                mishaps.append(TraceReport.Mishap(run: number))
                continue
            }
            let found = try FailurePlace(of: run, module: code.module, in: known) { gas in
                try replayed.again(TracingEngine.Allowance(run: number, gas: gas))
            }
            mishaps.append(TraceReport.Mishap(run: number, place: found, text: found.own.map { known.text($0) }))
        }
        return mishaps
    }
}
