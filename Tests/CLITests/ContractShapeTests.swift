// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Testing
import jiuding

@Suite struct ContractShapeTests {
    private func description(_ arguments: String) throws -> ContractDescription {
        let text =
            #"{"methods":[{"name":"m","kind":"view","arguments":[\#(arguments)],"answer":null,"zh":"","en":""}],"#
            + #""start":[],"events":[],"name":"n","version":1}"#
        return try #require(ContractDescription([UInt8](text.utf8)))
    }

    @Test("arguments are encoded by their types, in the description's order whatever the words' (KIT-1, KIT-2, KIT-7)")
    func encoding() throws {
        let items = try description(
            #"{"name":"f","type":"flag"},{"name":"n","type":"number"},{"name":"s","type":"signed"},"#
                + #"{"name":"t","type":"text"},{"name":"b","type":"bytes"},{"name":"m","type":"moment"},"#
                + #"{"name":"o","type":{"optional":"number"}},{"name":"l","type":{"list":"number"}},"#
                + #"{"name":"c","type":{"choice":[{"name":"red","tag":0},{"name":"blue","tag":4}]}},"#
                + #"{"name":"r","type":{"of":"pair","record":[{"name":"x","type":"text"},{"name":"y","type":"flag"}]}}"#
        ).methods[0].arguments
        let words = [
            "r={\"x\":\"é\",\"y\":true}", "n=300", "s=-3", "t=a=b", "b=00ff", "m=128", "l=[1,2]", "c=blue", "f=true",
        ]
        let expected: [UInt8] = [
            1, 0xac, 2, 5, 3, 0x61, 0x3d, 0x62, 2, 0, 0xff, 0x80, 1, 0, 2, 1, 2, 4, 2, 0xc3, 0xa9, 1,
        ]
        #expect(try ContractDescription.encode(words, for: items) == expected)
        var decoder = Decoder(expected)
        let texts = try items.map { try $0.shape.read(from: &decoder).compact }
        #expect(
            texts == [
                "true", "300", "-3", "\"a=b\"", "\"00ff\"", "128", "null", "[1,2]", "\"blue\"", #"{"x":"é","y":true}"#,
            ])
        try decoder.finish()
    }

    @Test("what is no value of its type, unknown, twice or missing is refused by its name (KIT-2)")
    func refusals() throws {
        let items = try description(#"{"name":"n","type":"number"},{"name":"d","type":"digest"}"#).methods[0].arguments
        let good = "d=" + String(repeating: "0", count: 64)
        for (words, reason) in [
            (["n=x", good], "n:"), (["n=1", "d=00"], "d:"), (["n=1"], "d:"), (["n=1", "n=1", good], "n is"),
            (["n=1", good, "z=1"], "z is"), (["n"], "n is not"),
        ] {
            let error = #expect(throws: ContractShape.Mismatch.self) {
                _ = try ContractDescription.encode(words, for: items)
            }
            #expect(error?.reason.hasPrefix(reason) == true, "\(words)")
        }
    }

    @Test("a list longer than the bytes left is no value, and nothing is made room for (KIT-2)")
    func longLists() {
        #expect(ContractShape.list(.record("", [])).value(of: [0xff, 0xff, 3]) == nil)
        #expect(ContractShape.text.value(of: [1, 0x61, 0]) == nil)
        #expect(ContractDescription([UInt8]("{}".utf8)) == nil)
    }

    @Test("an argument with a value of its own need not be given, and gives way to one that is (KIT-10)")
    func values() throws {
        let items = try description(
            #"{"name":"form","type":"bytes","value":"020102"},{"name":"n","type":"number"}"#
        ).methods[0].arguments
        #expect(try ContractDescription.encode(["n=1"], for: items) == [2, 1, 2, 1])
        #expect(try ContractDescription.encode(["n=1", "form=ff"], for: items) == [1, 0xff, 1])
        #expect(ContractDescription.words([2, 1, 2, 1], for: items) == #"form="0102" n=1"#)
        #expect(ContractDescription.words([2, 1, 2], for: items) == nil)
        #expect(ContractDescription.words([2, 1, 2, 1, 0], for: items) == nil)
    }
}
