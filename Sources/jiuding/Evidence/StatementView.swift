// SPDX-License-Identifier: Apache-2.0
import Ledger
import ShangMi

/// A record of evidence, as people and programs see it.
enum StatementView {
    static func members(_ statement: EvidenceStatement) -> [JSONText.Member] {
        members(
            number: statement.reply.number, recorded: statement.reply.recorded,
            depositor: AccountID(statement.depositor), deposit: statement.deposit) + [
                .init(key: "repeated", value: .flag(statement.reply.repeated)),
                .init(key: "transaction", value: .text(statement.transaction.hex)),
                .init(key: "chainId", value: .text(statement.chain.hex)),
            ]
    }

    static func members(
        number: EvidenceNumber, recorded: Timestamp, depositor: AccountID, deposit: Deposit
    ) -> [JSONText.Member] {
        [
            .init(key: "number", value: .text(number.text)),
            .init(key: "time", value: .text(recorded.rfc3339)),
            .init(key: "depositor", value: .text(depositor.hex)),
            .init(key: "title", value: .text(deposit.title.text)),
            .init(key: "businessType", value: .text(deposit.businessType.text)),
            .init(key: "mediaType", value: .text(deposit.mediaType.text)),
            .init(key: "size", value: .whole(deposit.size)),
            .init(key: "digest", value: .text(deposit.digest.hex)),
        ]
    }

    /// The lines of a card that describe the record itself.
    static func pairs(
        number: EvidenceNumber, recorded: Timestamp, depositor: AccountID, deposit: Deposit
    ) -> [(name: String, value: String)] {
        [
            (phrase("number", zh: "存证编号"), number.text),
            (phrase("title", zh: "名称"), deposit.title.text),
            (phrase("time", zh: "上链时间"), recorded.localAndUniversal()),
            (phrase("depositor", zh: "存证者"), depositor.hex),
            (phrase("type", zh: "业务类型"), "\(deposit.businessType.text), \(deposit.mediaType.text)"),
            (phrase("size", zh: "大小"), phrase("\(deposit.size) bytes", zh: "\(deposit.size) 字节")),
            ("SM3", deposit.digest.hex),
        ]
    }
}
