// SPDX-License-Identifier: Apache-2.0
import Ledger

/// What a run of `bench chain` found.
struct ChainFigures: Sendable {
    var paths: [(algorithm: String, path: String)] = []
    var transactionBytes = 0
    var prefilled = 0
    var offered = 0
    var refused = 0
    var firstRefusal: String?
    /// Every transaction the node said was final.
    var acknowledged: [TransactionID] = []
    var seconds = 0.0
    var executedSeconds = 0.0
    var final = Latencies([])
    var lowFinal = Latencies([])
    var lowAttested = Latencies([])
    var validators = 1
    /// By node, in their order.
    var nodeSeconds: [Double] = []
    var loadSeconds = 0.0
    var threads: [ThreadShares] = []
    var residentBytes: [UInt64] = []
    var residentPeakBytes: [UInt64] = []
    var restartSeconds = 0.0
    var restartResidentBytes: UInt64 = 0
    /// Of the first node.
    var diskBytes: UInt64 = 0
    /// Nil where nobody was killed.
    var gaps: BlockGaps?
    /// From the first upload until the contract could be called.
    var deployedSeconds: Double?
    /// Of 600 requests of 50 deposits in those 30 seconds.
    var deploymentRequestsFinal = 0
    /// Nil where nobody was left behind.
    var catchingUp: CatchingUp?
    var lost = 0
    /// Transactions of the first node's whole chain that came to something else than success.
    var failed = 0

    /// Transactions measured under full load.
    private var measured: Double { Double(offered - refused) }
    var finalizedPerSecond: Double { measured / seconds }
    var executedPerSecond: Double { measured / executedSeconds }
    private var diskBytesPerTransaction: Double { Double(diskBytes) / Double(acknowledged.count + prefilled) }

    /// CPU microseconds of all nodes a transaction, as far as threads tell it apart.
    private func microseconds(_ share: ThreadShares.Share) -> Double {
        threads.reduce(0) { $0 + ($1.seconds[share] ?? 0) } / measured * 1e6
    }

    private var nodesSeconds: Double { nodeSeconds.reduce(0, +) }
    private var microsecondsTotal: Double { nodesSeconds / measured * 1e6 }

    func show(on terminal: Terminal) {
        terminal.emit(json)
        terminal.say(
            phrase(
                "\(validators) validators, evidence deposits of \(transactionBytes) bytes",
                zh: "验证节点 \(validators) 个，每笔存证 \(transactionBytes) 字节"))
        terminal.say("  " + BenchMachine.line)
        terminal.say("  " + paths.map { "\($0.algorithm) \($0.path)" }.joined(separator: ", "))
        terminal.say()
        terminal.say(pairs: rows)
        if let firstRefusal {
            terminal.warn(
                phrase("\(refused) were refused: \(firstRefusal)", zh: "\(refused) 笔被拒：\(firstRefusal)"))
        }
    }

    private var rows: [(name: String, value: String)] {
        var rows = mainRows
        if let catchingUp { rows.append((phrase("a node that was away", zh: "离线节点赶上"), catchingUp.line)) }
        if let deployedSeconds {
            rows.append(
                (
                    phrase("deployment", zh: "部署用时"),
                    "\(Quantity.oneDecimal(deployedSeconds)) s, \(deploymentRequestsFinal) / 600"
                ))
        }
        if let gaps {
            rows.append((phrase("gaps between blocks after it", zh: "此后的出块间隔"), gaps.line))
        }
        return rows
    }

