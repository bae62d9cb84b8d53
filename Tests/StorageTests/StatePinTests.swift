// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Storage
import Testing

/// A tree whose every version's leaves are known by the version that wrote them.
struct PinBench {
    var bench: Bench
    /// For each version, which version wrote each key that holds something.
    var writers: [UInt64: [[UInt8]: UInt64]] = [0: [:]]
    var pins: Set<UInt64> = []
    var oldest: UInt64 = 0

    init(cacheBytesMax: Int) throws { bench = try Bench(cacheBytesMax: cacheBytesMax) }

    var version: UInt64 { bench.tree.version }

    mutating func commit(_ writes: [(key: [UInt8], value: [UInt8]?)]) throws {
        var writer = writers[version] ?? [:]
        for write in writes { writer[write.key] = write.value == nil ? nil : version + 1 }
        try bench.commit(writes)
        writers[version] = writer
    }

    mutating func pin(_ version: UInt64) throws {
        try bench.store.write(bench.tree.pin(version: version), durably: true)
        pins.insert(version)
    }

    mutating func release(_ version: UInt64) throws {
        try bench.store.write(bench.tree.release(version: version), durably: true)
        pins.remove(version)
    }

    /// Writes at most `slices` slices.
    /// - Returns: whether pruning came to its end.
    mutating func prune(before version: UInt64, limit: Int, slices: Int = .max) throws -> Bool {
        oldest = max(oldest, version)
        var left = slices
        while left > 0 {
            left -= 1
            let slice = try bench.tree.prune(before: version, limit: limit)
            #expect(
                slice.deletes.count + slice.deletesOnce.count <= max(limit, 1025)
                    && slice.puts.count <= max(limit, 1025))
            var batch = WriteBatch()
            slice.append(to: &batch)
            try bench.store.write(batch, durably: true)
            if slice.isDone { return true }
        }
        return false
    }

    mutating func reload() throws {
        bench.tree = try StateTree(store: bench.store, keyspace: 0x53, cacheBytesMax: 10_000)
    }

    func isPromised(_ version: UInt64) -> Bool { version >= oldest || pins.contains(version) }

    func count(_ kind: Character) throws -> Int {
        let letter = kind.asciiValue ?? 0
        return try bench.store.scan(from: [0x53, letter], to: [0x53, letter + 1], limit: .max, reverse: false).count
    }

    /// Every promised version reads, proves and hashes as it was written; every other one says it is pruned.
    func expectPromises(_ draw: inout Draw) throws {
        #expect(bench.tree.pins == pins.sorted())
        for version in 0...version {
            guard isPromised(version) else {
                #expect(throws: StoreError.pruned(version: version, oldest: oldest)) {
                    try bench.tree.root(version: version)
                }
                continue
            }
            let map = bench.history[version] ?? [:]
            let root = try bench.tree.root(version: version)
            #expect(root == NaiveTree.root(of: map))
            let audit = try bench.tree.check(version: version)
            #expect(audit.fault == nil)
            #expect(audit.leafCount == UInt64(map.count))
            for _ in 0..<4 {
                let key = draw.key(of: 160)
                #expect(try bench.tree.value(for: key, version: version) == map[key])
                let proof = try bench.tree.proof(for: key, version: version)
                #expect(proof.verify(key: key, value: map[key], root: root))
            }
        }
    }

    /// Where pruning has come to its end, only what a promised version needs is there.
    func expectNothingElse() throws {
        struct Written: Hashable {
            let key: [UInt8]
            let born: UInt64
        }
        var needed: Set<Written> = []
        var roots = 0
        for (version, writer) in writers where isPromised(version) {
            // Version 0 has no record: nobody wrote it.
            if version > 0 { roots += 1 }
            for (key, born) in writer { needed.insert(Written(key: key, born: born)) }
        }
        #expect(try count("L") == needed.count)
        #expect(try count("R") == roots)
        #expect(try count("P") == pins.count)
    }
}

@Suite("Pinned versions of the state tree")
struct StatePinTests {
    @Test(
        "under any pins, releases, prunings and crashes promised versions stay, and no others (STATE-15, STATE-16)",
        arguments: [1, 2, 3, 4] as [UInt64])
    func model(seed: UInt64) throws {
        var draw = Draw(seed: seed)
        var pinned = try PinBench(cacheBytesMax: [0, 4_000, 1 << 20][Int(seed % 3)])
        var plain = try Bench()
        for round in 1...300 {
            let writes = draw.writes(draw.random.below(20), of: 150, deleteIn: 3)
            try pinned.commit(writes)
            try plain.commit(writes)
            if draw.random.below(8) == 0, pinned.pins.count < 6 {
                let kept = Int(pinned.version - pinned.oldest)
                try pinned.pin(pinned.version - UInt64(draw.random.below(kept + 1)))
            }
            if draw.random.below(16) == 0, let version = pinned.pins.sorted().randomElement(using: &draw.random) {
                try pinned.release(version)
            }
            if draw.random.below(5) == 0 {
                let kept = Int(pinned.version - pinned.oldest)
                let oldest = pinned.version - UInt64(draw.random.below(kept + 1)) / 2
                let slices = draw.random.below(3) == 0 ? Int.max : 1 + draw.random.below(4)
                if try pinned.prune(before: oldest, limit: 1, slices: slices) { try pinned.expectNothingElse() }
            }
            if draw.random.below(12) == 0 {
                // A crash: what was asked for and not written is as if it had never been asked for.
                if draw.random.below(2) == 0 {
                    _ = try pinned.bench.tree.prune(before: pinned.version)
                    for version in pinned.pins.sorted() { _ = pinned.bench.tree.release(version: version) }
                    _ = try pinned.bench.tree.pin(version: pinned.version)
                }
                try pinned.reload()
            }
            if round % 25 == 0 { try pinned.expectPromises(&draw) }
        }
        for version in pinned.pins.sorted() { try pinned.release(version) }
        #expect(try pinned.prune(before: pinned.version, limit: 4096))
        try pinned.expectPromises(&draw)
        try plain.prune(before: plain.tree.version)
        let left = try pinned.bench.store.scan(from: [], to: nil, limit: .max, reverse: false)
        let expected = try plain.store.scan(from: [], to: nil, limit: .max, reverse: false)
        #expect(left == expected, "a tree that never pinned holds the same records, byte by byte")
    }

