// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Storage
import Testing

/// Trees to take chunks of, and their chunks.
enum Snapshots {
    /// A tree of `count` leaves; about one value in fifty is long.
    static func tree(_ count: Int, seed: UInt64 = 1, valueBytesMax: Int = 60) throws -> Bench {
        var random = SeededRandom(seed: seed)
        var bench = try Bench()
        let writes = (0..<count).map { index in
            let isLong = random.below(50) == 0
            let value = random.bytes(count: random.below(isLong ? 40 * valueBytesMax : valueBytesMax))
            return (key: Array("key-\(seed)-\(index)".utf8), value: Optional(value))
        }
        try bench.commit(writes.sorted { $0.key.lexicographicallyPrecedes($1.key) })
        return bench
    }

    /// All chunks, in path order.
    static func chunks(
        _ tree: StateTree<MemoryStore>, _ version: UInt64, weightMax: Int = Limits.chunkWeightMax
    ) throws -> [StateChunk] {
        var chunks: [StateChunk] = []
        var missing = [StatePrefix.all]
        while let prefix = missing.popLast() {
            let chunk = try tree.chunk(within: prefix, version: version, weightMax: weightMax)
            #expect(chunk.prefix.path == prefix.path, "a chunk begins where it was asked to")
            // The other half of each subtree between the one asked for and the one given, the lowest last.
            missing += stride(from: chunk.prefix.bitCount, to: prefix.bitCount, by: -1).map {
                StatePrefix(of: chunk.prefix.path, bitCount: $0).sibling
            }.reversed()
            chunks.append(chunk)
        }
        return chunks
    }

    /// A key whose path begins with `bits`, and has no leaf of `map`.
    static func key(_ bits: String, avoiding map: [[UInt8]: [UInt8]] = [:]) -> [UInt8] {
        var index = 0
        while true {
            let key = Array("ground-\(index)".utf8)
            let path = StateRule.path(of: key)
            let isFound = bits.enumerated().allSatisfy { path.bit($0.offset) == ($0.element == "1") }
            if isFound, map[key] == nil { return key }
            index += 1
        }
    }

    static func prefix(_ bits: String) -> StatePrefix {
        var bytes = [UInt8](repeating: 0, count: 32)
        for (index, bit) in bits.enumerated() where bit == "1" { bytes[index / 8] |= 0x80 >> UInt8(index % 8) }
        return StatePrefix(of: Digest(bytes) ?? Digest.zero, bitCount: bits.count)
    }
}

