// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How far a chain's acts are in a log: told by the log's own rows, so that each height's are there exactly once.
///
/// Before a height's rows are written, a mark says which heights are done and where the log ended. Rows behind that
/// place are looked at after a crash: the height of the newest of them is looked at again, and what of it is there is
/// not written twice. Without the mark, or where it is of another chain, all of the log is read.
/// - Spec: AUD-11.
package struct AuditCursor: Hashable, Sendable {
    /// What a chain is first called by in a log: its identity as the object, its name, and the first height looked at.
    package static let beginning = "chain.watch"
    /// Rows of acts on the chain are called `CONTRACT.METHOD` of one of these, `call` where somebody was denied
    /// another.
    package static let contracts: Set<String> = ["membership", "permissions", "committee", "governance"]
    package static let call = "call"
    /// Heights whose blocks were not there: told of in one row, `FIRST-LAST` its object, in front of what became of
    /// proposals meanwhile.
    package static let unseen = "governance.unseen"

    /// What makes a row of a chain this one: what is known of its caller besides may have changed since.
    package struct Mark: Hashable, Sendable {
        let act: String
        let verdict: AuditRecord.Verdict
        let code: String
        let who: String
        let object: String
        let height: UInt64?

        package init(_ record: AuditRecord) {
            (act, verdict, code) = (record.act, record.verdict, record.code)
            (who, object, height) = (record.who, record.object, record.height)
        }
    }

    /// The first height whose rows may not all be there.
    package let next: UInt64
    /// Rows of that height which are.
    package let known: Set<Mark>
    /// Where heights up to this one are told of together: rows of any of them may be missing.
    package let through: UInt64?

    /// Whether the mark is to be written before the height's rows: not where some of them are there already, for they
    /// would lie in front of it then and be forgotten.
    package var isMarked: Bool { !known.isEmpty }

    package init(next: UInt64, known: Set<Mark> = [], through: UInt64? = nil) {
        (self.next, self.known, self.through) = (next, known, through)
    }

    /// After all rows up to a height were written.
    package func advanced(past height: UInt64) -> AuditCursor {
        guard let through, height < through else { return AuditCursor(next: height + 1) }
        return AuditCursor(next: height + 1, known: known, through: through)
    }

    /// Whether a row tells of what happened on a chain of this name.
    package static func tells(_ record: AuditRecord, of chain: String) -> Bool {
        guard record.chain == chain, record.height != nil else { return false }
        return record.act == call || contracts.contains(String(record.act.prefix { $0 != "." }))
    }

    /// - Parameters:
    ///   - chain: its name; another chain may have had it before.
    ///   - identity: what tells this chain from any other.
    ///   - mark: the file `text` was written to.
    /// - Returns: nil where the log knows nothing of this chain.
    /// - Cost: reads the log behind the mark; all of it where there is no mark.
    package static func resume(
        _ folder: AuditFolder, chain: String, identity: String, mark: String
    ) throws(AuditFailure) -> AuditCursor? {
        let words = (try? String(contentsOfFile: mark, encoding: .utf8))?.split(whereSeparator: \.isWhitespace) ?? []
        var known: (done: UInt64, tip: UInt64)?
        if words.count == 3, words[1] == identity, let done = UInt64(words[0]), let tip = UInt64(words[2]),
            done < UInt64.max >> 2, tip <= AuditRow.numberMax
        {
            known = (done, tip)
        }
        // Nil until the log comes to rows of this chain.
        var cursor = known.map { AuditCursor(next: $0.done + 1) }
        _ = try folder.forEachLine(from: known.map { $0.tip + 1 } ?? 1) { line, _ in
            guard let row = AuditRow(line: line), row.number > known?.tip ?? 0, row.record.chain == chain else {
                return
            }
            cursor = advance(cursor, row.record, chain: chain, identity: identity)
        }
        return cursor
    }

    private static func advance(
        _ cursor: AuditCursor?, _ record: AuditRecord, chain: String, identity: String
    ) -> AuditCursor? {
        if record.act == beginning {
            guard record.object == identity else { return nil }
            return cursor ?? AuditCursor(next: record.height ?? 1)
        }
        guard let cursor, tells(record, of: chain), let height = record.height, height >= cursor.next,
            height < UInt64.max >> 2
        else { return cursor }
        if let through = cursor.through, height <= through {
            return AuditCursor(next: cursor.next, known: cursor.known.union([Mark(record)]), through: through)
        }
        if record.act == unseen, let last = lastUnseen(record.object), last >= height {
            return AuditCursor(next: height, known: [Mark(record)], through: last)
        }
        let known = height == cursor.next ? cursor.known : []
        return AuditCursor(next: height, known: known.union([Mark(record)]))
    }

    private static func lastUnseen(_ object: String) -> UInt64? {
        let parts = object.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 2 ? UInt64(parts[1]).flatMap { $0 < UInt64.max >> 2 ? $0 : nil } : nil
    }

    /// What stands in the mark: heights up to `done` are told of by rows up to `tip`.
    package static func text(done: UInt64, identity: String, tip: UInt64) -> String { "\(done) \(identity) \(tip)\n" }
}
