// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Storage
import Testing

@Suite("MemoryStore: pairs ordered by key")
struct MemoryStoreTests {
    @Test("reads and scans agree with a plain sorted map under any writes (STORE-4)")
    func model() throws {
        var random = SeededRandom(seed: 1)
        let store = MemoryStore()
        var map: [[UInt8]: [UInt8]] = [:]
        for _ in 0..<60 {
            var batch = WriteBatch()
            for _ in 0..<random.below(120) {
                let key = random.bytes(count: 1 + random.below(2))
                if random.below(3) == 0 {
                    batch.delete(key)
                    map[key] = nil
                } else {
                    let value = random.bytes(count: random.below(9))
                    batch.put(key, value)
                    map[key] = value
                }
            }
            try store.write(batch, durably: false)
            let sorted = map.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
                StoredPair(key: $0.key, value: $0.value)
            }
            let start = random.bytes(count: random.below(3))
            let end = random.below(3) == 0 ? nil : random.bytes(count: 1)
            let range = sorted.filter { pair in
                !pair.key.lexicographicallyPrecedes(start)
                    && end.map { pair.key.lexicographicallyPrecedes($0) } ?? true
            }
            let limit = random.below(2) == 0 ? 7 : 100_000
            #expect(
                try store.scan(from: start, to: end, limit: limit, reverse: false)
                    == Array(range.prefix(limit)))
            let reversed = Array(range.reversed().prefix(limit))
            #expect(try store.scan(from: start, to: end, limit: limit, reverse: true) == reversed)
            #expect(store.count == map.count)
            let keys = (0..<20).map { _ in random.bytes(count: 2) }
            #expect(try store.values(for: keys) == keys.map { map[$0] })
        }
    }

    @Test("keys that share their first bytes or begin others are told apart; what is exchanged comes back")
    func likeKeys() throws {
        var random = SeededRandom(seed: 2)
        let store = MemoryStore()
        var map: [[UInt8]: [UInt8]] = [:]
        /// Zeros, ones and ends where the heads of a chunk begin and end.
        func key() -> [UInt8] {
            let shared = [UInt8](repeating: 0, count: [0, 3, 3, 3, 12][random.below(5)])
            return shared + random.bytes(count: random.below(20)).map { $0 & 1 }
        }
        for round in 0..<40 {
            var batch = WriteBatch()
            for _ in 0..<200 {
                if random.below(4) == 0 { batch.delete(key()) } else { batch.put(key(), random.bytes(count: 2)) }
            }
            let before = try store.scan(from: [], to: nil, limit: 100_000, reverse: false)
            let undo = try store.exchange(batch)
            if round % 3 == 0 {
                try store.write(undo, durably: true)
                #expect(try store.scan(from: [], to: nil, limit: 100_000, reverse: false) == before)
                continue
            }
            for operation in batch.operations { map[operation.key] = operation.value }
            let sorted = map.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            let pairs = try store.scan(from: [], to: nil, limit: 100_000, reverse: false)
            #expect(pairs == sorted.map { StoredPair(key: $0.key, value: $0.value) })
            let keys = (0..<50).map { _ in key() }
            #expect(try store.values(for: keys) == keys.map { map[$0] })
        }
    }

    @Test("a key to be deleted once must hold what was put once since it held nothing (STORE-9)")
    func deletedOnce() throws {
        func batch(_ body: (inout WriteBatch) -> Void) -> WriteBatch {
            var batch = WriteBatch()
            body(&batch)
            return batch
        }
        let store = MemoryStore()
        let put = batch { $0.put([1], [1]) }
        let once = batch { $0.deleteOnce([1]) }
        #expect(throws: StoreError.self) { try store.write(once, durably: false) }
        for _ in 0..<3 {
            try store.write(put, durably: false)
            try store.write(once, durably: false)
            #expect(try store.value(for: [1]) == nil)
        }
        #expect(throws: StoreError.self) { try store.write(once, durably: false) }
        try store.write(put, durably: false)
        try store.write(put, durably: false)
        #expect(throws: StoreError.self) { try store.write(once, durably: false) }
        #expect(throws: StoreError.self) { try store.fork().write(once, durably: false) }
        // Another delete makes it a key like any other again.
        try store.write(batch { $0.delete([1]) }, durably: false)
        try store.write(put, durably: false)
        try store.write(once, durably: false)
        #expect(store.count == 0)
    }

    @Test("a fork and its origin go separate ways")
    func fork() throws {
        let store = MemoryStore()
        var batch = WriteBatch()
        batch.put([1], [1])
        try store.write(batch, durably: true)
        let fork = store.fork()
        var later = WriteBatch()
        later.delete([1])
        try store.write(later, durably: true)
        #expect(try store.value(for: [1]) == nil)
        #expect(try fork.value(for: [1]) == [1])
    }

    @Test("after close every call fails and none traps (STORE-8)")
    func closed() throws {
        let store = MemoryStore()
        try store.close()
        try store.close()
        #expect(throws: StoreError.self) { try store.value(for: [1]) }
        #expect(throws: StoreError.self) { try store.scan(from: [], to: nil, limit: 1, reverse: true) }
        #expect(throws: StoreError.self) { try store.write(WriteBatch(), durably: true) }
        #expect(throws: StoreError.self) { try store.flush() }
    }
}
