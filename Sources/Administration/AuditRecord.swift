// SPDX-License-Identifier: Apache-2.0

/// One thing that was done, tried or denied, before it has its place in a log.
/// - Spec: AUD-3.
package struct AuditRecord: Hashable, Sendable {
    package enum Verdict: String, CaseIterable, Sendable {
        /// It was done, or somebody was let in.
        case done
        case allowed
        /// Somebody had no right to it.
        case denied
        /// It was wanted and could not be done.
        case failed
    }

    /// Bytes of any one text; what is longer is cut at a character.
    package static let textBytesMax = 512

    /// What it was, as `token.create`.
    package let act: String
    package let verdict: Verdict
    /// The stable code of a refusal or failure, as `JD-1809`.
    package let code: String
    /// An account in hexadecimal digits, or `operator:NAME` for a user of the machine; empty where nobody is known.
    package let who: String
    package let organization: String
    package let chain: String
    /// What it was done to.
    package let object: String
    /// The height the decision was made at, or the act stands in; nil where there is none.
    package var height: UInt64?
    /// How many alike this row stands for.
    package var count: UInt64
    package var detail: String

    package init(
        _ act: String, _ verdict: Verdict = .done, code: String = "", who: String = "", organization: String = "",
        chain: String = "", object: String = "", height: UInt64? = nil, count: UInt64 = 1, detail: String = ""
    ) {
        self.act = AuditRecord.cut(act)
        self.verdict = verdict
        self.code = AuditRecord.cut(code)
        self.who = AuditRecord.cut(who)
        self.organization = AuditRecord.cut(organization)
        self.chain = AuditRecord.cut(chain)
        self.object = AuditRecord.cut(object)
        self.height = height
        self.count = count
        self.detail = AuditRecord.cut(detail)
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > textBytesMax else { return text }
        var kept = ""
        var bytes = 0
        for scalar in text.unicodeScalars {
            bytes += UTF8.width(scalar)
            guard bytes <= textBytesMax else { break }
            kept.unicodeScalars.append(scalar)
        }
        return kept
    }
}
