// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import NIOCore
import NIOPosix
import ShangMi
import Synchronization
import Transport

/// Believes whoever says who he is, for tests of what links do once somebody has proven a key.
struct PlainSecurity: LinkSecurity {
    let me: AccountID
    /// Whether what the others prove holds still when it is asked again.
    var holds = true

    func handlers(for role: LinkRole) -> [any ChannelHandler] { [Claim(me, holds)] }

    // SAFETY: unchecked, because NIO's handlers are not Sendable; one channel has it and uses it on its event loop.
    private final class Claim: ChannelInboundHandler, @unchecked Sendable {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let me: AccountID
        private let holds: Bool
        private var heard = ByteBuffer()
        private var isProven = false

        init(_ me: AccountID, _ holds: Bool) { (self.me, self.holds) = (me, holds) }

        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: me.digest.bytes)), promise: nil)
            context.fireChannelActive()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if isProven { return context.fireChannelRead(data) }
            var bytes = unwrapInboundIn(data)
            heard.writeBuffer(&bytes)
            guard let claim = heard.readBytes(length: 32), let account = try? AccountID(decoding: claim) else { return }
            isProven = true
            context.fireUserInboundEventTriggered(PeerProven(account: account) { [holds] in holds })
            if heard.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(heard)) }
        }

        typealias InboundOut = ByteBuffer
    }
}

/// Collects what a chain is told, for a test to wait for.
final class Collector: LinkInbox {
    struct Seen {
        var linked: [AccountID] = []
        var unlinked: [AccountID] = []
        var messages: [(peer: AccountID, traffic: TrafficClass, bytes: [UInt8])] = []
        var held: [Delivery] = []
        var holds = false
    }

    let seen = Mutex(Seen())

    func linked(_ peer: AccountID) { seen.withLock { $0.linked.append(peer) } }

    func unlinked(_ peer: AccountID) { seen.withLock { $0.unlinked.append(peer) } }

    func take(_ delivery: Delivery) {
        seen.withLock { seen in
            seen.messages.append((delivery.peer, delivery.traffic, delivery.bytes))
            if seen.holds { seen.held.append(delivery) }
        }
    }

    var messages: [(peer: AccountID, traffic: TrafficClass, bytes: [UInt8])] { seen.withLock { $0.messages } }
    var linked: [AccountID] { seen.withLock { $0.linked } }
    var unlinked: [AccountID] { seen.withLock { $0.unlinked } }
}

/// What an operator would have read.
final class News: Sendable {
    let lines = Mutex<[String]>([])

    func has(_ start: String) -> Bool { lines.withLock { $0.contains { $0.hasPrefix(start) } } }
}

/// One node's links with one chain attached.
final class TestNode: Sendable {
    let account: AccountID
    let network: PeerNetwork
    let inbox = Collector()
    let news = News()
    private let listening = Mutex<NodeAddress?>(nil)
    static let chain = ChainID(SM3.hash([0xc]))

    init(
        _ account: AccountID, listen: Int = 0, peers: [NetworkSettings.Peer],
        instance: UInt64 = .random(in: 0 ... .max),
        says claimed: AccountID? = nil, holds: Bool = true
    ) {
        self.account = account
        let news = self.news
        network = PeerNetwork(
            NetworkSettings(
                me: account, listen: [NodeAddress(host: "127.0.0.1", port: listen)], peers: peers, instance: instance),
            security: PlainSecurity(me: claimed ?? account, holds: holds),
            on: MultiThreadedEventLoopGroup.singleton.next(),
            say: { one in news.lines.withLock { $0.append("\(one)") } })
    }

    /// - Returns: where it listens.
    func start() async throws -> NodeAddress {
        network.attach(TestNode.chain, inbox)
        let place = try await network.start()[0]
        listening.withLock { $0 = place }
        return place
    }

    var place: NodeAddress? { listening.withLock { $0 } }

    func links() async -> Int { await network.report().peers.count { $0.isLinked } }
}

/// Waits until something is so; false where it is not in time.
func eventually(within seconds: Double = 10, _ condition: () async -> Bool) async -> Bool {
    let end = ContinuousClock.now.advanced(by: .seconds(seconds))
    while ContinuousClock.now < end {
        if await condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return await condition()
}
