// SPDX-License-Identifier: Apache-2.0
import ContractKit
import Testing

@Suite("values and their one byte form")
struct CodingTests {
    private func accepts<Value: Storable>(_ type: Value.Type, _ bytes: [UInt8]) -> Bool {
        (try? Value(decoding: Bytes(bytes)))?.encoded == Bytes(bytes)
    }

    private func refuses<Value: Storable>(_ type: Value.Type, _ bytes: [UInt8]) -> Bool {
        do throws(Failure) {
            _ = try Value(decoding: Bytes(bytes))
            return false
        } catch {
            return error == .malformed
        }
    }

    @Test("KIT-1: numbers are written as the platform's table of examples writes them")
    func numbers() {
        #expect(UInt64(0).encoded.array == [0] && UInt64(127).encoded.array == [0x7f])
        #expect(UInt64(128).encoded.array == [0x80, 1] && UInt64(300).encoded.array == [0xac, 2])
        #expect(UInt64.max.encoded.array == [UInt8](repeating: 0xff, count: 9) + [1])
        #expect(accepts(UInt64.self, [0xac, 2]))
        #expect(refuses(UInt64.self, [0x80, 0]), "not the shortest")
        #expect(refuses(UInt64.self, [UInt8](repeating: 0xff, count: 9) + [2]), "beyond 2^64")
        #expect(refuses(UInt64.self, [UInt8](repeating: 0x80, count: 10) + [1]))
        #expect(refuses(UInt64.self, [1, 1]) && refuses(UInt64.self, []) && refuses(UInt64.self, [0x80]))
    }

    @Test("KIT-2: every type reads back what it wrote", arguments: [Int64.min, -2, -1, 0, 1, 2, 1 << 40, .max])
    func signed(_ value: Int64) throws {
        #expect(try Int64(decoding: value.encoded) == value)
    }

    @Test("KIT-2: signs fold into the lowest bit, flags and optionals are 0 or 1, lists count")
    func shapes() throws {
        #expect(Int64(-1).encoded.array == [1] && Int64(1).encoded.array == [2])
        #expect(refuses(Bool.self, [2]) && accepts(Bool.self, [1]))
        #expect(accepts(UInt64?.self, [0]) && accepts(UInt64?.self, [1, 7]) && refuses(UInt64?.self, [2, 7]))
        #expect(([Text("a"), Text("b")] as [Text]).encoded.array == [2, 1, 0x61, 1, 0x62])
        #expect(refuses([Text].self, [0xff, 0xff, 3, 1]), "a count nobody could fill")
        #expect(refuses(Digest.self, [UInt8](repeating: 0, count: 31)))
        #expect(accepts(Bytes.self, [2, 0xaa, 0xbb]) && refuses(Bytes.self, [3, 0xaa, 0xbb]))
    }

    @Test(
        "KIT-2: texts are well-formed UTF-8 without a zero",
        arguments: [
            [0xc0, 0x80], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80],
            [0x80], [0xc3], [0xe4, 0xbd], [0xf0, 0x9f, 0x98], [0], [0x61, 0, 0x62], [0xe4, 0x61, 0xa0], [0xff],
        ] as [[UInt8]])
    func texts(_ bytes: [UInt8]) {
        #expect(refuses(Text.self, [UInt8(bytes.count)] + bytes))
        #expect(accepts(Text.self, Array(Text("é你😀").encoded.array)))
    }

    @Test("KIT-2: what is no text is none wherever it stands, and what is one is, beside whatever else")
    func textsWithin() {
        let flaws: [[UInt8]] = [
            [0xc0, 0x80], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x80], [0xe4, 0xbd], [0],
            [0xe4, 0xbd, 0x41], [0xe4, 0x41, 0xa0], [0xf8, 0x88, 0x80, 0x80],
        ]
        let whole =
            ["\u{1}", "\u{7f}", "\u{80}", "\u{7ff}", "\u{800}", "\u{fff}", "\u{1000}", "\u{cfff}", "\u{d000}"]
            + ["\u{d7ff}", "\u{e000}", "\u{ffff}", "\u{10000}", "\u{10ffff}", "卷宗", "é你😀"]
        for filling in ["a", "卷", "é", "ab卷", "卷b"] {
            for before in 0..<10 {
                for after in [0, 1, 2, 9] {
                    let (left, right) = (
                        [[UInt8]](repeating: Array(filling.utf8), count: before).joined(),
                        [[UInt8]](repeating: Array(filling.utf8), count: after).joined()
                    )
                    for flaw in flaws {
                        let bytes = left + flaw + right
                        #expect(refuses(Text.self, [UInt8(bytes.count)] + bytes), "\(bytes)")
                    }
                    for text in whole {
                        let bytes = left + Array(text.utf8) + right
                        #expect(accepts(Text.self, [UInt8(bytes.count)] + bytes), "\(bytes)")
                    }
                }
            }
        }
    }

    @Test("KIT-2: numbers in words, texts joined")
    func words() {
        #expect(Text(0) == "0" && Text(10) == "10" && Text(907) == "907" && Text(.max) == "18446744073709551615")
        #expect(Text("a") + "b" == "ab")
    }

    @Test("KIT-12: sums, differences and products that do not fit fail with their own code")
    func arithmetic() throws {
        #expect(throws: Failure.overflow) { try UInt64.max.plus(1) }
        #expect(throws: Failure.overflow) { try UInt64(1).minus(2) }
        #expect(throws: Failure.overflow) { try (UInt64(1) << 32).times(1 << 32) }
        #expect(try UInt64(6).times(7).plus(1).minus(43) == 0)
    }

    @Test("KIT-5: ordered bytes sort as values do, and read back")
    func ordered() throws {
        func bytes<Value: Ordered>(_ value: Value) -> Bytes {
            var writer = Writer()
            value.encodeOrdered(into: &writer)
            return writer.done()
        }
        #expect(bytes(UInt64(255)).precedes(bytes(UInt64(256))))
        #expect(bytes(Moment(1)).precedes(bytes(Moment(1 << 40))))
        #expect(bytes(Text("a")).precedes(bytes(Text("ab"))) && bytes(Text("ab")).precedes(bytes(Text("b"))))
        #expect(bytes(Pair(Text("a"), UInt64(9))).precedes(bytes(Pair(Text("ab"), UInt64(0)))))
        #expect(bytes(Pair(Text("a"), UInt64(9))).precedes(bytes(Pair(Text("a"), UInt64(10)))))
        var reader = Reader(bytes(Pair(Text("x"), Moment(5))))
        let back = try Pair<Text, Moment>(ordered: &reader)
        #expect(back.first == "x" && back.second == Moment(5) && reader.remaining == 0)
        #expect(bytes(UInt64(258)).array == [0, 0, 0, 0, 0, 0, 1, 2] && bytes(Text("a")).array == [0x61, 0])
    }
}
