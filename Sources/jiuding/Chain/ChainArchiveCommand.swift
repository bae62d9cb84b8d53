// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Bedrock
import Foundation
import Hosting
import Ledger
import Replication
import ShangMi

/// Old blocks that have left a node's store: checked, and receipts made of them, offline.
struct ChainArchiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive",
        abstract: phrase("Check an archive of old blocks; get receipts from it.", zh: "检查旧区块归档；从归档取得回执。"),
        subcommands: [ChainArchiveVerify.self, ChainArchiveGet.self])
}

/// Checks every file of an archive.
struct ChainArchiveVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: phrase("Check every file of an archive, offline.", zh: "离线检查归档的全部文件。"),
        discussion: phrase(
            """
            Each block's place, transactions, outcomes and proof are checked, and that no file is missing between the
            first and the last. Exit 1 where something is wrong.

            Example: jiuding chain archive verify ./archive --trust main.trust
            """,
            zh: """
                检查每个区块的位置、交易、执行结果与证明，以及首尾之间有无缺失文件。有误则退出码为 1。

                示例：jiuding chain archive verify ./archive --trust main.trust
                """))

    @Argument(help: ArgumentHelp(phrase("The archive's folder.", zh: "归档目录。"), valueName: "folder"))
    var folder: String

    @OptionGroup var trusting: ArchiveTrust
    @OptionGroup var output: OutputOptions

    mutating func run() throws {
        let terminal = output.terminal
        let trust = try trusting.measure
        var rows: [JSONText] = []
        var expected: Height?
        var (blocks, transactions): (UInt64, UInt64) = (0, 0)
        var isOlder = false
        for path in try ArchiveFolder.files(in: folder) {
            let bar = ProgressBar(terminal, label: path, unit: .items, total: 0)
            defer { bar.finish() }
            let (summary, isOld) = try Failure.namingBackup(of: path) {
                () throws(BackupError) -> (ArchiveFile.Summary, Bool) in
                var reader = try ArchiveReader(
                    try BackupFileReader(path: path), trust: trust, scheme: SM2.Verifier())
                while try reader.next() != nil { bar.advance(by: 1) }
                return (reader.summary, reader.isOlderThanAnchor)
            }
            if let expected, summary.first != expected {
                let code = StableCode.archiveGap
                throw Failure(
                    .no, code.label,
                    code.sentence
                        + phrase(
                            ": block \(expected.value) should begin \(path), which begins with \(summary.first.value)",
                            zh: "：\(path) 应从区块 \(expected.value) 开始，实际从 \(summary.first.value) 开始"),
                    fix: code.remedy)
            }
            expected = summary.next
            isOlder = isOlder || isOld
            blocks += summary.blocks
            transactions += summary.transactions
            rows.append([
                "file": .text(path), "first": .whole(summary.first.value), "blocks": .whole(summary.blocks),
                "transactions": .whole(summary.transactions), "digest": .text(summary.digest.hex),
            ])
        }
        if isOlder { SnapshotView.warnOfAge(on: terminal) }
        terminal.emit([
            "sound": true, "folder": .text(folder), "blocks": .whole(blocks), "transactions": .whole(transactions),
            "olderThanAnchor": .flag(isOlder), "files": .list(rows),
        ])
        terminal.say(
            "\(terminal.paint("✓", .green)) "
                + phrase(
                    "\(folder): \(rows.count) files, \(blocks) blocks, \(transactions) transactions",
                    zh: "\(folder)：文件 \(rows.count) 个，区块 \(blocks) 个，交易 \(transactions) 笔"))
    }
}

/// Makes the receipt of one transaction from an archive.
struct ChainArchiveGet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: phrase("Make a transaction's receipt from an archive, offline.", zh: "离线从归档生成交易回执。"),
        discussion: phrase(
            """
            The receipt is the one a node with the block would give. A node's answer JD-3110 names the file; --file
            spares reading the others.

            Example: jiuding chain archive get 9f3a… --archive ./archive --out contract.pdf.receipt
            """,
            zh: """
                所得回执与存有该区块的节点给出的相同。节点应答 JD-3110 会指出文件名；用 --file 可免读其他文件。

                示例：jiuding chain archive get 9f3a… --archive ./archive --out contract.pdf.receipt
                """))

    @Argument(help: ArgumentHelp(phrase("The transaction's identifier, 64 hexadecimal digits.", zh: "交易标识，64 位十六进制。")))
    var id: String

    @Option(help: ArgumentHelp(phrase("The archive's folder.", zh: "归档目录。"), valueName: "folder"))
    var archive: String

    @Option(help: ArgumentHelp(phrase("Look into this file of it alone.", zh: "只查此文件。"), valueName: "name"))
    var file: String?

    @Option(help: ArgumentHelp(phrase("Write the receipt here.", zh: "回执文件位置。"), valueName: "file"))
    var out: String

    @OptionGroup var trusting: ArchiveTrust
    @OptionGroup var output: OutputOptions

    mutating func run() throws {
        let terminal = output.terminal
        guard let transaction = TransactionID(hex: id) else { throw Identified.failure("ID", id) }
        let trust = try trusting.measure
        for path in try file.map({ ["\(archive)/\($0)"] }) ?? ArchiveFolder.files(in: archive) {
            let bar = ProgressBar(terminal, label: path, unit: .items, total: 0)
            defer { bar.finish() }
            let found = try Failure.namingBackup(of: path) { () throws(BackupError) -> (Height, EvidenceReceipt)? in
                var reader = try ArchiveReader(
                    try BackupFileReader(path: path), trust: trust, scheme: SM2.Verifier())
                while let block = try reader.next() {
                    if let receipt = block.receipt(of: transaction, handovers: reader.handovers) {
                        return (block.header.height, receipt)
                    }
                    bar.advance(by: 1)
                }
                return nil
            }
            guard let (height, receipt) = found else { continue }
            try ReceiptFile.write(receipt.encoded, to: out)
            bar.finish()
            terminal.emit([
                "transaction": .text(id), "height": .whole(height.value), "archive": .text(path), "receipt": .text(out),
            ])
            terminal.say(
                "\(terminal.paint("✓", .green)) \(out)  "
                    + phrase("block \(height.value), from \(path)", zh: "区块 \(height.value)，取自 \(path)"))
            return
        }
        let code = StableCode.archiveNotFound
        throw Failure(.no, code.label, "\(code.sentence): \(id)", fix: code.remedy)
    }
}

/// Which anchor an archive is measured by.
struct ArchiveTrust: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            phrase(
                "The trust anchor; default $JIUDING_TRUST, else DATA/trust/CHAIN.trust.",
                zh: "信任锚；默认取 $JIUDING_TRUST，否则 DATA/trust/CHAIN.trust。"),
            valueName: "file"))
    var trust: String?

    @Option(help: ArgumentHelp(phrase("The chain's name.", zh: "链名称。"), valueName: "name"))
    var chain = "main"

    @OptionGroup var store: StoreOptions

    var measure: BackupTrust {
        get throws(Failure) { .anchor(try TrustChoice.anchor(trust, data: store.data, chain: chain)) }
    }
}

/// The files of an archive, in order of heights.
enum ArchiveFolder {
    static func files(in folder: String) throws(Failure) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let files = names.filter { $0.hasSuffix(ArchiveFile.ending) }.sorted()
        guard !files.isEmpty else {
            throw Failure.usage(
                phrase("no file of an archive lies in \(folder)", zh: "\(folder) 中没有归档文件"),
                fix: phrase("name the archive's folder", zh: "请指定归档目录"))
        }
        return files.map { "\(folder)/\($0)" }
    }
}
