// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Testing

@Suite("SeededRandom: the same stream for ever")
struct SeededRandomTests {
    /// The published reference output of SplitMix64 for seed 1234567.
    @Test("the stream is SplitMix64's")
    func vectors() {
        var random = SeededRandom(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
        let drawn = expected.map { _ in random.next() }
        #expect(drawn == expected)
    }

    @Test("seed zero starts where the algorithm says")
    func seedZero() {
        var random = SeededRandom(seed: 0)
        let first = random.next()
        #expect(first == 0xe220_a839_7b1d_cdaf)
    }

    @Test("draws stay below their bound and reach every outcome")
    func below() {
        var random = SeededRandom(seed: 9)
        var seen = [Int](repeating: 0, count: 7)
        for _ in 0..<7_000 { seen[random.below(7)] += 1 }
        #expect(seen.allSatisfy { $0 > 800 && $0 < 1_200 })
        let only = random.below(1)
        #expect(only == 0)
    }

    @Test("copies repeat, splits do not")
    func copies() {
        var first = SeededRandom(seed: 5)
        var copy = first
        let (drawn, repeated) = (first.bytes(count: 40), copy.bytes(count: 40))
        #expect(drawn == repeated)
        var child = first.split()
        let (childs, parents) = (child.bytes(count: 16), first.bytes(count: 16))
        #expect(childs != parents)
        let none = first.bytes(count: 0)
        #expect(none.isEmpty)
    }
}
