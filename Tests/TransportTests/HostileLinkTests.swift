// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import NIOCore
import NIOPosix
import ShangMi
import Synchronization
import Testing
import Transport

/// What strangers, broken programs and liars do to a link, with raw sockets.
@Suite(.serialized) struct HostileLinkTests {
    private let a = AccountID(Digest(words: (1, 0, 0, 0)))
    private let b = AccountID(Digest(words: (2, 0, 0, 0)))

    /// A socket that says what it is told and notes what comes.
    private final class Raw: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let heard = Mutex<[UInt8]>([])
        let isClosed = Mutex(false)
        private let opened = Mutex<ContinuousClock.Instant?>(nil)
        private let closed = Mutex<ContinuousClock.Instant?>(nil)
        private let first: [UInt8]

        /// - Parameter first: said by the event loop as soon as there is a connection: a test's own task may have to
        ///   wait for its turn longer than a stranger may be silent.
        init(saying first: [UInt8]) { self.first = first }

        /// How long the connection lasted, by the event loop's own observation; nil while it does.
        var lasted: Duration? {
            guard let from = opened.withLock({ $0 }), let to = closed.withLock({ $0 }) else { return nil }
            return to - from
        }

        func channelActive(context: ChannelHandlerContext) {
            opened.withLock { $0 = .now }
            if !first.isEmpty { context.channel.writeAndFlush(ByteBuffer(bytes: first), promise: nil) }
            context.fireChannelActive()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Array(unwrapInboundIn(data).readableBytesView)
            heard.withLock { $0 += bytes }
        }

        func channelInactive(context: ChannelHandlerContext) {
            closed.withLock { $0 = .now }
            isClosed.withLock { $0 = true }
        }
    }

    private func connect(
        _ place: NodeAddress, saying first: [UInt8] = []
    ) async throws -> (raw: Raw, channel: any Channel) {
        let raw = Raw(saying: first)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { $0.pipeline.addHandler(raw) }
            .connect(host: place.host, port: place.port).get()
        return (raw, channel)
    }

    private func node() async throws -> (TestNode, NodeAddress) {
        let node = TestNode(a, peers: [.init(account: b, addresses: [])])
        return (node, try await node.start())
    }

    /// Claims to be `b` and greets.
    private func greeting(_ instance: UInt64 = 1) -> [UInt8] {
        b.digest.bytes + Chunk.hello(Hello(instance: instance, chains: [TestNode.chain])).framed
    }

    private func refusals(_ node: TestNode, _ cause: CloseReason) async -> UInt64 {
        await node.network.report().refusals[cause.name] ?? 0
    }

    @Test(
        "LINK-4, LINK-9: after the handshake, what is no hello, a second hello, and garbage end the link as malformed",
        arguments: [
            ("a message before the hello", [], [0x80, 0, 0, 33] + [UInt8](repeating: 1, count: 33)),
            ("a ping before the hello", [], Chunk.ping(1).framed), ("text", [], Array("GET / HTTP/1.1\r\n\r\n".utf8)),
            ("a second hello", [1], Chunk.hello(Hello(instance: 1, chains: [])).framed),
            ("a chunk too long", [1], [0, 0xff, 0xff, 0xff]), ("an unknown kind", [1], [0x77, 0, 0, 0]),
        ] as [(String, [UInt8], [UInt8])])
    func malformed(what: String, greets: [UInt8], bytes: [UInt8]) async throws {
        let (node, place) = try await node()
        let start = greets.isEmpty ? b.digest.bytes : greeting()
        let (raw, _) = try await connect(place, saying: start + bytes)
        #expect(await eventually { raw.isClosed.withLock { $0 } }, "\(what)")
        #expect(await refusals(node, .malformed) == 1, "\(what)")
        // It is told why.
        let said = raw.heard.withLock { $0 }
        #expect(said.suffix(5) == [0x13, 0, 0, 1, CloseReason.malformed.rawValue])
        await node.network.close()
    }

    @Test("LINK-9: who connects and says nothing, or stops after the handshake, is gone after five seconds")
    func mute() async throws {
        let (node, place) = try await node()
        let (nothing, _) = try await connect(place)
        let (half, _) = try await connect(place, saying: b.digest.bytes)
        #expect(await eventually(within: 60) { nothing.isClosed.withLock { $0 } && half.isClosed.withLock { $0 } })
        for raw in [nothing, half] {
            let lasted = try #require(raw.lasted)
            #expect(lasted > .milliseconds(4_500) && lasted < .seconds(15), "\(lasted)")
        }
        #expect(await refusals(node, .silent) == 2)
        #expect(await node.network.report().pending == 0)
        await node.network.close()
    }

    @Test("LINK-9: a peer that greets and then is silent is pinged, and after five seconds its link is dead")
    func dead() async throws {
        let (node, place) = try await node()
        let (raw, _) = try await connect(place, saying: greeting())
        #expect(await eventually { await node.links() == 1 })
        #expect(await eventually(within: 60) { raw.isClosed.withLock { $0 } })
        #expect(await refusals(node, .silent) == 1)
        #expect(await node.links() == 0)
        let pings = raw.heard.withLock { heard in heard.indices.count { heard[$0...].starts(with: [0x11, 0, 0, 8]) } }
        #expect(pings >= 3)
        await node.network.close()
    }

    @Test(
        "LINK-9: of one address eight may wait to be greeted; the ninth is closed at once, and the linked are untouched"
    )
    func crowd() async throws {
        let (node, place) = try await node()
        _ = try await connect(place, saying: greeting())
        #expect(await eventually { await node.links() == 1 })
        var waiting: [Raw] = []
        for _ in 0..<12 { waiting.append(try await connect(place).raw) }
        #expect(await eventually { waiting.count { $0.isClosed.withLock { $0 } } == 4 })
        #expect(await refusals(node, .crowded) == 4)
        #expect(await node.network.report().pending == 8)
        #expect(await node.links() == 1)
        await node.network.close()
    }

    @Test("LINK-2: a node that is dialled by itself, or by its own key, refuses as a twin")
    func itself() async throws {
        let node = TestNode(a, peers: [.init(account: b, addresses: [])], instance: 5)
        let place = try await node.start()
        let (raw, _) = try await connect(place, saying: greeting(5))
        #expect(await eventually { raw.isClosed.withLock { $0 } })
        #expect(await refusals(node, .twin) == 1)
        await node.network.close()
    }
}
