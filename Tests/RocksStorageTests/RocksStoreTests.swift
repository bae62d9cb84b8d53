// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import RocksStorage
import Storage
import Testing

@Suite("RocksStore: one directory, one owner, real disk")
struct RocksStoreTests {
    @Test("reads, batched reads and scans agree with the store in memory under any writes (STORE-4)")
    func model() throws {
        let folder = Folder()
        let store = try RocksStore(path: folder.store)
        let model = MemoryStore()
        var random = SeededRandom(seed: 1)
        for round in 0..<60 {
            var batch = WriteBatch()
            for _ in 0..<random.below(150) {
                let key = random.bytes(count: random.below(3))
                if random.below(3) == 0 {
                    batch.delete(key)
                } else {
                    batch.put(key, random.bytes(count: random.below(9)))
                }
            }
            try store.write(batch, durably: round % 7 == 0)
            try model.write(batch, durably: false)
            if round % 20 == 19 { try store.compact() }
            let start = random.bytes(count: random.below(3))
            let end = random.below(3) == 0 ? nil : random.bytes(count: random.below(2))
            for (limit, reverse) in [(7, true), (7, false), (100_000, true), (100_000, false), (0, true)] {
                let found = try store.scan(from: start, to: end, limit: limit, reverse: reverse)
                #expect(found == (try model.scan(from: start, to: end, limit: limit, reverse: reverse)))
            }
            let keys = (0..<700).map { _ in random.bytes(count: random.below(3)) }
            #expect(try store.values(for: keys) == (try model.values(for: keys)))
            #expect(try store.value(for: keys[0]) == (try model.value(for: keys[0])))
        }
        #expect(try store.values(for: []) == [])
        #expect(try store.values(for: [[], []]).count == 2)
        #expect(try store.sizeOnDisk() > 0)
    }

    @Test(
        "what was written is there after closing and opening, or after a crash (STORE-2)",
        arguments: [true, false])
    func reopened(isClosed: Bool) throws {
        let folder = Folder()
        let store = try RocksStore(path: folder.store)
        for index in 0..<50 as Range<UInt8> {
            try store.write(WriteBatch([(key: [index], value: [index, 1])]), durably: index % 5 == 4)
        }
        if isClosed { try store.close() }
        // Without a close, a copy of the files is what a kill would have left.
        let again = try RocksStore(path: isClosed ? folder.store : try folder.copy())
        for index in 0..<50 as Range<UInt8> { #expect(try again.value(for: [index]) == [index, 1]) }
    }

    @Test("a second opener is refused with the directory's name, until the first one closes")
    func twoOpeners() throws {
        let folder = Folder()
        let first = try RocksStore(path: folder.store)
        #expect(throws: StoreError.locked(path: folder.store)) { try RocksStore(path: folder.store) }
        try first.write(WriteBatch([(key: [1], value: [2])]), durably: true)
        try first.close()
        let second = try RocksStore(path: folder.store)
        #expect(try second.value(for: [1]) == [2])
    }

    @Test(
        "a later format is refused, and so is an earlier one, and both are left as they are", arguments: [1, 2, 3, 5])
    func otherFormat(number: UInt64) throws {
        let folder = Folder()
        try RocksStore(path: folder.store).close()
        try Disk.write(Array("jiuding-store \(number)\n".utf8), folder.store + "/FORMAT")
        #expect(throws: StoreError.newerFormat(found: number, known: 4)) { try RocksStore(path: folder.store) }
    }

    /// A key of each kind of record, some put and deleted once, over tables and the log.
    @Test("pairs of all families are one store: batches, scans, copies and single deletes (STORE-1, STORE-9, DATA-13)")
    func families() throws {
        let folder = Folder()
        let store = try RocksStore(path: folder.store)
        let model = MemoryStore()
        var random = SeededRandom(seed: 9)
        let kinds: [[UInt8]] = [
            [0x01], [0x02], [0x03], [0x04], [0x05], [0x07, 1], [0x10, 0x4a], [0x10, 0x4c], [0x10, 0x4e], [0x10, 0x4f],
            [0x10, 0x52], [0x11],
        ]
        var alive: [[UInt8]] = []
        for round in 0..<80 as Range<UInt8> {
            var batch = WriteBatch()
            for number in 0..<40 as Range<UInt8> {
                let key = kinds[random.below(kinds.count)] + [round, number]
                batch.put(key, random.bytes(count: 30))
                alive.append(key)
            }
            for _ in 0..<random.below(45) { batch.deleteOnce(alive.remove(at: random.below(alive.count))) }
            try store.write(batch, durably: round % 9 == 0)
            try model.write(batch, durably: false)
            if round % 16 == 7 { try store.compact() }
            let (start, end) = (kinds[random.below(kinds.count)], kinds[random.below(kinds.count)] + [round])
            for reverse in [true, false] {
                for limit in [3, 100_000] {
                    let found = try store.scan(from: start, to: end, limit: limit, reverse: reverse)
                    #expect(found == (try model.scan(from: start, to: end, limit: limit, reverse: reverse)))
                }
            }
            let keys = (0..<30).map { _ in kinds[random.below(kinds.count)] + random.bytes(count: 2).map { $0 & 63 } }
            #expect(try store.values(for: keys) == (try model.values(for: keys)))
        }
        let whole = try model.scan(from: [], to: nil, limit: .max, reverse: false)
        #expect(try store.scan(from: [], to: nil, limit: .max, reverse: false) == whole && whole.count == alive.count)
        let reader = try RocksReader(beside: folder.store, scratch: folder.path)
        #expect(try reader.scan(from: [], to: nil, limit: .max, reverse: false) == whole)
        try reader.close()
        // As a kill leaves it.
        try folder.rest()
        let killed = try RocksStore(path: try folder.copy())
        #expect(try killed.scan(from: [], to: nil, limit: .max, reverse: false) == whole)
        try store.compact()
        #expect(try store.scan(from: [], to: nil, limit: .max, reverse: true) == whole.reversed())
    }

    @Test("nodes and indexes place each key from the last one's place on; indexes are not merged whole by threes")
    func optionsTaken() throws {
        let folder = Folder()
        try RocksStore(path: folder.store).close()
        let name = try #require(try folder.files(folder.store + "/db").filter { $0.hasPrefix("OPTIONS-") }.max())
        let options = String(decoding: try Disk.bytes(folder.store + "/db/" + name), as: UTF8.self)
        func families(with option: String) -> [String] {
            options.components(separatedBy: "[CFOptions \"").filter { $0.contains(option) }
                .map { String($0.prefix { $0 != "\"" }) }
        }
        #expect(
            families(with: "memtable_insert_with_hint_prefix_extractor=rocksdb.FixedPrefix.1") == ["nodes", "index"])
        #expect(families(with: "max_size_amplification_percent=10000;") == ["index"])
    }

