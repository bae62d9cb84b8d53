// SPDX-License-Identifier: Apache-2.0
import Bedrock
import NIOCore
import NIOPosix
import NIOTLCP
import ShangMi
import Synchronization
import TLCP
import Testing

/// Real sockets on the loopback, keys answered on another thread.
@Suite("Links over sockets", .serialized) struct LinkHandlerTests {
    private static let now = CertificateTime(seconds: 1_795_000_000)

    /// Two nodes of one authority, keys drawn from seeds.
    private struct Node: Sendable {
        let credentials: Credentials
        let keys: Keys
        let trust: CertificateTrust

        struct Keys: PrivateKeys {
            let signing: SM2.ThrowAwaySigner
            let encrypting: SM2.ThrowAwaySigner

            func perform(_ request: PrivateRequest) -> PrivateAnswer {
                switch request {
                case .sign(let message):
                    guard let signature = try? signing.sign(message) else { return .unavailable(reason: "never") }
                    return .signature(signature)
                case .decrypt(let bytes): return .text(encrypting.decrypt(bytes).map { SecretBytes($0) })
                case .encrypt(let secret, let key):
                    var random = SeededRandom(seed: 5)
                    return .ciphertext(SM2.ThrowAwaySigner.encrypt(secret.bytes, to: key, from: &random))
                }
            }
        }

        init(_ common: String, seed: UInt64, authority: UInt64 = 1) throws {
            func name(_ common: String) throws -> DistinguishedName {
                try #require(DistinguishedName([.init(ObjectIdentifier.commonName, common)]))
            }
            var random = SeededRandom(seed: authority)
            let signer = SM2.ThrowAwaySigner(from: &random)
            let root = try CertificateDraft.root(
                try name("root"), key: signer.publicKey, serial: [1], notBefore: now, notAfter: .never
            ).signed(by: signer)
            random = SeededRandom(seed: seed)
            keys = Keys(signing: SM2.ThrowAwaySigner(from: &random), encrypting: SM2.ThrowAwaySigner(from: &random))
            func issue(_ usage: KeyUsage, _ key: SM2.PublicKey, _ serial: UInt8) throws -> Certificate {
                try CertificateDraft.below(
                    root, subject: try name(common), key: key, usage: usage, serial: [serial], notBefore: now,
                    notAfter: .never
                ).signed(by: signer)
            }
            credentials = Credentials(
                signing: try issue(.signing, keys.signing.publicKey, 2),
                encrypting: try issue(.encrypting, keys.encrypting.publicKey, 3))
            var trust = CertificateTrust()
            var verifier = SM2.Verifier(tableBytesMax: 0)
            try trust.trust(root, &verifier)
            self.trust = trust
        }

        func handler(_ role: Role, _ pool: NIOThreadPool) -> LinkHandler {
            let seed = SecretBytes((0..<32).map { _ in UInt8.random(in: 0...255) })
            let keys = keys
            return LinkHandler(LinkSettings(role, credentials, trust: trust, clock: now, seed: seed)) { request, loop in
                pool.runIfActive(eventLoop: loop) { keys.perform(request) }
            }
        }
    }

    /// What happened on one end, in order.
    private final class Diary: Sendable {
        private let lines = Mutex<[String]>([])
        private let bytes = Mutex<[UInt8]>([])
        func note(_ line: String) { lines.withLock { $0.append(line) } }
        func take(_ more: [UInt8]) { bytes.withLock { $0 += more } }
        var notes: [String] { lines.withLock { $0 } }
        var received: [UInt8] { bytes.withLock { $0 } }
    }

    private final class DiaryHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let diary: Diary
        private let echoes: Bool

        init(_ diary: Diary, echoes: Bool) { (self.diary, self.echoes) = (diary, echoes) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            diary.take(Array(buffer.readableBytesView))
            if echoes { context.writeAndFlush(NIOAny(buffer), promise: nil) }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if let opened = event as? LinkOpened {
                diary.note("opened \(opened.peer.signing?.subject.commonName ?? "nobody")")
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            diary.note((error as? Failure)?.code ?? "\(error)")
        }

        func channelInactive(context: ChannelHandlerContext) { diary.note("closed") }
    }

    private func run(
        _ client: Node?, _ server: Node, _ body: (any Channel, Diary, Diary) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        let (near, far) = (Diary(), Diary())
        let listening = try await ServerBootstrap(group: group).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandlers([
                    server.handler(.server, pool), DiaryHandler(far, echoes: true),
                ])
            }
        }.bind(host: "127.0.0.1", port: 0).get()
        let dialled = try await ClientBootstrap(group: group).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                if let client { try channel.pipeline.syncOperations.addHandler(client.handler(.client, pool)) }
                try channel.pipeline.syncOperations.addHandler(DiaryHandler(near, echoes: false))
            }
        }.connect(to: try #require(listening.localAddress)).get()
        do { try await body(dialled, near, far) } catch { Issue.record("\(error)") }
        try? await dialled.close()
        try await listening.close()
        try await pool.shutdownGracefully()
        try await group.shutdownGracefully()
    }

    private func wait(_ what: String, _ isTrue: () -> Bool) async throws {
        for _ in 0..<500 where !isTrue() { try await Task.sleep(for: .milliseconds(10)) }
        #expect(isTrue(), "\(what)")
    }

    @Test("two nodes link over a socket, what was written before goes out after, and a megabyte comes back (TLCP-5)")
    func echo() async throws {
        try await run(Node("a", seed: 1), Node("b", seed: 2)) { channel, near, far in
            let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            // Half a megabyte at once, before the handshake is done.
            for part in [bytes[..<500_000], bytes[500_000...]] {
                try await channel.writeAndFlush(channel.allocator.buffer(bytes: part))
            }
            try await wait("all bytes come back") { near.received.count == bytes.count }
            #expect(near.received == bytes)
            #expect(near.notes == ["opened b"] && far.notes == ["opened a"])
            try await channel.close()
            try await wait("both ends close") { far.notes.last == "closed" }
            // In peace: no error on either side.
            #expect(near.notes == ["opened b", "closed"])
            #expect(far.notes == ["opened a", "closed"])
        }
    }

    @Test("a stranger is told by name on both ends, and both connections close (TLCP-18)")
    func stranger() async throws {
        try await run(Node("a", seed: 1, authority: 9), Node("b", seed: 2)) { _, near, far in
            try await wait("both ends close") { near.notes.last == "closed" && far.notes.last == "closed" }
            // The client sees the server's certificate first: its authority has the known name and another key.
            #expect(near.notes == ["JD-1717", "closed"])
            #expect(far.notes == ["JD-1733", "closed"])
        }
    }

    @Test("plain text to a TLCP port, and a connection that is cut, end with their causes (TLCP-2, TLCP-16)")
    func plain() async throws {
        try await run(nil, Node("b", seed: 2)) { channel, _, far in
            try await channel.writeAndFlush(channel.allocator.buffer(string: "GET / HTTP/1.1\r\n\r\n"))
            try await wait("the server closes") { far.notes.last == "closed" }
            #expect(far.notes == ["JD-1701", "closed"])
        }
        try await run(nil, Node("b", seed: 2)) { channel, _, far in
            try await channel.writeAndFlush(channel.allocator.buffer(bytes: [22, 1, 1, 0, 50, 1]))
            try await channel.close()
            try await wait("the server closes") { far.notes.last == "closed" }
            #expect(far.notes == ["JD-1734", "closed"])
        }
    }
}
