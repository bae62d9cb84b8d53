// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Bedrock
import Foundation
import Hosting
import KeyCustody
import Ledger
import ShangMi

/// Closes the founding with the signatures of all: the genesis, its trust anchor, and this organisation's nodes, ready
/// to start.
/// - Spec: FOUND-14, FOUND-15.
struct FoundFinish: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finish",
        abstract: phrase(
            "With the signatures of all: write the genesis and your nodes.", zh: "凭全体签署，写出创世文件与本单位节点。"),
        discussion: phrase(
            """
            Only with the signatures of all organisations. Writes OUT/trust (the trust anchor, the record of the
            founding, the roots) and a folder for each node of yours. Without files named, takes the *.signature files
            of the folder. A node wants its passphrase as docs/spec/node.md says (NODE-3).

            Example: jiuding found finish --folder ceremony --out site
            """,
            zh: """
                须有全体单位的签署。写出 OUT/trust（信任锚、建链记录、各方根证书）及本单位每个节点的目录。
                不指定文件时，取目录中的 *.signature。节点口令的放置见 docs/spec/node.md（NODE-3）。

                示例：jiuding found finish --folder ceremony --out site
                """))

    @Argument(help: ArgumentHelp(phrase("Signatures, in any order.", zh: "各方签署文件，次序不限。"), valueName: "file"))
    var signatures: [String] = []

    @OptionGroup var folder: FoundingFolderOptions

    @Option(
        help: ArgumentHelp(
            phrase("The genesis. Default: FOLDER/genesis.draft.", zh: "创世文件，默认为目录中的 genesis.draft。"), valueName: "file")
    )
    var draft: String?

    @Option(help: ArgumentHelp(phrase("Where to write.", zh: "写到何处。"), valueName: "dir"))
    var out: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        try FoundingStep.run { try finish() }
    }

    private func finish() throws {
        let place = folder.place
        let path = draft ?? place.draft
        let genesis: GenesisDraft = try FoundingFiles.read(path)
        var verifier = SM2.Verifier(tableBytesMax: 0)
        do { try genesis.check(&verifier) } catch { throw Failure(error.unplaced, files: [path]) }
        let paths = signatures.isEmpty ? place.files(ending: FoundingFolder.signatureEnding) : signatures
        let record = try FoundingStep.judge(paths) { (offered: [FoundingSignature]) throws(FoundingFlaw) in
            try FoundingRecord.close(genesis, offered, &verifier)
        }
        let party =
            FileManager.default.fileExists(atPath: place.own) ? try place.party(in: genesis, at: path) : nil
        let site = FoundedSite(root: out, record: record)
        try site.writeTrust()
        let nodes = try party.map { try site.writeNodes(of: $0, from: place.places(of: $0)) } ?? []
        say(site, nodes)
    }

    private func say(_ site: FoundedSite, _ nodes: [String]) {
        let (terminal, spec) = (output.terminal, site.record.draft.spec)
        let fingerprint = site.record.anchor.fingerprint.hex
        terminal.emit([
            "chain": .text(spec.name.text), "id": .text(spec.id.hex), "trust": .text(site.trust),
            "trustFingerprint": .text(fingerprint), "record": .text(site.founding),
            "nodes": .list(nodes.map { .text($0) }),
        ])
        terminal.say(pairs: [
            (phrase("founded", zh: "已建链"), "\(spec.name.text)@\(spec.id.hex)"),
            (
                phrase("signed by", zh: "签署"),
                phrase(
                    "all \(site.record.signatures.count) organisations, all \(spec.committee.count) validators",
                    zh: "全部 \(site.record.signatures.count) 个单位、全部 \(spec.committee.count) 个验证节点")
            ),
            (phrase("trust anchor", zh: "信任锚"), site.trust), (phrase("fingerprint", zh: "指纹"), fingerprint),
            (phrase("record", zh: "建链记录"), site.founding),
        ])
        if site.record.draft.consortium.founded > HostClock.wall {
            terminal.warn(
                phrase(
                    "the founding time lies in the future: no block is made before it",
                    zh: "建链时间尚未到来：此前不会出块"))
        }
        for node in nodes { terminal.say("  jiuding node --config \(node)") }
        guard !nodes.isEmpty else { return }
        terminal.say(
            phrase(
                "Before that, put the passphrase of \(folder.folder)/private where the node looks for it: systemd's"
                    + " LoadCredential, or keys/NAME.key.passphrase for validator, encryption and anchor.",
                zh: "启动前，请将 \(folder.folder)/private 的口令放到节点读取之处：systemd 的 LoadCredential，"
                    + "或 keys/NAME.key.passphrase（NAME 为 validator、encryption、anchor）。"))
    }
}
