// SPDX-License-Identifier: Apache-2.0
package import Ledger

/// What an operator may want to read of links.
package enum LinkNews: Sendable {
    case linked(AccountID, address: String, LinkRole)
    case unlinked(AccountID, reason: String)
    case refused(AccountID, CloseReason, address: String)
    /// The certificate the link began with no longer holds.
    case lapsed(AccountID, address: String)
    /// Two machines live with one key: this account's.
    case twin(AccountID, address: String)
    case handshakeFailed(address: String, LinkRole, reason: String)
}
