// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Testing

@Suite struct DescriptionSectionTests {
    /// What `scripts/contract-build` makes of the template `hello`; Tests/Contracts/descriptions.py has the field's own
    /// LZ4 read what it makes of every template.
    private static let packed = Hex.decode(
        "010f720235f60b41206772656574696e672063616e6e6f7420626520656d7074794d01040f00018800f206e997aee580"
            + "99e8afade4b88de883bde4b8bae7a9badc010cba02041d01016900365468656b004277617320fc0116646700011e0001"
            + "11000a69009fe5b7b2e69bb4e694b99e0227134779000b6d0002120003ae0208ca01057c0006b5021143af0037732074"
            + "c8000fc90207012200044e0002be000754000fdd02144f526561647100050aef023572656138016ae8afbbe58f96c200"
            + "0f0a03055f68656c6c6f0f030a09b7013f6e6f771f031107ae000f2703019ae5bd93e5898de79a84a4000af70207b201"
            + "079201060503506e223a317d")
    private static let text =
        #"{"built":"swift-6.3.1-RELEASE, ContractKit 1","errors":[{"code":1,"en":"A greeti"#
        + #"ng cannot be empty","name":"empty","zh":"问候语不能为空"}],"events":[{"body":"text","en"#
        + #"":"The greeting was changed","name":"greeted","zh":"问候语已更改"}],"kit":1,"methods":"#
        + #"[{"answer":null,"arguments":[{"en":"Greeting","name":"greeting","type":"text","z"#
        + #"h":"问候语"}],"en":"Changes the greeting","kind":"change","name":"greet","zh":"更改问候"#
        + #"语"},{"answer":"text","arguments":[],"en":"Reads the greeting","kind":"view","nam"#
        + #"e":"read","zh":"读取问候语"}],"migrates":false,"name":"hello","start":[],"state":[{"e"#
        + #"n":"The greeting now","holds":"cell","key":null,"name":"greeting","value":"text""#
        + #","zh":"当前的问候语"}],"title":{"en":"Greeting","zh":"问候"},"version":1}"#

    /// The sequences of an LZ4 block after the mark of a packed description.
    private func section(_ bytes: [UInt8]) -> [UInt8] { [1] + bytes }

    @Test("a packed description is read, and a plain one is what it is (KIT-25)")
    func reads() throws {
        let packed = try #require(Self.packed)
        #expect(DescriptionSection.text(packed).map { String(decoding: $0, as: UTF8.self) } == Self.text)
        #expect(packed.count == 252)
        #expect(DescriptionSection.text(section([0x20, 0x7b, 0x7d])) == [0x7b, 0x7d])
        #expect(DescriptionSection.text([0x7b, 0x7d]) == [0x7b, 0x7d])
        #expect(DescriptionSection.text([]) == [])
    }

    @Test(
        "a section that was cut short says nothing, and a damaged one never says more than a description may (KIT-25)")
    func damaged() throws {
        let packed = try #require(Self.packed)
        for length in 1..<packed.count {
            // A block may end after any literals: then it is shorter, and never something else.
            let text = DescriptionSection.text(Array(packed.prefix(length)))
            #expect(text.map { Self.text.utf8.starts(with: $0) } ?? true)
        }
        var changed = 0
        for place in 1..<packed.count {
            for bit in 0..<8 {
                var damaged = packed
                damaged[place] ^= 1 << bit
                let text = DescriptionSection.text(damaged)
                #expect(text.map { $0.count <= DescriptionSection.textMax } ?? true)
                changed += text == Array(Self.text.utf8) ? 0 : 1
            }
        }
        // Two matches may give the same text; nearly all damage shows.
        #expect(changed > 8 * (packed.count - 1) * 9 / 10)
    }

    @Test("a small section does not become a large text (KIT-25)")
    func bombs() {
        // One literal, then a match of it at distance 1 that is counted in full bytes.
        let repeated = { (full: Int, last: UInt8) in
            self.section([0x1f, 0x61, 1, 0] + [UInt8](repeating: 255, count: full) + [last, 0x10, 0x62])
        }
        // 1 + (4 + 15 + 255 x 256 + 234) + 1 bytes.
        let most = DescriptionSection.text(repeated(256, 234))
        #expect(most?.count == 65_535 && most?.last == 0x62 && most?.first == 0x61)
        #expect(DescriptionSection.text(repeated(256, 235))?.count == DescriptionSection.textMax)
        #expect(DescriptionSection.text(repeated(256, 236)) == nil)
        #expect(DescriptionSection.text(repeated(60_000, 0)) == nil)
        let literals = section(
            [0xf0] + [UInt8](repeating: 255, count: 257) + [0] + [UInt8](repeating: 0x61, count: 65_550))
        #expect(DescriptionSection.text(literals) == nil)
    }

    @Test("a match reaches what is there and no further (KIT-25)")
    func matches() {
        // The dictionary has 626 bytes: the first of them, and the place before it.
        #expect(DescriptionSection.text(section([0x00, 0x72, 0x02, 0x10, 0x7d])) == Array(#"{"bu}"#.utf8))
        for distance: [UInt8] in [[0x73, 0x02], [0, 0], [0xff, 0xff]] {
            #expect(DescriptionSection.text(section([0x00] + distance + [0x10, 0x7d])) == nil)
        }
    }
}
