// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Bedrock
import ClientKit
import Ledger
import ShangMi

/// Exports a chain's trust anchor, and shows whom one would be trusting.
struct ChainTrust: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust",
        abstract: phrase("Show the trust anchor; export it with --out.", zh: "查看信任锚；用 --out 导出。"),
        discussion: phrase(
            """
            The anchor comes from the node you ask. Compare its fingerprint with one from a second source before you
            rely on it.

            Example: jiuding chain trust --out main.trust
            """,
            zh: """
                信任锚取自所查询的节点。使用前请与其他来源核对指纹。

                示例：jiuding chain trust --out main.trust
                """))

    @Option(help: ArgumentHelp(phrase("Where to write it.", zh: "导出位置。"), valueName: "file"))
    var out: String?

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let client = try node.client()
        let name = node.chain
        let anchor = try await Failure.naming { () async throws(ClientError) in try await client.trustAnchor(name) }
        await client.close()
        // An anchor whose own committee did not sign it is never written.
        _ = try TrustChoice.client(anchor)
        if let out { try ReceiptFile.write(anchor.encoded, to: out) }
        let fingerprint = anchor.fingerprint.hex
        let terminal = output.terminal
        let committee = anchor.committee
        terminal.emit([
            "chain": .text(anchor.name.text), "id": .text(anchor.chain.hex), "fingerprint": .text(fingerprint),
            "seals": .whole(anchor.seals.count), "file": .maybe(out), "committee": ChainView.json(committee),
        ])
        terminal.say(pairs: [
            (phrase("chain", zh: "链"), "\(anchor.name.text)@\(anchor.chain.hex)"),
            (phrase("fingerprint", zh: "指纹"), fingerprint),
            (phrase("sealed by", zh: "签名"), "\(anchor.seals.count)/\(committee.count)"),
            (phrase("written to", zh: "已写入"), out ?? "-"),
        ])
        terminal.say(ChainView.table(committee))
    }
}
