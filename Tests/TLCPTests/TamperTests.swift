// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import TLCP
import Testing

/// Somebody sits on the wire. Whatever he does, no side opens a link the other did not mean, and each says what it saw.
@Suite("Handshakes that are changed on the way (TLCP-4, TLCP-5, TLCP-11)") struct TamperTests {
    /// Applies `change` to the record number `place` of `sender`, counting from the start of the link.
    private static func run(
        _ pair: PaperPair, _ sender: Role, _ place: Int, _ change: @escaping ([UInt8]) -> [UInt8]
    ) -> PaperWire {
        var wire = PaperWire(pair.client, pair.server)
        var next = 0
        wire.tap = { from, bytes in
            guard from == sender else { return bytes }
            return records(bytes).flatMap { record in
                defer { next += 1 }
                return next == place ? change(record) : record
            }
        }
        wire.run()
        return wire
    }

    /// The records of an undisturbed handshake.
    private static func recording(_ pair: PaperPair) -> [Role: [[UInt8]]] {
        var wire = PaperWire(pair.client, pair.server)
        var all: [Role: [[UInt8]]] = [.client: [], .server: []]
        wire.tap = { from, bytes in
            all[from, default: []] += records(bytes)
            return bytes
        }
        wire.run()
        return all
    }

    /// Neither side may be content, and at least one must have a cause of its own rather than hearsay.
    private static func check(_ wire: PaperWire, _ what: String) {
        let failures = [wire.client.failure, wire.server.failure].compactMap { $0 }
        #expect(!(wire.client.isOpen && wire.server.isOpen), "\(what) went unseen")
        let own = failures.filter { if case .toldBy = $0 { false } else { true } }
        #expect(!own.isEmpty, "\(what): nobody has a cause, \(failures)")
        for failure in failures { #expect(!failure.description.isEmpty) }
        // A server may believe in the link only when all that failed is its own last word on its way to the client.
        #expect(!wire.client.isOpen, "\(what): a client opened")
    }

    @Test("no byte of any message can be flipped unseen", arguments: CipherSuite.allCases)
    func flips(_ suite: CipherSuite) throws {
        let pair = try PaperPair(suite)
        for (sender, list) in Self.recording(pair).sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            for (place, record) in list.enumerated() {
                // Certificates are long and alike: every third byte of them, every byte of the rest.
                let step = record.count > 400 ? 3 : 1
                for byte in stride(from: 0, to: record.count, by: step) {
                    let wire = Self.run(pair, sender, place) { record in
                        var record = record
                        record[byte] ^= UInt8(1 << (byte % 8))
                        return record
                    }
                    Self.check(wire, "\(sender.rawValue)'s record \(place), byte \(byte)")
                }
            }
        }
    }

    @Test("no record can be left out, repeated, or exchanged with the next", arguments: CipherSuite.allCases)
    func order(_ suite: CipherSuite) throws {
        let pair = try PaperPair(suite)
        for (sender, list) in Self.recording(pair).sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            for place in list.indices {
                let what = "\(sender.rawValue)'s record \(place)"
                Self.check(Self.run(pair, sender, place) { _ in [] }, what + " left out")
                let repeated = Self.run(pair, sender, place) { $0 + $0 }
                // The very last record may reach a client that is open already: then the link ends there and then.
                let isLast = sender == .server && place == list.count - 1
                #expect(
                    isLast ? repeated.client.failure == .recordRefused : !repeated.client.isOpen, "\(what) repeated")
                if place + 1 < list.count {
                    var held: [UInt8] = []
                    var wire = PaperWire(pair.client, pair.server)
                    var next = 0
                    wire.tap = { from, bytes in
                        guard from == sender else { return bytes }
                        return records(bytes).flatMap { record -> [UInt8] in
                            defer { next += 1 }
                            if next == place {
                                held = record
                                return []
                            }
                            return next == place + 1 ? record + held : record
                        }
                    }
                    wire.run()
                    Self.check(wire, what + " exchanged with the next")
                }
            }
        }
    }

    @Test("a handshake cut at any byte opens nothing, and is told as cut off")
    func cuts() throws {
        let pair = try PaperPair(.gcm)
        let all = Self.recording(pair)
        let up = (all[.client] ?? []).flatMap { $0 }
        for count in stride(from: 0, to: up.count, by: 7) {
            let server = PaperEnd(pair.server, .server)
            server.feed(.began)
            server.feed(.received(Array(up[..<count])))
            server.feed(.cutOff)
            #expect(!server.isOpen)
            if case .cutOff = server.failure {
            } else if server.failure == nil {
                Issue.record("\(count) bytes: no cause")
            }
        }
    }

    @Test("a recorded handshake cannot be played again: a server's share of the randomness is new (TLCP-20)")
    func replay() throws {
        let pair = try PaperPair(.gcm)
        let up = (Self.recording(pair)[.client] ?? []).flatMap { $0 }
        var other = pair.server
        other.seed = 77
        let server = PaperEnd(other, .server)
        server.feed(.began)
        server.feed(.received(up))
        // The proof of the signing key is over another transcript.
        #expect(server.failure == .signatureWrong(.certificateVerify) && !server.isOpen)
    }

    @Test("a message that claims too much, one that is none, and a handshake that never ends are cut at their bounds")
    func bounds() throws {
        let pair = try PaperPair(.gcm)
        func failure(_ role: Role, _ feeds: [[UInt8]]) -> Failure? {
            let end = PaperEnd(role == .server ? pair.server : pair.client, role)
            end.feed(.began)
            for bytes in feeds where end.end == nil { end.feed(.received(bytes)) }
            return end.failure
        }
        #expect(
            failure(.server, [record(22, [1, 0xff, 0xff, 0xff])])
                == .messageTooLong(.clientHello, found: 0xffffff, limit: 41 + 32 + 256 + 256 + 4096))
        #expect(
            failure(.server, [record(22, [99])])
                == .unexpected(found: "a handshake message of kind 99", wanted: "one of the standard's"))
        #expect(failure(.server, [[22, 1, 1, 0x40, 1]]) == .recordTooLong(found: 0x4001))
        #expect(failure(.server, [[22, 1, 1, 0, 0]]) == .malformedRecord(reason: "it is empty"))
        #expect(failure(.server, [record(22, [1]), [99, 1, 1]]) == .malformedRecord(reason: "its kind is 99"))
        #expect(failure(.server, [record(23, [1])]) == .unexpected(found: "data", wanted: "ClientHello"))
        #expect(failure(.server, [record(20, [1])]) == .unexpected(found: "ChangeCipherSpec", wanted: "ClientHello"))
        #expect(
            failure(.server, [record(22, [20, 0, 0, 12] + [UInt8](repeating: 0, count: 12))])
                == .unexpected(found: "Finished", wanted: "ClientHello"))
        #expect(
            failure(.client, [record(22, [14, 0, 0, 0])])
                == .unexpected(found: "ServerHelloDone", wanted: "ServerHello"))
        #expect(
            failure(.server, [record(22, [1, 0]), record(23, [1])])
                == .unexpected(found: "a record of another kind", wanted: "the rest of a handshake message"))
        #expect(
            failure(.server, [record(21, [2, 40])])
                == .toldBy(.handshakeFailure, during: "the handshake, before its ClientHello"))
        #expect(failure(.server, [record(21, [2])]) == .malformedRecord(reason: "an alert is two bytes"))
        // A hello of 4.6 KiB in records of one byte is within the bound of bytes; a certificate of 49 KiB is not.
        let certificate: [UInt8] = [11, 0, 0xc0, 0]
        let crumbs = (0..<20_000).map { record(22, [$0 < 4 ? certificate[$0] : 0]) }
        let server = PaperEnd(pair.server, .server)
        let client = PaperEnd(pair.client, .client)
        client.feed(.began)
        server.feed(.received(client.take()))
        for crumb in crumbs where server.end == nil { server.feed(.received(crumb)) }
        #expect(server.failure == .handshakeTooLong(limit: Limits.handshakeBytesMax))
    }

    @Test("a peer that says nothing is given up by name of what it owes (TLCP-22)")
    func silence() throws {
        let pair = try PaperPair()
        let (client, server) = (PaperEnd(pair.client, .client), PaperEnd(pair.server, .server))
        client.feed(.began)
        client.feed(.deadlinePassed)
        server.feed(.deadlinePassed)
        #expect(client.failure == .timedOut(waitingFor: "ServerHello"))
        #expect(server.failure == .timedOut(waitingFor: "ClientHello"))
        #expect(client.failure?.mayHeal == true)
        // An open link has no deadline.
        let wire = pair.run()
        wire.client.feed(.deadlinePassed)
        #expect(wire.client.isOpen)
    }
}
