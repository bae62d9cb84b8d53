// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Bedrock
import ClientKit
import Execution
import Foundation
import Ledger
import ShangMi

/// From a module's file to an open proposal: checks it, publishes it, proposes what is to be done with it.
struct ContractPropose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "propose",
        abstract: phrase("Propose a contract, its upgrade or its end.", zh: "提议部署、升级或注销合约。"),
        discussion: phrase(
            """
            Checks the module as a chain would, publishes it where it is not there yet, and proposes to deploy it under
            the name. Whoever approves reads with `jiuding govern show` what the code is: their own node works that out
            from the code on its chain. Arguments of the contract's start are given by name, as to `contract call`.

            Example: jiuding contract propose my-desk my-desk/.build/contract/app.wasm
                     jiuding contract propose money app.wasm operator=市大数据局 --reason "the budget's accounts"
                     jiuding contract propose my-desk app.wasm --upgrade --migrate
                     jiuding contract propose my-desk --retire
            """,
            zh: """
                按链的规则检查模块，尚未发布则先发布，再提议以该名称部署。批准人用 jiuding govern show 查看代码概况，
                由其自己的节点据链上代码得出。初始化参数按名称给出，与 contract call 相同。

                示例：jiuding contract propose my-desk my-desk/.build/contract/app.wasm
                      jiuding contract propose money app.wasm operator=市大数据局 --reason 预算账户
                      jiuding contract propose my-desk app.wasm --upgrade --migrate
                      jiuding contract propose my-desk --retire
                """))

    @Argument(help: ArgumentHelp(phrase("The contract's name.", zh: "合约名。"), valueName: "contract"))
    var contract: String

    @Argument(
        help: ArgumentHelp(
            phrase(
                "The module's file, or the digest of published code; then the start's arguments by name.",
                zh: "模块文件或已发布代码的摘要；其后按名称给出初始化参数。"), valueName: "file.wasm|code argument=value"))
    var words: [String] = []

    @Flag(help: ArgumentHelp(phrase("Let other code answer under the name.", zh: "升级：以新代码接替该合约。")))
    var upgrade = false

    @Flag(
        help: ArgumentHelp(
            phrase("With --upgrade: the new code's migration runs first.", zh: "与 --upgrade 同用：先由新代码迁移数据。")))
    var migrate = false

    @Flag(help: ArgumentHelp(phrase("End the contract for good; its data stay.", zh: "注销合约，不可恢复；数据保留。")))
    var retire = false

    @Option(
        help: ArgumentHelp(
            phrase("The start's arguments as bytes, for code that describes nothing.", zh: "以字节给出初始化参数，用于没有自述的代码。"),
            valueName: "hex"))
    var argumentHex: String?

    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    func validate() throws {
        guard !(retire && (upgrade || !words.isEmpty)), !(migrate && !upgrade) else {
            throw ValidationError(
                phrase(
                    "--retire takes the name alone; --migrate goes with --upgrade",
                    zh: "--retire 只需合约名；--migrate 须与 --upgrade 同用"))
        }
        guard retire || !words.isEmpty else {
            throw ValidationError(phrase("name the module's file", zh: "请给出模块文件"))
        }
        guard !upgrade || (words.count == 1 && argumentHex == nil) else {
            throw ValidationError(phrase("an upgrade takes no arguments", zh: "升级不带参数"))
        }
    }

    mutating func run() async throws {
        let name = try Words.label(contract, "contract")
        let job = ProposalJob(signing: signing, options: proposal)
        if retire { return try await job.run(ProposalDraft([.retireContract(name)])) }
        // What a chain would refuse is refused before anything is sent.
        let module = Digest(hex: words[0]) == nil ? try ModuleFile(words[0]) : nil
        if let module { _ = try ContractInspect.examine(module.bytes) }
        let pen = try await signing.pen()
        if !upgrade, try await deployed(name, pen) { throw ContractPropose.taken(name) }
        if let module, proposal.dryRun { return try await rehearse(module, pen) }
        let (digest, description) = try await code(module, pen)
        let draft: ProposalDraft
        if upgrade {
            draft = ProposalDraft([
                .upgradeContract(ContractUpgrade(name: name, code: digest, migrates: migrate))
            ])
        } else {
            let argument = try StartArguments.encoded(
                Array(words.dropFirst()), hex: argumentHex, for: description?.start, what: name.text)
            draft = ProposalDraft([
                .deployContract(ContractDeployment(name: name, code: digest, argument: argument))
            ])
        }
        try await job.run(draft, with: pen)
        await pen.client.close()
    }

    /// The code on the chain, and what it says of itself.
    private func code(
        _ module: ModuleFile?, _ pen: ConsortiumPen
    ) async throws -> (Digest, ContractDescription?) {
        let upload = ModuleUpload(pen: pen)
        let terminal = signing.output.terminal
        guard let module else {
            guard let digest = Digest(hex: words[0]), let found = try await upload.record(of: digest) else {
                throw Failure(ResultCode.codeUnknown)
            }
            return (digest, found.description.flatMap { ContractDescription($0) })
        }
        let passed = try ContractInspect.examine(module.bytes)
        let description = passed.description.flatMap { ContractDescription($0) }
        // Before it is sent: what cannot be started is not worth publishing.
        if !upgrade {
            _ = try StartArguments.encoded(
                Array(words.dropFirst()), hex: argumentHex, for: description?.start, what: contract)
        }
        let done = try await upload.publish(module.bytes, on: terminal)
        let height = done.code.record.published.value
        terminal.say(
            done.wasKnown
                ? phrase("code was published at height \(height)", zh: "代码此前已发布，高度 \(height)")
                : phrase("code published at height \(height)", zh: "代码已发布，高度 \(height)"))
        return (done.code.digest, description)
    }

    private func deployed(_ name: Ledger.Label, _ pen: ConsortiumPen) async throws(Failure) -> Bool {
        do throws(ClientError) {
            _ = try await pen.client.contract(pen.chain, name)
            return true
        } catch {
            guard case .refused(let problem) = error, problem.status == 404 else { throw Failure(error) }
            return false
        }
    }

    private static func taken(_ name: Ledger.Label) -> Failure {
        let refused = Failure(ResultCode.contractKnown)
        return Failure(
            refused.exit, refused.code, "\(refused.sentence): \(name.text)",
            fix: phrase("take another name, or upgrade it with --upgrade", zh: "请换一个名称，或用 --upgrade 升级"))
    }

    /// What the module is, without a chain's word: of one that is not published nothing else is known.
    private func rehearse(_ module: ModuleFile, _ pen: ConsortiumPen) async throws {
        let digest = SM3.hash(module.bytes)
        let isKnown = try await ModuleUpload(pen: pen).record(of: digest) != nil
        await pen.client.close()
        let terminal = signing.output.terminal
        let lines = ModuleReport(module.bytes)?.lines() ?? []
        terminal.emit([
            "sent": false, "code": .text(digest.hex), "isPublished": .flag(isKnown),
            "effects": .list(
                lines.map {
                    ["english": .text($0.english), "chinese": .text($0.chinese), "isWarning": .flag($0.isWarning)]
                }),
        ])
        for line in lines {
            terminal.say("  " + ProposalView.line(line.english, line.chinese, line.isWarning, terminal))
        }
        terminal.say(phrase("nothing was sent (--dry-run)", zh: "未提交（--dry-run）"))
    }
}
