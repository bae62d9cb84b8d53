// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ClientKit
import Foundation
import KeyCustody
import Ledger
import ShangMi

/// Shows a record as a node has it, by its number or by the file it is about.
struct EvidenceShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: phrase("Show a record, by number or by file.", zh: "按编号或文件查看存证。"),
        discussion: phrase(
            "Example: jiuding evidence show E1024-7\n         jiuding evidence show contract.pdf",
            zh: "示例：jiuding evidence show E1024-7\n      jiuding evidence show contract.pdf"))

    @Argument(
        help: ArgumentHelp(
            phrase("A number such as E1024-7, or a file.", zh: "编号（如 E1024-7）或文件。"), valueName: "id|file"))
    var subject: String

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let client = try node.client()
        let chain = node.chain
        let records: [EvidenceAnswer]
        do {
            if let number = EvidenceNumber(text: subject) {
                records = [try await client.evidence(number, chain: chain)]
            } else {
                let file: FileDigest
                do throws(FileDigest.Flaw) { file = try await FileDigest.of(subject, followingLinks: true) } catch {
                    throw error.failure(subject)
                }
                records = try await client.evidence(digest: file.digest, chain: chain)
            }
        } catch let error as ClientError { throw Failure(error) }
        await client.close()
        guard !records.isEmpty else {
            throw Failure(
                .no, StableCode.notFound.label,
                phrase("nobody has deposited \(subject) on \(chain)", zh: "链 \(chain) 上没有 \(subject) 的存证"),
                fix: phrase("deposit it with `jiuding evidence put`", zh: "可用 jiuding evidence put 存证"))
        }
        let terminal = output.terminal
        terminal.emit(["chain": .text(chain), "records": .list(records.map { .object(EvidenceView.members($0)) })])
        for (index, record) in records.enumerated() {
            if index > 0 { terminal.say() }
            terminal.say(pairs: EvidenceView.pairs(record))
        }
    }
}

/// Lists records of a digest or a depositor.
struct EvidenceList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: phrase("List records by digest or depositor.", zh: "按摘要或存证者列出存证。"),
        discussion: phrase(
            "Without --digest and --depositor, the records of your own key.\n\n"
                + "Example: jiuding evidence list --limit 20",
            zh: "不给 --digest 与 --depositor 时，列出本人密钥的存证。\n\n示例：jiuding evidence list --limit 20"))

    @Option(
        help: ArgumentHelp(phrase("The SM3 digest, 64 hexadecimal digits.", zh: "SM3 摘要，64 位十六进制。"), valueName: "hex"))
    var digest: String?

    @Option(
        help: ArgumentHelp(
            phrase("The depositor's account, 64 hexadecimal digits.", zh: "存证者账户，64 位十六进制。"), valueName: "hex"))
    var depositor: String?

    @Option(help: ArgumentHelp(phrase("At most so many.", zh: "至多条数。"), valueName: "n"))
    var limit = 100

    @OptionGroup var node: NodeOptions
    @OptionGroup var key: KeyOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        guard limit > 0 else {
            throw Failure.usage(
                phrase("--limit is at least 1", zh: "--limit 至少为 1"), fix: phrase("give a number", zh: "请给出条数"))
        }
        let client = try node.client()
        let records: [EvidenceAnswer]
        do {
            records = try await read(client)
        } catch let error as ClientError { throw Failure(error) }
        await client.close()
        let terminal = output.terminal
        terminal.emit([
            "chain": .text(node.chain), "records": .list(records.map { .object(EvidenceView.members($0)) }),
        ])
        var table = TableLayout([
            .init(phrase("number", zh: "编号")), .init(phrase("time (UTC)", zh: "时间（UTC）")),
            .init(phrase("size", zh: "大小"), .right), .init("SM3"), .init(phrase("title", zh: "名称")),
        ])
        for answer in records {
            table.add([
                answer.number.text, String(answer.recorded.rfc3339.prefix(19)),
                answer.size.map { Quantity.bytes($0) } ?? EvidenceView.hidden,
                answer.digest?.hex.shortened ?? EvidenceView.hidden, answer.title?.text ?? EvidenceView.hidden,
            ])
        }
        terminal.say(table)
        terminal.say(phrase("\(records.count) records", zh: "共 \(records.count) 条"))
    }

    private func read(_ client: NodeClient) async throws -> [EvidenceAnswer] {
        if let digest {
            guard let digest = Identified.digest(digest) else { throw Identified.failure("--digest", digest) }
            return Array(try await client.evidence(digest: digest, chain: node.chain).prefix(limit))
        }
        let account: AccountID
        if let depositor {
            guard let given = AccountID(hex: depositor) else { throw Identified.failure("--depositor", depositor) }
            account = given
        } else {
            account = AccountID(try KeyChoice.signer(key, data: store.data).publicKey)
        }
        var records: [EvidenceAnswer] = []
        var cursor: String?
        repeat {
            let page = try await client.evidence(
                depositor: account, chain: node.chain, cursor: cursor, limit: min(limit - records.count, 1000))
            records += page.elements
            cursor = page.elements.isEmpty ? nil : page.cursor
        } while cursor != nil && records.count < limit
        return Array(records.prefix(limit))
    }
}

