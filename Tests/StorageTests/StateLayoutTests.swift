// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import Storage
import Testing

@Suite("The state tree on disk, byte by byte")
struct StateLayoutTests {
    @Test(
        "two keys make a root record, one node with two leaves, two leaf records and a journal (STATE-10, STATE-11)"
    )
    func twoKeys() throws {
        var bench = try Bench()
        // Paths that part at the first nibble, so that one node holds both.
        let keys = (0..<32 as Range<UInt8>).map { [$0] }
        let first = keys[0]
        let second = try #require(keys.first { NaiveTree.path($0)[0] >> 4 != NaiveTree.path(first)[0] >> 4 })
        try bench.commit([(key: first, value: [0xaa]), (key: second, value: [])])
        let version = [0, 0, 0, 0, 0, 0, 0, 1] as [UInt8]
        let record = { (key: [UInt8]) in try bench.store.value(for: [0x53] + key) }

        #expect(try record([UInt8(ascii: "R")] + version) == [1] + version + bench.tree.root.bytes)
        #expect(try record([UInt8(ascii: "L")] + version + [0, 0, 0, 0]) == [1] + first + [0xaa])
        #expect(try record([UInt8(ascii: "L")] + version + [0, 0, 0, 1]) == [1] + second)

        var maps: UInt16 = 0
        var slots: [(nibble: UInt8, bytes: [UInt8])] = []
        for (ordinal, key, value) in [(0, first, [0xaa]), (1, second, [])] as [(UInt8, [UInt8], [UInt8])] {
            let path = NaiveTree.path(key)
            maps |= 0x8000 >> UInt16(path[0] >> 4)
            // Age 0, the ordinal, bytes 0 to 7 of the path (the node stands at depth 0), the digest.
            slots.append((path[0] >> 4, [0, ordinal] + path[..<8] + NaiveTree.leaf(key, value)))
        }
        let half = [UInt8(maps >> 8), UInt8(maps & 0xff)]
        let sorted = slots.sorted { $0.nibble < $1.nibble }.flatMap { $0.bytes }
        #expect(try record([UInt8(ascii: "N")] + version + [0]) == half + half + sorted)
        #expect(try record([UInt8(ascii: "J")] + version + [0, 0, 0, 0]) == [0, 0], "the root of version 0")
        #expect(bench.store.count == 5)
    }

    @Test(
        "the journal lists what a version replaced, and pruning notes the oldest version (STATE-10, STATE-12)"
    )
    func journal() throws {
        var bench = try Bench()
        try bench.commit([(key: [1], value: [1])])
        try bench.commit([(key: [1], value: [2])])
        let second = [0, 0, 0, 0, 0, 0, 0, 2] as [UInt8]
        let journal = try bench.store.value(for: [0x53, UInt8(ascii: "J")] + second + [0, 0, 0, 0])
        // Leaf of version 1, ordinal 0; node of version 1 at depth 0; root of version 1.
        #expect(journal == [1, 1, 0, 2, 1, 0, 1])
        try bench.prune(before: 2)
        #expect(try bench.store.value(for: [0x53, UInt8(ascii: "O")]) == second)
        #expect(bench.store.count == 4, "node, leaf, root and the oldest version")
    }
}
