// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Bedrock
import ClientKit
import Execution
import Foundation
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
            what a proposal deploys; `jiuding contract --help` shows one.

            Example: jiuding contract publish app.wasm
            """,
            zh: """
                已上传的部分不再发送，可中断后重来。所打印的摘要用于部署提案，示例见 jiuding contract --help。

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
        let digest = SM3.hash(module.bytes)
        let known = try await record(of: digest, pen)
        let sent = known == nil ? try await publish(module.bytes, pen, terminal) : 0
        let published = if let known { Optional(known) } else { try await record(of: digest, pen) }
        guard let found = published else { throw Failure(ResultCode.codeUnknown) }
        await pen.client.close()
        let height = found.record.published.value
        terminal.emit([
            "code": .text(digest.hex), "size": .whole(module.bytes.count), "partsSent": .whole(sent),
            "wasKnown": .flag(known != nil), "published": .whole(height),
        ])
        terminal.say(
            known == nil
                ? phrase("published at height \(height)", zh: "已发布，高度 \(height)")
                : phrase("was published at height \(height)", zh: "此前已发布，高度 \(height)"))
        terminal.say(pairs: [(phrase("code", zh: "代码摘要"), digest.hex)])
    }

    /// - Returns: how many parts were sent.
    private func publish(_ module: [UInt8], _ pen: ConsortiumPen, _ terminal: Terminal) async throws(Failure) -> Int {
        let parts = UploadPart.parts(of: module)
        let there = try await standing(SM3.hash(module), pen)
        let bar = ProgressBar(terminal, label: phrase("uploading", zh: "上传"), unit: .bytes, total: Double(module.count))
        defer { bar.finish() }
        var sent = 0
        for part in parts {
            if there?.has(part.part) != true {
                let arguments = PursedArguments(purse: 0, argument: part.encoded)
                _ = try await pen.call(ContractsContract.contract, ContractsContract.upload, arguments.encoded)
                sent += 1
            }
            bar.advance(by: Double(part.bytes.count))
        }
        let arguments = PursedArguments(purse: ContractLimits.purseMax, argument: SM3.hash(module).encoded)
        _ = try await pen.call(ContractsContract.contract, ContractsContract.publish, arguments.encoded)
        return sent
    }

    /// What was uploaded of it already; nil where nothing was, or the node does not say.
    private func standing(_ digest: Digest, _ pen: ConsortiumPen) async throws(Failure) -> UploadRecord? {
        let (client, chain, account) = (pen.client, pen.chain, pen.account)
        // A delegated key uploads for its member.
        let member = try? await client.member(chain, account)
        let place = ContractsContract.uploadPlace(member?.account ?? account, digest)
        let value = try? await client.state(chain, contract: ContractsContract.contract, key: place).value
        return value.flatMap { try? UploadRecord(decoding: $0) }
    }

    /// Nil where no such module is published.
    private func record(of digest: Digest, _ pen: ConsortiumPen) async throws(Failure) -> CodeAnswer? {
        do throws(ClientError) {
            return try await pen.client.code(pen.chain, digest)
        } catch {
            guard case .refused(let problem) = error, problem.status == 404 else { throw Failure(error) }
            return nil
        }
    }
}
