// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import TLCP
import Testing

@Suite("Records of an open link (TLCP-12 to TLCP-17)") struct RecordTests {
    private func open(_ suite: CipherSuite) throws -> PaperWire {
        let wire = try PaperPair(suite).run()
        #expect(wire.client.isOpen && wire.server.isOpen)
        return wire
    }

    @Test(
        "no byte of a record can be changed, no record repeated, left out or exchanged (TLCP-12, TLCP-13)",
        arguments: CipherSuite.allCases)
    func changes(_ suite: CipherSuite) throws {
        let probe = try open(suite)
        probe.client.feed(.wrote(Array("twenty bytes of data".utf8)))
        let sealed = probe.client.take()
        for byte in 0..<sealed.count {
            let wire = try open(suite)
            wire.client.feed(.wrote(Array("twenty bytes of data".utf8)))
            var bytes = wire.client.take()
            bytes[byte] ^= 1
            wire.server.feed(.received(bytes))
            #expect(wire.server.received.isEmpty, "byte \(byte)")
            // Byte 3 and 4 are the length: a longer record is waited for, a shorter one refused.
            #expect(wire.server.failure != nil || byte == 3 || byte == 4, "byte \(byte)")
        }
        func receive(_ make: ([[UInt8]]) -> [[UInt8]]) throws -> PaperEnd {
            let wire = try open(suite)
            for text in ["one", "two"] { wire.client.feed(.wrote(Array(text.utf8))) }
            for bytes in make(wire.client.sent) { wire.server.feed(.received(bytes)) }
            return wire.server
        }
        #expect(try receive { $0 }.received == Array("onetwo".utf8))
        for (what, end) in [
            ("repeated", try receive { [$0[0], $0[0]] }), ("left out", try receive { [$0[1]] }),
            ("exchanged", try receive { [$0[1], $0[0]] }),
        ] { #expect(end.failure == .recordRefused, "\(what)") }
        // Another link's record, and one sent back to its sender.
        let (wire, other) = (try open(suite), try open(suite))
        _ = other
        wire.client.feed(.wrote([1]))
        wire.client.feed(.received(wire.client.take()))
        #expect(wire.client.failure == .recordRefused)
    }

    /// What an attacker against CBC may vary: everything but the key. All of it must look the same from outside.
    @Test("wrong padding, wrong MAC and wrong length are one error and one alert (TLCP-12)")
    func padding() throws {
        let keys = KeySchedule.keys(
            .cbc, master: SecretBytes([UInt8](repeating: 1, count: 48)), client: [1], server: [2]
        ).client
        func answer(_ plain: [UInt8]) -> Failure? {
            // Seals blocks of the attacker's choice as if he had the cipher key, but not the MAC's.
            var content = [UInt8](repeating: 9, count: 16) + plain
            SM4CBC(key: keys.cipher.bytes, .encrypting).transform(
                &content, from: 16, vector: [UInt8](repeating: 9, count: 16))
            var reading = RecordProtection(keys, .cbc, isWriting: false, limit: 10)
            do throws(Failure) {
                _ = try reading.open(kind: 23, content)
                return nil
            } catch { return error }
        }
        func sealed(_ text: [UInt8], padding: Int) -> [UInt8] {
            let head: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 23, 1, 1, UInt8(text.count >> 8), UInt8(text.count & 0xff)]
            return text + SM3.hmac(key: keys.mac.bytes, message: head + text).bytes
                + [UInt8](repeating: UInt8(padding), count: padding + 1)
        }
        // Every padding that is right opens.
        for (count, padding) in [(0, 15), (15, 0), (0, 31), (5, 250 - 16 + 8), (16, 255 - 16), (300, 3)] {
            let plain = sealed([UInt8](repeating: 5, count: count), padding: padding)
            guard plain.count % 16 == 0 else { continue }
            #expect(answer(plain) == nil, "\(count) bytes, padding \(padding)")
        }
        let good = sealed([UInt8](repeating: 5, count: 260), padding: 11)
        #expect(good.count % 16 == 0 && answer(good) == nil)
        for byte in good.indices {
            var bytes = good
            bytes[byte] ^= 0x40
            #expect(answer(bytes) == .recordRefused, "byte \(byte)")
        }
        for last in 0...255 where last != 11 {
            var bytes = good
            bytes[bytes.count - 1] = UInt8(last)
            #expect(answer(bytes) == .recordRefused, "padding \(last)")
        }
        // A MAC that is right, and a padding longer than the record: not to be taken for one of one byte.
        let tight = sealed([UInt8](repeating: 5, count: 15), padding: 0)
        #expect(answer(tight) == nil && answer(tight.dropLast() + [200]) == .recordRefused)
        // Padding throughout: right as padding, and no room for a MAC.
        for last in [47, 63, 255] {
            #expect(answer([UInt8](repeating: UInt8(last), count: 48)) == .recordRefused)
            #expect(answer([UInt8](repeating: UInt8(last), count: 256)) == .recordRefused)
        }
        for count in [0, 16, 32] { #expect(answer([UInt8](repeating: 0, count: count)) == .recordRefused) }
        #expect(Failure.recordRefused.alert == .badRecordMAC && Failure.firstSecretUnreadable.alert == .badRecordMAC)
    }

    @Test("vectors of CBC records never repeat and cannot be foreseen from one another (TLCP-12, TLCP-20)")
    func vectors() throws {
        let wire = try open(.cbc)
        var seen: Set<[UInt8]> = []
        for _ in 0..<500 {
            wire.client.feed(.wrote([1]))
            let bytes = wire.client.take()
            #expect(seen.insert(Array(bytes[5..<21])).inserted)
        }
    }

    @Test(
        "record numbers are never used twice: at the limit both directions end, and say so (TLCP-14)",
        arguments: CipherSuite.allCases)
    func limit(_ suite: CipherSuite) throws {
        var pair = try PaperPair(suite)
        pair.client.recordsPerKeyMax = 5
        let wire = pair.run()
        // Finished was the first.
        #expect(wire.client.recordsLeft == 4)
        for count in 0..<4 {
            #expect(wire.client.isOpen, "\(count)")
            wire.client.feed(.wrote([UInt8(count)]))
        }
        #expect(wire.client.isOpen && wire.client.recordsLeft == 0)
        wire.client.feed(.wrote([4]))
        #expect(wire.client.failure == .recordsUsedUp(limit: 5) && wire.client.failure?.mayHeal == true)
        wire.carry()
        #expect(wire.server.received == [0, 1, 2, 3])
        // The reading side counts too.
        let other = pair.run()
        for count in 0..<5 { other.server.feed(.wrote([UInt8(count)])) }
        other.carry()
        #expect(other.client.received == [0, 1, 2, 3] && other.client.failure == .recordsUsedUp(limit: 5))
    }

    @Test("an end in peace is told from a cut: what was cut off is never taken for the whole (TLCP-16)")
    func ends() throws {
        var wire = try open(.gcm)
        wire.client.feed(.wrote([1]))
        wire.client.feed(.cutOff)
        #expect(wire.client.failure == .cutOff(during: "an open link"))
        wire = try open(.gcm)
        wire.server.feed(.closing)
        wire.carry()
        #expect(wire.client.end == .closed && wire.server.end == .closed)
        // Nothing follows an end, in or out.
        wire.client.feed(.received([1, 2, 3]))
        wire.client.feed(.closing)
        #expect(wire.client.sent.isEmpty && wire.client.end == .closed)
        // An alert nobody sealed ends nothing in peace.
        wire = try open(.gcm)
        wire.client.feed(.received(record(21, [1, 0])))
        #expect(wire.client.failure == .recordRefused)
        // Before the link is open there is no peace to end in.
        let client = PaperEnd(try PaperPair().client, .client)
        client.feed(.began)
        client.feed(.received(record(21, [1, 0])))
        #expect(client.failure == .toldBy(.closeNotify, during: "the handshake, before its ServerHello"))
    }

    @Test(
        "garbage, plain records and a second ChangeCipherSpec after the handshake end the link (TLCP-5)",
        arguments: CipherSuite.allCases)
    func garbage(_ suite: CipherSuite) throws {
        for bytes in [record(23, [1, 2, 3]), record(22, [1, 0, 0, 0]), record(23, [UInt8](repeating: 7, count: 64))] {
            let wire = try open(suite)
            wire.server.feed(.received(bytes))
            #expect(wire.server.failure == .recordRefused)
        }
        var wire = try open(suite)
        wire.server.feed(.received(record(20, [1])))
        #expect(wire.server.failure == .unexpected(found: "ChangeCipherSpec", wanted: "data"))
        wire = try open(suite)
        wire.server.feed(.received([0, 0, 0]))
        #expect(wire.server.failure == .malformedRecord(reason: "its kind is 0"))
        wire.carry()
        #expect(wire.client.failure == .toldBy(.decodeError, during: "an open link"))
    }
}
