// SPDX-License-Identifier: Apache-2.0
import Ledger
import ShangMi

/// Remembers which transaction a caller's `Idempotency-Key` led to, so that asking again sends the same bytes
/// again.
///
/// The newest `bound` keys, whoever's they are. A key that has been forgotten leads to a new transaction,
/// which the evidence contract answers with the first record (EVID-2): the memory saves a transaction, not
/// correctness.
/// - Spec: API-12.
actor IdempotencyKeys {
    /// A caller's key, told apart from the same word of another caller.
    struct Key: Hashable {
        let account: AccountID
        let chain: ChainID
        let word: String
    }

    /// What the key was first used for.
    struct Use {
        let request: Digest
        let transaction: SignedTransaction
    }

    private var uses: [Key: Use] = [:]
    private var order: [Key] = []
    private var oldest = 0
    private let bound: Int

    init(bound: Int = 4_096) { self.bound = bound }

    /// The transaction this key stands for: the first one, or the one `make` gives now.
    /// - Throws: a problem where the key was used for another request.
    func transaction(
        for key: Key, request: Digest, make: @Sendable () throws -> SignedTransaction
    ) throws -> SignedTransaction {
        if let use = uses[key] {
            guard use.request == request else {
                throw Problem(
                    status: 422, code: .malformedRequest,
                    detail: "this Idempotency-Key was used for another request")
            }
            return use.transaction
        }
        let transaction = try make()
        uses[key] = Use(request: request, transaction: transaction)
        if order.count < bound {
            order.append(key)
        } else {
            uses[order[oldest]] = nil
            order[oldest] = key
            oldest = (oldest + 1) % bound
        }
        return transaction
    }
}
