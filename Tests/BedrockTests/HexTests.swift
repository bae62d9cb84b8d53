// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Testing

@Suite("Hex: one text form for bytes")
struct HexTests {
    @Test("every byte survives the way to text and back")
    func roundTrip() {
        let bytes = [UInt8](0...255)
        #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        #expect(Hex.encode([0x00, 0x0f, 0xa5, 0xff]) == "000fa5ff")
    }

    @Test("upper-case digits are read, lower-case digits are written")
    func letterCase() {
        #expect(Hex.decode("DEADbeef") == [0xde, 0xad, 0xbe, 0xef])
        #expect(Hex.encode([0xde, 0xad]) == "dead")
    }

    @Test("no digits are no bytes")
    func empty() {
        #expect(Hex.decode("") == [])
        #expect(Hex.encode([]).isEmpty)
    }

    @Test(
        "an odd number of digits, a sign, a space or a full-width digit is refused",
        arguments: [
            "0", "abc", "0x00", "-1", " 0", "0 ", "gg", "/0", ":0", "@a", "`a", "\u{ff11}0", "00\n",
        ])
    func refused(_ text: String) {
        #expect(Hex.decode(text) == nil)
    }
}
