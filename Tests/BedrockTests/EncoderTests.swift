// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Testing

/// A value with every piece of the encoding in it, to try the laws on.
struct Sample: Canonical, Equatable {
    var tag: UInt8
    var index: UInt32
    var amount: UInt64
    var size: UInt64
    var flag: Bool
    var payload: [UInt8]
    var note: Octet?
    var items: [Octet]

    func encode(into encoder: inout Encoder) {
        encoder.u8(tag)
        encoder.u32(index)
        encoder.u64(amount)
        encoder.number(size)
        encoder.flag(flag)
        encoder.bytes(payload)
        encoder.optional(note)
        encoder.list(items)
    }
}

extension Sample {
    init(from decoder: inout Decoder) throws(DecodeError) {
        tag = try decoder.u8()
        index = try decoder.u32()
        amount = try decoder.u64()
        size = try decoder.number(max: 1 << 40)
        flag = try decoder.flag()
        payload = try decoder.bytes(max: 24)
        note = try decoder.optional(Octet.self)
        items = try decoder.list(of: Octet.self, max: 5)
    }

    init(random: inout SeededRandom) {
        tag = UInt8(random.below(256))
        index = UInt32(truncatingIfNeeded: random.next())
        amount = random.next() >> UInt64(random.below(64))
        size = random.next() >> UInt64(24 + random.below(40))
        flag = random.below(2) == 1
        payload = random.bytes(count: random.below(25))
        note = random.below(2) == 1 ? Octet(random: &random) : nil
        items = (0..<random.below(6)).map { _ in Octet(random: &random) }
    }
}

/// One byte.
struct Octet: Canonical, Equatable {
    var value: UInt8

    init(_ value: UInt8) { self.value = value }
    init(random: inout SeededRandom) { value = UInt8(random.below(256)) }
    init(from decoder: inout Decoder) throws(DecodeError) { value = try decoder.u8() }
    func encode(into encoder: inout Encoder) { encoder.u8(value) }
}

/// The bytes `write` leaves in an empty encoder, as text.
private func hex(_ write: (inout Encoder) -> Void) -> String {
    var encoder = Encoder()
    write(&encoder)
    return Hex.encode(encoder.bytes)
}

@Suite("Encoding: the table of docs/spec/encoding.md")
struct EncoderTests {
    @Test("fixed-width integers are big-endian (ENC-2)")
    func fixedWidth() {
        #expect(hex { $0.u8(7) } == "07")
        #expect(hex { $0.u32(258) } == "00000102")
        #expect(hex { $0.u32(.max) } == "ffffffff")
        #expect(hex { $0.u64(1) } == "0000000000000001")
        #expect(hex { $0.u64(0x0102_0304_0506_0708) } == "0102030405060708")
    }

    @Test(
        "numbers take the shortest base-128 form (ENC-3)",
        arguments: [
            (0, "00"), (1, "01"), (127, "7f"), (128, "8001"), (300, "ac02"), (16_383, "ff7f"),
            (16_384, "808001"),
            (1 << 63, "80808080808080808001"), (UInt64.max, "ffffffffffffffffff01"),
        ] as [(UInt64, String)])
    func numbers(_ value: UInt64, _ expected: String) {
        #expect(hex { $0.number(value) } == expected)
    }

    @Test("byte strings and lists say their length first (ENC-4), lists keep their order (ENC-6)")
    func lengths() {
        #expect(hex { $0.bytes([]) } == "00")
        #expect(hex { $0.bytes([0xaa, 0xbb]) } == "02aabb")
        #expect(hex { $0.bytes([UInt8](repeating: 1, count: 128)) }.hasPrefix("800101"))
        #expect(hex { $0.list([Octet(2), Octet(1)]) } == "020201")
        #expect(hex { $0.raw([1, 2]) } == "0102")
    }

    @Test("flags are one byte, absent values are one zero (ENC-5)")
    func flags() {
        #expect(hex { $0.flag(true) } == "01")
        #expect(hex { $0.flag(false) } == "00")
        #expect(hex { $0.optional(Octet?.none) } == "00")
        #expect(hex { $0.optional(Octet(7)) } == "0107")
    }
}
