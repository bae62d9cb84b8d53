// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation

/// Re-checks every stored byte of a chain on this machine, offline.
struct ChainVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: phrase("Re-check every stored byte, offline.", zh: "离线复核全部存储数据。"),
        discussion: phrase(
            "Stop the node first: a store has one owner at a time.\n\n"
                + "Example: jiuding chain verify --data ./data",
            zh: "请先停止节点：存储同一时间只能由一个进程打开。\n\n示例：jiuding chain verify --data ./data"))

    @Option(help: ArgumentHelp(phrase("The chain's name.", zh: "链名称。"), valueName: "name"))
    var chain = "main"

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let terminal = output.terminal
        let directories = StoreVerification.directories(below: store.data, chain: chain)
        guard !directories.isEmpty else {
            throw Failure.usage(
                phrase("no store of chain \(chain) lies below \(store.data)", zh: "\(store.data) 下没有链 \(chain) 的存储"),
                fix: phrase("name the data directory with --data", zh: "请用 --data 指定数据目录"))
        }
        var findings: [(directory: String, finding: StoreFinding)] = []
        for directory in directories {
            let bar = ProgressBar(terminal, label: directory, unit: .items, total: 0)
            let finding = try await StoreAudit.verify(directory: directory) { done, total in
                bar.reach(Double(done), of: Double(total))
            }
            bar.finish()
            findings.append((directory, finding))
        }
        let sound = findings.allSatisfy { $0.finding.fault == nil }
        terminal.emit([
            "sound": .flag(sound), "chain": .text(chain),
            "stores": .list(findings.map { StoreVerification.json($0.directory, $0.finding) }),
        ])
        for (directory, finding) in findings { StoreVerification.show(directory, finding, on: terminal) }
        if !sound { throw ExitCode(Failure.Exit.no.rawValue) }
    }
}

/// What re-checking one store found.
struct StoreFinding: Hashable, Sendable {
    let heights: UInt64
    let transactions: UInt64
    let signatures: UInt64
    let stateNodes: UInt64
    /// The first thing that is not as it must be; nil where all is well.
    let fault: String?
}

/// Where stores lie and how findings are shown.
enum StoreVerification {
    /// DATA itself where it is a chain's directory, DATA/chains/NAME, and DATA/node-i/chains/NAME.
    static func directories(below data: String, chain: String) -> [String] {
        let nodes = (try? FileManager.default.contentsOfDirectory(atPath: data)) ?? []
        let candidates =
            [data, "\(data)/chains/\(chain)"]
            + nodes.filter { $0.hasPrefix("node-") }.sorted().map { "\(data)/\($0)/chains/\(chain)" }
        return candidates.filter { FileManager.default.fileExists(atPath: "\($0)/store") }
    }

    static func json(_ directory: String, _ finding: StoreFinding) -> JSONText {
        [
            "directory": .text(directory), "heights": .whole(finding.heights),
            "transactions": .whole(finding.transactions), "signatures": .whole(finding.signatures),
            "stateNodes": .whole(finding.stateNodes), "fault": .maybe(finding.fault),
        ]
    }

    static func show(_ directory: String, _ finding: StoreFinding, on terminal: Terminal) {
        if let fault = finding.fault {
            terminal.say("\(terminal.paint("✗", .red)) \(directory)  \(fault)")
        } else {
            let facts = phrase(
                "\(finding.heights) blocks, \(finding.transactions) transactions, \(finding.signatures) signatures, "
                    + "\(finding.stateNodes) state nodes re-checked",
                zh: "复核区块 \(finding.heights) 个、交易 \(finding.transactions) 笔、签名 \(finding.signatures) 个、"
                    + "状态节点 \(finding.stateNodes) 个")
            terminal.say("\(terminal.paint("✓", .green)) \(directory)  \(facts)")
        }
    }
}