    @Test("write buffers grow with the nodes in tables, under writes and at opening, and nothing is lost (STORE-1)")
    func growingBuffers() throws {
        let folder = Folder()
        var limits = RocksLimits()
        (limits.nodesBufferBytes, limits.nodesBufferBytesMax) = (128 << 10, 1 << 20)
        (limits.nodesFewBytes, limits.writeBufferBytes) = (64 << 10, 64 << 10)
        let model = MemoryStore()
        var random = SeededRandom(seed: 12)
        var number: UInt16 = 0
        for opening in 0..<3 {
            let store = try RocksStore(path: folder.store, limits: limits)
            // What was closed had its nodes in tables, so the next opening finds a state that is not small.
            if opening > 0 { #expect(try folder.nodesBuffer() > limits.nodesBufferBytes) }
            for _ in 0..<150 {
                var batch = WriteBatch()
                for family in [[0x10, 0x4e], [0x10, 0x4c], [0x05], [0x02]] as [[UInt8]] {
                    number += 1
                    let key = family + [UInt8(number >> 8), UInt8(number & 255)]
                    batch.put(key, random.bytes(count: 4_000))
                }
                try store.write(batch, durably: random.below(10) == 0)
                try model.write(batch, durably: false)
            }
            if opening == 0 {
                try store.compact()
                for round in 0..<70 as Range<UInt8> {
                    let batch = WriteBatch([(key: [0x01, round], value: [round])])
                    try store.write(batch, durably: false)
                    try model.write(batch, durably: false)
                }
                #expect(try folder.nodesBuffer() > limits.nodesBufferBytes)
            }
            let whole = try model.scan(from: [], to: nil, limit: .max, reverse: false)
            #expect(try store.scan(from: [], to: nil, limit: .max, reverse: false) == whole)
            try store.close()
        }
    }

    @Test("a family that is written once does not hold back the log of the others, whichever those are (STORE-10)")
    func boundedLog() throws {
        let folder = Folder()
        var limits = RocksLimits()
        (limits.nodesBufferBytes, limits.writeBufferBytes) = (64 << 10, 64 << 10)
        let store = try RocksStore(path: folder.store, limits: limits)
        var random = SeededRandom(seed: 13)
        let once: [[UInt8]] = [[0x01], [0x05], [0x10, 0x4c], [0x10, 0x4e], [0x02]]
        try store.write(WriteBatch(once.map { (key: $0 + [1], value: [1]) }), durably: false)
        for kind in once {
            var longest = 0
            for number in 0..<200 as Range<UInt8> {
                let batch = WriteBatch([(key: kind + [2, number], value: random.bytes(count: 40_000))])
                try store.write(batch, durably: false)
                longest = max(longest, try folder.logBytes())
            }
            // By itself RocksDB keeps four times what all generations of all buffers hold: 3,840 KiB.
            #expect(longest < 1_000_000, "\(kind)")
        }
        #expect(try store.values(for: once.map { $0 + [1] }) == once.map { _ in [1] })
        // As a kill leaves it: parts of it in tables, parts in the log, of each family others.
        try folder.rest()
        let killed = try RocksStore(path: try folder.copy())
        let whole = try store.scan(from: [], to: nil, limit: .max, reverse: false)
        #expect(try killed.scan(from: [], to: nil, limit: .max, reverse: false) == whole && whole.count == 1_005)
    }

    @Test(
        "copies and compactions while buffers fill up end nothing, and a copy is one moment of all families (STORE-4)")
    func copiesBesideWrites() throws {
        let folder = Folder()
        var limits = RocksLimits()
        (limits.nodesBufferBytes, limits.writeBufferBytes) = (64 << 10, 64 << 10)
        let store = try RocksStore(path: folder.store, limits: limits)
        let families: [[UInt8]] = [[0x01], [0x05], [0x10, 0x4c], [0x10, 0x4e], [0x02]]
        var random = SeededRandom(seed: 14)
        for round in 0..<60 as Range<UInt8> {
            let batch = WriteBatch(families.map { (key: $0 + [round], value: [round] + random.bytes(count: 20_000)) })
            try store.write(batch, durably: false)
            if round % 4 == 3 { try store.compact() }
            if round % 3 == 2 {
                let path = "\(folder.path)/copy-\(round)"
                try store.checkpoint(to: path)
                let copy = try RocksStore(path: path)
                let pairs = try copy.scan(from: [], to: nil, limit: .max, reverse: false)
                #expect(pairs.count == families.count * (Int(round) + 1))
                try copy.close()
                try FileManager.default.removeItem(atPath: path)
            }
        }
    }

    @Test("a directory whose parent is missing is an error that names it")
    func noParent() {
        let folder = Folder()
        let path = folder.path + "/missing/store"
        do {
            _ = try RocksStore(path: path)
            Issue.record("opened a store in nowhere")
        } catch {
            #expect("\(error)".contains(path))
        }
    }

    @Test("after close every call fails and none traps (STORE-8)")
    func closed() throws {
        let folder = Folder()
        let store = try RocksStore(path: folder.store)
        try store.close()
        try store.close()
        #expect(throws: StoreError.self) { try store.value(for: [1]) }
        #expect(throws: StoreError.self) { try store.values(for: [[1], [2]]) }
        #expect(throws: StoreError.self) { try store.scan(from: [], to: nil, limit: 1, reverse: true) }
        #expect(throws: StoreError.self) { try store.write(WriteBatch(), durably: true) }
        #expect(throws: StoreError.self) { try store.flush() }
        #expect(throws: StoreError.self) { try store.compact() }
        #expect(throws: StoreError.self) { try store.sizeOnDisk() }
    }

    @Test("a checkpoint is a store of its own that holds its moment")
    func checkpoint() throws {
        let folder = Folder()
        let store = try RocksStore(path: folder.store)
        try store.write(WriteBatch([(key: [1], value: [1])]), durably: false)
        try store.checkpoint(to: folder.path + "/point")
        try store.write(WriteBatch([(key: [1], value: [2])]), durably: true)
        let point = try RocksStore(path: folder.path + "/point")
        #expect(try point.value(for: [1]) == [1])
        #expect(try store.value(for: [1]) == [2])
    }

    @Test("a store in use is read beside its owner, as of one moment, and nothing of it is changed (BACK-5, STORE-4)")
    func beside() throws {
        let folder = Folder()
        let store = try RocksStore(path: folder.store)
        var pairs: [(key: [UInt8], value: [UInt8])] = []
        for index in 0..<200 as Range<UInt8> {
            pairs.append((key: [index], value: [UInt8](repeating: index, count: 99)))
        }
        try store.write(WriteBatch(Array(pairs[..<100])), durably: true)
        try store.compact()
        // These are in the log alone.
        try store.write(WriteBatch(Array(pairs[100...])), durably: false)
        let before = try folder.files(folder.store)
        let reader = try RocksReader(beside: folder.store, scratch: folder.path)
        #expect(try folder.files(folder.store) == before)
        // What the owner does later is not seen, not even that the tables go away.
        var batch = WriteBatch()
        for index in 0..<200 as Range<UInt8> { batch.delete([index]) }
        try store.write(batch, durably: true)
        try store.compact()
        #expect(try store.scan(from: [], to: nil, limit: 500, reverse: false).isEmpty)
        let found = try reader.scan(from: [], to: nil, limit: 500, reverse: false)
        #expect(found.map(\.key) == pairs.map(\.key) && found.map(\.value) == pairs.map(\.value))
        #expect(try reader.value(for: [7]) == pairs[7].value)
        #expect(try reader.values(for: [[150], [1, 1]]) == [pairs[150].value, nil])
        #expect(throws: StoreError.self) { try reader.write(batch, durably: true) }
        try reader.close()
        try reader.close()
        #expect(throws: StoreError.self) { try reader.value(for: [7]) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["store"])
        try store.close()
        #expect(throws: StoreError.self) { try RocksReader(beside: folder.path + "/none", scratch: folder.path) }
    }

    @Test("a scan of everything gives every pair once and in order")
    func largeScan() throws {
        let folder = Folder()
        let store = try RocksStore(path: folder.store)
        for start in stride(from: 0, to: 200_000, by: 10_000) {
            var batch = WriteBatch()
            for index in start..<(start + 10_000) {
                var encoder = Encoder()
                encoder.u32(UInt32(index).byteSwapped)
                batch.put(encoder.bytes, [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 50))
            }
            try store.write(batch, durably: false)
        }
        var count = 0
        var next: [UInt8] = []
        while true {
            let pairs = try store.scan(from: next, to: nil, limit: 30_000, reverse: false)
            guard let last = pairs.last else { break }
            for (left, right) in zip(pairs, pairs.dropFirst()) {
                #expect(left.key.lexicographicallyPrecedes(right.key))
            }
            count += pairs.count
            next = last.key + [0]
        }
        #expect(count == 200_000)
    }

    @Test("readers in four threads see whole batches while one thread writes (STORE-1, STORE-5)")
    func concurrent() async throws {
        let folder = Folder()
        let store = try RocksStore(path: folder.store)
        try store.write(WriteBatch([(key: [1], value: [0]), (key: [2], value: [0])]), durably: false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 0..<3_000 {
                    let value = [UInt8(truncatingIfNeeded: round)]
                    try store.write(
                        WriteBatch([(key: [1], value: value), (key: [2], value: value)]), durably: false)
                }
            }
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<3_000 {
                        let pairs = try store.scan(from: [1], to: [3], limit: 2, reverse: false)
                        #expect(pairs[0].value == pairs[1].value)
                        _ = try store.values(for: [[1], [2], [3]])
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("closing while others read ends their reads with an error, never with a trap (STORE-8)")
    func closedUnderReaders() async throws {
        let folder = Folder()
        let store = try RocksStore(path: folder.store)
        try store.write(WriteBatch([(key: [1], value: [0])]), durably: false)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<1_000_000 {
                        do { _ = try store.value(for: [1]) } catch { return }
                    }
                }
            }
            group.addTask { try? store.close() }
            await group.waitForAll()
        }
    }
}

extension Folder {
    /// Bytes of the store's log.
    fileprivate func logBytes() throws -> Int {
        let database = store + "/db"
        let names = try FileManager.default.contentsOfDirectory(atPath: database).filter { $0.hasSuffix(".log") }
        // One may be gone in between.
        return names.reduce(0) { sum, name in
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(database)/\(name)")
            return sum + ((attributes?[.size] as? Int) ?? 0)
        }
    }

    /// The size of a write buffer of nodes by the newest file of RocksDB's own options.
    fileprivate func nodesBuffer() throws -> Int {
        let database = store + "/db"
        let names = try FileManager.default.contentsOfDirectory(atPath: database).filter { $0.hasPrefix("OPTIONS-") }
        let newest = try #require(names.filter { !$0.hasSuffix(".dbtmp") }.max())
        let text = try String(contentsOfFile: database + "/" + newest, encoding: .utf8)
        let section = try #require(text.components(separatedBy: "[CFOptions \"nodes\"]").dropFirst().first)
        let line = section.components(separatedBy: "\n").first { $0.contains(" write_buffer_size=") }
        let size = try #require(line?.components(separatedBy: "=").last)
        return try #require(Int(size))
    }
}
