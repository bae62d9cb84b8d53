// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import TLCP
import Testing

@Suite("Links that are made") struct LinkTests {
    @Test(
        "two nodes link, know each other, and talk both ways (TLCP-1, TLCP-3, TLCP-5)", arguments: CipherSuite.allCases)
    func link(_ suite: CipherSuite) throws {
        let pair = try PaperPair(suite)
        let wire = pair.run()
        #expect(wire.client.isOpen && wire.server.isOpen)
        #expect(wire.client.peer?.suite == suite && wire.server.peer?.suite == suite)
        #expect(wire.client.peer?.signing == pair.server.credentials?.signing)
        #expect(wire.client.peer?.encrypting == pair.server.credentials?.encrypting)
        #expect(wire.server.peer?.signing == pair.client.credentials?.signing)
        #expect(wire.server.peer?.encrypting == pair.client.credentials?.encrypting)
        // Every length around the sizes of blocks, padding and records.
        var (up, down): ([UInt8], [UInt8]) = ([], [])
        for count in Array(0...70) + [16_383, 16_384, 16_385, 40_000] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ count) }
            wire.client.feed(.wrote(bytes))
            wire.server.feed(.wrote(bytes.reversed()))
            up += bytes
            down += bytes.reversed()
        }
        wire.carry()
        #expect(wire.server.received == up && wire.client.received == down)
        wire.client.feed(.closing)
        wire.carry()
        #expect(wire.client.end == .closed && wire.server.end == .closed)
    }

    @Test("a server prefers GCM, whatever order the client has; a suite only one side has is never taken (TLCP-3)")
    func preference() throws {
        var pair = try PaperPair()
        pair.client.suites = [.cbc, .gcm]
        #expect(pair.run().client.peer?.suite == .gcm)
        pair.client.suites = [.cbc]
        #expect(pair.run().server.peer?.suite == .cbc)
        pair.server.suites = [.gcm]
        let wire = pair.run()
        #expect(wire.server.failure == .noCommonSuite(theirs: [0xe013], ours: [0xe053]))
        #expect(wire.client.failure == .toldBy(.handshakeFailure, during: "the handshake, before its ServerHello"))
    }

    @Test("a client nobody asks links without certificates, and without being known (TLCP-8)")
    func anonymous() throws {
        var pair = try PaperPair()
        pair.server.asksClient = false
        pair.client.credentials = nil
        let wire = pair.run()
        #expect(wire.client.isOpen && wire.server.isOpen)
        #expect(wire.server.peer?.signing == nil && wire.client.peer?.signing != nil)
    }

    @Test(
        "bytes may arrive in pieces of any size, and cut at every place (TLCP-1, TLCP-4)",
        arguments: CipherSuite.allCases)
    func pieces(_ suite: CipherSuite) throws {
        let pair = try PaperPair(suite)
        for size in [1, 2, 3, 4, 5, 6, 7, 16, 100, 1000] {
            var wire = PaperWire(pair.client, pair.server)
            wire.chunk = size
            wire.run()
            #expect(wire.client.isOpen && wire.server.isOpen, "pieces of \(size)")
        }
        // One cut, at each byte of the first flight in each direction.
        let counts = (PaperWire(pair.client, pair.server), 0)
        counts.0.client.feed(.began)
        let hello = counts.0.client.take()
        for cut in 1..<hello.count {
            let server = PaperEnd(pair.server, .server)
            server.feed(.received(Array(hello[..<cut])))
            #expect(server.end == nil && server.sent.isEmpty, "cut at \(cut)")
            server.feed(.received(Array(hello[cut...])))
            #expect(!server.sent.isEmpty, "cut at \(cut)")
        }
    }

    @Test("a handshake message may be cut into records anywhere, and several may share one (TLCP-4)")
    func fragments() throws {
        let pair = try PaperPair(.gcm)
        for size in [1, 2, 3, 4, 5, 50, 500, 4000] {
            var wire = PaperWire(pair.client, pair.server)
            var isProtected: Set<Role> = []
            // Handshake records before ChangeCipherSpec are joined, then cut anew.
            wire.tap = { sender, bytes in
                var (output, content): ([UInt8], [UInt8]) = ([], [])
                func spill() {
                    for start in stride(from: 0, to: content.count, by: size) {
                        output += record(22, Array(content[start..<min(start + size, content.count)]))
                    }
                    content = []
                }
                for one in records(bytes) {
                    if one[0] == 22, !isProtected.contains(sender) {
                        content += one[5...]
                    } else {
                        spill()
                        isProtected.insert(sender)
                        output += one
                    }
                }
                spill()
                return output
            }
            wire.run()
            #expect(wire.client.isOpen && wire.server.isOpen, "records of \(size)")
        }
    }

    @Test("a slow key holds its side back; what comes meanwhile waits, and only so much of it (TLCP-19)")
    func slowKeys() throws {
        let pair = try PaperPair(.gcm)
        let wire = PaperWire(pair.client, pair.server)
        (wire.client.isSlow, wire.server.isSlow) = (true, true)
        wire.client.feed(.began)
        for _ in 0..<8 {
            wire.carry()
            wire.client.answerOne()
            wire.server.answerOne()
        }
        #expect(wire.client.isOpen && wire.server.isOpen)
        // An answer nobody asked for changes nothing.
        wire.client.feed(.answered(.ciphertext([1])))
        #expect(wire.client.isOpen)
        let flooded = PaperEnd(pair.server, .server)
        flooded.isSlow = true
        let client = PaperEnd(pair.client, .client)
        client.feed(.began)
        flooded.feed(.received(client.take()))
        #expect(flooded.waiting.count == 1)
        for _ in 0..<40 where flooded.end == nil { flooded.feed(.received([UInt8](repeating: 22, count: 1000))) }
        #expect(flooded.failure == .waitingTooLong(limit: Limits.waitingBytesMax))
    }

    @Test("a key that is gone ends the link, and says so on both sides (TLCP-18, TLCP-19)")
    func goneKeys() throws {
        var pair = try PaperPair()
        pair.server.keys.isGone = true
        var wire = pair.run()
        #expect(wire.server.failure == .privateKeyUnavailable(reason: "the device is gone"))
        // What it had to say before its key failed was said.
        #expect(wire.client.failure == .toldBy(.internalError, during: "the handshake, before its ServerKeyExchange"))
        pair.server.keys.isGone = false
        pair.client.keys.isGone = true
        wire = pair.run()
        #expect(wire.client.failure == .privateKeyUnavailable(reason: "the device is gone"))
        #expect(wire.server.failure == .toldBy(.internalError, during: "the handshake, before its ClientKeyExchange"))
    }

    @Test("two links from two seeds share no byte of randomness; one seed gives one link (TLCP-20)")
    func seeds() throws {
        let pair = try PaperPair()
        func hello(_ seed: UInt64) -> [UInt8] {
            var party = pair.client
            party.seed = seed
            let end = PaperEnd(party, .client)
            end.feed(.began)
            return Array(end.take()[15..<43])
        }
        #expect(hello(1) == hello(1))
        #expect(zip(hello(1), hello(2)).filter { $0 == $1 }.count < 4)
    }
}
