// SPDX-License-Identifier: Apache-2.0
import Ledger
import NIOCore
import NIOPosix

// Who may be linked, changed while links are up.
extension PeerNetwork {
    /// Links on a thread of their own, so that votes wait for no other work of the process.
    package convenience init(
        _ settings: NetworkSettings, security: any LinkSecurity, say: @escaping @Sendable (LinkNews) -> Void
    ) {
        // Lives as long as the process: its thread sleeps where nothing is linked.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        self.init(settings, security: security, on: group.next(), say: say)
    }

    /// From now on these nodes, and no others, may be linked: who left the list is unlinked, who is new is dialled.
    /// Links to those who stay go on, whatever their addresses are now.
    /// - Spec: LINK-1, NODE-6.
    package func admit(_ peers: [NetworkSettings.Peer]) {
        loop.execute {
            let wanted = peers.filter { $0.account != self.settings.me }
            let accounts = Set(wanted.map(\.account))
            for account in self.state.value.peers.keys.sorted() where !accounts.contains(account) {
                let gone = self.state.value.peers.removeValue(forKey: account)
                gone?.redialling?.cancel()
                gone?.link?.close(.unknown)
            }
            for peer in wanted {
                if self.state.value.peers[peer.account] == nil {
                    self.state.value.peers[peer.account] = Standing(plan: DialPlan(peer.addresses))
                } else if self.state.value.peers[peer.account]?.plan.addresses != peer.addresses {
                    self.state.value.peers[peer.account]?.plan = DialPlan(peer.addresses)
                    self.state.value.peers[peer.account]?.redialling?.cancel()
                    self.state.value.peers[peer.account]?.redialling = nil
                }
                self.dial(peer.account)
            }
        }
    }

    /// Ends links whose certificate has run out or was taken back since they began.
    /// - Spec: LINK-1, NODE-6.
    package func endLapsed() {
        loop.execute {
            for account in self.state.value.peers.keys.sorted() {
                guard let link = self.state.value.peers[account]?.link, !link.stillHolds() else { continue }
                self.say(.lapsed(account, address: link.address))
                link.close(.lapsed)
            }
        }
    }
}