@Suite("Chunks of a snapshot: made and checked")
struct StateChunkTests {
    @Test(
        "the chunks of a version are verified one by one and hold every leaf once, in order (SNAP-2 to SNAP-4)",
        arguments: [
            (0, 1000), (1, 1000), (2, 1000), (2, 50), (17, 1 << 20), (17, 300), (1000, 1 << 20), (1000, 4000),
            (1000, 1), (100, .min), (100, .max), (50_000, 1 << 20), (50_000, 60_000),
        ])
    func all(count: Int, weightMax: Int) throws {
        let bench = try Snapshots.tree(count)
        let chunks = try Snapshots.chunks(bench.tree, 1, weightMax: weightMax)
        var paths: [Digest] = []
        var map: [[UInt8]: [UInt8]] = [:]
        for chunk in chunks {
            #expect(chunk.weight <= weightMax || chunk.leaves.count <= 1)
            let bytes = chunk.encoded
            let decoded = try StateChunk(decoding: bytes)
            #expect(decoded == chunk)
            #expect(try decoded.verify(root: bench.tree.root).root == bench.tree.root)
            paths += chunk.leaves.map { StateRule.path(of: $0.key) }
            for leaf in chunk.leaves { map[leaf.key] = leaf.value }
        }
        #expect(paths == paths.sorted() && Set(paths).count == paths.count)
        #expect(map == bench.map)
        let weight = chunks.reduce(0) { $0 + $1.weight }
        // Two neighbours that fitted together would have been one.
        if (2...Limits.chunkWeightMax).contains(weightMax) { #expect(chunks.count <= 4 * weight / weightMax + 12) }
    }

    @Test("chunks are of the version asked for, also of a pinned one; a forgotten one is pruned (SNAP-4)")
    func versions() throws {
        var draw = Draw(seed: 5)
        var bench = try Bench(cacheBytesMax: 4_000)
        for _ in 0..<30 { try bench.commit(draw.writes(40, of: 250, deleteIn: 3)) }
        try bench.store.write(bench.tree.pin(version: 11), durably: true)
        try bench.prune(before: 25)
        for version in [11, 25, 28, 30] as [UInt64] {
            var map: [[UInt8]: [UInt8]] = [:]
            let root = try bench.tree.root(version: version)
            for chunk in try Snapshots.chunks(bench.tree, version, weightMax: 700) {
                _ = try chunk.verify(root: root)
                for leaf in chunk.leaves { map[leaf.key] = leaf.value }
            }
            #expect(map == bench.history[version])
        }
        #expect(throws: StoreError.pruned(version: 12, oldest: 25)) { try bench.tree.chunk(version: 12) }
        #expect(throws: StoreError.unknownVersion(version: 31, latest: 30)) { try bench.tree.chunk(version: 31) }
    }

    @Test("a chunk within any prefix holds the prefix or lies within it, and is as large as can be (SNAP-4)")
    func anyPrefix() throws {
        let bench = try Snapshots.tree(300)
        let tiles = Set(try Snapshots.chunks(bench.tree, 1, weightMax: 2000).map { $0.prefix })
        var random = SeededRandom(seed: 8)
        for _ in 0..<200 {
            let path = StateRule.path(of: random.bytes(count: 8))
            let prefix = StatePrefix(of: path, bitCount: random.below(40))
            let chunk = try bench.tree.chunk(within: prefix, version: 1, weightMax: 2000)
            _ = try chunk.verify(root: bench.tree.root)
            if chunk.prefix.bitCount >= prefix.bitCount {
                #expect(chunk.prefix.path == prefix.path)
                #expect(chunk.prefix == prefix || tiles.contains(chunk.prefix))
            } else {
                #expect(chunk.prefix.contains(prefix.path) && chunk.leaves.count <= 1)
            }
        }
    }

    @Test("an empty subtree is proven empty, and no deeper than the tree branches (SNAP-3)")
    func empty() throws {
        var bench = try Bench()
        let keys = ["00", "01"].map { Snapshots.key($0) }
        try bench.commit(keys.sorted { $0.lexicographicallyPrecedes($1) }.map { (key: $0, value: [1]) })
        let chunk = try bench.tree.chunk(within: Snapshots.prefix("11010"), version: 1)
        #expect(chunk.prefix == Snapshots.prefix("1") && chunk.leaves.isEmpty)
        _ = try chunk.verify(root: bench.tree.root)
        let deeper = StateChunk(
            prefix: Snapshots.prefix("11"), siblings: chunk.siblings + [Digest.zero], leaves: [])
        #expect(throws: StateChunkError.self) { try deeper.verify(root: bench.tree.root) }
        let lone = try bench.tree.chunk(within: Snapshots.prefix("00"), version: 1)
        #expect(lone.leaves.map { $0.key } == [keys[0]])
        let path = StateRule.path(of: keys[0])
        let deeperLone = StateChunk(
            prefix: StatePrefix(of: path, bitCount: 3), siblings: lone.siblings + [Digest.zero], leaves: lone.leaves)
        #expect(throws: StateChunkError.self) { try deeperLone.verify(root: bench.tree.root) }
    }

    @Test("keys that share many bits on purpose are told apart and verified all the same (SNAP-3)")
    func deep() throws {
        var bench = try Bench()
        var map: [[UInt8]: [UInt8]] = [:]
        for bits in ["0101010101010101", "010101010101010", "01010101", "1", "010111", "0101010101010101"] {
            map[Snapshots.key(bits, avoiding: map)] = [UInt8](repeating: 7, count: map.count)
        }
        let keys = map.keys.sorted { $0.lexicographicallyPrecedes($1) }
        try bench.commit(keys.map { (key: $0, value: map[$0]) })
        #expect(bench.tree.root == NaiveTree.root(of: map))
        for weightMax in [1, 100, 1000] {
            let chunks = try Snapshots.chunks(bench.tree, 1, weightMax: weightMax)
            for chunk in chunks { _ = try chunk.verify(root: bench.tree.root) }
            #expect(chunks.reduce(0) { $0 + $1.leaves.count } == map.count)
        }
    }

    /// Checked by the Python of docs/spec/snapshot.md with OpenSSL's SM3.
    @Test("a chunk has the bytes the specification's own program accepts (SNAP-2, SNAP-3)")
    func vector() throws {
        var bench = try Bench()
        let writes = (0..<17).map { (key: Array("key-\($0)".utf8), value: Optional(Array("value-\($0)".utf8))) }
        try bench.commit(writes.sorted { $0.key.lexicographicallyPrecedes($1.key) })
        let chunk = try bench.tree.chunk(within: Snapshots.prefix("1"), version: 1, weightMax: 200)
        let vector =
            "0280c0e9bb929334fe12490c18910ca6e56b85f754d72d9a42802a657d92a7ea5af75191ad3d7554d7b5ebbcc5"
            + "4f7239b760ae28c99565286e02e8684c2cc7395a2e5f03066b65792d31340876616c75652d3134056b65792d33"
            + "0776616c75652d33056b65792d350776616c75652d35"
        #expect(Hex.encode(chunk.encoded) == vector)
        #expect(chunk.prefix == Snapshots.prefix("10"))
    }

    @Test("a prefix has one byte form, and holds the paths that begin with it (SNAP-1)")
    func prefixes() throws {
        let prefix = Snapshots.prefix("10110000011")
        #expect(prefix.encoded == [11, 0b1011_0000, 0b0110_0000])
        #expect(try StatePrefix(decoding: prefix.encoded) == prefix)
        #expect(throws: DecodeError.notCanonical(offset: 1)) { try StatePrefix(decoding: [11, 0xb0, 0x61]) }
        #expect(throws: DecodeError.self) { try StatePrefix(decoding: [0x81, 2] + [UInt8](repeating: 0, count: 33)) }
        let all = Digest([UInt8](repeating: 0xff, count: 32)) ?? Digest.zero
        for bitCount in 0...256 {
            let prefix = StatePrefix(of: all, bitCount: bitCount)
            #expect(try StatePrefix(decoding: prefix.encoded) == prefix)
            #expect(prefix.contains(all))
            #expect(prefix.contains(Digest.zero) == (bitCount == 0))
            guard bitCount > 0 else { continue }
            #expect(prefix.sibling.sibling == prefix && prefix.sibling.parent == prefix.parent)
            #expect(!prefix.sibling.contains(all) && prefix.parent.contains(prefix.sibling.path))
        }
    }
}

@Suite("Chunks of a snapshot: forged")
struct ForgedChunkTests {
    private static func expectRefused(
        _ chunk: StateChunk, _ root: Digest, _ isExpected: (StateChunkError) -> Bool, _ what: Comment
    ) {
        do throws(StateChunkError) {
            _ = try chunk.verify(root: root)
            Issue.record("accepted: \(what)")
        } catch {
            #expect(isExpected(error), what)
        }
    }

