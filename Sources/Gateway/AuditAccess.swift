// SPDX-License-Identifier: Apache-2.0
package import Ledger

/// The node's logs of acts and reads as the door gives them to those whose office it is to look at them.
///
/// Guarantees of every body: nothing is changed by reading; a page costs no more than its bound, whatever is asked;
/// what `record` was given is durable when it returns.
/// - Spec: AUD-13, API-60.
package protocol AuditAccess: Sendable {
    /// The chain on which the roles are looked up that may read: the one the log is anchored on.
    var chain: Label { get }

    func standing() async -> AuditStanding

    /// - Throws: `.notFound` for a log there is not, or a cursor whose rows are no longer here; `.malformedRequest` for
    ///   a cursor that is none.
    func page(_ question: AuditQuestion) async throws(AccessError) -> AuditPage

    /// Writes down that somebody read.
    /// - Throws: `.auditUnwritable`: nothing may be given out then.
    func record(_ note: AccessNote) async throws(AccessError)
}

/// Which rows of which log.
package struct AuditQuestion: Hashable, Sendable {
    /// `acts` or `reads`.
    package let log: String
    package var first: UInt64 = 1
    package var from: String?
    package var to: String?
    package var act: String?
    package var who: String?
    package var chain: String?
    package var isDenied = false
    package var limit = 100
    package var cursor: String?

    package init(log: String) { self.log = log }
}

/// Rows as they stand in the log.
package struct AuditPage: Sendable {
    /// Each a JSON object in the log's own bytes (AUD-2).
    package let lines: [[UInt8]]
    /// Numbers of the first and the last of them; 0 where there is none.
    package let first: UInt64
    package let last: UInt64
    /// Lines among them that are no rows.
    package let strange: Int
    package let cursor: String?

    package init(lines: [[UInt8]], first: UInt64, last: UInt64, strange: Int, cursor: String?) {
        (self.lines, self.first, self.last, self.strange, self.cursor) = (lines, first, last, strange, cursor)
    }
}

/// Where the logs stand, and who puts them on record.
package struct AuditStanding: Sendable {
    package struct Log: Sendable {
        package let name: String
        /// Of the first file that is here.
        package let first: UInt64
        /// The newest row this process knows of; 0 for none.
        package let last: UInt64
        package let digest: String

        package init(name: String, first: UInt64, last: UInt64, digest: String) {
            (self.name, self.first, self.last, self.digest) = (name, first, last, digest)
        }
    }

    /// The newest deposit of this process.
    package struct Anchor: Hashable, Sendable {
        package let account: AccountID
        package let row: UInt64
        package let evidence: String

        package init(account: AccountID, row: UInt64, evidence: String) {
            (self.account, self.row, self.evidence) = (account, row, evidence)
        }
    }

    package let node: String
    package let logs: [Log]
    package let anchor: Anchor?

    package init(node: String, logs: [Log], anchor: Anchor?) {
        (self.node, self.logs, self.anchor) = (node, logs, anchor)
    }
}
