// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import NIOCore
import NIOPosix
import ShangMi
import Synchronization
import Testing
import Transport

/// Links over loopback sockets, with real bytes.
@Suite(.serialized) struct PeerNetworkTests {
    private let a = AccountID(Digest(words: (1, 0, 0, 0)))
    private let b = AccountID(Digest(words: (2, 0, 0, 0)))

    /// Two nodes that both dial.
    private func pair() async throws -> (TestNode, TestNode) {
        let first = TestNode(a, peers: [.init(account: b, addresses: [])])
        let place = try await first.start()
        let second = TestNode(b, peers: [.init(account: a, addresses: [place])])
        _ = try await second.start()
        #expect(await linked(first, second))
        return (first, second)
    }

    private func linked(_ nodes: TestNode...) async -> Bool {
        await eventually {
            for node in nodes where await node.links() != 1 { return false }
            return true
        }
    }

    private func close(_ nodes: TestNode...) async { for node in nodes { await node.network.close() } }

    @Test(
        "LINK-1, LINK-5: a message of each class and of the longest length arrives as it was given, and says from whom")
    func delivers() async throws {
        let (first, second) = try await pair()
        var random = SeededRandom(seed: 3)
        for traffic in TrafficClass.allCases {
            for count in [1, 15_968, traffic.messageBytesMax] {
                let message = random.bytes(count: count)
                first.network.send(message, traffic, of: TestNode.chain, to: [b])
                #expect(
                    await eventually {
                        second.inbox.messages.contains { $0.peer == a && $0.traffic == traffic && $0.bytes == message }
                    }, "\(traffic) \(count)")
            }
        }
        #expect(first.inbox.linked == [b] && second.inbox.linked == [a])
        let report = await first.network.report().peers[0]
        #expect(report.account.messagesOut == [3, 3, 3, 3])
        #expect(await eventually { await first.network.report().peers[0].roundTrip != nil })
        await close(first, second)
    }

    @Test("LINK-2: where both dial at once one link stays, and both agree which")
    func bothDial() async throws {
        for _ in 0..<10 {
            let listener = TestNode(a, peers: [.init(account: b, addresses: [])])
            let place = try await listener.start()
            await listener.network.close()
            // Its port is free again: both can now be told of each other before either starts.
            let other = TestNode(b, peers: [.init(account: a, addresses: [place])])
            let there = try await other.start()
            let first = TestNode(a, listen: place.port, peers: [.init(account: b, addresses: [there])])
            _ = try await first.start()
            #expect(await linked(first, other))
            try await Task.sleep(for: .milliseconds(150))
            #expect(await linked(first, other))
            // It is one and the same: what one end dialled the other took in.
            let roles = [await first.network.report().peers[0].role, await other.network.report().peers[0].role]
            #expect(Set(roles) == [.dialer, .listener])
            first.network.send([1], .votes, of: TestNode.chain, to: [b])
            other.network.send([2], .votes, of: TestNode.chain, to: [a])
            #expect(await eventually { other.inbox.messages.count == 1 && first.inbox.messages.count == 1 })
            #expect(
                first.inbox.unlinked.isEmpty && other.inbox.unlinked.isEmpty, "one link gave way to the other (LINK-10)"
            )
            await close(first, other)
        }
    }

    @Test("LINK-3, LINK-10: a node that stops and starts again is linked again, by whoever dials; chains hear of both")
    func comesBack() async throws {
        let (first, second) = try await pair()
        #expect(first.inbox.unlinked.isEmpty)
        await second.network.close()
        #expect(await eventually { await first.links() == 0 })
        #expect(await eventually { first.inbox.unlinked == [b] })
        let place = try #require(first.place)
        let again = TestNode(b, peers: [.init(account: a, addresses: [place])])
        _ = try await again.start()
        #expect(await linked(first, again))
        #expect(await first.network.report().peers[0].account.links == 2)
        await close(first, again)
    }

    @Test("LINK-3: a listener that stops and starts again at its place is dialled again by those who live on")
    func redialled() async throws {
        let (first, second) = try await pair()
        let place = try #require(first.place)
        await first.network.close()
        #expect(await eventually { await second.links() == 0 })
        let again = TestNode(a, listen: place.port, peers: [.init(account: b, addresses: [])])
        _ = try await again.start()
        #expect(await linked(again, second))
        #expect(await second.network.report().peers[0].account.links == 2)
        await close(again, second)
    }

    @Test("LINK-2: a second machine with the same key is refused while the first is linked, and both sides are told")
    func twin() async throws {
        let (first, second) = try await pair()
        let place = try #require(first.place)
        let twin = TestNode(b, peers: [.init(account: a, addresses: [place])])
        _ = try await twin.start()
        #expect(await eventually { first.news.has("twin") })
        #expect(await first.network.report().refusals["twin"] == 1)
        #expect(await twin.links() == 0)
        #expect(await second.links() == 1)
        first.network.send([5], .votes, of: TestNode.chain, to: [b])
        #expect(await eventually { second.inbox.messages.count == 1 })
        #expect(twin.inbox.messages.isEmpty)
        await close(first, second, twin)
    }

    @Test("LINK-1: a proven key that is not on the list is refused and named, and hears nothing")
    func stranger() async throws {
        let first = TestNode(a, peers: [])
        let place = try await first.start()
        let other = TestNode(b, peers: [.init(account: a, addresses: [place])])
        _ = try await other.start()
        #expect(await eventually { await first.network.report().refusals["unknown"] ?? 0 >= 1 })
        #expect(await other.links() == 0)
        #expect(await eventually { await other.network.report().peers[0].lastEnd == "told unknown" })
        await close(first, other)
    }

    @Test("CERT-22: a certificate that was taken back while its handshake went on makes no link")
    func takenBackMeanwhile() async throws {
        let first = TestNode(a, peers: [.init(account: b, addresses: [])], holds: false)
        let place = try await first.start()
        let other = TestNode(b, peers: [.init(account: a, addresses: [place])])
        _ = try await other.start()
        #expect(await eventually { await first.network.report().refusals["lapsed"] ?? 0 >= 1 })
        #expect(first.news.has("lapsed"))
        #expect(await first.links() == 0)
        #expect(first.inbox.linked == [])
        await close(first, other)
    }

    @Test("LINK-7: what is given to a node without a link is dropped and counted")
    func noLink() async throws {
        let node = TestNode(a, peers: [.init(account: b, addresses: [])])
        _ = try await node.start()
        for traffic in TrafficClass.allCases { node.network.send([1], traffic, of: TestNode.chain, to: [b]) }
        #expect(await node.network.report().peers[0].account.dropped == [1, 1, 1, 1])
        await close(node)
    }

    @Test("LINK-8: a peer whose messages nobody deals with is read no further than 16 MiB, and on when they are")
    func backPressure() async throws {
        let (first, second) = try await pair()
        second.inbox.seen.withLock { $0.holds = true }
        let message = [UInt8](repeating: 1, count: 1 << 20)
        for _ in 0..<24 { first.network.send(message, .blocks, of: TestNode.chain, to: [b]) }
        #expect(await eventually { second.inbox.messages.count >= 16 })
        try await Task.sleep(for: .milliseconds(300))
        #expect(second.inbox.messages.count <= 18)
        second.inbox.seen.withLock {
            $0.holds = false
            $0.held = []
        }
        #expect(await eventually { second.inbox.messages.count == 24 })
        await close(first, second)
    }

    @Test("LINK-4: a chain attached later is announced, and its messages then arrive")
    func laterChain() async throws {
        let (first, second) = try await pair()
        let chain = ChainID(SM3.hash([9]))
        let (mine, theirs) = (Collector(), Collector())
        first.network.attach(chain, mine)
        second.network.attach(chain, theirs)
        #expect(await eventually { mine.linked == [b] && theirs.linked == [a] })
        first.network.send([4], .votes, of: chain, to: [b])
        #expect(await eventually { theirs.messages.count == 1 })
        #expect(second.inbox.messages.isEmpty)
        await close(first, second)
    }
}
