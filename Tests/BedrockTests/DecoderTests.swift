// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Testing

/// What `read` throws on these bytes; nil where it succeeds.
private func failure(_ bytes: [UInt8], _ read: (inout Decoder) throws(DecodeError) -> Void) -> DecodeError? {
    var decoder = Decoder(bytes)
    do throws(DecodeError) {
        try read(&decoder)
        return nil
    } catch {
        return error
    }
}

/// The number in these bytes and how many bytes it took.
private func number(_ bytes: [UInt8], max: UInt64 = .max) throws -> (value: UInt64, length: Int) {
    var decoder = Decoder(bytes)
    return (try decoder.number(max: max), decoder.offset)
}

@Suite("Decoding: the canonical form and nothing else")
struct DecoderTests {
    @Test("what is encoded decodes to itself, over 5,000 seeded values (ENC-1)")
    func roundTrip() throws {
        var random = SeededRandom(seed: 1)
        for _ in 0..<5_000 {
            let value = Sample(random: &random)
            #expect(try Sample(decoding: value.encoded) == value)
        }
    }

    @Test("whatever is accepted encodes back to the same bytes, over 40,000 damaged encodings (ENC-1)")
    func canonical() {
        var random = SeededRandom(seed: 2)
        var accepted = 0
        for _ in 0..<40_000 {
            var bytes = Sample(random: &random).encoded
            for _ in 0...random.below(2) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
            guard let value = try? Sample(decoding: bytes) else { continue }
            accepted += 1
            #expect(value.encoded == bytes)
        }
        // Damage inside plain integers gives other valid values; the law must not hold for want of any.
        #expect(accepted > 1_000)
    }

    @Test("every proper prefix of an encoding is truncated, at every length (ENC-7)")
    func truncation() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<300 {
            let bytes = Sample(random: &random).encoded
            for length in 0..<bytes.count {
                let prefix = [UInt8](bytes[..<length])
                let error = failure(prefix) { decoder throws(DecodeError) in _ = try Sample(from: &decoder) }
                guard case .truncated(let offset)? = error else {
                    Issue.record("\(length) of \(bytes.count) bytes gave \(String(describing: error))")
                    continue
                }
                #expect(offset <= length)
            }
        }
    }

    @Test("a byte too many is trailing, and its offset is named (ENC-7)")
    func trailing() {
        var random = SeededRandom(seed: 4)
        let bytes = Sample(random: &random).encoded
        #expect(throws: DecodeError.trailing(offset: bytes.count)) { try Sample(decoding: bytes + [0]) }
    }

    @Test("every padded form of a number is refused, at every length (ENC-3)")
    func paddedNumbers() throws {
        for bits in 0..<64 {
            var encoder = Encoder()
            encoder.number(UInt64.max >> UInt64(63 - bits))
            let shortest = encoder.bytes
            #expect(try number(shortest).value == UInt64.max >> UInt64(63 - bits))
            for padding in 0..<(10 - min(shortest.count, 10)) {
                var padded = shortest
                padded[padded.count - 1] |= 0x80
                padded += [UInt8](repeating: 0x80, count: padding) + [0]
                #expect(throws: DecodeError.notCanonical(offset: 0)) { try number(padded) }
            }
        }
    }

    @Test(
        "over all pairs of bytes and a telling third, a number is accepted only where it encodes back (ENC-3)"
    )
    func everyShortNumber() {
        let tails: [UInt8] = [0, 1, 0x7f, 0x80, 0x81, 0xff]
        var wrong = 0
        for word in 0..<(65_536 * tails.count) {
            let pair = word / tails.count
            let bytes = [UInt8(pair >> 8), UInt8(pair & 255), tails[word % tails.count]]
            var decoder = Decoder(bytes)
            guard let value = try? decoder.number() else { continue }
            var encoder = Encoder(reserving: 3)
            encoder.number(value)
            if encoder.bytes != [UInt8](bytes[..<decoder.offset]) { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    @Test("a number beyond 64 bits is out of range, never wrapped (ENC-3)")
    func overlongNumbers() {
        let nine = [UInt8](repeating: 0xff, count: 9)
        #expect(throws: Never.self) { try number(nine + [1]) }
        for tail in 2...255 as ClosedRange<UInt8> {
            #expect(throws: DecodeError.self) { try number(nine + [tail]) }
        }
        #expect(throws: DecodeError.outOfRange(offset: 0, limit: .max)) { try number(nine + [0x81, 0]) }
        #expect(throws: DecodeError.notCanonical(offset: 0)) { try number(nine + [0]) }
        #expect(throws: DecodeError.truncated(offset: 9)) { try number(nine) }
    }

    @Test("a limit includes itself and nothing above it (ENC-4)")
    func limits() throws {
        #expect(try number([0xac, 0x02], max: 300).value == 300)
        #expect(throws: DecodeError.outOfRange(offset: 0, limit: 299)) { try number([0xac, 0x02], max: 299) }
        let three = failure([3, 1, 2, 3]) { decoder throws(DecodeError) in _ = try decoder.bytes(max: 3) }
        #expect(three == nil)
        let two = failure([3, 1, 2, 3]) { decoder throws(DecodeError) in _ = try decoder.bytes(max: 2) }
        #expect(two == .outOfRange(offset: 0, limit: 2))
    }

    @Test("a length or count that lies is refused by the bytes that are missing, not by memory (ENC-4)")
    func lyingLengths() {
        var encoder = Encoder()
        encoder.number(UInt64(Int.max))
        let claim = encoder.bytes
        let asBytes = failure(claim) { decoder throws(DecodeError) in _ = try decoder.bytes(max: .max) }
        #expect(asBytes == .truncated(offset: claim.count))
        let asList = failure(claim) { decoder throws(DecodeError) in
            _ = try decoder.list(of: Octet.self, max: .max)
        }
        #expect(asList == .truncated(offset: claim.count))
    }

    @Test("every flag byte but 0 and 1 is refused (ENC-5)", arguments: 2...255 as ClosedRange<UInt8>)
    func flags(_ byte: UInt8) {
        let expected = DecodeError.unknownTag(offset: 0, tag: byte)
        #expect(failure([byte]) { decoder throws(DecodeError) in _ = try decoder.flag() } == expected)
        let optional = failure([byte, 7]) { decoder throws(DecodeError) in
            _ = try decoder.optional(Octet.self)
        }
        #expect(optional == expected)
    }

    @Test("fixed-width integers that end early name the end of the input (ENC-2)")
    func shortIntegers() {
        for length in 0..<8 {
            let bytes = [UInt8](repeating: 1, count: length)
            let error = failure(bytes) { decoder throws(DecodeError) in _ = try decoder.u64() }
            #expect(error == .truncated(offset: length))
        }
    }

    @Test("lists come back in the order they were written (ENC-6)")
    func listOrder() throws {
        var decoder = Decoder([3, 9, 1, 5])
        let values = try decoder.list(of: Octet.self, max: 3)
        #expect(values == [Octet(9), Octet(1), Octet(5)])
        #expect(decoder.remaining == 0)
    }

    @Test("the bytes read since a mark are the bytes of the value between")
    func bytesRead() throws {
        var decoder = Decoder([1, 2, 3, 4])
        _ = try decoder.u8()
        let mark = decoder.offset
        _ = try decoder.raw(count: 2)
        #expect(decoder.bytesRead(since: mark) == [2, 3])
        #expect(decoder.remaining == 1)
    }
}
