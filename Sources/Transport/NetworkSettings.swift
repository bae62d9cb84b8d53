// SPDX-License-Identifier: Apache-2.0
package import Ledger

/// Everything a node's links are told by whoever composes the process.
package struct NetworkSettings: Sendable {
    /// One node this one may be linked with.
    package struct Peer: Hashable, Sendable {
        package let account: AccountID
        /// Where to dial it, tried in turn; empty where it dials.
        package let addresses: [NodeAddress]

        package init(account: AccountID, addresses: [NodeAddress]) {
            self.account = account
            self.addresses = addresses
        }
    }

    package let me: AccountID
    package let listen: [NodeAddress]
    package let peers: [Peer]
    /// Names this run of the process; drawn anew at each start.
    package let instance: UInt64

    package init(me: AccountID, listen: [NodeAddress], peers: [Peer], instance: UInt64) {
        self.me = me
        self.listen = listen
        self.peers = peers.filter { $0.account != me }
        self.instance = instance
    }
}
