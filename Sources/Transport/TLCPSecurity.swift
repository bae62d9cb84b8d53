// SPDX-License-Identifier: Apache-2.0
import Ledger
package import NIOCore
package import NIOTLCP
import ShangMi
package import TLCP

/// Mutual TLCP: a node is the holder of its signing certificate's key.
///
/// Settings are asked for at each connection, so renewed certificates, new authorities and revocations are in force at
/// the next link without a restart.
/// - Spec: LINK-1, TLCP-6, TLCP-8.
package struct TLCPSecurity: LinkSecurity {
    private let settings: @Sendable (Role) -> LinkSettings
    private let desk: LinkHandler.KeyDesk

    /// - Parameters:
    ///   - settings: fresh ones, with a seed of their own, for one link.
    ///   - desk: answers for the two private keys without holding the event loop.
    package init(settings: @escaping @Sendable (Role) -> LinkSettings, desk: @escaping LinkHandler.KeyDesk) {
        self.settings = settings
        self.desk = desk
    }

    package func handlers(for role: LinkRole) -> [any ChannelHandler] {
        [LinkHandler(settings(role == .dialer ? .client : .server), desk: desk), OwnerHandler()]
    }

    /// Turns the proven certificate into the account of its key.
    private final class OwnerHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard let opened = event as? LinkOpened else { return context.fireUserInboundEventTriggered(event) }
            // Between nodes every server asks, so there always is one.
            guard let certificate = opened.peer.signing else { return context.close(promise: nil) }
            context.fireUserInboundEventTriggered(PeerProven(account: AccountID(certificate.key)))
        }
    }
}
