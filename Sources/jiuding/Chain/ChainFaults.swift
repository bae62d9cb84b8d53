// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Bedrock
import Consensus
import Foundation
import Hosting
import Ledger
import RocksStorage
import Storage

/// Shows the evidence this node keeps against validators, offline, and exports it as bytes anybody can check.
struct ChainFaults: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults",
        abstract: phrase(
            "Show and export the evidence against validators that lied.", zh: "查看并导出验证者作恶的签名证据。"),
        discussion: phrase(
            "Stop the node first: a store has one owner at a time. Each piece is two statements with one validator's "
                + "signatures that no honest validator makes both of.\n\n"
                + "Example: jiuding chain faults --data ./data --out evidence.hex",
            zh: "请先停止节点：存储同一时间只能由一个进程打开。每条证据是同一验证者签名的两份互相矛盾的声明。\n\n"
                + "示例：jiuding chain faults --data ./data --out evidence.hex"))

    /// More than this is a matter for a look at the store itself.
    private static let shownMax = 10_000

    @Option(help: ArgumentHelp(phrase("The chain's name.", zh: "链名称。"), valueName: "name"))
    var chain = "main"

    @Option(
        help: ArgumentHelp(
            phrase("Write the evidence here, a line of hexadecimal a piece.", zh: "导出文件，每行一条十六进制证据。"),
            valueName: "file"))
    var out: String?

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run() throws {
        let terminal = output.terminal
        let directories = StoreVerification.directories(below: store.data, chain: chain)
        guard !directories.isEmpty else {
            throw Failure.usage(
                phrase("no store of chain \(chain) lies below \(store.data)", zh: "\(store.data) 下没有链 \(chain) 的存储"),
                fix: phrase("name the data directory with --data", zh: "请用 --data 指定数据目录"))
        }
        var rows: [JSONText] = []
        var lines = ""
        for directory in directories {
            for bytes in try ChainFaults.evidence(in: directory) {
                guard let fault = try? Fault(decoding: bytes) else { continue }
                lines += bytes.map { String(format: "%02x", $0) }.joined() + "\n"
                rows.append([
                    "directory": .text(directory), "epoch": .whole(fault.epoch.value),
                    "validator": .whole(UInt64(fault.culprit.value)), "what": .text(ChainFaults.words(fault)),
                ])
                terminal.say(
                    "\(terminal.paint("✗", .red)) \(directory)  "
                        + phrase(
                            "epoch \(fault.epoch.value), validator \(fault.culprit.value): \(ChainFaults.words(fault))",
                            zh: "第 \(fault.epoch.value) 任期，验证者 \(fault.culprit.value)：\(ChainFaults.words(fault))"))
            }
        }
        if let out { try DataDirectory.write([UInt8](lines.utf8), to: out) }
        terminal.emit(["chain": .text(chain), "faults": .list(rows)])
        if rows.isEmpty {
            terminal.say(phrase("no evidence against any validator", zh: "没有针对任何验证者的证据"))
        }
    }

    private static func evidence(in directory: String) throws -> [[UInt8]] {
        do throws(StoreError) {
            let store = try RocksStore(path: "\(directory)/store")
            defer { try? store.close() }
            return try BlockStore(store).evidence(limit: shownMax)
        } catch {
            throw Failure(HostFailure(error))
        }
    }

    private static func words(_ fault: Fault) -> String {
        switch fault {
        case .proposals(let first, _):
            phrase("two proposals in view \(first.header.view.value)", zh: "在视图 \(first.header.view.value) 提出两个提案")
        case .ballots(let first, let second) where first.view == second.view:
            phrase("two votes of one kind in view \(first.view.value)", zh: "在视图 \(first.view.value) 对同类事项投出两票")
        case .ballots(let first, let second):
            phrase(
                "views \(first.view.value) and \(second.view.value): finalized what it had given up",
                zh: "视图 \(first.view.value) 与 \(second.view.value)：终局了已放弃的视图")
        }
    }
}
