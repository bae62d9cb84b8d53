// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Storage
import Testing

/// A store that a snapshot is installed in, with a network and a machine that cannot be relied on.
struct Installer {
    var store = MemoryStore()
    let source: StateTree<MemoryStore>
    let version: UInt64
    let root: Digest
    var random: SeededRandom
    /// One batch in so many is lost, and the assembly loaded anew; 0 for none.
    var crashIn = 0
    /// What a peer may put into one chunk, at most.
    var weightMax = Limits.chunkWeightMax
    /// Keys looked up when the last chunk is there; they may hold something or nothing.
    var probes: [[UInt8]] = []

    init(_ source: StateTree<MemoryStore>, version: UInt64, seed: UInt64 = 1) throws {
        self.source = source
        self.version = version
        root = try source.root(version: version)
        random = SeededRandom(seed: seed)
    }

    func load() throws -> StateAssembly<MemoryStore> {
        try StateAssembly(store: store, keyspace: 0x53, version: version, root: root)
    }

    /// A chunk within a missing part drawn at random, as it comes from a peer.
    mutating func fetch(_ assembly: StateAssembly<MemoryStore>) throws -> VerifiedChunk {
        let missing = try assembly.missing(limit: 8)
        let prefix = missing[random.below(missing.count)]
        let chunk = try source.chunk(within: prefix, version: version, weightMax: 1 + random.below(weightMax))
        return try StateChunk(decoding: chunk.encoded).verify(root: root)
    }

    /// Installs chunks until the snapshot is whole, or `countMax` of them.
    /// - Returns: how many were installed.
    mutating func run(countMax: Int = .max) throws -> Int {
        var assembly = try load()
        while let batch = try assembly.clear(limit: 64) { try store.write(batch, durably: true) }
        var count = 0
        var isWhole = false
        while !isWhole, count < countMax {
            let chunk = try fetch(assembly)
            var batch = WriteBatch()
            switch try assembly.install(chunk) {
            case .installed(let step): batch = step
            case .completed(let step):
                (batch, isWhole) = (step, true)
                // What the last batch completes can be read before it is written.
                for leaf in chunk.chunk.leaves.prefix(3) {
                    #expect(try assembly.value(for: leaf.key, completedBy: step) == leaf.value)
                }
                for key in probes {
                    let expected = try source.value(for: key, version: version)
                    #expect(try assembly.value(for: key, completedBy: step) == expected)
                }
            case .present, .overlapping, .otherRoot: Issue.record("a chunk within a missing part was refused")
            }
            if crashIn > 0, random.below(crashIn) == 0 {
                isWhole = false
                assembly = try load()
                continue
            }
            #expect(batch.byteCount < 3 << 20)
            try store.write(batch, durably: false)
            count += 1
            guard !isWhole else { continue }
            let again = try assembly.install(chunk)
            guard case .present = again else {
                Issue.record("a chunk that is there was taken again")
                continue
            }
        }
        return count
    }

    func tree() throws -> StateTree<MemoryStore> { try StateTree(store: store, keyspace: 0x53) }

    func pairs() throws -> [StoredPair] { try store.scan(from: [], to: nil, limit: .max, reverse: false) }

    /// How many records of each kind there are.
    static func kinds(_ store: MemoryStore) throws -> [UInt8: Int] {
        let pairs = try store.scan(from: [], to: nil, limit: .max, reverse: false)
        return pairs.reduce(into: [:]) { $0[$1.key[1], default: 0] += 1 }
    }

    /// Counts of all records but nodes, which two trees of one root may nest otherwise; the nodes of a store that
    /// keeps one version are counted by a walk over it: there is each, and no other.
    static func kinds(_ store: MemoryStore, keepingOnly version: UInt64) throws -> [UInt8: Int] {
        var kinds = try kinds(store)
        let audit = try StateTree(store: store, keyspace: 0x53).check(version: version)
        #expect(audit.fault == nil)
        #expect(kinds.removeValue(forKey: UInt8(ascii: "N")) ?? 0 == Int(audit.nodeCount - audit.nestedCount))
        return kinds
    }
}

