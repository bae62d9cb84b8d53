// SPDX-License-Identifier: Apache-2.0
import ClientKit
import Gateway
import KeyCustody
import Ledger
import NIOCore
import NIOPosix
import ShangMi

/// A gateway on a real loopback port for the length of a test.
struct Served {
    let port: Int
    let chain: FakeChain
    let server: GatewayServer
    let member: OpenSSLSigner

    static let token = "t0ken"

    var url: String { "http://127.0.0.1:\(port)" }

    /// A client that does not try again: a test wants to see the first answer.
    func client(attempts: Int = 1, token: String? = nil) throws -> NodeClient {
        var options = NodeClient.Options()
        options.attempts = attempts
        options.token = token
        return try NodeClient(url, options: options)
    }

    func deposit(_ seed: Int) throws -> SignedTransaction {
        let wallet = Wallet(chain: chain.id, signer: member)
        return try wallet.deposit(Served.form(seed), tip: .zero)
    }

    static func form(_ seed: Int) -> Deposit {
        Deposit(
            businessType: Label(literal: "contract"), title: Label("合同 \(seed)")!,
            digest: SM3.hash([UInt8]("\(seed)".utf8)), size: 1234,
            mediaType: Label(literal: "application/pdf"),
            capture: .upload)
    }

    static func run(
        bounds change: (inout GatewayBounds) -> Void = { _ in }, instant: Bool = false, isPublic: Bool = true,
        audit: (any AuditAccess)? = nil,
        configure: (inout GatewayConfiguration) -> Void = { _ in },
        _ body: (Served) async throws -> Void
    ) async throws {
        let chain = try FakeChain(isPublic: isPublic)
        let member = OpenSSLSigner(try PrivateKey.generate())
        var configuration = GatewayConfiguration(version: "0.0-test")
        configuration.port = 0
        configuration.admit(token: token, signer: member)
        change(&configuration.bounds)
        configure(&configuration)
        let access: any ChainAccess = instant ? InstantChain(real: chain) : chain
        let server = GatewayServer(configuration: configuration, node: FakeNode(chains: [access], audit: audit))
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let running = Task {
            try await server.run { told.yield($0) }
            told.finish()
        }
        var iterator = ports.makeAsyncIterator()
        guard let port = await iterator.next() else {
            try await running.value
            return
        }
        do {
            try await body(Served(port: port, chain: chain, server: server, member: member))
        } catch {
            running.cancel()
            throw error
        }
        running.cancel()
        _ = await running.result
    }
}

/// A connection that sends exactly the bytes it is told and shows exactly the bytes that came.
final class RawConnection: Sendable {
    private let channel: any Channel
    private let incoming: AsyncStream<[UInt8]>

    private init(_ channel: any Channel, _ incoming: AsyncStream<[UInt8]>) {
        self.channel = channel
        self.incoming = incoming
    }

    static func open(_ port: Int) async throws -> RawConnection {
        let (incoming, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawConnection(channel, incoming)
    }

    func send(_ text: String) async throws { try await send([UInt8](text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    func close() async { try? await channel.close().get() }

    var isOpen: Bool { channel.isActive }

    /// Everything up to the other side's close.
    func restBytes() async -> [UInt8] {
        var bytes: [UInt8] = []
        for await piece in incoming { bytes += piece }
        return bytes
    }

    func rest() async -> String { String(decoding: await restBytes(), as: UTF8.self) }

    /// What came until `text` was in it.
    func read(until text: String) async -> String {
        var found = ""
        for await piece in incoming {
            found += String(decoding: piece, as: UTF8.self)
            if found.contains(text) { break }
        }
        return found
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let continuation: AsyncStream<[UInt8]>.Continuation

        init(_ continuation: AsyncStream<[UInt8]>.Continuation) { self.continuation = continuation }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            continuation.yield([UInt8](unwrapInboundIn(data).readableBytesView))
        }

        func channelInactive(context: ChannelHandlerContext) { continuation.finish() }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
