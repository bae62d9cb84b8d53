// SPDX-License-Identifier: Apache-2.0
import Administration
import ArgumentParser
import Bedrock
import Foundation
import Hosting
import Ledger
import Replication
import RocksStorage
import ShangMi
import Storage

/// Makes a node's chain directory from a snapshot file.
struct ChainRestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: phrase("Make a node's chain directory from a snapshot file.", zh: "用快照文件重建节点的链目录。"),
        discussion: phrase(
            """
            Everything in the file is checked against the trust anchor while it is installed; then the directory appears
            all at once. A directory that holds a store is refused. Interrupted, the same command goes on. The node
            fetches the blocks above the snapshot from the others by itself.

            A validator's safety.a and safety.b are used where they lie in the directory. Without them the validator
            stays silent until a quorum of the others has told it what it may have signed.

            Example: jiuding chain restore main.snapshot --data ./data/node-2 --trust main.trust
            """,
            zh: """
                安装时按信任锚核验文件全部内容，完成后目录一次性出现。已有存储的目录会被拒绝。中断后重新执行即可继续。
                快照之后的区块由节点自行从其他节点获取。

                目录中若有 safety.a 与 safety.b 则沿用；否则该验证者保持静默，直至法定多数的其他验证者告知其可能签过的内容。

                示例：jiuding chain restore main.snapshot --data ./data/node-2 --trust main.trust
                """))

    @Argument(help: ArgumentHelp(phrase("The snapshot file.", zh: "快照文件。"), valueName: "file"))
    var file: String

    @Option(
        help: ArgumentHelp(
            phrase("One node's directory; the chain goes to DIR/chains/NAME.", zh: "单个节点的目录；链置于 DIR/chains/NAME。"),
            valueName: "dir"))
    var data: String

    @Option(
        help: ArgumentHelp(
            phrase(
                "The trust anchor; default $JIUDING_TRUST, else DIR/trust/CHAIN.trust, else the specification there.",
                zh: "信任锚；默认取 $JIUDING_TRUST，否则 DIR/trust/CHAIN.trust，否则目录中已有的创世规格。"),
            valueName: "file"))
    var trust: String?

    @Option(help: ArgumentHelp(phrase("The chain's name.", zh: "链名称。"), valueName: "name"))
    var chain = "main"

    @OptionGroup var output: OutputOptions

    mutating func run() throws {
        let terminal = output.terminal
        let nodes = (try? FileManager.default.contentsOfDirectory(atPath: data))?.filter { $0.hasPrefix("node-") } ?? []
        if let node = nodes.min() {
            throw Failure.usage(
                phrase("\(data) holds several nodes", zh: "\(data) 含有多个节点"),
                fix: phrase("name one: --data \(data)/\(node)", zh: "请指定其一：--data \(data)/\(node)"))
        }
        let restore = ChainRestore(directory: "\(data)/chains/\(chain)")
        let hadRecord = restore.hasSafetyRecord
        let measure = try trusted(restore)
        try naming { () throws(ChainRestore.Failure) in try restore.wantFree() }
        let (summary, isOlder, bytes) = try Failure.namingBackup(of: file) {
            () throws(BackupError) -> (SnapshotReader<BackupFileReader>, Bool, UInt64) in
            let source = try BackupFileReader(path: file)
            let reader = try SnapshotReader(source, trust: measure, scheme: SM2.Verifier())
            return (reader, reader.isOlderThanAnchor, source.size)
        }
        var reader = summary
        try wantRules(reader.summary.spec)
        var anchor: TrustAnchor?
        if case .anchor(let named) = measure { anchor = named }
        let bar = ProgressBar(terminal, label: phrase("restoring", zh: "恢复"), unit: .items, total: 100)
        defer { bar.finish() }
        try naming { () throws(ChainRestore.Failure) in
            try restore.run(
                &reader, anchor: anchor, openStore: { (path) throws(StoreError) in try RocksStore(path: path) },
                progress: { part in
                    bar.reach(SnapshotView.percent(part), of: 100)
                    return true
                })
        }
        bar.finish()
        try OperatorAudit.add(
            AuditRecord(
                "chain.restore", who: OperatorAudit.name, chain: chain, object: file,
                height: reader.summary.height.value, detail: "digest \(reader.summary.digest.hex)"),
            chainDirectory: restore.directory)
        if isOlder { SnapshotView.warnOfAge(on: terminal) }
        SnapshotView.show(
            reader.summary, file: restore.directory, bytes: bytes,
            extra: [.init(key: "safetyRecord", value: .flag(hadRecord))], on: terminal)
        if !hadRecord { sayAboutSilence(reader.summary.spec, terminal) }
    }

    private func sayAboutSilence(_ spec: ChainSpec, _ terminal: Terminal) {
        let words = phrase(
            "no safety record lies there: a validator started here stays silent until a quorum of the others has "
                + "answered it",
            zh: "目录中没有安全记录：在此启动的验证者将保持静默，直至法定多数的其他验证者应答")
        terminal.warn(words)
        if spec.committee.count == 1 {
            terminal.warn(
                phrase(
                    "this chain was founded by one validator alone: nobody can answer it; bring its safety files back",
                    zh: "该链创始时只有一个验证者，无人可应答；请找回其安全记录文件"))
        }
    }

    private func trusted(_ restore: ChainRestore) throws(Failure) -> BackupTrust {
        let path = TrustChoice.path(trust, data: data, chain: chain)
        if trust == nil, !FileManager.default.fileExists(atPath: path), let spec = restore.knownSpec {
            return .spec(spec)
        }
        return .anchor(try TrustChoice.anchor(trust, data: data, chain: chain))
    }

    private func wantRules(_ spec: ChainSpec) throws(Failure) {
        guard spec.name.text == chain else {
            throw Failure.usage(
                phrase("the file is of chain \(spec.name.text)", zh: "文件属于链 \(spec.name.text)"),
                fix: "--chain \(spec.name.text)")
        }
        if spec.rules > RuleVersion.newest {
            throw Failure(HostFailure(.newerFormat, "the chain in \(file) asks for rules \(spec.rules.value)"))
        }
    }

    private func naming(_ body: () throws(ChainRestore.Failure) -> Void) throws(Failure) {
        do { try body() } catch {
            switch error {
            case .taken(let path):
                let code = StableCode.backupTargetTaken
                throw Failure(.no, code.label, code.sentence + phrase(": ", zh: "：") + path, fix: code.remedy)
            case .backup(let reason): throw Failure(reason, path: file)
            }
        }
    }
}
