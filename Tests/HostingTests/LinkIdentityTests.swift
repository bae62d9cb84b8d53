// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import NIOPosix
import ShangMi
import Synchronization
import Testing
import Transport

/// Who is let in, with certificates over real sockets.
@Suite(.serialized) struct LinkIdentityTests {
    private final class News: Sendable {
        private let lines = Mutex<[String]>([])
        func note(_ news: LinkNews) { lines.withLock { $0.append("\(news)") } }
        var all: [String] { lines.withLock { $0 } }
        func has(_ words: String...) -> Bool {
            lines.withLock { $0.contains { line in words.allSatisfy { line.contains($0) } } }
        }
    }

    private struct Party {
        let signer: SM2.ThrowAwaySigner
        let news = News()
        var account: AccountID { AccountID(signer.publicKey) }

        init(_ seed: UInt64) {
            var random = SeededRandom(seed: seed)
            signer = SM2.ThrowAwaySigner(from: &random)
        }

        func network(_ office: CertificateOffice, peers: [NetworkSettings.Peer]) throws -> PeerNetwork {
            let news = news
            return PeerNetwork(
                NetworkSettings(
                    me: account, listen: [NodeAddress(host: "127.0.0.1", port: 0)], peers: peers,
                    instance: .random(in: 0 ... .max)),
                security: try office.security(of: signer, named: "node"),
                on: MultiThreadedEventLoopGroup.singleton.next(),
                say: { news.note($0) })
        }
    }

    private func eventually(_ condition: () async -> Bool) async -> Bool {
        for _ in 0..<500 {
            if await condition() { return true }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    @Test("LINK-1: nodes of two authorities that do not know each other are not linked, and both are told why")
    func otherAuthority() async throws {
        let (first, second) = (Party(1), Party(2))
        let listener = try first.network(CertificateOffice(), peers: [.init(account: second.account, addresses: [])])
        let place = try await listener.start()[0]
        let dialer = try second.network(
            CertificateOffice(seed: 78), peers: [.init(account: first.account, addresses: [place])])
        _ = try await dialer.start()
        // Who sees the other's certificate first names it; the other is told by an alert.
        #expect(await eventually { second.news.has("handshakeFailed", "authority 77") })
        #expect(
            await eventually { first.news.has("handshakeFailed", "does not trust the authority") }, "\(first.news.all)")
        #expect(await listener.report().refusals["handshake"] ?? 0 >= 1)
        #expect(await dialer.report().peers[0].isLinked == false)
        await listener.close()
        await dialer.close()
    }

    @Test("LINK-1: a known node that answers a dial meant for another is refused")
    func otherNode() async throws {
        let office = try CertificateOffice()
        let (first, second, absent) = (Party(1), Party(2), Party(3))
        let listener = try first.network(office, peers: [.init(account: second.account, addresses: [])])
        let place = try await listener.start()[0]
        let dialer = try second.network(
            office,
            peers: [.init(account: first.account, addresses: []), .init(account: absent.account, addresses: [place])])
        _ = try await dialer.start()
        #expect(await eventually { second.news.has("refused", "unknown") })
        #expect(await dialer.report().peers.allSatisfy { !$0.isLinked })
        #expect(await dialer.report().refusals["unknown"] ?? 0 >= 1)
        await listener.close()
        await dialer.close()
    }
}
