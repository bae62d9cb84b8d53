// SPDX-License-Identifier: Apache-2.0
import Ledger
package import NIOCore
import NIOPosix
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

    /// Private keys are asked on threads that may wait.
    package init(settings: @escaping @Sendable (Role) -> LinkSettings, keys: any PrivateKeys & Sendable) {
        self.init(settings: settings) { request, loop in
            NIOThreadPool.singleton.runIfActive(eventLoop: loop) { keys.perform(request) }
        }
    }

    package func handlers(for role: LinkRole) -> [any ChannelHandler] {
        let role: Role = role == .dialer ? .client : .server
        let settings = settings
        return [LinkHandler(settings(role), desk: desk), OwnerHandler { settings(role) }]
    }

    /// Turns the proven certificate into the account of its key.
    private final class OwnerHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let newest: @Sendable () -> LinkSettings

        init(newest: @escaping @Sendable () -> LinkSettings) { self.newest = newest }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard let opened = event as? LinkOpened else { return context.fireUserInboundEventTriggered(event) }
            // Between nodes every server asks, so there always is one.
            guard let certificate = opened.peer.signing else { return context.close(promise: nil) }
            let pair: [(Certificate?, KeyUsage)] = [(certificate, .signing), (opened.peer.encrypting, .encrypting)]
            let newest = newest
            context.fireUserInboundEventTriggered(
                PeerProven(account: AccountID(certificate.key)) { OwnerHandler.holds(pair, by: newest()) })
        }

        private static func holds(_ pair: [(Certificate?, KeyUsage)], by settings: LinkSettings) -> Bool {
            var verifier = SM2.Verifier(tableBytesMax: 0)
            for case (let certificate?, let usage) in pair {
                do { try settings.trust.check(certificate, for: usage, at: settings.clock, &verifier) } catch {
                    return false
                }
            }
            return true
        }
    }
}
