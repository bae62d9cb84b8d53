// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ClientKit
import Execution
import Ledger
import ShangMi

/// Brings a module to the chain, part by part, and publishes it.
struct ContractPublish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: phrase("Upload a module and publish it.", zh: "上传并发布模块。"),
        discussion: phrase(
            """
            Parts that are there already are not sent again, so it may be stopped and repeated. The digest it prints is
            what a proposal names; `jiuding contract propose` does both.

            Example: jiuding contract publish app.wasm
            """,
            zh: """
                已上传的部分不再发送，可中断后重来。所打印的摘要用于提案；jiuding contract propose 一并完成两步。

                示例：jiuding contract publish app.wasm
                """))

    @Argument(help: ArgumentHelp(phrase("The module.", zh: "模块文件。"), valueName: "file.wasm"))
    var file: String

    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let module = try ModuleFile(file)
        _ = try ContractInspect.examine(module.bytes)
        let pen = try await signing.pen()
        let terminal = signing.output.terminal
        let done = try await ModuleUpload(pen: pen).publish(module.bytes, on: terminal)
        await pen.client.close()
        let (digest, height) = (done.code.digest, done.code.record.published.value)
        terminal.emit([
            "code": .text(digest.hex), "size": .whole(module.bytes.count), "partsSent": .whole(done.partsSent),
            "wasKnown": .flag(done.wasKnown), "published": .whole(height),
        ])
        terminal.say(
            done.wasKnown
                ? phrase("was published at height \(height)", zh: "此前已发布，高度 \(height)")
                : phrase("published at height \(height)", zh: "已发布，高度 \(height)"))
        terminal.say(pairs: [(phrase("code", zh: "代码摘要"), digest.hex)])
    }
}
