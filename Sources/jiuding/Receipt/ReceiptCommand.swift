// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Ledger

/// Receipts as files.
struct ReceiptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt",
        abstract: phrase("Look into a receipt.", zh: "查看回执内容。"),
        subcommands: [ReceiptInspect.self])
}

/// Shows every field of a receipt with its size. Says nothing about whether it is true; `evidence verify` does.
struct ReceiptInspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: phrase("Show every field of a receipt with its size.", zh: "列出回执各字段及字节数。"),
        discussion: phrase(
            "Checks no signature: use `jiuding evidence verify` for that.\n\n"
                + "Example: jiuding receipt inspect contract.pdf.receipt",
            zh: "不核验签名；核验请用 jiuding evidence verify。\n\n示例：jiuding receipt inspect contract.pdf.receipt"))

    @Argument(help: ArgumentHelp(phrase("The receipt.", zh: "回执文件。"), valueName: "file"))
    var file: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        let tree = ReceiptTree(try ReceiptFile.read(file))
        let terminal = output.terminal
        terminal.emit(tree.json)
        for line in tree.lines() { terminal.say(line) }
    }
}
