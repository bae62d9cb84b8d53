// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ClientKit
import Foundation
import KeyCustody
import Ledger

/// Deposits the digests of files and keeps a receipt for each.
struct EvidencePut: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "put",
        abstract: phrase("Deposit files' digests and write a receipt for each.", zh: "为文件摘要存证，并为每个文件写出回执。"),
        discussion: phrase(
            """
            Contents never leave this machine: only the SM3 digest, size and title do. What has a valid receipt is
            skipped, so the command may be stopped and repeated at will. Links are not followed.

            Example: jiuding evidence put contracts/ --recursive --out receipts/
            """,
            zh: """
                文件内容不离开本机，仅提交 SM3 摘要、大小与名称。已有有效回执的文件自动跳过，可随时中断并重复运行。不跟随符号链接。

                示例：jiuding evidence put contracts/ --recursive --out receipts/
                """))

    @Argument(
        help: ArgumentHelp(
            phrase("Files, or directories with --recursive.", zh: "文件，或目录（配合 --recursive）。"), valueName: "path"))
    var paths: [String]

    @Flag(name: .shortAndLong, help: ArgumentHelp(phrase("Take every file below a directory.", zh: "包含目录下全部文件。")))
    var recursive = false

    @Option(
        help: ArgumentHelp(
            phrase("Where receipts go; default beside each file.", zh: "回执目录；默认与文件同处。"), valueName: "dir"))
    var out: String?

    @Option(help: ArgumentHelp(phrase("The record's title; default the file's name.", zh: "存证名称；默认取文件名。")))
    var title: String?

    @Option(help: ArgumentHelp(phrase("The business type.", zh: "业务类型。"), valueName: "biztype"))
    var type = "document"

    @Option(
        help: ArgumentHelp(
            phrase("The trust anchor; default DATA/trust/CHAIN.trust.", zh: "信任锚；默认 DATA/trust/CHAIN.trust。"),
            valueName: "file"))
    var trust: String?

    @OptionGroup var node: NodeOptions
    @OptionGroup var key: KeyOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let terminal = output.terminal
        let plan = try PutPlan(paths: paths, recursive: recursive, outFolder: out)
        guard let businessType = Label(type) else {
            throw Failure.usage(
                phrase("--type is at most 255 bytes of plain text", zh: "--type 至多 255 字节且不含控制字符"),
                fix: phrase("choose a shorter name", zh: "请改用较短的名称"))
        }
        if title != nil, plan.items.count > 1 {
            throw Failure.usage(
                phrase(
                    "--title names one record and there are \(plan.items.count) files",
                    zh: "--title 只能用于一个文件，现有 \(plan.items.count) 个"),
                fix: phrase("leave it out: each file's own name is its title", zh: "请去掉该参数：默认以文件名为名称"))
        }
        let started = ProcessInfo.processInfo.systemUptime
        let report = plan.items.isEmpty ? PutReport(of: plan) : try await deposit(plan, businessType, terminal)
        report.show(on: terminal, chain: node.chain, seconds: ProcessInfo.processInfo.systemUptime - started)
        if let exit = report.exit { throw ExitCode(exit.rawValue) }
    }

    private func deposit(_ plan: PutPlan, _ businessType: Label, _ terminal: Terminal) async throws -> PutReport {
        let signer = try KeyChoice.signer(key, data: store.data)
        let client = try node.client(signer: signer)
        let bar = ProgressBar(
            terminal, label: phrase("depositing", zh: "存证"), unit: .bytes, total: Double(plan.bytes))
        do {
            let anchor = try await anchor(client, terminal)
            let job = PutJob(
                client: client, chain: node.chain, wallet: Wallet(chain: anchor.chain, signer: signer), anchor: anchor,
                wording: PutJob.Wording(title: title, businessType: businessType), bar: bar)
            let report = try await job.run(plan)
            bar.finish()
            await client.close()
            return report
        } catch {
            bar.finish()
            await client.close()
            throw error
        }
    }

    /// The anchor kept here; where there is none, the one the node gives, said aloud.
    private func anchor(_ client: NodeClient, _ terminal: Terminal) async throws -> TrustAnchor {
        let path = TrustChoice.path(trust, data: store.data, chain: node.chain)
        if trust != nil || FileManager.default.fileExists(atPath: path) {
            return try TrustChoice.anchor(trust, data: store.data, chain: node.chain)
        }
        let chain = node.chain
        let anchor = try await Failure.naming { () async throws(ClientError) in try await client.trustAnchor(chain) }
        terminal.warn(
            phrase(
                "no trust anchor at \(path); receipts are checked against the one \(client.node) gave. "
                    + "Keep it with: jiuding chain trust --out \(path)",
                zh: "\(path) 没有信任锚；回执按 \(client.node) 给出的信任锚核验。可保存：jiuding chain trust --out \(path)"))
        return anchor
    }
}

extension PutReport {
    /// The report of a plan in which there was nothing to deposit.
    init(of plan: PutPlan) {
        self.init()
        add(plan.omissions)
    }
}
