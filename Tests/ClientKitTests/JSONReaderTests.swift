// SPDX-License-Identifier: Apache-2.0
import ClientKit
import Testing

@Suite struct JSONReaderTests {
    @Test("what RFC 8259 allows is read (API-31)")
    func accepts() throws {
        let text = #" {"a":[1,-2.5e+3,true,false,null],"":"\u00e9\ud83d\ude00\n\"\\\/","中":{}} "#
        let value = try JSONValue(parsing: [UInt8](text.utf8))
        #expect(
            value
                == .object([
                    .init(
                        key: "a",
                        value: .list([.number("1"), .number("-2.5e+3"), .flag(true), .flag(false), .null])),
                    .init(key: "", value: .text("é😀\n\"\\/")), .init(key: "中", value: .object([])),
                ]))
    }

    @Test(
        "everything else is refused and nothing traps (API-31)",
        arguments: [
            "", "{", "[1,]", "{\"a\":1,}", "01", "-", "1.", "1e", "+1", "tru", "\"", "\"\\u12\"",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "\"\\x\"", "\"\n\"", "{\"a\":1,\"a\":2}", "1 2", "{1:2}", "[1 2]", "nul", "\"\\u+123\"", "- 1",
            "NaN",
            "{\"a\"}",
            String(repeating: "[", count: 100_000),
        ])
    func refuses(_ text: String) {
        #expect(throws: JSONValue.Malformed.self) { try JSONValue(parsing: [UInt8](text.utf8)) }
    }

    @Test("bytes that are not UTF-8 are refused in strings (API-31)")
    func refusesBadText() {
        #expect(throws: JSONValue.Malformed.self) { try JSONValue(parsing: [0x22, 0xff, 0x22]) }
        #expect(throws: JSONValue.Malformed.self) { try JSONValue(parsing: [0x22, 0x5c, 0x6e, 0xff, 0x22]) }
    }

    @Test("cutting or changing any byte of an answer never traps (API-31)")
    func hostile() throws {
        let good = [UInt8](#"{"results":[{"status":"admitted","id":"00ff","n":-12.5e3,"x":"\u0041"}]}"#.utf8)
        for index in good.indices {
            _ = try? JSONValue(parsing: Array(good[..<index]))
            for byte: UInt8 in [0, 0x22, 0x5c, 0x7b, 0x7d, 0xff] {
                var bytes = good
                bytes[index] = byte
                _ = try? JSONValue(parsing: bytes)
            }
        }
    }
}
