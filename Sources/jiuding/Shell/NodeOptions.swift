// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ClientKit
import Foundation
import ShangMi

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

    @OptionGroup var caller: CallerOptions

    var url: String {
        let environment = ProcessInfo.processInfo.environment["JIUDING_NODE"] ?? ""
        return node ?? (environment.isEmpty ? NodeOptions.nodeDefault : environment)
    }

    /// A client for the node (`CallerOptions.client`).
    func client(patience: Duration = .seconds(30), signer: (any Signer)? = nil) throws -> NodeClient {
        try caller.client(url, patience: patience, signer: signer)
    }
}
