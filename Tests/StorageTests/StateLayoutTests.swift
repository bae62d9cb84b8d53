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

    @Test("few leaves close together stand in the record of the node above, byte by byte (STATE-11)")
    func nested() throws {
        var bench = try Bench()
        let (first, second) = try StateLayoutTests.neighbours()
        try bench.commit([(key: first, value: [0xaa]), (key: second, value: [])])
        let version = [0, 0, 0, 0, 0, 0, 0, 1] as [UInt8]

        var maps: UInt16 = 0
        var leaves: [(path: [UInt8], bytes: [UInt8], digest: [UInt8])] = []
        for (ordinal, key, value) in [(0, first, [0xaa]), (1, second, [])] as [(UInt8, [UInt8], [UInt8])] {
            let path = NaiveTree.path(key)
            let digest = NaiveTree.leaf(key, value)
            maps |= 0x8000 >> UInt16(path[0] & 15)
            // Age 0, the ordinal, bytes 1 to 7 of the path (the node stands at depth 1), the digest.
            leaves.append((path, [0, ordinal] + path[1..<8] + digest, digest))
        }
        let half = [UInt8(maps >> 8), UInt8(maps & 0xff)]
        let node = half + half + leaves.sorted { $0.path[0] < $1.path[0] }.flatMap { $0.bytes }
        let slot = 0x8000 >> UInt16(NaiveTree.path(first)[0] >> 4) as UInt16
        let digest = NaiveTree.subtree(leaves.map { (path: $0.path, digest: $0.digest) }, bit: 4)
        // No slot is taken by a leaf or a node with a record; age 0, the count of bytes, these, the digest.
        let expected =
            [0, 0, UInt8(slot >> 8), UInt8(slot & 0xff), 0, UInt8(node.count)] + node + digest
        #expect(try bench.store.value(for: [0x53, UInt8(ascii: "N")] + version + [0]) == expected)
        #expect(bench.store.count == 5, "root, node, two leaves, journal")
        #expect(bench.tree.root == NaiveTree.root(of: bench.map))
    }

    @Test("a nested node gets a record of its own as it grows, and is nested again as it shrinks (STATE-11)")
    func nestedGrows() throws {
        var bench = try Bench()
        let (first, _) = try StateLayoutTests.neighbours()
        let nibble = NaiveTree.path(first)[0] >> 4
        let family = (0..<200 as Range<UInt8>).map { [$0] }.filter { NaiveTree.path($0)[0] >> 4 == nibble }.prefix(6)
        #expect(family.count == 6)
        var nodes: [Int] = []
        for key in family + family.reversed().dropLast(2) {
            try bench.commit([(key: key, value: bench.map[key] == nil ? [1] : nil)])
            #expect(bench.tree.root == NaiveTree.root(of: bench.map))
            let audit = try bench.tree.check(version: bench.tree.version)
            #expect(audit.fault == nil && audit.leafCount == UInt64(bench.map.count))
            nodes.append(Int(audit.nodeCount - audit.nestedCount))
            try bench.prune(before: bench.tree.version)
            #expect(try Installer.kinds(bench.store)[UInt8(ascii: "N")] == nodes.last, "no other record is left")
        }
        // One record up to four leaves (the root's, the others nested), two with five and six.
        let small = nodes.prefix(3) + nodes.suffix(2)
        #expect(small.allSatisfy { $0 == 1 } && (nodes.max() ?? 0) >= 2)
    }

    @Test("a flipped bit in a record with nested nodes is found by the walk, and no read traps (STATE-11, STATE-14)")
    func nestedDamage() throws {
        var bench = try Bench(cacheBytesMax: 0)
        var draw = Draw(seed: 12)
        for _ in 0..<3 { try bench.commit(draw.writes(40, of: 200, deleteIn: 5)) }
        let version = bench.tree.version
        #expect(try bench.tree.check(version: version).nestedCount > 3)
        let records = try bench.store.scan(
            from: [0x53, UInt8(ascii: "N")], to: [0x53, UInt8(ascii: "O")], limit: 99, reverse: false)
        let holdsNested = { (value: [UInt8]) in (value[2] & ~value[0] | value[3] & ~value[1]) != 0 }
        let newest = try #require(records.last { $0.value.count > 300 && holdsNested($0.value) })
        let keys = bench.map.keys.sorted { $0.lexicographicallyPrecedes($1) }
        var found = 0
        for bit in 0..<newest.value.count * 8 {
            var bytes = newest.value
            bytes[bit / 8] ^= 0x80 >> UInt8(bit % 8)
            var batch = WriteBatch()
            batch.put(newest.key, bytes)
            try bench.store.write(batch, durably: false)
            let tree = try StateTree(store: bench.store, keyspace: 0x53, cacheBytesMax: 0)
            let audit = try tree.check(version: version)
            if audit.fault != nil { found += 1 }
            for key in keys {
                _ = try? tree.value(for: key)
                _ = try? tree.proof(for: key, version: version)
            }
            _ = try? tree.chunk(version: version)
            _ = try? tree.prepare(writes: keys.map { (key: $0, value: [7]) }, version: version + 1)
        }
        #expect(found == newest.value.count * 8)
    }

    @Test("a node with one leaf is none, nested or not: where a delete lifts it the root would be another (STATE-11)")
    func loneLeaf() throws {
        var bench = try Bench(cacheBytesMax: 0)
        let keys = (0..<64 as Range<UInt8>).map { [$0] }
        let other = try #require(keys.first { NaiveTree.path($0)[0] >> 4 != NaiveTree.path(keys[0])[0] >> 4 })
        try bench.commit([(key: keys[0], value: [1]), (key: other, value: [2])])
        let root: [UInt8] = [0x53, UInt8(ascii: "N"), 0, 0, 0, 0, 0, 0, 0, 1, 0]
        let bytes = try #require(try bench.store.value(for: root))
        // A slot of the root is age, ordinal, eight bytes of the path and the digest: 42 bytes a leaf.
        #expect(bytes.count == 4 + 2 * 42)
        let path = NaiveTree.path(keys[0])
        let isFirst = path[0] < NaiveTree.path(other)[0]
        let leaf = isFirst ? bytes[4..<46] : bytes[46..<88]
        let bit = 0x8000 >> UInt16(path[0] & 15) as UInt16
        let half = [UInt8(bit >> 8), UInt8(bit & 0xff)]
        // What the lone leaf takes as a node of its own at depth 1: one byte less of the path.
        let node = half + half + leaf.prefix(2) + leaf.dropFirst(3)
        let nested = [0, UInt8(node.count)] + node + leaf.suffix(32)
        let slot = 0x8000 >> UInt16(path[0] >> 4) as UInt16
        var maps = Array(bytes.prefix(4))
        maps[0] &= ~UInt8(slot >> 8)
        maps[1] &= ~UInt8(slot & 0xff)
        let forged = maps + (isFirst ? nested + bytes[46...] : bytes[4..<46] + nested)
        var batch = WriteBatch()
        batch.put(root, forged)
        try bench.store.write(batch, durably: false)
        let tree = try StateTree(store: bench.store, keyspace: 0x53, cacheBytesMax: 0)
        for key in [keys[0], other] {
            #expect(throws: StoreError.self) { try tree.prepare(writes: [(key: key, value: nil)], version: 2) }
        }
        #expect(try tree.check(version: 1).fault != nil)
    }

    @Test("a leaf whose record names another key is damage, not a second leaf (STATE-11)")
    func otherKey() throws {
        var bench = try Bench(cacheBytesMax: 0)
        try bench.commit([(key: [1], value: [1]), (key: [2], value: [2])])
        let record: [UInt8] = [0x53, UInt8(ascii: "L"), 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]
        #expect(try bench.store.value(for: record) == [1, 1, 1])
        var batch = WriteBatch()
        batch.put(record, [1, 9, 1])
        try bench.store.write(batch, durably: false)
        let tree = try StateTree(store: bench.store, keyspace: 0x53, cacheBytesMax: 0)
        #expect(throws: StoreError.corrupt(what: "state leaf 0 of version 1")) {
            try tree.prepare(writes: [(key: [1], value: [7])], version: 2)
        }
    }

    @Test("a record stays small, however many nodes could be nested in it (STATE-11)")
    func nestedFew() throws {
        var bench = try Bench()
        var pairs: [UInt8: [[UInt8]]] = [:]
        for key in (0..<250 as Range<UInt8>).map({ [$0] }) {
            let first = NaiveTree.path(key)[0] >> 4
            if pairs[first, default: []].count < 2 { pairs[first, default: []].append(key) }
        }
        #expect(pairs.count == 16 && pairs.values.allSatisfy { $0.count == 2 })
        // A leaf at depth 1 takes 41 bytes, so sixteen nested pairs would be 1,988.
        for key in pairs.sorted(by: { $0.key < $1.key }).flatMap(\.value) { try bench.commit([(key: key, value: [1])]) }
        let last = try bench.store.scan(
            from: [0x53, UInt8(ascii: "N")], to: [0x53, UInt8(ascii: "O")], limit: 9, reverse: true)
        let root = try #require(last.first { $0.key.last == 0 })
        #expect(root.value.count <= 1_000)
        let audit = try bench.tree.check(version: bench.tree.version)
        #expect(audit.fault == nil && audit.nestedCount > 0 && audit.nestedCount < 16)
    }

    /// Two keys whose paths share the first nibble and part at the second.
    private static func neighbours() throws -> ([UInt8], [UInt8]) {
        let keys = (0..<64 as Range<UInt8>).map { [$0] }
        let second = try #require(
            keys.dropFirst().first { NaiveTree.path($0)[0] >> 4 == NaiveTree.path(keys[0])[0] >> 4 })
        #expect(NaiveTree.path(second)[0] != NaiveTree.path(keys[0])[0])
        return (keys[0], second)
    }
}