    private static func isOtherRoot(_ error: StateChunkError) -> Bool {
        if case .otherRoot = error { true } else { false }
    }

    @Test("leaves left out, added, changed, repeated, put elsewhere or in another order are refused by name (SNAP-3)")
    func leaves() throws {
        let bench = try Snapshots.tree(400)
        let root = bench.tree.root
        for chunk in try Snapshots.chunks(bench.tree, 1, weightMax: 3000) where chunk.leaves.count > 2 {
            let with = { (leaves: [StateChunk.Leaf]) in
                StateChunk(prefix: chunk.prefix, siblings: chunk.siblings, leaves: leaves)
            }
            for index in chunk.leaves.indices {
                var leaves = chunk.leaves
                let leaf = leaves.remove(at: index)
                Self.expectRefused(with(leaves), root, Self.isOtherRoot, "a leaf left out")
                leaves.insert(.init(key: leaf.key, value: leaf.value + [0]), at: index)
                Self.expectRefused(with(leaves), root, Self.isOtherRoot, "a value changed")
                leaves = chunk.leaves
                leaves.insert(leaf, at: index)
                Self.expectRefused(with(leaves), root, { $0 == .unorderedLeaf(index: index + 1) }, "a leaf twice")
                guard index > 0 else { continue }
                leaves = chunk.leaves
                leaves.swapAt(index - 1, index)
                Self.expectRefused(with(leaves), root, { $0 == .unorderedLeaf(index: index) }, "another order")
            }
            let stranger = StateChunk.Leaf(key: [9, 9, 9], value: [])
            let place = chunk.prefix.contains(StateRule.path(of: stranger.key)) ? nil : 0
            Self.expectRefused(
                with([stranger] + chunk.leaves), root,
                { place == nil || $0 == .foreignLeaf(index: 0) }, "a leaf of another subtree")
            var leaves = chunk.leaves
            let inside = Self.key(in: chunk.prefix)
            let path = StateRule.path(of: inside)
            let at = leaves.firstIndex { path < StateRule.path(of: $0.key) } ?? leaves.count
            leaves.insert(.init(key: inside, value: [1]), at: at)
            Self.expectRefused(with(leaves), root, Self.isOtherRoot, "a leaf added")
            Self.expectRefused(with([]), root, Self.isOtherRoot, "all leaves left out")
        }
    }

