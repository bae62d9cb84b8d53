// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Storage
import Testing

/// A tree in memory beside the plain maps of all its versions.
struct Bench {
    let store: MemoryStore
    var tree: StateTree<MemoryStore>
    var history: [UInt64: [[UInt8]: [UInt8]]] = [0: [:]]
    var map: [[UInt8]: [UInt8]] = [:]

    init(cacheBytesMax: Int = 1 << 20) throws {
        store = MemoryStore()
        tree = try StateTree(store: store, keyspace: 0x53, cacheBytesMax: cacheBytesMax)
    }

    /// The tree that is in a store, of which `map` is known to be the content.
    init(store: MemoryStore, map: [[UInt8]: [UInt8]]) throws {
        self.store = store
        self.map = map
        tree = try StateTree(store: store, keyspace: 0x53)
        history = [tree.version: map]
    }

    mutating func commit(_ writes: [(key: [UInt8], value: [UInt8]?)]) throws {
        let update = try tree.prepare(writes: writes, version: tree.version + 1)
        var batch = WriteBatch()
        update.append(to: &batch)
        try store.write(batch, durably: true)
        tree.adopt(update)
        map.apply(writes)
        history[tree.version] = map
    }

    mutating func prune(before version: UInt64, limit: Int = 4096) throws {
        var isDone = false
        while !isDone {
            let slice = try tree.prune(before: version, limit: limit)
            var batch = WriteBatch()
            slice.append(to: &batch)
            try store.write(batch, durably: true)
            isDone = slice.isDone
        }
    }
}

@Suite("StateTree: a versioned map with provable contents")
struct StateTreeTests {
    @Test("an empty tree has the zero root, holds nothing and proves it (STATE-4, STATE-7)")
    func empty() throws {
        let bench = try Bench()
        #expect(bench.tree.root == Digest.zero)
        #expect(try bench.tree.value(for: [1]) == nil)
        let proof = try bench.tree.proof(for: [1], version: 0)
        #expect(proof.verify(key: [1], value: nil, root: Digest.zero))
        #expect(!proof.verify(key: [1], value: [], root: Digest.zero))
    }

    @Test("one leaf is the whole tree: the root is the leaf's digest (STATE-3, STATE-4)")
    func oneLeaf() throws {
        var bench = try Bench()
        try bench.commit([(key: [7], value: [8, 9])])
        #expect(bench.tree.root.bytes == NaiveTree.leaf([7], [8, 9]))
        #expect(try bench.tree.value(for: [7]) == [8, 9])
        try bench.commit([(key: [7], value: nil)])
        #expect(bench.tree.root == Digest.zero)
    }

    @Test(
        "after any batches of puts and deletes the root is the one made afresh (STATE-4, STATE-8)",
        arguments: [
            (1 as UInt64, 20, 6, 2), (2, 200, 40, 3), (3, 1000, 150, 2), (4, 3000, 700, 5), (5, 6, 5, 2),
            (6, 64, 64, 3),
        ])
    func model(seed: UInt64, keyCount: Int, batch: Int, deleteIn: Int) throws {
        var draw = Draw(seed: seed)
        // A cache of nothing, of little and of all must make no difference.
        var bench = try Bench(cacheBytesMax: [0, 4_000, 1 << 20][Int(seed % 3)])
        for round in 0..<40 {
            try bench.commit(draw.writes(draw.random.below(batch) + 1, of: keyCount, deleteIn: deleteIn))
            #expect(bench.tree.root == NaiveTree.root(of: bench.map), "round \(round)")
            let keys = (0..<20).map { _ in draw.key(of: keyCount * 2) }
            #expect(try bench.tree.values(for: keys) == keys.map { bench.map[$0] })
        }
        let audit = try bench.tree.check(version: bench.tree.version)
        #expect(audit.fault == nil)
        #expect(audit.leafCount == UInt64(bench.map.count))
    }

    @Test("deleting everything leaves the zero root and, once pruned, no record but the last root's")
    func emptied() throws {
        var draw = Draw(seed: 11)
        var bench = try Bench()
        for _ in 0..<10 { try bench.commit(draw.writes(60, of: 400, deleteIn: 4)) }
        let keys = bench.map.keys.sorted { $0.lexicographicallyPrecedes($1) }
        try bench.commit(keys.map { (key: $0, value: nil) })
        #expect(bench.tree.root == Digest.zero)
        try bench.prune(before: bench.tree.version)
        #expect(bench.store.count == 2, "the root record and the oldest version")
    }

    @Test("the root depends on the map alone, not on batching or order (STATE-8)")
    func batching() throws {
        var draw = Draw(seed: 21)
        let writes = draw.writes(600, of: 5000, deleteIn: 1_000_000)
        var whole = try Bench()
        try whole.commit(writes)
        var pieces = try Bench()
        var shuffled = writes
        shuffled.shuffle(using: &draw.random)
        for start in stride(from: 0, to: shuffled.count, by: 37) {
            let piece = shuffled[start..<min(start + 37, shuffled.count)]
            try pieces.commit(piece.sorted { $0.key.lexicographicallyPrecedes($1.key) })
        }
        #expect(whole.tree.root == pieces.tree.root)
    }