    @Test("a release that is lost in a crash leaves the version pinned and whole (STATE-15)")
    func lostRelease() throws {
        var draw = Draw(seed: 9)
        var pinned = try PinBench(cacheBytesMax: 0)
        for _ in 0..<20 { try pinned.commit(draw.writes(20, of: 150, deleteIn: 3)) }
        try pinned.pin(7)
        _ = pinned.bench.tree.release(version: 7)
        try pinned.reload()
        #expect(try pinned.prune(before: 20, limit: 1))
        try pinned.expectPromises(&draw)
        try pinned.expectNothingElse()
    }

    @Test("what was held for a released pin is deleted, also by a tree that was loaded after the release (STATE-16)")
    func releasedBeforeLoad() throws {
        var draw = Draw(seed: 10)
        var pinned = try PinBench(cacheBytesMax: 0)
        for _ in 0..<40 { try pinned.commit(draw.writes(20, of: 150, deleteIn: 3)) }
        for version in [5, 6, 20, 33] as [UInt64] { try pinned.pin(version) }
        #expect(try pinned.prune(before: 40, limit: 1))
        try pinned.expectNothingElse()
        #expect(try pinned.count("H") > 0)
        for version in [20, 5] as [UInt64] {
            try pinned.release(version)
            try pinned.reload()
            #expect(try !pinned.prune(before: 40, limit: 1, slices: 1))
            try pinned.reload()
            try pinned.expectPromises(&draw)
            #expect(try pinned.prune(before: 40, limit: 1))
            try pinned.expectNothingElse()
            try pinned.expectPromises(&draw)
        }
        for version in [6, 33] as [UInt64] { try pinned.release(version) }
        #expect(try pinned.prune(before: 40, limit: 1))
        #expect(try pinned.count("H") == 0)
    }

    @Test("only versions that are there can be pinned; pinning or releasing twice does nothing (STATE-15)")
    func refusals() throws {
        var draw = Draw(seed: 11)
        var pinned = try PinBench(cacheBytesMax: 0)
        for _ in 0..<10 { try pinned.commit(draw.writes(10, of: 50, deleteIn: 3)) }
        #expect(try pinned.prune(before: 5, limit: 1))
        #expect(throws: StoreError.pruned(version: 4, oldest: 5)) { try pinned.bench.tree.pin(version: 4) }
        #expect(throws: StoreError.unknownVersion(version: 11, latest: 10)) {
            try pinned.bench.tree.pin(version: 11)
        }
        try pinned.pin(10)
        #expect(try pinned.bench.tree.pin(version: 10).isEmpty)
        #expect(pinned.bench.tree.release(version: 9).isEmpty)
        try pinned.release(10)
        #expect(pinned.bench.tree.pins.isEmpty)
        #expect(pinned.bench.tree.release(version: 10).isEmpty)
    }

    @Test(
        "a copy that was left behind says that its newest version is pruned, never that the store is damaged (STATE-13)"
    )
    func leftBehind() throws {
        var draw = Draw(seed: 13)
        var pinned = try PinBench(cacheBytesMax: 0)
        for _ in 0..<5 { try pinned.commit(draw.writes(20, of: 150, deleteIn: 3)) }
        let reader = pinned.bench.tree
        let map = pinned.bench.history[5] ?? [:]
        #expect(!map.isEmpty)
        for key in map.keys { #expect(try reader.value(for: key) == map[key]) }
        for _ in 0..<40 { try pinned.commit(draw.writes(60, of: 150, deleteIn: 3)) }
        #expect(try pinned.prune(before: 45, limit: 100_000))
        let keys = Array(map.keys)
        var gone = 0
        for key in keys {
            do { #expect(try reader.value(for: key) == map[key]) } catch {
                #expect(error == StoreError.pruned(version: 5, oldest: 45))
                gone += 1
            }
        }
        #expect(gone > 0)
        #expect(throws: StoreError.pruned(version: 5, oldest: 45)) { try reader.values(for: keys) }
    }

    @Test("a copy that reads on at a pin finds it pruned once it is released elsewhere, never damaged (STATE-13)")
    func reader() throws {
        var draw = Draw(seed: 12)
        var pinned = try PinBench(cacheBytesMax: 0)
        for _ in 0..<30 { try pinned.commit(draw.writes(20, of: 150, deleteIn: 3)) }
        try pinned.pin(10)
        #expect(try pinned.prune(before: 30, limit: 1))
        let reader = pinned.bench.tree
        let map = pinned.bench.history[10] ?? [:]
        for key in map.keys { #expect(try reader.value(for: key, version: 10) == map[key]) }
        try pinned.release(10)
        #expect(try pinned.prune(before: 30, limit: 1))
        for key in map.keys {
            #expect(throws: StoreError.pruned(version: 10, oldest: 30)) { try reader.value(for: key, version: 10) }
        }
    }
}
