// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Bedrock
import ClientKit
import Execution
import Ledger
import ShangMi

/// Lists what members began to upload and did not publish.
struct ContractUploads: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uploads",
        abstract: phrase("List modules whose upload was begun and not ended.", zh: "列出已开始但未结束的模块上传。"),
        discussion: phrase(
            """
            One query a member. An upload that no part came for in \(ContractLimits.uploadHeights) heights is abandoned:
            anybody may end it with `jiuding contract discard`.

            Example: jiuding contract uploads --organization 市税务局
            """,
            zh: """
                每个成员查询一次。连续 \(ContractLimits.uploadHeights) 个高度未收到分片的上传视为放弃，任何成员可用
                jiuding contract discard 清除。

                示例：jiuding contract uploads --organization 市税务局
                """))

    @Option(help: ArgumentHelp(phrase("Only members of this organisation.", zh: "仅列该机构的成员。"), valueName: "id"))
    var organization: String?

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    /// An upload as the chain has it.
    private struct Row {
        let member: MemberAnswer
        let module: Digest
        let record: UploadRecord
        let isAbandoned: Bool
    }

    mutating func run() async throws {
        let home = try organization.map { text throws(Failure) in try Words.label(text, "--organization") }
        let (client, chain) = (try node.client(), node.chain)
        let members = try await EveryPage.of { (cursor) async throws(ClientError) in
            try await client.members(chain, of: home, cursor: cursor)
        }
        var rows: [Row] = []
        for member in members { rows += try await ContractUploads.rows(of: member, client, chain) }
        await client.close()
        let terminal = output.terminal
        terminal.emit(["uploads": .list(rows.map { ContractUploads.json($0) })])
        guard !rows.isEmpty else { return terminal.say(phrase("no upload is open", zh: "没有未结束的上传")) }
        var table = TableLayout([
            .init(phrase("member", zh: "成员")), .init(phrase("module", zh: "模块")),
            .init(phrase("parts", zh: "分片"), .right), .init(phrase("last part", zh: "最近分片高度"), .right),
            .init(phrase("abandoned", zh: "已放弃")),
        ])
        for row in rows {
            let (record, name) = (row.record, row.member.record.member)
            table.add([
                "\(name.organization.text)/\(name.name.text)", row.module.hex.shortened,
                "\(record.parts.nonzeroBitCount)/\(CodeRecord.parts(of: record.size))", "\(record.touched.value)",
                row.isAbandoned ? phrase("yes", zh: "是") : phrase("no", zh: "否"),
            ])
        }
        terminal.say(table)
    }

    private static func rows(
        of member: MemberAnswer, _ client: NodeClient, _ chain: String
    ) async throws(Failure) -> [Row] {
        try await Failure.naming { () async throws(ClientError) in
            let register = ContractsContract.contract
            let list = try await client.state(
                chain, contract: register, key: ContractsContract.uploadsPlace(member.account))
            var rows: [Row] = []
            for module in list.value.flatMap({ try? DigestList(decoding: $0) })?.digests ?? [] {
                let found = try await client.state(
                    chain, contract: register, key: ContractsContract.uploadPlace(member.account, module))
                guard let record = found.value.flatMap({ try? UploadRecord(decoding: $0) }) else { continue }
                let isAbandoned = record.isAbandoned(at: found.height.next)
                rows.append(Row(member: member, module: module, record: record, isAbandoned: isAbandoned))
            }
            return rows
        }
    }

    private static func json(_ row: Row) -> JSONText {
        [
            "member": .text(row.member.account.hex), "code": .text(row.module.hex), "size": .whole(row.record.size),
            "parts": .whole(row.record.parts.nonzeroBitCount),
            "partsWanted": .whole(CodeRecord.parts(of: row.record.size)),
            "lastPart": .whole(row.record.touched.value), "abandoned": .flag(row.isAbandoned),
        ]
    }
}

/// Ends an upload.
struct ContractDiscard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: phrase("End an upload that is not to be published.", zh: "结束不再发布的上传。"),
        discussion: phrase(
            """
            Another member's can be ended once it is abandoned; `jiuding contract uploads` lists them, --json with whole
            digests and accounts.

            Example: jiuding contract discard 9f3a… --member 7c01…
            """,
            zh: """
                其他成员的上传须已放弃方可清除；jiuding contract uploads 列出各上传，加 --json 显示完整摘要与账户。

                示例：jiuding contract discard 9f3a… --member 7c01…
                """))

    @Argument(help: ArgumentHelp(phrase("The module's digest, 64 hexadecimal digits.", zh: "模块摘要，64 位十六进制。")))
    var code: String

    @Option(
        help: ArgumentHelp(
            phrase("The account whose upload it is; else the sender's own.", zh: "上传所属账户；缺省为发送方自己的。"),
            valueName: "account"))
    var member: String?

    @OptionGroup var signing: SigningOptions

    func validate() throws {
        guard Digest(hex: code) != nil, member.map({ AccountID(hex: $0) != nil }) ?? true else {
            throw ValidationError(
                phrase(
                    "a digest and an account are 64 hexadecimal digits each", zh: "摘要与账户均为 64 位十六进制"))
        }
    }

    mutating func run() async throws {
        guard let module = Digest(hex: code) else { throw Failure(ResultCode.codeUnknown) }
        let request = UploadDiscard(module: module, owner: member.flatMap { AccountID(hex: $0) })
        let pen = try await signing.pen()
        // Eleven parts cost less than this to remove.
        let arguments = PursedArguments(purse: 100_000, argument: request.encoded)
        let receipt = try await pen.call(ContractsContract.contract, ContractsContract.discard, arguments.encoded)
        await pen.client.close()
        let height = receipt.height.value
        let terminal = signing.output.terminal
        terminal.emit(["code": .text(module.hex), "height": .whole(height)])
        terminal.say(phrase("discarded at height \(height)", zh: "已清除，高度 \(height)"))
    }
}
