// SPDX-License-Identifier: Apache-2.0
package import Ledger
import Synchronization

/// The places of those whose questions to contracts wait for an answer.
///
/// A question may use a tenth of a second of a core, and callers are many: beyond `waitingMax` nobody is let in, and
/// beyond `ownMax` no member. Strangers are nobody in particular: all together they have what one member leaves.
/// - Spec: API-65.
package final class QuestionRow: Sendable {
    package static let waitingMax = 16
    package static let ownMax = 4

    /// Who waits, and how often; nil are strangers.
    private let waiting = Mutex<[AccountID?: Int]>([:])

    package init() {}

    /// Takes a place, to be given back by `leave`.
    /// - Returns: false where there is none.
    package func enter(_ account: AccountID?) -> Bool {
        let ownMax = account == nil ? QuestionRow.waitingMax - QuestionRow.ownMax : QuestionRow.ownMax
        return waiting.withLock { waiting in
            guard waiting.values.reduce(0, +) < QuestionRow.waitingMax, waiting[account, default: 0] < ownMax else {
                return false
            }
            waiting[account, default: 0] += 1
            return true
        }
    }

    package func leave(_ account: AccountID?) {
        waiting.withLock { waiting in
            let left = waiting[account, default: 1] - 1
            waiting[account] = left > 0 ? left : nil
        }
    }
}
