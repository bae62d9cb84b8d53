// SPDX-License-Identifier: Apache-2.0
import Administration
import ArgumentParser
import Foundation
import Hosting
import Ledger
import Replication
import RocksStorage
import ShangMi
import Storage

/// Writes a chain's state to one file, or checks such a file, offline.
struct ChainSnapshotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: phrase("Back a chain's state up to one file; check such a file.", zh: "将链状态备份为单个文件；检查此类文件。"),
        discussion: phrase(
            """
            The node may run meanwhile: the state is read as it is at this moment. The file holds the newest state that
            a quorum has attested, with the proof; who checks or restores it needs nothing but the trust anchor.
            Keys and a validator's safety files are not in it: back those up by themselves.

            Example: jiuding chain snapshot --data ./data --out main.snapshot
            Example: jiuding chain snapshot --check main.snapshot --trust main.trust
            """,
            zh: """
                节点可以继续运行：读取此刻的状态。文件包含法定多数已证明的最新状态及其证明；检查或恢复时只需信任锚。
                密钥与验证者的安全记录文件不在其中，请另行备份。

                示例：jiuding chain snapshot --data ./data --out main.snapshot
                示例：jiuding chain snapshot --check main.snapshot --trust main.trust
                """))

    @Option(help: ArgumentHelp(phrase("Write the snapshot here.", zh: "快照文件位置。"), valueName: "file"))
    var out: String?

    @Option(help: ArgumentHelp(phrase("Check this file instead, offline.", zh: "离线检查此文件。"), valueName: "file"))
    var check: String?

    @Option(
        help: ArgumentHelp(
            phrase(
                "The trust anchor for --check; default $JIUDING_TRUST, else DATA/trust/CHAIN.trust.",
                zh: "检查所用的信任锚；默认取 $JIUDING_TRUST，否则 DATA/trust/CHAIN.trust。"),
            valueName: "file"))
    var trust: String?

    @Option(help: ArgumentHelp(phrase("The chain's name.", zh: "链名称。"), valueName: "name"))
    var chain = "main"

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run() throws {
        switch (out, check) {
        case (let out?, nil): try write(out)
        case (nil, let file?): try examine(file)
        default:
            throw Failure.usage(
                phrase("name one file, with --out or with --check", zh: "请用 --out 或 --check 指定一个文件"),
                fix: "jiuding chain snapshot --help")
        }
    }

    private func write(_ out: String) throws {
        let directories = StoreVerification.directories(below: store.data, chain: chain)
        guard let directory = directories.first else {
            throw Failure.usage(
                phrase("no store of chain \(chain) lies below \(store.data)", zh: "\(store.data) 下没有链 \(chain) 的存储"),
                fix: phrase("name the data directory with --data", zh: "请用 --data 指定数据目录"))
        }
        let terminal = output.terminal
        let bar = ProgressBar(terminal, label: directory, unit: .items, total: 100)
        defer { bar.finish() }
        let (summary, bytes) = try Failure.namingBackup(of: "\(directory)/store") {
            () throws(BackupError) -> (SnapshotFile.Summary, UInt64) in
            let source = try BackupStore.open("\(directory)/store")
            defer { source.close() }
            var file = try BackupFileWriter(path: out)
            let summary = try source.write(to: &file) { part in
                bar.reach(SnapshotView.percent(part), of: 100)
                return true
            }
            try file.commit()
            return (summary, file.byteCount)
        }
        bar.finish()
        try OperatorAudit.add(
            AuditRecord(
                "chain.snapshot", who: OperatorAudit.name, chain: chain, object: out, height: summary.height.value,
                detail: "digest \(summary.digest.hex)"),
            chainDirectory: directory)
        SnapshotView.show(summary, file: out, bytes: bytes, extra: [], on: terminal)
    }

    private func examine(_ path: String) throws {
        let terminal = output.terminal
        let anchor = try TrustChoice.anchor(trust, data: store.data, chain: chain)
        let (summary, isOlder, bytes) = try Failure.namingBackup(of: path) {
            () throws(BackupError) -> (SnapshotFile.Summary, Bool, UInt64) in
            let file = try BackupFileReader(path: path)
            let bar = ProgressBar(
                terminal, label: phrase("checking", zh: "检查"), unit: .items, total: 100)
            defer { bar.finish() }
            var reader = try SnapshotReader(file, trust: .anchor(anchor), scheme: SM2.Verifier())
            while try reader.next() != nil { bar.reach(SnapshotView.percent(reader.share), of: 100) }
            return (reader.summary, reader.isOlderThanAnchor, file.size)
        }
        if isOlder { SnapshotView.warnOfAge(on: terminal) }
        SnapshotView.show(
            summary, file: path, bytes: bytes,
            extra: [.init(key: "sound", value: true), .init(key: "olderThanAnchor", value: .flag(isOlder))],
            on: terminal)
    }
}

/// A chain's store, owned or read beside its owner.
enum BackupStore {
    case owned(RocksStore)
    case beside(RocksReader)

