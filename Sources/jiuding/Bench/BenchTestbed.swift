// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Execution
import Ledger
import ShangMi
import Testbed
import WasmtimeEngine

/// Measures how many calls a second a chain in memory executes, blocks and all.
struct BenchTestbed: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "testbed",
        abstract: phrase("Measure the chain in memory that contracts are tested on.", zh: "测量测试合约所用的内存链。"),
        discussion: phrase(
            "One thread, CPU time: a call that reads twice and writes twice, in blocks with receipts and a new state "
                + "root each; with --module, that contract's method. Needs no node.\n\n"
                + "Example: jiuding bench testbed --seconds 2",
            zh: "单线程，按 CPU 时间：每次调用读两次、写两次，按区块执行并产生回执与新状态根；用 --module 可测指定合约的方法。"
                + "不需要节点。\n\n示例：jiuding bench testbed --seconds 2"))

    @Option(help: ArgumentHelp(phrase("CPU seconds of one row.", zh: "每行的 CPU 秒数。")))
    var seconds = 1.0

    @Option(
        help: ArgumentHelp(phrase("A module; its start takes nothing.", zh: "模块文件，初始化无参数。"), valueName: "file"))
    var module: String?

    @Option(help: ArgumentHelp(phrase("The method of --module.", zh: "--module 的方法。")))
    var method = "greet"

    @Option(
        help: ArgumentHelp(phrase("What it takes, in hexadecimal.", zh: "其参数，十六进制。"), valueName: "hex"))
    var argumentHex = "026869"

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (0.05...600).contains(seconds) else {
            throw ValidationError(phrase("--seconds lies from 0.05 to 600", zh: "--seconds 应在 0.05 到 600 之间"))
        }
    }

    mutating func run() throws {
        let terminal = output.terminal
        do {
            let engine = try NodeEngine(cacheIn: nil).engine()
            let bytes = try module.map { try ModuleFile($0).bytes } ?? engine.assemble(ContractPrograms.transfer)
            let argument =
                try module == nil
                ? [] : MethodArguments.encoded([], hex: argumentHex, for: nil, what: "--argument-hex")
            var rows: [TestbedRow] = []
            for count in TestbedRow.sizes {
                let row = TestbedRow(calls: count, method: try Words.label(method, "--method"), argument: argument)
                rows.append(try row.measured(bytes, engine, seconds: seconds))
            }
            terminal.emit([
                "machine": BenchMachine.json, "versions": BenchMachine.versions(), "results": .list(rows.map(\.json)),
            ])
            terminal.say(BenchMachine.line)
            terminal.say()
            for row in rows { terminal.say(row.line) }
        } catch let trouble as EngineTrouble { throw Failure(trouble) }
    }
}

/// One way of calling: so many calls a block.
struct TestbedRow {
    /// A block as a busy chain makes it, and as a test makes it that looks at each call's receipt.
    static let sizes = [500, 1]

    let calls: Int
    let method: Ledger.Label
    let argument: [UInt8]
    private(set) var perSecond = 0.0
    private(set) var gas: UInt64 = 0

    init(calls: Int, method: Ledger.Label, argument: [UInt8]) {
        (self.calls, self.method, self.argument) = (calls, method, argument)
    }

    var line: String {
        phrase(
            "\(calls) calls a block: \(Int(perSecond)) calls a second, \(gas) gas each",
            zh: "每区块 \(calls) 次调用：每秒 \(Int(perSecond)) 次，每次燃料 \(gas)")
    }

    var json: JSONText {
        ["callsPerBlock": .whole(calls), "callsPerSecond": .decimal(perSecond), "gas": .whole(gas)]
    }

    func measured(_ module: [UInt8], _ engine: WasmtimeEngine, seconds: Double) throws -> TestbedRow {
        let home = Ledger.Label(literal: "court")
        let caller = TestbedPerson(Ledger.Label(literal: "li"), of: home)
        let name = Ledger.Label(literal: "subject")
        var bed = try Testbed(people: [caller], engine: engine)
        try bed.deploy(module, as: name)
        let arguments = PursedArguments(purse: 100_000, argument: argument).encoded
        var result = self
        result.perSecond = try Duel(
            seconds: seconds,
            {
                var transactions: [SignedTransaction] = []
                for _ in 0..<calls { transactions.append(bed.transaction(name, method, arguments, by: caller.key)) }
                let receipts = try bed.run(transactions)
                guard let last = receipts.last?.outcome, last.code.isSuccess else {
                    throw EngineTrouble(
                        what: "a call of the benchmark failed: \(receipts.last?.outcome.code.value ?? 0)", heals: false)
                }
                result.gas = last.gasUsed.value
                return calls
            }, against: nil
        ).perSecond
        return result
    }
}
