// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ClientKit
import Execution
import Foundation
import Ledger
import ShangMi

/// Starts a contract.
struct ContractNew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: phrase("Start a contract from a template, with tests.", zh: "由模板新建合约，附测试。"),
        discussion: phrase(
            "Example: jiuding contract new desks/my-desk --from workflow",
            zh: "示例：jiuding contract new desks/my-desk --from workflow"))

    @Argument(
        help: ArgumentHelp(phrase("The folder; its name is the contract's.", zh: "目录，其名即合约名。"), valueName: "folder"))
    var folder: String

    @Option(
        help: ArgumentHelp(
            phrase(
                "The template: hello, evidence-registry, ledger, workflow, traceability.",
                zh: "模板：hello、evidence-registry、ledger、workflow、traceability。"), valueName: "template"))
    var from = "hello"

    func run() throws {
        let status = try SourceTree.run("contract-new", [folder, "--from", from])
        if status != 0 { throw ExitCode(status) }
    }
}

/// Compiles a contract.
struct ContractBuild: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: phrase("Compile a contract's sources to a module.", zh: "将合约源码编译为模块。"),
        discussion: phrase(
            "The same sources and toolchain give the same bytes everywhere.\n\n"
                + "Example: jiuding contract build desks/my-desk",
            zh: "相同源码与工具链在任何地方生成相同字节。\n\n示例：jiuding contract build desks/my-desk"))

    @Argument(help: ArgumentHelp(phrase("The contract's folder.", zh: "合约目录。"), valueName: "folder"))
    var folder: String

    @Option(
        help: ArgumentHelp(
            phrase("Where app.wasm goes. Default: FOLDER/.build/contract.", zh: "输出目录。默认为 FOLDER/.build/contract。"),
            valueName: "dir"))
    var out: String?

    func run() throws {
        let status = try SourceTree.run("contract-build", [folder] + (out.map { ["--out", $0] } ?? []))
        if status != 0 { throw ExitCode(status) }
    }
}

/// Builds sources anew and holds the result against the chain.
struct ContractVerifySource: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-source",
        abstract: phrase("Whether sources are those of a contract on the chain.", zh: "核对源码是否为链上合约的源码。"),
        discussion: phrase(
            """
            Builds the folder and compares the digest. Exit 1 where it is another: other sources, or another toolchain;
            the contract's description names the one it was built with.

            Example: jiuding contract verify-source desks/my-desk my-desk
            """,
            zh: """
                构建目录并比对摘要。不同则退出码为 1：源码不同，或工具链不同（合约自述载有其构建工具）。

                示例：jiuding contract verify-source desks/my-desk my-desk
                """))

    @Argument(help: ArgumentHelp(phrase("The contract's folder.", zh: "合约目录。"), valueName: "folder"))
    var folder: String

    @Argument(
        help: ArgumentHelp(phrase("The contract's name, or its code's digest.", zh: "合约名或代码摘要。"), valueName: "contract")
    )
    var contract: String

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let (client, chain) = (try node.client(), node.chain)
        let expected: Digest
        if let digest = Digest(hex: contract) {
            let found = try await Failure.naming { () async throws(ClientError) in
                try await client.code(chain, digest)
            }
            expected = found.digest
        } else {
            let name = try Words.label(contract, "contract")
            let found = try await Failure.naming { () async throws(ClientError) in
                try await client.contract(chain, name)
            }
            expected = found.record.code
        }
        await client.close()
        let place = FileManager.default.temporaryDirectory.appending(path: "jiuding-verify-\(UUID().uuidString)").path()
        defer { try? FileManager.default.removeItem(atPath: place) }
        let status = try SourceTree.run("contract-build", [folder, "--out", place], isQuiet: true)
        if status != 0 { throw ExitCode(status) }
        let built = SM3.hash(try ModuleFile("\(place)/app.wasm").bytes)
        let terminal = output.terminal
        terminal.emit([
            "matches": .flag(built == expected), "built": .text(built.hex), "onChain": .text(expected.hex),
        ])
        terminal.say(pairs: [
            (phrase("built", zh: "构建结果"), built.hex), (phrase("on chain", zh: "链上代码"), expected.hex),
        ])
        guard built == expected else {
            terminal.say(terminal.paint(phrase("✗ another module", zh: "✗ 不是同一模块"), .red))
            throw ExitCode(Failure.Exit.no.rawValue)
        }
        terminal.say(terminal.paint(phrase("✓ the same module, byte for byte", zh: "✓ 逐字节相同"), .green))
    }
}