    /// - Throws: `.store(.locked)` never: a store in use is read beside its owner.
    static func open(_ path: String) throws(BackupError) -> BackupStore {
        do throws(StoreError) {
            do throws(StoreError) {
                return .owned(try RocksStore(path: path))
            } catch {
                guard case .locked = error else { throw error }
                return .beside(try read(beside: path))
            }
        } catch {
            throw .store(error)
        }
    }

    /// The owner may put its files in another order while they are being opened; a moment later it has.
    static func read(beside path: String) throws(StoreError) -> RocksReader {
        for _ in 0..<4 {
            if let reader = try? RocksReader(beside: path, scratch: NSTemporaryDirectory()) { return reader }
            usleep(100_000)
        }
        return try RocksReader(beside: path, scratch: NSTemporaryDirectory())
    }

    func write(
        to file: inout BackupFileWriter, progress: (UInt64) -> Bool
    ) throws(BackupError) -> SnapshotFile.Summary {
        switch self {
        case .owned(let store): try SnapshotFile.write(store, to: &file, progress: progress)
        case .beside(let store): try SnapshotFile.write(store, to: &file, progress: progress)
        }
    }

    func close() {
        switch self {
        case .owned(let store): try? store.close()
        case .beside(let store): try? store.close()
        }
    }
}

/// What a snapshot file holds, for people and programs.
enum SnapshotView {
    static func show(
        _ summary: SnapshotFile.Summary, file: String, bytes: UInt64, extra: [JSONText.Member], on terminal: Terminal
    ) {
        let spec = summary.spec
        terminal.emit(
            .object(
                [
                    .init(key: "file", value: .text(file)), .init(key: "chain", value: .text(spec.name.text)),
                    .init(key: "id", value: .text(spec.id.hex)),
                    .init(key: "height", value: .whole(summary.height.value)),
                    .init(key: "stateRoot", value: .text(summary.stateRoot.hex)),
                    .init(key: "parts", value: .whole(summary.parts)),
                    .init(key: "entries", value: .whole(summary.leaves)), .init(key: "bytes", value: .whole(bytes)),
                    .init(key: "digest", value: .text(summary.digest.hex)),
                ] + extra))
        terminal.say("\(terminal.paint("✓", .green)) \(file)")
        terminal.say(pairs: [
            (phrase("chain", zh: "链"), "\(spec.name.text)@\(spec.id.hex.shortened)"),
            (phrase("height", zh: "高度"), "\(summary.height.value)"),
            (phrase("state root", zh: "状态根"), summary.stateRoot.hex),
            (
                phrase("content", zh: "内容"),
                phrase(
                    "\(summary.leaves) entries in \(summary.parts) parts, \(Quantity.bytes(bytes))",
                    zh: "\(summary.leaves) 项，\(summary.parts) 个部分，\(Quantity.bytes(bytes))")
            ), (phrase("digest", zh: "摘要"), summary.digest.hex),
        ])
    }

    static func percent(_ share: UInt64) -> Double { Double(share) * 100 / Double(SnapshotFile.whole) }

    static func warnOfAge(on terminal: Terminal) {
        terminal.warn(
            phrase(
                "the state is older than the trust anchor's committee: only the founding committee stands behind it",
                zh: "快照早于信任锚的委员会：仅由创始委员会证明"))
    }
}

extension Failure {
    /// Runs what reads or writes a backup and names what went wrong.
    static func namingBackup<Answer>(
        of path: String, _ body: () throws(BackupError) -> Answer
    ) throws(Failure) -> Answer {
        do { return try body() } catch { throw Failure(error, path: path) }
    }

    init(_ error: BackupError, path: String) {
        if let stable = error.stable {
            let facts = Failure.facts(error)
            self.init(
                .no, stable.label,
                "\(stable.sentence) (\(path))" + (facts.isEmpty ? "" : phrase(": ", zh: "：") + facts),
                fix: stable.remedy)
            return
        }
        switch error {
        case .store(let reason): self.init(HostFailure(reason))
        case .cancelled: self.init(.no, "JD-4008", phrase("interrupted", zh: "已中断"), fix: "")
        case .file(let what):
            self.init(
                .no, "JD-4009", what,
                fix: phrase("check the path, its mode and the free space", zh: "请检查路径、权限与剩余空间"))
        default: self.init(.no, "JD-4009", "\(path): \(error)", fix: "")
        }
    }

    private static func facts(_ error: BackupError) -> String {
        switch error {
        case .malformed(let offset): phrase("at byte \(offset)", zh: "位于第 \(offset) 字节")
        case .truncated(let offset): phrase("after byte \(offset)", zh: "止于第 \(offset) 字节")
        case .otherChain(let expected, let found):
            phrase(
                "expected \(expected.hex.shortened), found \(found.hex.shortened)",
                zh: "应为 \(expected.hex.shortened)，实为 \(found.hex.shortened)")
        case .otherCommittee(let epoch): phrase("epoch \(epoch.value)", zh: "第 \(epoch.value) 届")
        case .foreignPart(let number, _), .misplacedPart(let number):
            phrase("part \(number + 1)", zh: "第 \(number + 1) 部分")
        case .unprovenBlock(let height, let what):
            phrase("block \(height.value): \(what)", zh: "区块 \(height.value)：\(what)")
        default: ""
        }
    }
}
