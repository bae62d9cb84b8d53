// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import TLCP
import Testing

/// Somebody on the wire who knows the keys: only so can be shown what is refused although it opens.
@Suite("What is sealed well and still refused") struct InsiderTests {
    /// Opens and seals what one side says, with the keys of the link.
    private struct Insider {
        var reading: RecordProtection
        var writing: RecordProtection
        let suite: CipherSuite

        init(_ wire: PaperWire, _ hellos: [Role: [UInt8]], _ suite: CipherSuite, _ sender: Role) throws {
            let secret = try #require(wire.client.firstSecret)
            let client = Array(try #require(hellos[.client])[11..<43])
            let server = Array(try #require(hellos[.server])[11..<43])
            let keys = KeySchedule.keys(
                suite, master: KeySchedule.master(secret, client: client, server: server), client: client,
                server: server)
            let mine = sender == .client ? keys.client : keys.server
            reading = RecordProtection(mine, suite, isWriting: false, limit: 100)
            writing = RecordProtection(mine, suite, isWriting: true, limit: 100)
            self.suite = suite
        }

        mutating func open(_ record: [UInt8]) throws -> [UInt8] {
            try reading.open(kind: record[0], Array(record[5...]))
        }

        mutating func seal(_ kind: UInt8, _ text: [UInt8]) throws -> [UInt8] {
            var output: [UInt8] = []
            try writing.seal(kind: kind, text[...], vector: [UInt8](repeating: 7, count: 16), into: &output)
            return output
        }
    }

    /// Runs a handshake in which the last flight of `sender` (its records from ChangeCipherSpec on, and for a client
    /// what goes before) is replaced by what `change` makes of it.
    private func run(
        _ suite: CipherSuite = .gcm, _ sender: Role,
        _ change: @escaping (_ before: [[UInt8]], _ finished: [UInt8], inout SealedSide) throws -> [[UInt8]]
    ) throws -> PaperWire {
        let pair = try PaperPair(suite)
        var wire = PaperWire(pair.client, pair.server)
        var hellos: [Role: [UInt8]] = [:]
        let ends = wire
        wire.tap = { from, bytes in
            let list = records(bytes)
            if hellos[from] == nil, let first = list.first { hellos[from] = first }
            guard from == sender, let place = list.firstIndex(where: { $0[0] == 20 }) else { return bytes }
            do {
                var insider = try Insider(ends, hellos, suite, sender)
                let finished = try insider.open(list[place + 1])
                var side = SealedSide { kind, text in try insider.seal(kind, text) }
                return try change(Array(list[..<place]), finished, &side).flatMap { $0 }
            } catch {
                Issue.record("the insider failed: \(error)")
                return bytes
            }
        }
        wire.run()
        return wire
    }

    struct SealedSide {
        let seal: (UInt8, [UInt8]) throws -> [UInt8]
    }

    private let cipherChange = record(20, [1])

    @Test(
        "a Finished that opens and is not the one of this handshake is refused by both sides (TLCP-11)",
        arguments: CipherSuite.allCases)
    func finished(_ suite: CipherSuite) throws {
        for sender in [Role.client, .server] {
            for byte in [0, 3, 4, 15] {
                let wire = try run(suite, sender) { before, finished, side in
                    var finished = finished
                    finished[byte] ^= 1
                    return before + [cipherChange, try side.seal(22, finished)]
                }
                let judge = sender == .client ? wire.server : wire.client
                #expect(!judge.isOpen, "\(sender.rawValue), byte \(byte)")
                if byte > 3 { #expect(judge.failure == .finishedWrong, "\(sender.rawValue), byte \(byte)") }
            }
            let unchanged = try run(suite, sender) { before, finished, side in
                before + [cipherChange, try side.seal(22, finished)]
            }
            #expect(unchanged.client.isOpen && unchanged.server.isOpen)
        }
    }

    @Test("Finished is never taken in the open, nor ChangeCipherSpec before its turn (TLCP-5)")
    func turns() throws {
        for sender in [Role.client, .server] {
            let plain = try run(.gcm, sender) { before, finished, _ in before + [record(22, finished)] }
            let judge = sender == .client ? plain.server : plain.client
            #expect(judge.failure == .unexpected(found: "Finished", wanted: "ChangeCipherSpec"))
            let twice = try run(.gcm, sender) { before, finished, side in
                before + [cipherChange, cipherChange, try side.seal(22, finished)]
            }
            let other = sender == .client ? twice.server : twice.client
            #expect(other.failure == .unexpected(found: "ChangeCipherSpec", wanted: "Finished"))
            let long = try run(.gcm, sender) { before, finished, side in
                before + [record(20, [1, 1]), try side.seal(22, finished)]
            }
            let third = sender == .client ? long.server : long.client
            #expect(third.failure == .malformedRecord(reason: "a ChangeCipherSpec is one byte, 1"))
        }
        // The proof of the key, sealed: ChangeCipherSpec came one message too early.
        let early = try run(.gcm, .client) { before, finished, side in
            let proof = try #require(before.last)
            return before.dropLast() + [
                cipherChange, try side.seal(22, Array(proof[5...])), try side.seal(22, finished),
            ]
        }
        #expect(early.server.failure == .unexpected(found: "ChangeCipherSpec", wanted: "CertificateVerify"))
    }

    @Test("data before Finished, and anything after it in its record, are refused (TLCP-5)")
    func around() throws {
        let before = try run(.gcm, .client) { before, finished, side in
            before + [cipherChange, try side.seal(23, [1]), try side.seal(22, finished)]
        }
        #expect(before.server.failure == .unexpected(found: "data", wanted: "Finished"))
        let after = try run(.gcm, .client) { before, finished, side in
            before + [cipherChange, try side.seal(22, finished + [1])]
        }
        #expect(after.server.failure == .unexpected(found: "more after Finished", wanted: "data"))
    }

    @Test("a second handshake is refused on both sides, as are other messages on an open link (TLCP-17)")
    func renegotiation() throws {
        for (sender, kind) in [(Role.client, UInt8(1)), (.server, 0), (.server, 1)] {
            let wire = try run(.gcm, sender) { before, finished, side in
                before + [cipherChange, try side.seal(22, finished), try side.seal(22, [kind, 0, 0, 0])]
            }
            let judge = sender == .client ? wire.server : wire.client
            #expect(judge.failure == .renegotiation, "\(kind) from \(sender.rawValue)")
        }
        let other = try run(.gcm, .client) { before, finished, side in
            before + [cipherChange, try side.seal(22, finished), try side.seal(22, [14, 0, 0, 0])]
        }
        #expect(other.server.failure == .unexpected(found: "a handshake message", wanted: "data"))
    }

    @Test("empty records are bounded, warnings end the link, and what has no content has no kind (TLCP-1, TLCP-15)")
    func oddities() throws {
        func failure(_ extra: @escaping (inout SealedSide) throws -> [[UInt8]]) throws -> Failure? {
            try run(.gcm, .client) { before, finished, side in
                try before + [cipherChange, side.seal(22, finished)] + extra(&side)
            }.server.failure
        }
        let limit = Limits.emptyRecordsMax
        #expect(try failure { side in try (0..<limit).map { _ in try side.seal(23, []) } } == nil)
        #expect(
            try failure { side in try (0...limit).map { _ in try side.seal(23, []) } } == .emptyRecords(limit: limit))
        #expect(
            try failure { side in
                try (0..<limit).map { _ in try side.seal(23, []) } + [try side.seal(23, [1])]
                    + (0..<limit).map { _ in try side.seal(23, []) }
            } == nil)
        for kind in [UInt8(21), 22] {
            #expect(
                try failure { side in [try side.seal(kind, [])] } == .malformedRecord(reason: "its content is empty"))
        }
        for (level, number) in [(UInt8(1), UInt8(90)), (2, 80), (1, 255)] {
            #expect(
                try failure { side in [try side.seal(21, [level, number])] }
                    == .toldBy(Alert(number), during: "an open link"))
        }
        #expect(!Alert(255).name.isEmpty && !Alert(255).meaning.isEmpty)
    }

    @Test("nobody on the wire can take the better suite out of an offer: Finished shows it (TLCP-3, TLCP-11)")
    func downgrade() throws {
        // With a client that is asked, its signature shows it first; so the client here is one that nobody asks.
        for asks in [false, true] {
            var pair = try PaperPair()
            pair.server.asksClient = asks
            var wire = PaperWire(pair.client, pair.server)
            wire.tap = { sender, bytes in
                guard sender == .client, bytes.count > 47, bytes[5] == 1 else { return bytes }
                var bytes = bytes
                // 0xe053 becomes a suite nobody has.
                bytes[47] = 0x99
                return bytes
            }
            wire.run()
            #expect(wire.server.failure == (asks ? .signatureWrong(.certificateVerify) : .finishedWrong))
            #expect(!wire.client.isOpen)
        }
    }
}
