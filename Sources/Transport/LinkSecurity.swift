// SPDX-License-Identifier: Apache-2.0
package import Ledger
package import NIOCore

/// What makes a connection a link: secret, and with a proven key at either end.
///
/// Guarantees of every body: its handlers let no byte through, either way, before they have fired `PeerProven` as a
/// user event, which they do once; what they refuse they report by `errorCaught` and close.
/// - Spec: LINK-1.
package protocol LinkSecurity: Sendable {
    /// Fresh handlers for one connection, the one next to the wire first.
    func handlers(for role: LinkRole) -> [any ChannelHandler]
}

/// The user event that says whose key the other end has proven.
package struct PeerProven: Sendable {
    package let account: AccountID
    /// Whether what proved it would prove it still: a certificate runs out, or is taken back, while the link is up.
    package let stillHolds: @Sendable () -> Bool

    package init(account: AccountID, stillHolds: @escaping @Sendable () -> Bool = { true }) {
        self.account = account
        self.stillHolds = stillHolds
    }
}