    @Test("no writes keep the root, and the version can still be read (STATE-8)")
    func noWrites() throws {
        var bench = try Bench()
        try bench.commit([(key: [1], value: [1]), (key: [2], value: [2])])
        let root = bench.tree.root
        try bench.commit([])
        #expect(bench.tree.root == root)
        #expect(try bench.tree.root(version: 2) == root)
        #expect(try bench.tree.value(for: [2], version: 2) == [2])
    }

    /// Made by the Python of docs/spec/state.md with OpenSSL's SM3: {b"key-%d": b"value-%d"} for 0 ..< count.
    @Test(
        "roots are those the specification's own program finds (STATE-1 to STATE-5)",
        arguments: [
            (0, "0000000000000000000000000000000000000000000000000000000000000000"),
            (1, "9bd89e70067cd46d4353f57b2296b036c72fb5c812130c7009187034828a6c1a"),
            (2, "5f2ee0902f9e20891986e7a7decb15ce00562ebd7d14617cd5feb69863748887"),
            (17, "5c941183f2ad62373c87cd360c4284b308460d25034f55bd2d4721417e948fc3"),
            (1000, "f87b66f9ba7c61cbed9aa99ec454ab87f0eb8b3e25b483dad3645628ea28f3bd"),
        ])
    func vectors(count: Int, root: String) throws {
        var bench = try Bench()
        let writes = (0..<count).map {
            (key: Array("key-\($0)".utf8), value: Optional(Array("value-\($0)".utf8)))
        }
        try bench.commit(writes.sorted { $0.key.lexicographicallyPrecedes($1.key) })
        #expect(bench.tree.root.hex == root)
    }

    @Test("a reopened tree goes on from the newest version in the store (STATE-9)")
    func reopened() throws {
        var draw = Draw(seed: 31)
        var bench = try Bench()
        for _ in 0..<12 { try bench.commit(draw.writes(50, of: 300, deleteIn: 3)) }
        let again = try StateTree(store: bench.store, keyspace: 0x53)
        #expect(again.version == 12)
        #expect(again.root == bench.tree.root)
        bench.tree = again
        try bench.commit(draw.writes(50, of: 300, deleteIn: 3))
        #expect(bench.tree.root == NaiveTree.root(of: bench.map))
    }

    @Test("updates may be adopted before they are written, and settle later (STATE-9)")
    func early() throws {
        var draw = Draw(seed: 41)
        var bench = try Bench(cacheBytesMax: 0)
        for _ in 0..<5 { try bench.commit(draw.writes(80, of: 500, deleteIn: 3)) }
        var waiting: [StateUpdate] = []
        for _ in 0..<6 {
            let writes = draw.writes(80, of: 500, deleteIn: 3)
            let update = try bench.tree.prepare(writes: writes, version: bench.tree.version + 1)
            bench.tree.adopt(update, beforeItsWrite: true)
            bench.map.apply(writes)
            waiting.append(update)
            #expect(bench.tree.root == NaiveTree.root(of: bench.map))
            let keys = (0..<30).map { _ in draw.key(of: 500) }
            #expect(try bench.tree.values(for: keys) == keys.map { bench.map[$0] })
        }
        let crashed = try StateTree(store: bench.store, keyspace: 0x53)
        #expect(crashed.version == 5, "what was not written is not there after a crash")
        for update in waiting {
            var batch = WriteBatch()
            update.append(to: &batch)
            try bench.store.write(batch, durably: true)
        }
        bench.tree.settle(through: bench.tree.version)
        try bench.commit(draw.writes(80, of: 500, deleteIn: 3))
        #expect(bench.tree.root == NaiveTree.root(of: bench.map))
    }

    @Test("a reader's copy answers as the tree did, however far the tree goes on (STATE-13)")
    func readersCopy() throws {
        var draw = Draw(seed: 31)
        var bench = try Bench()
        for _ in 0..<6 { try bench.commit(draw.writes(400, of: 3_000, deleteIn: 5)) }
        let (copy, map) = (bench.tree.forReading, bench.map)
        for _ in 0..<6 { try bench.commit(draw.writes(400, of: 3_000, deleteIn: 5)) }
        let keys = (0..<3_000).map { Array("key-\($0)".utf8) }
        #expect(try copy.values(for: keys) == keys.map { map[$0] })
        #expect(try bench.tree.values(for: keys) == keys.map { bench.map[$0] })
        #expect(try copy.root == bench.tree.root(version: copy.version))
    }

    @Test("reading ahead with a small cache gives what is there and changes no root")
    func readAhead() throws {
        var draw = Draw(seed: 51)
        var bench = try Bench(cacheBytesMax: 50_000)
        for _ in 0..<20 {
            let writes = draw.writes(100, of: 2000, deleteIn: 4)
            let keys = writes.map { $0.key }
            #expect(try bench.tree.readAhead(keys) == keys.map { bench.map[$0] })
            // Half of what was read ahead, and as much that was not.
            try bench.commit(writes.filter { $0.key.last.map { $0 % 2 == 0 } ?? false })
            #expect(bench.tree.root == NaiveTree.root(of: bench.map))
            #expect(try bench.tree.readAhead(keys) == keys.map { bench.map[$0] })
            try bench.commit(draw.writes(50, of: 2000, deleteIn: 4))
            #expect(bench.tree.root == NaiveTree.root(of: bench.map))
        }
    }
}
