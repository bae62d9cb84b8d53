// SPDX-License-Identifier: Apache-2.0
package import Ledger
package import ShangMi

/// One chain, as far as the door needs it. The program adapts its host to this; a test serves a body of its
/// own.
///
/// Guarantees of every body:
/// - every function may be called from many tasks at once and answers as soon as it can; cancelling the
///   calling task ends a wait, and what has been submitted stays submitted;
/// - what it gives out is final: a header, a receipt or a value given once is never given differently later;
/// - `submit` answers once a transaction, in the order given, and never before the answer is true: `.final`
///   only for a transaction that survives the crash of any node, `.attested` only with a proof that verifies.
/// - Spec: API-2.
package protocol ChainAccess: ConsortiumAccess {
    /// What the chain is called on this node; a path may name it so, or by its identifier.
    var name: Label { get }
    var id: ChainID { get }

    /// Whether anybody may read the chain here, as the node's configuration says.
    var readsArePublic: Bool { get }

    /// Whether the holder of a key may read a contract's data in the newest executed state; of the chain itself where
    /// the contract's name is empty (PERM-2, PERM-7).
    func mayRead(_ contract: Label, by account: AccountID) async throws(AccessError) -> ReadVerdict

    /// Whether the holder of a key has the office to look at what others did (PERM-11).
    func mayAudit(by account: AccountID) async throws(AccessError) -> ReadVerdict

    /// The fields of a contract's data that are kept from a reader in the newest executed state, in the order they are
    /// shown; from a stranger where there is no account (PERM-15).
    func fieldsWithheld(
        _ contract: Label, from account: AccountID?
    ) async throws(AccessError) -> [WithheldField]

    /// Checks transactions, takes those that are good, and waits until each has got as far as `level` or is
    /// refused.
    ///
    /// - Parameter patience: where it runs out first, the answer says how far each has got by then.
    /// - Returns: exactly one result a transaction, in order.
    func submit(
        _ transactions: [SignedTransaction], until level: WaitLevel, within patience: Duration
    ) async -> [SubmissionResult]

    func status() async -> ChainStatus

    /// The final block at a height with the identifiers of its transactions; nil where none is final yet.
    func block(at height: Height) async throws(AccessError) -> FinalBlock?

    /// Final blocks in rising order from `height`, at most `limit`, fewer where the chain ends. Without the
    /// identifiers of transactions: `transactions` is empty.
    func blocks(from height: Height, limit: Int) async throws(AccessError) -> [FinalBlock]

    /// Receipts of an executed height, in the block's order; nil where it is not executed yet.
    func receipts(at height: Height) async throws(AccessError) -> [Receipt]?

    /// Waits until `height` has reached `stage`.
    /// - Returns: false where patience ran out first.
    func wait(for height: Height, to stage: Stage, within patience: Duration) async -> Bool

    /// A transaction and how far it has got; nil where this node knows none of that name.
    func transaction(_ id: TransactionID) async throws(AccessError) -> TransactionRecord?

    /// The proof of a transaction's receipt from the founding committee on; nil until it is attested.
    func proof(of id: TransactionID) async throws(AccessError) -> ReceiptProof?

    /// A value of a contract's part of the state, or its absence.
    /// - Parameters:
    ///   - height: nil for the newest executed height, or with `proof` the newest attested one.
    /// - Throws: `.heightPruned` where the state of that height is no longer kept.
    func state(
        contract: Label, key: [UInt8], at height: Height?, proof: Bool
    ) async throws(AccessError) -> StateRecord

    func evidence(_ number: EvidenceNumber) async throws(AccessError) -> EvidenceEntry?
    /// Records of one digest, one a depositor, at most 1000, by number.
    func evidence(digest: Digest) async throws(AccessError) -> [EvidenceEntry]
    /// Records of one depositor in rising order of number, those after `number`, at most `limit`.
    func evidence(
        depositor: AccountID, after number: EvidenceNumber?, limit: Int
    ) async throws(AccessError) -> [EvidenceEntry]

    func trustAnchor() async -> TrustAnchor
    func metrics() async -> [Metric]
}

/// The node behind the door: what it says of itself, and its chains.
package protocol NodeAccess: Sendable {
    /// Chains this node serves, by name.
    var chains: [any ChainAccess] { get async }
    /// What it writes down of itself; nil where it keeps no logs.
    var audit: (any AuditAccess)? { get }
    func status() async -> NodeStatus
    /// Figures that belong to no chain.
    func metrics() async -> [Metric]
}

/// How far a transaction should get before its submission is answered.
package enum WaitLevel: String, Sendable, CaseIterable {
    /// Checked and waiting for a block; may still be lost if this node dies.
    case admitted
    /// In a block that is final; its result is certain but not computed yet.
    case final
    /// Its result is under a certificate: there is a receipt with a proof.
    case attested
}

/// How far a height has got.
package enum Stage: Sendable { case final, executed, attested }

/// What became of one submitted transaction.
package enum SubmissionResult: Hashable, Sendable {
    case admitted(TransactionID)
    /// It was known already and still waits for a block.
    case known(TransactionID)
    case final(TransactionID, height: Height, index: UInt64)
    case attested(ReceiptProof)
    /// It was not taken. The identifier is nil where it was refused before it was hashed.
    case refused(TransactionID?, code: StableCode, detail: String)
}

/// Why a read failed: a stable code and what was the matter this time, in one sentence.
package struct AccessError: Error, Hashable, Sendable {
    package let code: StableCode
    package let detail: String

    package init(_ code: StableCode, detail: String) {
        self.code = code
        self.detail = detail
    }
}
