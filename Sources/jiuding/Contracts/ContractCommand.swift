// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ClientKit
import Foundation
import Ledger

/// Contracts: code that anybody may write, from its sources to calls of it.
struct ContractCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contract",
        abstract: phrase(
            "Write contracts, check them, publish them, call them.", zh: "编写、检查、发布和调用合约。"),
        discussion: phrase(
            """
            From sources to a call:

              jiuding contract new my-desk                        # a copy of a template, with tests
              jiuding contract test my-desk                       # its Swift tests and its scenarios
              jiuding contract build my-desk                      # my-desk/.build/contract/app.wasm
              jiuding contract propose my-desk my-desk/.build/contract/app.wasm
              jiuding contract call my-desk greet greeting=hello  # once others said: jiuding govern approve
              jiuding contract ask my-desk read

            Without a programmer: jiuding contract form. Several acts in one proposal, templates among them: jiuding
            govern propose --help.
            """,
            zh: """
                从源码到调用：

                  jiuding contract new my-desk                        # 由模板新建，附测试
                  jiuding contract test my-desk                       # 本机测试与剧本
                  jiuding contract build my-desk                      # my-desk/.build/contract/app.wasm
                  jiuding contract propose my-desk my-desk/.build/contract/app.wasm
                  jiuding contract call my-desk greet greeting=你好    # 其他机构批准后：jiuding govern approve
                  jiuding contract ask my-desk read

                无需编程：jiuding contract form。一项提案含多个操作（如设置模板）：jiuding govern propose --help。
                """),
        subcommands: [
            ContractNew.self, ContractBuild.self, ContractFormCommand.self, ContractTest.self, ContractTrace.self,
            ContractInspect.self, ContractPublish.self, ContractUploads.self, ContractDiscard.self,
            ContractPropose.self, ContractList.self, ContractShow.self, ContractCall.self, ContractAsk.self,
            ContractInstantiate.self,
            ContractVerifySource.self,
        ])
}

/// A module's file.
struct ModuleFile {
    let path: String
    let bytes: [UInt8]

    init(_ path: String) throws(Failure) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(
                .usage, "JD-4035", phrase("\(path) cannot be read", zh: "无法读取 \(path)"),
                fix: phrase(
                    "give the .wasm file that `jiuding contract build` wrote",
                    zh: "请给出 jiuding contract build 生成的 .wasm 文件"))
        }
        self.path = path
        bytes = [UInt8](data)
    }
}

/// Lists contracts.
struct ContractList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: phrase("List the contracts of a chain.", zh: "列出链上的合约。"),
        discussion: phrase("Example: jiuding contract list", zh: "示例：jiuding contract list"))

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let (client, chain) = (try node.client(), node.chain)
        let contracts = try await EveryPage.of { (cursor) async throws(ClientError) in
            try await client.contracts(chain, cursor: cursor, limit: 500)
        }
        await client.close()
        let terminal = output.terminal
        terminal.emit(["contracts": .list(contracts.map { ContractView.json($0) })])
        guard !contracts.isEmpty else { return terminal.say(phrase("no contract is deployed", zh: "尚未部署合约")) }
        terminal.say(ContractView.table(contracts))
    }
}

/// Shows one contract.
struct ContractShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: phrase("Show a contract: its code, its methods, its errors.", zh: "查看合约：代码、方法和错误。"),
        discussion: phrase("Example: jiuding contract show my-desk", zh: "示例：jiuding contract show my-desk"))

    @Argument(help: ArgumentHelp(phrase("The contract's name.", zh: "合约名。"), valueName: "contract"))
    var contract: String

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let (client, chain, name) = (try node.client(), node.chain, try Words.label(contract, "contract"))
        let found = try await Failure.naming { () async throws(ClientError) in try await client.contract(chain, name) }
        await client.close()
        let terminal = output.terminal
        terminal.emit(ContractView.json(found))
        terminal.say(pairs: ContractView.pairs(found))
        guard let description = found.code?.description.flatMap({ ContractDescription($0) }) else {
            return terminal.say(phrase("the module says nothing of itself", zh: "该模块没有自述"))
        }
        terminal.say(description.title.spoken)
        ContractView.say(description, on: terminal)
    }
}
