// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Execution
import Foundation
import Ledger

/// Loads a node in a process of its own with evidence deposits and measures it from outside.
struct BenchChain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chain",
        abstract: phrase("Load a local network with evidence deposits.", zh: "以存证交易对本地网络施压测量。"),
        discussion: phrase(
            """
            Starts a network of its own on free loopback ports, on the same cores as the load; fsync on every commit. \
            Deposits are signed before the clock starts and sent to all validators in turn. At the end every \
            acknowledged one is read back from every validator. With --kill one the last validator is killed half-way, \
            and the gaps between blocks are shown.

            Example: jiuding bench chain --validators 4 --transactions 100000
            """,
            zh: """
                在空闲的本机端口启动独立网络，与施压方共用处理器核；每次提交都落盘。交易在计时前签好，轮流发往各验证节点。\
                结束后从每个验证节点逐笔回读所有已确认的交易。加 --kill one 会在中途杀死最后一个验证节点并报告出块间隔。

                示例：jiuding bench chain --validators 4 --transactions 100000
                """))

    @Option(help: ArgumentHelp(phrase("Validators, each a process.", zh: "验证节点数，每个一个进程。")))
    var validators = 1

    /// What is killed half-way.
    enum Victim: String, ExpressibleByArgument, CaseIterable { case none, one }

    @Option(help: ArgumentHelp(phrase("Kill one validator half-way.", zh: "中途杀死一个验证节点。"), valueName: "none|one"))
    var kill = Victim.none

    @Option(
        help: ArgumentHelp(
            phrase(
                "Then kill one validator, deposit so many without it, and time its return.",
                zh: "随后杀死一个验证节点，存入这么多笔后重启它，测量赶上所需时间。"), valueName: "n"))
    var behind = 0

    @Flag(
        help: ArgumentHelp(
            phrase(
                "With --behind: the one that comes back has the last core to itself, the others the rest.",
                zh: "与 --behind 同用：重启的节点独占最后一个核，其余节点用其他核。")))
    var ownCore = false

    @Flag(
        help: ArgumentHelp(
            phrase(
                "Then deploy a contract of 100 KB among 1,000 deposits a second; the gaps between blocks are shown.",
                zh: "随后在每秒 1000 笔存证中部署 100 KB 的合约，报告出块间隔。")))
    var deploy = false

    @Option(
        help: ArgumentHelp(
            phrase(
                "A module of the template evidence-registry takes the deposits, after a network where the chain does.",
                zh: "evidence-registry 模板的模块：先测平台自带存证，再测该合约，报告比值。"),
            valueName: "file.wasm"))
    var registry: String?

    @Option(
        help: ArgumentHelp(
            phrase(
                "With --registry: gas each deposit puts aside; a block holds fewer of those that put aside more.",
                zh: "与 --registry 同用：每笔预留的燃料；预留越多，区块容纳越少。")))
    var gas = DepositMill.purse

    @Option(help: ArgumentHelp(phrase("Begin no request after this many seconds.", zh: "此秒数后不再发起新请求。")))
    var seconds = 600

    @Option(help: ArgumentHelp(phrase("Deposits that are signed and measured.", zh: "预签并测量的存证笔数。")))
    var transactions = 200_000

    @Option(help: ArgumentHelp(phrase("Bytes of one signed transaction.", zh: "每笔已签交易的字节数。")))
    var size = 300

    @Option(help: ArgumentHelp(phrase("Deposits already there when measuring begins.", zh: "开始测量前已有的存证笔数。")))
    var records = 0

    @Option(help: ArgumentHelp(phrase("Deposits of one request.", zh: "每个请求的存证笔数。")))
    var batch = 500

    @Option(help: ArgumentHelp(phrase("Requests in flight.", zh: "同时在途的请求数。")))
    var concurrency = 16

    @Option(
        help: ArgumentHelp(
            phrase(
                "Members in all, up to 10000; measured after a network without them, as a ratio.",
                zh: "成员总数，至多 10000；先测无此设置的网络，再报告比值。"), valueName: "n"))
    var members = 0

    @Option(
        help: ArgumentHelp(
            phrase(
                "Policies set by governance before the load, up to 10000; likewise.", zh: "施压前经治理设置的策略数，至多 10000；同上。"),
            valueName: "n"))
    var policies = 0

    @Option(
        help: ArgumentHelp(
            phrase(
                "How many of the members send, with --members; 50 unless said otherwise.",
                zh: "与 --members 同用：发送交易的成员数，默认 50。"), valueName: "n"))
    var senders = DepositMill.keysMin

    @Option(
        help: ArgumentHelp(
            phrase("Seconds of each part at 50 a second; 0 leaves them out.", zh: "每段每秒 50 笔低负载的秒数；0 表示略过。")))
    var lowLoadSeconds = 10

    @Option(
        help: ArgumentHelp(
            phrase("Where the network keeps its data; must not exist.", zh: "网络数据目录，须不存在。"), valueName: "dir"))
    var data: String?

    @Flag(help: ArgumentHelp(phrase("Leave the data when done.", zh: "结束后保留数据。")))
    var keep = false

    @Option(
        help: ArgumentHelp(
            phrase(
                "Go on with the network that an earlier run left with --keep, with as many validators, and keep it.",
                zh: "沿用此前 --keep 留下的网络（验证节点数须相同），结束后仍保留。"), valueName: "dir"))
    var resume: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard resume == nil || (data == nil && members == 0 && policies == 0 && registry == nil) else {
            throw ValidationError(
                phrase(
                    "--resume goes without --data, --members, --policies and --registry",
                    zh: "--resume 不能与 --data、--members、--policies、--registry 同用"))
        }
        guard (1...LocalFounding.validatorsMax).contains(validators) else {
            throw ValidationError(phrase("--validators is 1 to 16", zh: "--validators 为 1 到 16"))
        }
        guard (kill == .none && behind == 0) || validators > 3 else {
            throw ValidationError(
                phrase("--kill one and --behind need four validators", zh: "--kill one 与 --behind 需要至少四个验证节点"))
        }
        guard kill == .none || !deploy else {
            throw ValidationError(phrase("--kill one or --deploy, not both", zh: "--kill one 与 --deploy 只能选一"))
        }
        guard senders == DepositMill.keysMin || members > 0 else {
            throw ValidationError(phrase("--senders goes with --members", zh: "--senders 须与 --members 同用"))
        }
        guard kill == .none || behind == 0 else {
            throw ValidationError(phrase("--kill one or --behind, not both", zh: "--kill one 与 --behind 只能选一"))
        }
        let bounds: [(String, Int, ClosedRange<Int>)] = [
            ("--seconds", seconds, 1...86_400), ("--transactions", transactions, 1...20_000_000),
            ("--size", size, 250...600), ("--records", records, 0...50_000_000),
            ("--behind", behind, 0...10_000_000), ("--batch", batch, 1...10_000),
            ("--members", members, 0...Limits.foundingMembersMax), ("--policies", policies, 0...Limits.policiesMax),
            ("--senders", senders, 1...max(DepositMill.keysMin, members - 1)),
            ("--concurrency", concurrency, 1...256), ("--low-load-seconds", lowLoadSeconds, 0...600),
        ]
        guard (1...ContractLimits.purseMax).contains(gas) else {
            throw ValidationError(
                phrase("--gas is 1 to \(ContractLimits.purseMax)", zh: "--gas 为 1 到 \(ContractLimits.purseMax)"))
        }
        for (name, value, range) in bounds where !range.contains(value) {
            throw ValidationError(
                phrase(
                    "\(name) lies from \(range.lowerBound) to \(range.upperBound)",
                    zh: "\(name) 应在 \(range.lowerBound) 到 \(range.upperBound) 之间"))
        }
        // The node holds at most 65,536 waiting transactions; more in flight would only be refused.
        guard batch * concurrency <= 60_000 else {
            throw ValidationError(
                phrase(
                    "--batch times --concurrency is at most 60000",
                    zh: "--batch 与 --concurrency 之积至多 60000"))
        }
    }

    mutating func run() async throws {
        let folder = try workFolder()
        let result: Result<(ChainFigures, reference: ChainFigures?), any Error>
        do { result = .success(try await measured(folder)) } catch { result = .failure(error) }
        if keep || resume != nil {
            output.terminal.note(phrase("data kept in \(folder)", zh: "数据保留在 \(folder)"))
        } else {
            try? FileManager.default.removeItem(atPath: folder)
        }
        let (figures, reference) = try result.get()
        let terminal = output.terminal
        guard let reference else {
            figures.show(on: terminal)
            if figures.lost > 0 { throw ExitCode(Failure.Exit.no.rawValue) }
            return
        }
        if registry != nil {
            ChainCrowd.showRegistry(figures, against: reference, on: terminal)
        } else {
            ChainCrowd.show(figures, members: members, policies: policies, against: reference, on: terminal)
        }
        if figures.lost + reference.lost > 0 { throw ExitCode(Failure.Exit.no.rawValue) }
    }

    /// A new folder, or the one an earlier run left.
    private func workFolder() throws -> String {
        if let resume {
            guard FileManager.default.fileExists(atPath: "\(resume)/\(ChainBench.seedFile)") else {
                throw ChainBench.foreign(resume)
            }
            return resume
        }
        let folder =
            data ?? "\(NSTemporaryDirectory())jiuding-bench-\(ProcessInfo.processInfo.processIdentifier)"
        guard !FileManager.default.fileExists(atPath: folder) else {
            throw Failure.usage(
                phrase("\(folder) exists", zh: "\(folder) 已存在"),
                fix: phrase("name a new directory", zh: "请指定新目录"))
        }
        try DataDirectory.makeFolder(folder, mode: 0o700)
        return folder
    }

    /// Where there are to be members or policies, a network without them first: the machine is then the same.
    private func measured(_ folder: String) async throws -> (ChainFigures, reference: ChainFigures?) {
        guard members > 0 || policies > 0 || registry != nil else { return (try await job(folder).run(), nil) }
        let folders = ["\(folder)/plain", "\(folder)/crowded"]
        for each in folders { try DataDirectory.makeFolder(each, mode: 0o700) }
        let reference = try await job(folders[0]).run()
        var crowded = try job(folders[1])
        crowded.members = members
        crowded.policies = policies
        crowded.senders = senders
        crowded.purse = gas
        crowded.registry = try registry.map { try BenchCode.registry($0) }
        return (try await crowded.run(), reference)
    }

    private func job(_ folder: String) throws -> ChainBench {
        var bench = ChainBench(
            folder: folder, validators: validators, kills: kill == .one, behind: behind, ownCore: ownCore,
            seconds: seconds,
            transactions: transactions,
            size: size, records: records,
            batchSize: batch, concurrency: concurrency, lowLoadSeconds: lowLoadSeconds,
            terminal: output.terminal)
        if deploy { bench.newcomer = try BenchCode.large() }
        return bench
    }
}
