// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// Where this machine keeps trust anchors, users' keys and nodes.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            phrase("The data directory, with trust anchors and keys.", zh: "数据目录，含信任锚与密钥。"),
            valueName: "dir"))
    var data = "./data"
}
