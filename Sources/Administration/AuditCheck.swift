// SPDX-License-Identifier: Apache-2.0
package import ShangMi

/// Reads a log from its first row to its last and says exactly which row is not as it was written.
/// - Spec: AUD-5, AUD-6.
package struct AuditCheck: Sendable {
    /// What the chain holds of a log: a row's number and digest, and what the deposit is called there.
    package struct Anchor: Hashable, Sendable {
        package let row: UInt64
        package let digest: Digest
        package let evidence: String

        package init(row: UInt64, digest: Digest, evidence: String) {
            (self.row, self.digest, self.evidence) = (row, digest, evidence)
        }
    }

    package struct Flaw: Hashable, Sendable {
        package enum Kind: String, Sendable {
            /// The row does not say what it said.
            case changed
            /// Rows are not there: `row` is the first of them, `last` the last.
            case missing
            /// The row stands where another belongs.
            case misplaced
            /// The row is not the one the chain has on record.
            case replaced
            /// The log ends before a row that the chain has on record.
            case cut
        }

        package let kind: Kind
        package let row: UInt64
        package let last: UInt64
        /// The deposit that shows it, where it is one.
        package let evidence: String
    }

    /// More than these are only counted.
    package static let flawsMax = 1_000

    package private(set) var flaws: [Flaw] = []
    package private(set) var flawCount = 0
    /// Lines there are.
    package private(set) var rows: UInt64 = 0
    package private(set) var first: UInt64 = 0
    package private(set) var last: UInt64 = 0
    package private(set) var lastDigest = Digest.zero
    /// Anchors whose row is as the chain has it.
    package private(set) var held: Set<Anchor> = []
    /// A crash cut a row short at the end; it was never told to anybody.
    package private(set) var isTorn = false
    /// The newest row in its place.
    private var before: AuditRow?
    /// Lines since the last row that are none, or whose digest is not theirs.
    private var strange: UInt64 = 0
    /// A row with a number that is too high: the line after it says whether rows are missing or it is in the way.
    private var suspect: AuditRow?
    private var sought: [UInt64: [Anchor]]

    /// - Parameters:
    ///   - anchors: what the chain has on record of this log.
    ///   - start: the first row that has to be there: 1, or the one behind those that were removed by rule. Rows
    ///     before it may still be there.
    ///   - isWanted: whether a log without a row lacks one.
    package static func run(
        _ folder: AuditFolder, anchors: [Anchor] = [], from start: UInt64 = 1, isWanted: Bool = true
    ) throws(AuditFailure) -> AuditCheck {
        var check = AuditCheck(sought: Dictionary(grouping: anchors) { $0.row })
        // Numbers from outside stay below the sums made of them here.
        let start = max(1, min(start, AuditRow.numberMax))
        check.first = min(start, folder.segments.first?.first ?? start)
        check.last = check.first - 1
        check.isTorn = try folder.forEachLine { line, _ in check.take(line) }
        check.finish(anchors, isWanted: isWanted)
        return check
    }

    private init(sought: [UInt64: [Anchor]]) { self.sought = sought }

    package var holds: Bool { flawCount == 0 }

    private mutating func take(_ line: [UInt8]) {
        rows += 1
        // A number is worth as much as the digest it stands under.
        guard let row = AuditRow(line: line), row.isSealed else {
            settle()
            strange += 1
            return
        }
        if let held = suspect {
            let expected = last + 1
            suspect = nil
            if row.number == expected {
                find(.misplaced, held.number)
            } else if row.number == expected + 1 {
                // Another number and a digest to it, in the place of the row that belongs there.
                strange += 1
            } else {
                accept(held)
            }
        }
        if row.number > last + 1 + strange { suspect = row } else { accept(row) }
    }

    private mutating func settle() {
        guard let held = suspect else { return }
        suspect = nil
        accept(held)
    }

    /// Takes a row as what it says it is, and what stood between it and the one before as the rows between.
    private mutating func accept(_ row: AuditRow) {
        let expected = last + 1
        guard row.number >= expected else {
            explainStrange(upTo: last)
            find(.misplaced, row.number)
            return
        }
        explainStrange(upTo: row.number - 1)
        if row.number > last + 1 {
            find(.missing, last + 1, to: row.number - 1)
        } else if let before, before.number + 1 == row.number, row.previous != before.digest {
            // Whoever changed the row before sealed it again, but not this one, which names what it was.
            find(.changed, before.number)
        } else if row.number == 1, row.previous != .zero {
            find(.changed, 1)
        }
        for anchor in sought[row.number] ?? [] {
            if anchor.digest == row.digest {
                held.insert(anchor)
            } else {
                find(.replaced, row.number, evidence: anchor.evidence)
            }
        }
        (before, last, lastDigest) = (row, row.number, row.digest)
    }

    /// Lines that are no rows stand for the rows that are not there, one each; those too many are in the way.
    private mutating func explainStrange(upTo bound: UInt64) {
        while strange > 0, last < bound {
            last += 1
            strange -= 1
            find(.changed, last)
            for anchor in sought[last] ?? [] { find(.replaced, last, evidence: anchor.evidence) }
        }
        for _ in 0..<strange { find(.misplaced, last + 1) }
        strange = 0
    }

    private mutating func finish(_ anchors: [Anchor], isWanted: Bool) {
        settle()
        explainStrange(upTo: last + strange)
        if rows == 0, isWanted { find(.missing, first) }
        guard let beyond = anchors.filter({ $0.row > last }).max(by: { $0.row < $1.row }) else { return }
        find(.cut, last + 1, to: beyond.row, evidence: beyond.evidence)
    }

    private mutating func find(_ kind: Flaw.Kind, _ row: UInt64, to last: UInt64? = nil, evidence: String = "") {
        flawCount += 1
        guard flaws.count < AuditCheck.flawsMax else { return }
        flaws.append(Flaw(kind: kind, row: row, last: last ?? row, evidence: evidence))
    }
}
