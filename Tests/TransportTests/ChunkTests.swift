// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import NIOCore
import ShangMi
import Testing
import Transport

/// The chunks of a link put together again, and what is refused.
@Suite struct ChunkTests {
    private let chain = ChainID(SM3.hash([1]))

    /// A whole message as its chunks.
    private func chunks(of message: [UInt8], _ traffic: TrafficClass) -> [UInt8] {
        var queue = SendQueue()
        #expect(queue.offer(message, chain, traffic) == .queued)
        var bytes: [UInt8] = []
        while let piece = queue.next() { bytes += framed(piece) }
        return bytes
    }

    private func read(_ bytes: [UInt8], in step: Int) throws(CloseReason) -> [ChunkReader.Word] {
        var reader = ChunkReader()
        var words: [ChunkReader.Word] = []
        for start in stride(from: 0, to: bytes.count, by: step) {
            var part = ByteBuffer(bytes: bytes[start..<min(start + step, bytes.count)])
            reader.feed(&part)
            while let word = try reader.next() { words.append(word) }
        }
        return words
    }

    @Test("LINK-4, LINK-5: a message comes whole, whatever its length and however its bytes are cut")
    func messages() throws {
        var random = SeededRandom(seed: 5)
        for count in [1, 100, 15_967, 15_968, 15_969, 31_968, 31_969, 200_000] {
            let message = random.bytes(count: count)
            let bytes = chunks(of: message, .blocks)
            let whole = ChunkReader.Word.message(Received(traffic: .blocks, chain: chain, bytes: message))
            for step in [1, 3, 4_096, bytes.count] where step > 1 || count < 40_000 {
                #expect(try read(bytes, in: step) == [whole], "\(count) bytes in steps of \(step)")
            }
        }
    }

    @Test("LINK-4: links' own words come back as they were said")
    func words() throws {
        let hello = Hello(instance: 7, chains: [chain, ChainID(SM3.hash([2]))])
        let said: [Chunk] = [.hello(hello), .ping(1), .pong(.max), .close(.twin), .chains([chain]), .chains([])]
        let words = try read(said.flatMap(\.framed), in: 5)
        #expect(words == said.map { .control($0) })
    }

    @Test("LINK-5: pieces of other classes may come between those of a message")
    func interleaved() throws {
        let long = [UInt8](repeating: 9, count: 40_000)
        let bulk = chunks(of: long, .sync)
        let vote = chunks(of: [1, 2, 3], .votes)
        let cut = Chunk.headerBytes + Chunk.bytesMax
        let words = try read(Array(bulk[..<cut]) + vote + Array(bulk[cut...]), in: 1_000)
        #expect(
            words == [
                .message(Received(traffic: .votes, chain: chain, bytes: [1, 2, 3])),
                .message(Received(traffic: .sync, chain: chain, bytes: long)),
            ])
    }

    @Test(
        "LINK-4, LINK-5: what is no chunk, or no piece of a message, is malformed",
        arguments: [
            ("an unknown kind", [0x15, 0, 0, 0]), ("another unknown kind", [0x44, 0, 0, 1, 0]),
            ("a chunk too long", [0, 0, 0x3e, 0x81]), ("sixteen megabytes", [0, 0xff, 0xff, 0xff]),
            ("a ping of seven bytes", [0x11, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]),
            ("a ping of nine bytes", [0x11, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("an unknown reason", [0x13, 0, 0, 1, 99]), ("a hello of another protocol", [0x10, 0, 0, 4, 1, 2, 3, 4]),
            ("an empty piece", [0, 0, 0, 0]), ("a short piece that is not the last", [0, 0, 0, 1, 7]),
            ("a message of nothing", [0x80, 0, 0, 32] + [UInt8](repeating: 1, count: 32)),
            ("a message without a chain", [0x80, 0, 0, 3, 1, 2, 3]),
            ("more chains than allowed", [0x14, 0, 0, 2, 0x81, 1]),
        ] as [(String, [UInt8])])
    func malformed(what: String, bytes: [UInt8]) {
        #expect(throws: CloseReason.malformed, "\(what)") { try read(bytes, in: 64) }
    }

    @Test("LINK-5: a vote longer than 256 KiB is malformed at the piece that is too much, not later")
    func tooLong() {
        let piece = Chunk.header(kind: 0, count: Chunk.bytesMax) + [UInt8](repeating: 0, count: Chunk.bytesMax)
        var reader = ChunkReader()
        var fed = 0
        #expect(throws: CloseReason.malformed) {
            while fed < 100 {
                var buffer = ByteBuffer(bytes: piece)
                reader.feed(&buffer)
                fed += 1
                _ = try reader.next()
            }
        }
        #expect(fed == (256 << 10) / Chunk.bytesMax + 1)
    }

    @Test("LINK-4: garbage never traps and never becomes a message of more bytes than came")
    func garbage() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<20_000 {
            var bytes = random.bytes(count: 1 + random.below(60))
            if random.below(10) < 7 { bytes[0] = [0, 0x80, 1, 0x83, 0x10, 0x13, 0x14][random.below(7)] }
            if bytes.count > 3, random.below(10) < 7 {
                bytes.replaceSubrange(1...3, with: [0, 0, UInt8(bytes.count - 4)])
            }
            guard let words = try? read(bytes, in: 7) else { continue }
            for case .message(let message) in words { #expect(message.bytes.count < bytes.count) }
        }
    }
}

/// A piece as it goes over the wire.
func framed(_ piece: SendQueue.Piece) -> [UInt8] {
    let content = (piece.chain?.digest.bytes ?? []) + piece.bytes
    return Chunk.header(kind: Chunk.kind(piece.traffic, isLast: piece.isLast), count: content.count) + content
}
