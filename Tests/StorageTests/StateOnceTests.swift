// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Storage
import Testing

/// The store in memory refuses a single delete of what was put over or holds nothing (STORE-9), so every test of the
/// tree proves the rule along the way; here is where it could break.
@Suite("Records of the state tree are put once and deleted once")
struct StateOnceTests {
    @Test("what a snapshot leaves behind and the journals among it are deleted once, in any slices (STATE-17)")
    func sweep() throws {
        for limit in [1, 3_000, 1 << 20] {
            var draw = Draw(seed: 21)
            var old = try Bench()
            for _ in 0..<20 { try old.commit(draw.writes(30, of: 90, deleteIn: 3)) }
            // A snapshot that is given up, then the same one again: its records are put anew under the same keys.
            var source = try Snapshots.tree(500)
            for _ in 0..<30 { try source.commit(draw.writes(40, of: 100, deleteIn: 3)) }
            var installer = try Installer(source.tree, version: 30)
            installer.store = old.store
            installer.weightMax = 900
            _ = try installer.run(countMax: 20)
            var assembly = try installer.load()
            try assembly.abandon()
            while let batch = try assembly.clear(limit: 64) { try old.store.write(batch, durably: false) }
            _ = try installer.run()
            var tree = try installer.tree()
            var isDone = false
            var seen: Set<[UInt8]> = []
            while !isDone {
                let slice = try tree.prune(before: 30, limit: limit)
                for key in slice.deletesOnce + slice.deletes {
                    #expect(seen.insert(key).inserted, "a record is deleted twice")
                }
                var batch = WriteBatch()
                slice.append(to: &batch)
                try old.store.write(batch, durably: false)
                isDone = slice.isDone
            }
            #expect(seen.count > 500)
            #expect(try tree.check(version: 30).fault == nil)
        }
    }

    @Test("crashes before and after slices were written delete nothing twice (STATE-17)")
    func again() throws {
        var draw = Draw(seed: 22)
        var bench = try Bench()
        for _ in 0..<60 { try bench.commit(draw.writes(30, of: 200, deleteIn: 3)) }
        var tree = bench.tree
        var slices = 0
        for oldest in [20, 40, 55] as [UInt64] {
            var isDone = false
            while !isDone {
                var slice = try tree.prune(before: oldest, limit: 1)
                if slices % 3 == 1 {
                    // A crash before the slice was written: the tree is loaded anew and asked again.
                    tree = try StateTree(store: bench.store, keyspace: 0x53, cacheBytesMax: 0)
                    slice = try tree.prune(before: oldest, limit: 1)
                }
                var batch = WriteBatch()
                slice.append(to: &batch)
                try bench.store.write(batch, durably: false)
                if slices % 3 == 2 { tree = try StateTree(store: bench.store, keyspace: 0x53, cacheBytesMax: 0) }
                isDone = slice.isDone
                slices += 1
            }
        }
        #expect(slices > 20)
        #expect(try tree.check(version: 60).fault == nil)
    }
}