    private static func key(in prefix: StatePrefix) -> [UInt8] {
        var index = 0
        while !prefix.contains(StateRule.path(of: Array("added-\(index)".utf8))) { index += 1 }
        return Array("added-\(index)".utf8)
    }

    @Test("another way, another place or another state is refused (SNAP-3)")
    func ways() throws {
        let bench = try Snapshots.tree(400)
        let other = try Snapshots.tree(400, seed: 2)
        let root = bench.tree.root
        for chunk in try Snapshots.chunks(bench.tree, 1, weightMax: 3000) {
            Self.expectRefused(chunk, other.tree.root, Self.isOtherRoot, "another state")
            for index in chunk.siblings.indices {
                var siblings = chunk.siblings
                siblings[index] = siblings[index] == .zero ? root : .zero
                let forged = StateChunk(prefix: chunk.prefix, siblings: siblings, leaves: chunk.leaves)
                Self.expectRefused(forged, root, Self.isOtherRoot, "another sibling")
            }
            let moved = StateChunk(prefix: chunk.prefix.sibling, siblings: chunk.siblings, leaves: chunk.leaves)
            Self.expectRefused(
                moved, root, { chunk.leaves.isEmpty || $0 == .foreignLeaf(index: 0) }, "the place beside it")
            let above = StateChunk(
                prefix: chunk.prefix.parent, siblings: Array(chunk.siblings.dropLast()), leaves: chunk.leaves)
            Self.expectRefused(above, root, Self.isOtherRoot, "the half given for the whole")
        }
    }

    @Test("a chunk heavier than the limit is refused unread, and by the check too (SNAP-2)")
    func oversized() throws {
        let value = [UInt8](repeating: 1, count: Limits.stateValueBytesMax)
        let leaves = (0..<17 as Range<UInt8>).map { StateChunk.Leaf(key: [$0], value: value) }
        let chunk = StateChunk(prefix: .all, siblings: [], leaves: leaves)
        #expect(throws: DecodeError.self) { try StateChunk(decoding: chunk.encoded) }
        let limit = Limits.chunkWeightMax
        Self.expectRefused(chunk, .zero, { $0 == .oversized(weight: chunk.weight, limit: limit) }, "too heavy")
        let long = StateChunk.Leaf(key: [], value: value + [1])
        #expect(throws: DecodeError.self) { try StateChunk.Leaf(decoding: long.encoded) }
        let longKey = StateChunk.Leaf(key: [UInt8](repeating: 0, count: Limits.stateKeyBytesMax + 1), value: [])
        #expect(throws: DecodeError.self) { try StateChunk.Leaf(decoding: longKey.encoded) }
        var encoder = Encoder()
        encoder.raw([0])
        encoder.count(1 << 30)
        #expect(throws: DecodeError.self) { try StateChunk(decoding: encoder.bytes) }
    }

    @Test("no byte of a chunk can be changed, cut off or added (SNAP-2, SNAP-3)")
    func bytes() throws {
        let bench = try Snapshots.tree(120)
        let root = bench.tree.root
        let chunks = try Snapshots.chunks(bench.tree, 1, weightMax: 1500)
        var random = SeededRandom(seed: 77)
        for round in 0..<2_000 {
            let chunk = chunks[random.below(chunks.count)]
            var bytes = chunk.encoded
            // Every other change goes to the first bytes: prefix, map and siblings.
            let end = round % 2 == 0 ? bytes.count : min(bytes.count, 12)
            bytes[random.below(end)] ^= UInt8(1 + random.below(255))
            guard let changed = try? StateChunk(decoding: bytes) else { continue }
            #expect(changed.encoded == bytes)
            #expect((try? changed.verify(root: root)) == nil, "round \(round)")
        }
        for chunk in chunks {
            let bytes = chunk.encoded
            for count in bytes.indices {
                #expect(throws: DecodeError.self) { try StateChunk(decoding: Array(bytes[..<count])) }
            }
            #expect(throws: DecodeError.trailing(offset: bytes.count)) { try StateChunk(decoding: bytes + [0]) }
        }
    }
}
