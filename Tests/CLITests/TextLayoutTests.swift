// SPDX-License-Identifier: Apache-2.0
import Testing
import jiuding

struct TextLayoutTests {
    @Test("a Chinese character takes two columns, a combining mark none")
    func widths() {
        #expect(TextWidth.columns("abc") == 3)
        #expect(TextWidth.columns("存证") == 4)
        #expect(TextWidth.columns("e\u{301}") == 1)
        #expect(TextWidth.columns("") == 0)
    }

    @Test("what does not fit loses its start, never half a character")
    func cutting() {
        #expect(TextWidth.cutStart("short", to: 10) == "short")
        #expect(TextWidth.cutStart("a/very/long/path", to: 8) == "…ng/path")
        #expect(TextWidth.columns(TextWidth.cutStart("存证回执文件", to: 6)) <= 6)
    }

    @Test("columns line up under their headings whatever the script, and no line ends in spaces")
    func table() {
        var table = TableLayout([.init("n", .right), .init("名称"), .init("x")])
        table.add(["1", "a", "y"])
        table.add(["10", "存证文件", ""])
        #expect(table.lines == [" n  名称      x", " 1  a         y", "10  存证文件  "])
    }

    @Test("JSON escapes what JSON must, keeps the order of keys and the text of numbers")
    func json() {
        let value: JSONText = [
            "b": 1, "a": ["x\"\\\n\u{1}\u{2028}中", true], "n": .null, "d": .decimal(1.5), "m": .decimal(-0.0625),
            "i": .decimal(.infinity), "u": .whole(UInt64.max),
        ]
        let first = #"{"b":1,"a":["x\"\\\n\u0001\u2028中",true],"n":null,"d":1.500,"#
        #expect(value.compact == first + #""m":-0.063,"i":null,"u":18446744073709551615}"#)
    }
}
