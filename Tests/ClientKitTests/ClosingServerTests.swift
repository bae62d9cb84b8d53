// SPDX-License-Identifier: Apache-2.0
import ClientKit
import NIOCore
import NIOPosix
import Testing

/// A server that answers every request with a kept-open connection and closes it a moment later.
private final class FickleHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: answer)), promise: nil)
        let channel = context.channel
        context.eventLoop.scheduleTask(in: .microseconds(.random(in: 0...120))) { channel.close(promise: nil) }
    }
}

@Suite struct ClosingServerTests {
    @Test(
        "a server that closes kept connections in the moment they are used again leaves no call unanswered (API-34)",
        .timeLimit(.minutes(1)))
    func closing() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FickleHandler())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let client = try NodeClient("http://127.0.0.1:\(server.localAddress?.port ?? 0)")
        let others = await withTaskGroup(of: [ClientError].self) { group in
            for _ in 0..<8 { group.addTask { await ClosingServerTests.askMany(client) } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(others.isEmpty, "\(others.first.map { "\($0)" } ?? "")")
        await client.close()
        try await server.close().get()
    }

    /// Errors that are neither the server's refusal nor its closing four times in turn.
    private static func askMany(_ client: NodeClient) async -> [ClientError] {
        var others: [ClientError] = []
        for _ in 0..<1_500 {
            do throws(ClientError) {
                _ = try await client.status()
            } catch {
                switch error {
                case .refused, .unreachable: break
                default: others.append(error)
                }
            }
        }
        return others
    }
}
