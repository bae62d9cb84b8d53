// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ClientKit
import Foundation
import Ledger

/// How a command answers.
struct OutputOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            phrase("Print one JSON object on stdout and nothing else there.", zh: "在标准输出只打印一个 JSON 对象。")))
    var json = false

    @Option(
        help: ArgumentHelp(
            phrase("Language: zh or en. Default: LANG, else English.", zh: "语言：zh 或 en。默认取 LANG，否则英文。"),
            valueName: "zh|en"))
    var lang: Language?

    var terminal: Terminal { Terminal(json: json) }
}

/// Which node is asked, and about which chain.
struct NodeOptions: ParsableArguments {
    static let nodeDefault = "http://127.0.0.1:8600"

    @Option(
        help: ArgumentHelp(
            phrase(
                "The node's URL. Default: $JIUDING_NODE, else \(nodeDefault).",
                zh: "节点地址。默认取 $JIUDING_NODE，否则 \(nodeDefault)。"),
            valueName: "url"))
    var node: String?

    @Option(help: ArgumentHelp(phrase("The chain's name.", zh: "链名称。"), valueName: "name"))
    var chain = "main"

    var url: String {
        let environment = ProcessInfo.processInfo.environment["JIUDING_NODE"] ?? ""
        return node ?? (environment.isEmpty ? NodeOptions.nodeDefault : environment)
    }

    /// A client for the node. Bounds suit a person who waits at a terminal.
    func client(patience: Duration = .seconds(30)) throws -> NodeClient {
        var options = NodeClient.Options()
        options.patience = patience
        do { return try NodeClient(url, options: options) } catch { throw Failure(error) }
    }
}

/// Where this machine keeps trust anchors, users' keys and nodes.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            phrase("The data directory, with trust anchors and keys.", zh: "数据目录，含信任锚与密钥。"),
            valueName: "dir"))
    var data = "./data"
}

/// Whose key signs.
struct KeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            phrase(
                "The key file that signs. Default: $JIUDING_KEY, else DATA/users/default.key.",
                zh: "用于签名的密钥文件。默认取 $JIUDING_KEY，否则取 DATA/users/default.key。"),
            valueName: "file"))
    var key: String?

    @OptionGroup var passphrase: PassphraseOptions
}
