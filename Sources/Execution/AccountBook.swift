// SPDX-License-Identifier: Apache-2.0
package import Ledger
import ShangMi

/// Remembers the accounts of keys that sent something lately: who sends, sends often, and each costs a hash.
///
/// Bounded: at `keysMax` keys it forgets all. What is forgotten costs time, never correctness.
package struct AccountBook: Sendable {
    package static let keysMax = 16_384
    private var known: [SM2.PublicKey: AccountID] = [:]

    package init() {}

    /// The senders' accounts, in order.
    package mutating func accounts(of transactions: [SignedTransaction]) -> [AccountID] {
        if known.count >= AccountBook.keysMax { known = [:] }
        return transactions.map { transaction in
            let key = transaction.body.sender
            if let account = known[key] { return account }
            let account = AccountID(key)
            known[key] = account
            return account
        }
    }

    /// As `accounts(of:)` of a book that is new.
    package static func accounts(of transactions: [SignedTransaction]) -> [AccountID] {
        var book = AccountBook()
        return book.accounts(of: transactions)
    }
}