    private var mainRows: [(name: String, value: String)] {
        let shares = ThreadShares.Share.allCases.map {
            "\($0.rawValue) \(Quantity.oneDecimal(microseconds($0)))"
        }
        return [
            (
                phrase("final per second", zh: "每秒终局"),
                "\(Int(finalizedPerSecond)) (\(Int(measured)) in \(Quantity.duration(seconds)))"
            ),
            (phrase("executed per second", zh: "每秒执行"), "\(Int(executedPerSecond))"),
            (phrase("request to final", zh: "请求至终局"), "\(final.line)  (p50 / p95 / p99 / max)"),
            (phrase("50 a second: to final", zh: "每秒 50 笔：至终局"), lowFinal.line),
            (phrase("50 a second: to attested", zh: "每秒 50 笔：至取得证明"), lowAttested.line),
            (
                phrase("CPU of all nodes", zh: "各节点 CPU 合计"),
                "\(Quantity.oneDecimal(nodesSeconds)) s, \(Quantity.oneDecimal(microsecondsTotal)) µs/tx: "
                    + shares.joined(separator: ", ")
            ),
            (
                phrase("CPU of the load", zh: "施压方 CPU"),
                "\(Quantity.oneDecimal(loadSeconds)) s, \(Quantity.oneDecimal(loadSeconds / measured * 1e6)) µs/tx"
            ),
            (
                phrase("resident memory", zh: "常驻内存"),
                residentBytes.map { Quantity.bytes($0) }.joined(separator: ", ") + "; " + phrase("peak", zh: "峰值")
                    + " \(Quantity.bytes(residentPeakBytes.max() ?? 0))"
            ),
            (
                phrase("disk per transaction", zh: "每笔占用磁盘"),
                "\(Quantity.oneDecimal(diskBytesPerTransaction)) B, "
                    + "\(Quantity.oneDecimal(diskBytesPerTransaction / Double(transactionBytes)))x"
            ),
            (
                phrase("start until ready", zh: "启动至就绪"),
                "\(Quantity.oneDecimal(restartSeconds * 1000)) ms, \(Quantity.bytes(restartResidentBytes))"
            ),
            (phrase("acknowledged but lost", zh: "已确认却丢失"), "\(lost) / \(acknowledged.count)"),
            (phrase("executed without success", zh: "执行未成功"), "\(failed)"),
        ]
    }

    var json: JSONText {
        [
            "machine": BenchMachine.json, "versions": BenchMachine.versions(), "validators": .whole(validators),
            "transactionBytes": .whole(transactionBytes), "seconds": .decimal(seconds),
            "offered": .whole(offered),
            "refused": .whole(refused), "prefilled": .whole(prefilled),
            "finalizedPerSecond": .decimal(finalizedPerSecond),
            "executedPerSecond": .decimal(executedPerSecond),
            "finalLatencyMs": final.json, "attestedLatencyMs": Latencies([]).json,
            "lowLoad": [
                "perSecond": .whole(ChainBench.perSecond), "finalLatencyMs": lowFinal.json,
                "attestedLatencyMs": lowAttested.json,
            ],
            "cpuSeconds": ["node": .list(nodeSeconds.map { .decimal($0) }), "load": .decimal(loadSeconds)],
            "cpuMicrosecondsPerTransaction": [
                "total": .decimal(microsecondsTotal), "decode": .null,
                "verify": .decimal(microseconds(.verify)), "execute": .decimal(microseconds(.execute)),
                "state": .null, "store": .decimal(microseconds(.store)),
                "network": .decimal(microseconds(.network)), "consensus": .decimal(microseconds(.consensus)),
                "peers": .decimal(microseconds(.peers)), "other": .decimal(microseconds(.other)),
            ],
            "residentMB": .list(residentBytes.map { .decimal(Double($0) / 1e6) }),
            "residentPeakMB": .list(residentPeakBytes.map { .decimal(Double($0) / 1e6) }),
            "diskBytesPerTransaction": .decimal(diskBytesPerTransaction),
            "startSeconds": .decimal(restartSeconds), "acknowledgedButLost": .whole(lost), "failed": .whole(failed),
            "deployedSeconds": deployedSeconds.map { .decimal($0) } ?? .null,
            "gapsAfterKill": gaps?.json ?? .null, "catchingUp": catchingUp?.json ?? .null,
            "paths": .object(paths.map { JSONText.Member(key: $0.algorithm, value: .text($0.path)) }),
        ]
    }
}