/// A node's answer about a record.
enum EvidenceView {
    static func members(_ answer: EvidenceAnswer) -> [JSONText.Member] {
        [
            .init(key: "number", value: .text(answer.number.text)),
            .init(key: "time", value: .text(answer.recorded.rfc3339)),
            .init(key: "depositor", value: .text(answer.depositor.hex)),
            .init(key: "title", value: .maybe(answer.title?.text)),
            .init(key: "businessType", value: .maybe(answer.businessType?.text)),
            .init(key: "mediaType", value: .maybe(answer.mediaType?.text)),
            .init(key: "size", value: answer.size.map { .whole($0) } ?? .null),
            .init(key: "digest", value: .maybe(answer.digest?.hex)),
            .init(key: "transaction", value: .text(answer.transaction.hex)),
            .init(key: "notes", value: answer.notes.map { .list($0.map(note)) } ?? .null),
            .init(key: "withheld", value: .list(answer.withheld.map { .text($0) })),
        ]
    }

    private static func note(_ note: EvidenceNote) -> JSONText {
        [
            "author": .text(note.author.hex), "time": .text(note.recorded.rfc3339),
            "text": .text(String(decoding: note.text, as: UTF8.self)),
        ]
    }

    static func pairs(_ answer: EvidenceAnswer) -> [(name: String, value: String)] {
        let kinds = [answer.businessType?.text ?? hidden, answer.mediaType?.text ?? hidden]
        var pairs: [(name: String, value: String)] = [
            (phrase("number", zh: "存证编号"), answer.number.text),
            (phrase("title", zh: "名称"), answer.title?.text ?? hidden),
            (phrase("time", zh: "上链时间"), answer.recorded.localAndUniversal()),
            (phrase("depositor", zh: "存证者"), answer.depositor.hex),
            (phrase("type", zh: "业务类型"), kinds.joined(separator: ", ")),
            (phrase("size", zh: "大小"), answer.size.map { phrase("\($0) bytes", zh: "\($0) 字节") } ?? hidden),
            ("SM3", answer.digest?.hex ?? hidden), (phrase("transaction", zh: "交易"), answer.transaction.hex),
        ]
        for note in answer.notes ?? [] {
            let text = String(decoding: note.text, as: UTF8.self)
            pairs.append((phrase("note", zh: "备注"), "\(note.recorded.localAndUniversal()) \(text)"))
        }
        if !answer.withheld.isEmpty { pairs.append(withheld(answer.withheld)) }
        return pairs
    }

    /// Stands where a field is kept from the reader.
    static var hidden: String { phrase("withheld", zh: "未授权") }

    /// Which fields are kept from the reader, and where to ask why.
    static func withheld(_ fields: [String]) -> (name: String, value: String) {
        (
            phrase("withheld", zh: "未授权字段"),
            fields.joined(separator: ", ")
                + phrase(" (see `jiuding why --act \"read evidence/FIELD\"`)", zh: "（可用 jiuding why 按字段查询）")
        )
    }
}
