// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOPosix
import Synchronization

/// A connection that sends exactly the bytes it is told and shows exactly the bytes that came, and when.
///
/// Its moments are taken on its event loop: what the other tests of a run do to the shared threads does not move them.
final class RawConnection: Sendable {
    private let channel: any Channel
    private let collector: Collector

    private init(_ channel: any Channel, _ collector: Collector) {
        self.channel = channel
        self.collector = collector
    }

    /// - Parameter first: what is sent in the moment the connection is there.
    static func open(_ port: Int, sending first: String = "") async throws -> RawConnection {
        let collector = Collector(first)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(collector) }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawConnection(channel, collector)
    }

    func send(_ text: String) async throws { try await send([UInt8](text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    func close() async { try? await channel.close().get() }

    var isOpen: Bool { channel.isActive }

    /// How long it lived; nil while it does.
    var life: Duration? { collector.moments.withLock { $0.closed.map { [opened = $0.opened] in $0 - opened } } }

    /// How long it still lived after the last byte came; nil while it lives.
    var silence: Duration? { collector.moments.withLock { $0.closed.map { [heard = $0.heard] in $0 - heard } } }

    /// Bytes that came so far, read or not.
    var heardBytes: Int { collector.moments.withLock { $0.heardBytes } }

    /// Everything up to the other side's close.
    func restBytes() async -> [UInt8] {
        var bytes: [UInt8] = []
        for await piece in collector.incoming { bytes += piece }
        return bytes
    }

    func rest() async -> String { String(decoding: await restBytes(), as: UTF8.self) }

    /// What came until `text` was in it.
    func read(until text: String) async -> String {
        var found = ""
        for await piece in collector.incoming {
            found += String(decoding: piece, as: UTF8.self)
            if found.contains(text) { break }
        }
        return found
    }

    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        struct Moments {
            var opened = ContinuousClock.now
            var heard = ContinuousClock.now
            var heardBytes = 0
            var closed: ContinuousClock.Instant?
        }

        let incoming: AsyncStream<[UInt8]>
        let moments = Mutex(Moments())
        private let first: String
        private let continuation: AsyncStream<[UInt8]>.Continuation

        init(_ first: String) {
            self.first = first
            (incoming, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        }

        func channelActive(context: ChannelHandlerContext) {
            moments.withLock { $0 = Moments() }
            if !first.isEmpty { context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: first)), promise: nil) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = [UInt8](unwrapInboundIn(data).readableBytesView)
            moments.withLock { ($0.heard, $0.heardBytes) = (ContinuousClock.now, $0.heardBytes + bytes.count) }
            continuation.yield(bytes)
        }

        func channelInactive(context: ChannelHandlerContext) {
            moments.withLock { $0.closed = ContinuousClock.now }
            continuation.finish()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