@Suite("StateAssembly: a state put together from chunks")
struct StateAssemblyTests {
    @Test(
        "chunks in any order, with crashes, make the tree of the root, which goes on as any other (SNAP-5, SNAP-9)",
        arguments: [
            (0, 1000, 0), (1, 1000, 2), (2, 50, 3), (17, 1 << 20, 0), (17, 200, 3), (1000, 1 << 20, 2),
            (1000, 3000, 3), (1000, 1, 0), (50_000, 1 << 20, 3), (50_000, 100_000, 5),
        ])
    func whole(count: Int, weightMax: Int, crashIn: Int) throws {
        var bench = try Snapshots.tree(count)
        var installer = try Installer(bench.tree, version: 1, seed: UInt64(count + weightMax))
        installer.weightMax = weightMax
        installer.crashIn = crashIn
        let some = bench.map.keys.sorted { $0.lexicographicallyPrecedes($1) }
        installer.probes = Array(some.prefix(20)) + [[1, 2, 3, 4, 5, 6, 7]]
        _ = try installer.run()
        var other = try Bench(store: installer.store, map: bench.map)
        #expect(other.tree.version == 1 && other.tree.oldestVersion == 1)
        #expect(other.tree.root == bench.tree.root)
        let audit = try other.tree.check(version: 1)
        #expect(audit.fault == nil && audit.leafCount == UInt64(count))
        var draw = Draw(seed: 3)
        let keys = bench.map.keys.sorted { $0.lexicographicallyPrecedes($1) }
        for _ in 0..<20 {
            var writes = draw.writes(30, of: 200, deleteIn: 3)
            // Some of the keys that came with the snapshot are changed or deleted.
            for _ in 0..<min(10, keys.count) {
                let key = keys[draw.random.below(keys.count)]
                guard !writes.contains(where: { $0.key == key }) else { continue }
                writes.append((key: key, value: draw.random.below(2) == 0 ? nil : [1, 2, 3]))
            }
            writes.sort { $0.key.lexicographicallyPrecedes($1.key) }
            try bench.commit(writes)
            try other.commit(writes)
            #expect(other.tree.root == bench.tree.root)
        }
        for key in keys.prefix(50) { #expect(try other.tree.value(for: key) == bench.map[key]) }
        try bench.prune(before: 21)
        try other.prune(before: 21)
        let kept = try Installer.kinds(bench.store, keepingOnly: 21)
        #expect(try Installer.kinds(other.store, keepingOnly: 21) == kept)
    }

    @Test("a node that was installed serves the same chunks, which install in turn (SNAP-4, SNAP-5)")
    func handedOn() throws {
        let bench = try Snapshots.tree(700)
        var first = try Installer(bench.tree, version: 1)
        first.weightMax = 5000
        _ = try first.run()
        let tree = try first.tree()
        #expect(try Snapshots.chunks(tree, 1, weightMax: 3000) == Snapshots.chunks(bench.tree, 1, weightMax: 3000))
        var second = try Installer(tree, version: 1, seed: 2)
        second.weightMax = 2000
        _ = try second.run()
        #expect(try second.tree().root == bench.tree.root)
    }

    @Test("until it is whole nothing of a snapshot can be read, and the tree before it stays as it was (SNAP-7)")
    func hidden() throws {
        let bench = try Snapshots.tree(500)
        var old = try Bench()
        var draw = Draw(seed: 4)
        for _ in 0..<9 { try old.commit(draw.writes(20, of: 100, deleteIn: 3)) }
        try old.store.write(old.tree.pin(version: 3), durably: true)
        try old.prune(before: 6)
        let before = try Installer.kinds(old.store)
        var source = bench
        for _ in 0..<30 { try source.commit(draw.writes(20, of: 100, deleteIn: 3)) }
        var installer = try Installer(source.tree, version: 31)
        installer.store = old.store
        installer.weightMax = 1500
        #expect(try installer.run(countMax: 20) == 20)
        #expect(try StateAssembly.underWay(in: old.store, keyspace: 0x53)?.version == 31)

        old.tree = try StateTree(store: old.store, keyspace: 0x53)
        #expect(old.tree.version == 9)
        #expect(throws: StoreError.self) { try old.tree.root(version: 31) }
        for version in [3, 6, 7, 8, 9] as [UInt64] { #expect(try old.tree.check(version: version).fault == nil) }
        try old.commit(draw.writes(20, of: 100, deleteIn: 3))
        #expect(throws: StoreError.self) { try old.tree.prepare(writes: [], version: 31) }
        #expect(throws: StoreError.self) { try old.tree.prepare(writes: [], version: 32) }
        #expect(try before != Installer.kinds(old.store))

        _ = try installer.run()
        var fresh = try Installer(source.tree, version: 31)
        _ = try fresh.run()
        var new = try Bench(store: installer.store, map: source.map)
        #expect(new.tree.version == 31 && new.tree.root == source.tree.root && new.tree.pins.isEmpty)
        for version in 0..<31 as Range<UInt64> {
            #expect(throws: StoreError.pruned(version: version, oldest: 31)) { try new.tree.root(version: version) }
        }
        // Asked of a copy, since this slice is never written.
        var asked = new.tree
        #expect(try !asked.prune(before: 31, limit: 1).isDone)
        try new.prune(before: 31, limit: 1)
        var expected = try Installer.kinds(fresh.store, keepingOnly: 31)
        expected[UInt8(ascii: "S")] = nil
        let left = try Installer.kinds(new.store, keepingOnly: 31)
        #expect(left == expected, "nothing is left of what was there before (SNAP-9)")
        #expect(try new.tree.check(version: 31).leafCount == UInt64(source.map.count))
        try new.commit(draw.writes(20, of: 100, deleteIn: 3))
        #expect(new.tree.root == NaiveTree.root(of: new.map))
    }

    @Test("beginning another snapshot, or giving one up, leaves nothing of it, whatever crashes come between (SNAP-7)")
    func anew() throws {
        var old = try Bench()
        var draw = Draw(seed: 5)
        for _ in 0..<5 { try old.commit(draw.writes(20, of: 100, deleteIn: 3)) }
        let before = try old.store.scan(from: [], to: nil, limit: .max, reverse: false)
        var source = try Snapshots.tree(400)
        for _ in 0..<9 { try source.commit(draw.writes(50, of: 100, deleteIn: 3)) }
        var first = try Installer(source.tree, version: 8)
        first.store = old.store
        first.weightMax = 900
        #expect(try first.run(countMax: 30) == 30)

        var second = try Installer(source.tree, version: 10)
        second.store = old.store
        var assembly = try second.load()
        #expect(try assembly.missing() == [.all] && assembly.leafCount() == 0)
        try old.store.write(try #require(try assembly.clear(limit: 7)), durably: true)
        // Going back to the first one now is no going on: it is cleared, too.
        assembly = try first.load()
        #expect(try assembly.missing() == [.all] && assembly.leafCount() == 0)
        var batches = 0
        while let batch = try assembly.clear(limit: 7) {
            #expect(batch.operations.count <= 8)
            try old.store.write(batch, durably: true)
            batches += 1
            if batches % 5 == 0 { assembly = try first.load() }
        }
        #expect(batches > 10)
        #expect(try old.store.scan(from: [], to: nil, limit: .max, reverse: false) == before)

        second.weightMax = 900
        _ = try second.run(countMax: 30)
        assembly = try second.load()
        try assembly.abandon()
        while let batch = try assembly.clear() { try old.store.write(batch, durably: true) }
        #expect(try old.store.scan(from: [], to: nil, limit: .max, reverse: false) == before)
        #expect(try StateAssembly.underWay(in: old.store, keyspace: 0x53) == nil)
        try old.commit(draw.writes(20, of: 100, deleteIn: 3))
        #expect(old.tree.root == NaiveTree.root(of: old.map))
        #expect(throws: StoreError.self) {
            try StateAssembly(store: old.store, keyspace: 0x53, version: 6, root: .zero)
        }
    }

    @Test("chunks of another root, and chunks that are there in part, change nothing (SNAP-6)")
    func refused() throws {
        let bench = try Snapshots.tree(300)
        let other = try Snapshots.tree(300, seed: 2)
        let installer = try Installer(bench.tree, version: 1)
        let assembly = try installer.load()
        let stranger = try other.tree.chunk(version: 1).verify(root: other.tree.root)
        guard case .otherRoot = try assembly.install(stranger) else {
            Issue.record("a chunk of another root was taken")
            return
        }
        let chunks = try Snapshots.chunks(bench.tree, 1, weightMax: 1000)
        let verified = try chunks.map { try $0.verify(root: bench.tree.root) }
        for index in [chunks.count / 2, 3, 0] {
            guard case .installed(let batch) = try assembly.install(verified[index]) else {
                Issue.record("a chunk of a missing part was refused")
                return
            }
            try installer.store.write(batch, durably: true)
        }
        let before = try installer.pairs()
        for bitCount in 0..<chunks[3].prefix.bitCount {
            let prefix = StatePrefix(of: chunks[3].prefix.path, bitCount: bitCount)
            let chunk = try bench.tree.chunk(within: prefix, version: 1)
            guard chunk.prefix.bitCount < chunks[3].prefix.bitCount, chunk.prefix.contains(chunks[3].prefix.path)
            else { continue }
            guard case .overlapping = try assembly.install(chunk.verify(root: bench.tree.root)) else {
                Issue.record("a chunk that is there in part was taken")
                return
            }
        }
        let small = try bench.tree.chunk(within: chunks[3].prefix, version: 1, weightMax: 1)
        #expect(small.prefix != chunks[3].prefix)
        guard case .present = try assembly.install(small.verify(root: bench.tree.root)) else {
            Issue.record("a part of a chunk that is there was taken")
            return
        }
        #expect(try installer.pairs() == before)
    }

    @Test("the missing parts, as few as can be, and the installed ones make the whole, in path order (SNAP-6)")
    func missing() throws {
        let bench = try Snapshots.tree(300)
        var installer = try Installer(bench.tree, version: 1, seed: 6)
        installer.weightMax = 900
        let chunks = try Snapshots.chunks(bench.tree, 1, weightMax: 1)
        for _ in 0..<40 {
            let assembly = try installer.load()
            let missing = try assembly.missing(limit: .max)
            #expect(try assembly.missing(limit: 2) == Array(missing.prefix(2)))
            #expect(missing.map { $0.path } == missing.map { $0.path }.sorted())
            let isTooSmall = missing.contains { $0.bitCount > 0 && missing.contains($0.sibling) }
            #expect(!isTooSmall, "two halves that are both missing are one missing part")
            // What lies in no missing part is there: as many leaves as were installed.
            let isMissing = { (path: Digest) in missing.count { $0.contains(path) } }
            let counts = chunks.flatMap { $0.leaves }.map { isMissing(StateRule.path(of: $0.key)) }
            #expect(counts.allSatisfy { $0 <= 1 })
            #expect(try UInt64(counts.count { $0 == 0 }) == assembly.leafCount())
            if try installer.run(countMax: 1) == 0 || installer.tree().version == 1 { break }
        }
    }

    @Test("the header and the unfinished nodes lie where the specification says (SNAP-8)")
    func records() throws {
        let bench = try Snapshots.tree(300)
        let installer = try Installer(bench.tree, version: 1)
        let assembly = try installer.load()
        let chunk = try bench.tree.chunk(version: 1, weightMax: 6000)
        guard case .installed(let batch) = try assembly.install(chunk.verify(root: bench.tree.root)) else {
            Issue.record("the first chunk was refused")
            return
        }
        try installer.store.write(batch, durably: true)
        let letter = UInt8(ascii: "A")
        let count = UInt8(chunk.leaves.count)
        #expect(chunk.leaves.count < 128)
        let header = [0, 0, 0, 0, 0, 0, 0, 1] + bench.tree.root.bytes + [count, 0]
        #expect(try installer.store.value(for: [0x53, letter]) == header)
        let top = try #require(try installer.store.value(for: [0x53, letter, 0]))
        // A first chunk of one to four bits fills the first slots of the root node.
        #expect((1...4).contains(chunk.prefix.bitCount))
        let filled = UInt16.max << UInt16(16 - 16 >> chunk.prefix.bitCount)
        #expect(top.prefix(4) == [UInt8(filled >> 8), UInt8(filled & 0xff), 0, 0])
        #expect(try Installer.kinds(installer.store)[UInt8(ascii: "L")] == chunk.leaves.count)
    }

    @Test("damage to an unfinished node is found in reading, by the root in the end, or by the audit (SNAP-8)")
    func damaged() throws {
        let bench = try Snapshots.tree(300)
        var random = SeededRandom(seed: 9)
        var wholeCount = 0
        for round in 0..<60 {
            var installer = try Installer(bench.tree, version: 1, seed: UInt64(round))
            installer.weightMax = 900
            _ = try installer.run(countMax: 12)
            let letter = UInt8(ascii: "A")
            let unfinished = try installer.pairs().filter { $0.key[1] == letter && $0.key.count > 2 }
            let pair = unfinished[random.below(unfinished.count)]
            var value = pair.value
            value[random.below(value.count)] ^= UInt8(1 << random.below(8))
            var batch = WriteBatch()
            batch.put(pair.key, value)
            try installer.store.write(batch, durably: true)
            // Either an error names the damage, or it shows as a part that no chunk fits, or it was harmless.
            var isGoingOn = true
            while isGoingOn {
                do throws(any Error) {
                    let assembly = try installer.load()
                    switch try assembly.install(try installer.fetch(assembly)) {
                    case .installed(let batch): try installer.store.write(batch, durably: true)
                    case .completed(let batch):
                        try installer.store.write(batch, durably: true)
                        isGoingOn = false
                    case .present, .overlapping, .otherRoot: isGoingOn = false
                    }
                } catch StoreError.corrupt {
                    isGoingOn = false
                }
            }
            let tree = try installer.tree()
            guard tree.version == 1 else { continue }
            #expect(tree.root == bench.tree.root)
            // What the digests do not cover, such as the address of a leaf.
            let audit = try tree.check(version: 1)
            #expect(audit.fault != nil || audit.leafCount == UInt64(bench.map.count))
            wholeCount += 1
        }
        #expect(wholeCount < 20, "most changes are found before")
    }
}
