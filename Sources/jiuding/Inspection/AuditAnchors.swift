// SPDX-License-Identifier: Apache-2.0
import Administration
import ClientKit
import Foundation
import Ledger
import ShangMi

/// What a chain has on record of a log, asked of nodes and proven against a trust anchor: a node may keep an anchor to
/// itself, and cannot make one up.
/// - Spec: AUD-6, AUD-12.
struct AuditAnchors {
    /// One that a node told of, with what leads to its proof.
    struct Candidate {
        let anchor: AuditCheck.Anchor
        let transaction: TransactionID
        /// Places in `nodes` of those that told of it.
        var tellers: [Int]
    }

    /// An anchor whose receipt leads to a certificate of the trusted chain.
    struct Proven {
        let anchor: AuditCheck.Anchor
        let recorded: Timestamp
    }

    /// How far back the newest anchor that holds is looked for where newer ones have no proof yet.
    private static let triesMax = 16
    /// Contradictions that are proven one by one; a log with more is no better for it.
    private static let contradictionsMax = 64

    let nodes: [NodeClient]
    let chain: String
    /// Who anchors, and what the log is called in the anchors' titles.
    let accounts: [AccountID]
    let name: String
    let trust: TrustAnchor

    /// All anchors of this log that the nodes know, each once.
    func told() async throws(ClientError) -> [Candidate] {
        var found: [AuditCheck.Anchor: Candidate] = [:]
        for (place, client) in nodes.enumerated() {
            for account in accounts {
                var cursor: String?
                repeat {
                    let page = try await client.evidence(depositor: account, chain: chain, cursor: cursor, limit: 1_000)
                    for answer in page.elements {
                        // What is kept from this reader is no anchor it could judge.
                        guard let record = answer.record else { continue }
                        let deposit = record.deposit
                        guard let row = AuditDeposit.row(in: deposit, of: name) else { continue }
                        let anchor = AuditCheck.Anchor(
                            row: row, digest: deposit.digest, evidence: record.number.text)
                        found[anchor, default: Candidate(anchor: anchor, transaction: answer.transaction, tellers: [])]
                            .tellers.append(place)
                    }
                    cursor = page.cursor
                } while cursor != nil
            }
        }
        return found.values.sorted { ($0.anchor.row, $0.anchor.evidence) < ($1.anchor.row, $1.anchor.evidence) }
    }

    /// The newest of those the log agrees with that is proven: it stands for all rows up to it, since each names the
    /// one before. And of those it contradicts, which are proven.
    func prove(
        _ candidates: [Candidate], _ check: AuditCheck
    ) async throws -> (newest: Proven?, contradictions: Set<String>) {
        var light = try TrustChoice.client(trust)
        var newest: Proven?
        for candidate in candidates.reversed().filter({ check.held.contains($0.anchor) }).prefix(AuditAnchors.triesMax)
        {
            newest = await prove(candidate, &light)
            if newest != nil { break }
        }
        let blamed = Set(check.flaws.map(\.evidence))
        var contradictions: Set<String> = []
        for candidate in candidates.filter({ blamed.contains($0.anchor.evidence) }).prefix(
            AuditAnchors.contradictionsMax)
        where await prove(candidate, &light) != nil {
            contradictions.insert(candidate.anchor.evidence)
        }
        return (newest, contradictions)
    }

    /// Follows the receipt to a certificate: that the deposit is this log's, of this row and digest, by one of the
    /// accounts.
    private func prove(_ candidate: Candidate, _ light: inout LightClient<SM2.Verifier>) async -> Proven? {
        let anchor = candidate.anchor
        for place in candidate.tellers {
            guard let receipt = try? await nodes[place].receipt(chain, candidate.transaction),
                let statement = try? light.verify(receipt, fileDigest: anchor.digest, fileSize: anchor.row),
                AuditDeposit.row(in: statement.deposit, of: name) == anchor.row,
                accounts.contains(AccountID(statement.depositor)), statement.reply.number.text == anchor.evidence
            else { continue }
            return Proven(anchor: anchor, recorded: statement.reply.recorded)
        }
        return nil
    }

    func close() async {
        for client in nodes { await client.close() }
    }

    // MARK: What the log itself says

    /// Accounts that anchored a log, as it says.
    static func accounts(in acts: AuditFolder) throws -> [AccountID] {
        var accounts: [AccountID] = []
        try forEachRow(of: acts) { row in
            guard row.record.act == AuditDeposit.act, row.record.verdict == .done,
                let account = AccountID(hex: row.record.who), !accounts.contains(account)
            else { return }
            accounts.append(account)
        }
        return accounts
    }

    /// What the log of acts says of the log of reads: once anchored, both are. And up to which row that was shortened.
    static func ofReads(in acts: AuditFolder) throws -> (sealed: [AuditCheck.Anchor], removed: UInt64) {
        var sealed: [AuditCheck.Anchor] = []
        var removed: UInt64 = 0
        try forEachRow(of: acts) { row in
            guard let number = UInt64(row.record.object), number <= AuditRow.numberMax else { return }
            if row.record.act == AuditFolder.removedAct { removed = max(removed, number) }
            guard row.record.act == "reads.sealed", let digest = Digest(hex: row.record.detail) else { return }
            sealed.append(.init(row: number, digest: digest, evidence: "acts \(row.number)"))
        }
        return (sealed, removed)
    }

    private static func forEachRow(of acts: AuditFolder, _ body: (AuditRow) -> Void) throws {
        try Failure.namingAudit { () throws(AuditFailure) in
            _ = try acts.forEachLine { line, _ in
                if let row = AuditRow(line: line), row.isSealed { body(row) }
            }
        }
    }
}
