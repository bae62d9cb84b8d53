// SPDX-License-Identifier: Apache-2.0
package import Administration
import Bedrock
package import Ledger
import ShangMi

/// How a log stands on the chain: the digest of a row of it, which stands for all rows before.
/// - Spec: AUD-6.
package struct AuditDeposit: Hashable, Sendable {
    /// What anchors are called among deposits.
    static let businessType = Label(literal: "audit-anchor")
    static let act = "audit.anchored"
    private static let mediaType = Label(literal: "application/x-jiuding-audit")

    /// What the log is called.
    package let name: String
    package let tip: AuditLog.Tip

    package init(name: String, tip: AuditLog.Tip) { (self.name, self.tip) = (name, tip) }

    /// Nil where the name is too long for a title.
    package var deposit: Deposit? {
        AuditDeposit.title(of: name, row: tip.number).map { title in
            Deposit(
                businessType: AuditDeposit.businessType, title: title, digest: tip.digest, size: tip.number,
                mediaType: AuditDeposit.mediaType, capture: .interface)
        }
    }

    /// What the log says once the deposit is attested.
    package func row(by account: AccountID, chain: String, as number: EvidenceNumber) -> AuditRecord {
        AuditRecord(
            AuditDeposit.act, who: account.hex, chain: chain, object: "\(tip.number)",
            height: number.height.value, detail: "\(number.text) \(tip.digest.hex) \(name)")
    }

    /// Where a newest row says that the row before it is anchored in just this way: nothing is new since then.
    /// - Returns: the deposit's number.
    package static func standing(in newest: AuditRow, name: String, by account: AccountID, chain: String) -> String? {
        let record = newest.record
        let words = record.detail.split(separator: " ", maxSplits: 2).map(String.init)
        guard record.act == act, record.verdict == .done, record.who == account.hex, record.chain == chain,
            record.object == "\(newest.number - 1)", words.count == 3, words[2] == name
        else { return nil }
        return words[0]
    }

    /// How a deposit says whose log it is of.
    private static func title(of name: String, row: UInt64) -> Label? { Label("\(name) \(AuditFolder.acts) \(row)") }

    /// The row a deposit is an anchor of; nil where it is none of this log's.
    package static func row(in deposit: Deposit, of name: String) -> UInt64? {
        guard deposit.businessType == businessType, title(of: name, row: deposit.size) == deposit.title else {
            return nil
        }
        return deposit.size
    }

    /// The row that binds a log of reads to the log of acts: one anchor covers both.
    package static func seal(_ reads: AuditLog.Tip) -> AuditRecord {
        AuditRecord("reads.sealed", object: "\(reads.number)", detail: reads.digest.hex)
    }
}
