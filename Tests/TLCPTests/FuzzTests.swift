// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import TLCP
import Testing

/// Thousands of handshakes and links with something wrong about each, from a seed.
@Suite("Links under random damage") struct FuzzTests {
    /// One of the things that happen to bytes on a bad day.
    private static func damage(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        guard !bytes.isEmpty else { return bytes }
        var bytes = bytes
        func place(_ random: inout SeededRandom) -> Int { Int(random.next() % UInt64(bytes.count)) }
        switch random.next() % 8 {
        case 0: bytes[place(&random)] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.remove(at: place(&random))
        case 2: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place(&random))
        case 3: bytes.removeLast(place(&random))
        case 4:
            let (from, to) = (place(&random), place(&random))
            bytes += bytes[min(from, to)...max(from, to)]
        case 5: bytes.swapAt(place(&random), place(&random))
        case 6:
            var list = records(bytes)
            list.swapAt(Int(random.next() % UInt64(list.count)), Int(random.next() % UInt64(list.count)))
            bytes = list.flatMap { $0 }
        default:
            let start = place(&random)
            for index in start..<min(bytes.count, start + 16) {
                bytes[index] = UInt8(truncatingIfNeeded: random.next())
            }
        }
        return bytes
    }

    @Test(
        "whatever happens to the bytes, no side traps, hangs, or opens a link alone with a stranger (TLCP-4, TLCP-18)",
        arguments: CipherSuite.allCases)
    func damaged(_ suite: CipherSuite) throws {
        let pair = try PaperPair(suite)
        var (opened, causes) = (0, Set<String>())
        for seed in 0..<1_500 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            var wire = PaperWire(pair.client, pair.server)
            wire.chunk = random.next() % 3 == 0 ? Int(random.next() % 700) + 1 : nil
            let hits = random.next() % 3 + 1
            var turns = Array(repeating: false, count: 6)
            for _ in 0..<hits { turns[Int(random.next() % 6)] = true }
            var turn = 0
            wire.tap = { _, bytes in
                defer { if !bytes.isEmpty { turn += 1 } }
                return !bytes.isEmpty && turn < turns.count && turns[turn] ? Self.damage(bytes, &random) : bytes
            }
            wire.run()
            if wire.client.isOpen, wire.server.isOpen {
                opened += 1
                // Damage that changed nothing, or that hit bytes after the handshake: then the link works.
                wire.tap = { _, bytes in bytes }
                wire.client.feed(.wrote([1, 2, 3]))
                wire.carry()
                #expect(wire.server.received == [1, 2, 3] || wire.server.end != nil, "seed \(seed)")
            } else {
                for end in [wire.client, wire.server] where !end.isOpen {
                    #expect(end.end != nil, "seed \(seed) left a side in the dark")
                    if let failure = end.failure { causes.insert(failure.code) }
                }
            }
        }
        // The damage must bite, and in many ways, or this test shows nothing.
        #expect(opened < 700 && causes.count >= 12, "\(opened) opened, causes \(causes.sorted())")
    }

    @Test("pure noise, alone or after a good beginning, ends a link within its bounds (TLCP-4)")
    func noise() throws {
        let pair = try PaperPair()
        for seed in 0..<3_000 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let role = seed % 2 == 0 ? Role.client : .server
            let end = PaperEnd(role == .client ? pair.client : pair.server, role)
            end.feed(.began)
            for _ in 0..<Int(random.next() % 40) where end.end == nil {
                let count = Int(random.next() % 300)
                var bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                // Half of the noise wears the frame of a record, and half of that the frame of a message.
                if random.next() % 2 == 0 {
                    if random.next() % 2 == 0, count >= 4 {
                        bytes[0] = [1, 2, 11, 12, 13, 14, 15, 16, 20][Int(random.next() % 9)]
                        (bytes[1], bytes[2], bytes[3]) = (0, UInt8((count - 4) >> 8), UInt8((count - 4) & 0xff))
                    }
                    bytes = record([20, 21, 22, 23][Int(random.next() % 4)], bytes)
                }
                end.feed(.received(bytes))
            }
            #expect(!end.isOpen, "seed \(seed)")
        }
    }
}
