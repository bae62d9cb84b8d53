// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Bedrock
import Foundation
import Ledger
import ShangMi

/// Shows what a file of a founding says, and checks all of it that can be checked from the file alone.
/// - Spec: FOUND-8, FOUND-11, FOUND-14.
struct FoundShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: phrase(
            "Show and check a contribution, genesis, signature or record.", zh: "查看并核验材料、创世文件、签署或建链记录。"),
        discussion: phrase(
            """
            Offline. A record (CHAIN.founding) is checked with every signature in it: it shows years later who founded
            the chain.

            Example: jiuding found show ceremony/genesis.draft
            """,
            zh: """
                离线运行。建链记录（CHAIN.founding）连同其中全部签名一并核验：多年后仍可表明由谁建链。

                示例：jiuding found show ceremony/genesis.draft
                """))

    @Argument(help: ArgumentHelp(phrase("The file.", zh: "文件。"), valueName: "file"))
    var file: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        try FoundingStep.run {
            switch Array(FileManager.default.contents(atPath: file)?.prefix(4) ?? Data()) {
            case Contribution.magic: show(try FoundingFiles.read(file) as Contribution)
            case FoundingSignature.magic: show(try FoundingFiles.read(file) as FoundingSignature)
            case FoundingRecord.magic: try show(try FoundingFiles.read(file) as FoundingRecord)
            default: try show(try FoundingFiles.read(file) as GenesisDraft)
            }
        }
    }

    private func show(_ contribution: Contribution) {
        let (terminal, body) = (output.terminal, contribution.body)
        let keys = body.nodes.map { AccountID($0.signing).hex }
        terminal.emit([
            "kind": "contribution", "organization": .text(body.organization.text),
            "fingerprint": .text(contribution.fingerprint.text), "consortium": .text(body.consortium.hex),
            "nodes": .list(keys.map { .text($0) }), "members": .list(body.members.map { .text(AccountID($0).hex) }),
        ])
        terminal.say(
            pairs: [
                (phrase("contribution of", zh: "材料所属单位"), body.organization.text),
                (phrase("agreement", zh: "约定摘要"), body.consortium.hex),
            ] + keys.map { (phrase("node", zh: "节点"), $0) }
                + body.members.map { (phrase("member", zh: "成员"), AccountID($0).hex) })
        FoundingSummary.say(contribution.fingerprint, on: terminal)
    }

    private func show(_ signature: FoundingSignature) {
        let (terminal, fingerprint) = (output.terminal, SpokenFingerprint(signature.draft))
        terminal.emit([
            "kind": "signature", "organization": .text(signature.organization.text),
            "fingerprint": .text(fingerprint.text),
            "admins": .list(signature.admins.map { .text($0.account.hex) }),
        ])
        terminal.say(
            pairs: [(phrase("signature of", zh: "签署单位"), signature.organization.text)]
                + signature.admins.map { (phrase("admin", zh: "管理员"), $0.account.hex) })
        FoundingSummary.say(fingerprint, on: terminal)
    }

    private func show(_ draft: GenesisDraft) throws {
        var verifier = SM2.Verifier(tableBytesMax: 0)
        do { try draft.check(&verifier) } catch { throw Failure(error.unplaced, files: [file]) }
        let summary = FoundingSummary(draft: draft)
        output.terminal.emit(.members([.init(key: "kind", value: "draft")], summary.json))
        summary.say(on: output.terminal)
    }

    private func show(_ record: FoundingRecord) throws {
        var verifier = SM2.Verifier(tableBytesMax: 0)
        do { try record.check(&verifier) } catch { throw Failure(error.unplaced, files: [file]) }
        let (terminal, summary) = (output.terminal, FoundingSummary(draft: record.draft))
        let trust = record.anchor.fingerprint.hex
        terminal.emit(
            .members(
                [.init(key: "kind", value: "record"), .init(key: "trustFingerprint", value: .text(trust))], summary.json
            ))
        summary.say(on: terminal)
        terminal.say(
            phrase(
                "signed by all \(record.signatures.count) organisations; the trust anchor's fingerprint: \(trust)",
                zh: "全部 \(record.signatures.count) 个单位均已签署；信任锚指纹：\(trust)"))
    }
}
