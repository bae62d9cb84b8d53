// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import RocksStorage
import Storage

/// One growing state tree and one plain RocksDB that is given the same puts, block by block in turns.
struct StorageRun {
    /// What was found at one size.
    struct Point: Sendable {
        let records: Int
        var tree = Side()
        var plain = Side()
        var proofsPerSecond = 0.0
    }

    /// One store's figures.
    struct Side: Sendable {
        var insertsPerSecond = 0.0
        /// Of the writing thread; the store's own threads come on top, for both sides alike.
        var microsecondsPerInsert = 0.0
        var readsPerSecond = 0.0
        var bytesPerRecord = 0.0
    }

    private struct Meter {
        var cpu = 0.0
        var wall = 0.0

        mutating func time<Value>(_ body: () throws -> Value) rethrows -> Value {
            let (start, begun) = (ThreadClock.seconds, ContinuousClock.now)
            defer {
                cpu += ThreadClock.seconds - start
                wall += (ContinuousClock.now - begun).asSeconds
            }
            return try body()
        }
    }

    static let blockSize = 4_000
    /// The last blocks before a size are the measured ones.
    private static let measuredBlocks = 25
    private static let valueBytes = 120
    private static let readsAtOnce = 500
    private static let readRounds = 20
    private static let proofCount = 2_000
    /// As a node prunes: a window of versions, one slice now and then.
    private static let versionsKept: UInt64 = 64

    /// Lets the plain side's records lie where the tree's nodes do, in the family with the largest buffers.
    private static let plainPrefix: [UInt8] = [BlockStore<RocksStore>.stateKeyspace, 0x4e]

    private let treeStore: RocksStore
    private let plainStore: RocksStore
    private var tree: StateTree<RocksStore>
    private var count = 0
    private var random = SeededRandom(seed: 77)

    init(folder: String) throws {
        treeStore = try RocksStore(path: "\(folder)/tree")
        plainStore = try RocksStore(path: "\(folder)/plain")
        tree = try StateTree(store: treeStore, keyspace: BlockStore<RocksStore>.stateKeyspace)
    }

    func close() {
        try? treeStore.close()
        try? plainStore.close()
    }

    /// Grows both to `records` and measures there.
    mutating func point(_ records: Int, _ progress: (Int) -> Void) throws -> Point {
        var (own, plain) = (Meter(), Meter())
        var measured = 0
        while count < records {
            let isMeasured = records - count <= StorageRun.measuredBlocks * StorageRun.blockSize
            var (a, b) = (Meter(), Meter())
            let size = min(StorageRun.blockSize, records - count)
            try insert(size, &a, &b)
            progress(size)
            if isMeasured {
                own.cpu += a.cpu
                own.wall += a.wall
                plain.cpu += b.cpu
                plain.wall += b.wall
                measured += size
            }
        }
        var point = Point(records: records)
        for (side, meter) in [(\Point.tree, own), (\Point.plain, plain)] {
            point[keyPath: side].insertsPerSecond = Double(measured) / meter.wall
            point[keyPath: side].microsecondsPerInsert = meter.cpu / Double(measured) * 1e6
        }
        try read(&point)
        try weigh(&point)
        return point
    }

    /// The key of record `number`: spread like digests, and found again without keeping it.
    private static func key(_ number: Int) -> [UInt8] {
        var stream = SeededRandom(seed: UInt64(number) &* 0x2545_f491_4f6c_dd1d)
        return stream.bytes(count: 32)
    }

    private mutating func insert(_ size: Int, _ own: inout Meter, _ plain: inout Meter) throws {
        var writes: [(key: [UInt8], value: [UInt8]?)] = []
        writes.reserveCapacity(size)
        for number in count..<count + size {
            writes.append((StorageRun.key(number), random.bytes(count: StorageRun.valueBytes)))
        }
        writes.sort { $0.key.lexicographicallyPrecedes($1.key) }
        let version = tree.version + 1
        try own.time {
            _ = try tree.readAhead(writes.map(\.key))
            let update = try tree.prepare(writes: writes, version: version)
            var batch = WriteBatch()
            update.append(to: &batch)
            if version % 8 == 0, version > StorageRun.versionsKept {
                try tree.prune(before: version - StorageRun.versionsKept, limit: 1 << 17).append(to: &batch)
            }
            try treeStore.write(batch, durably: false)
            tree.adopt(update)
        }
        try plain.time {
            var batch = WriteBatch()
            for write in writes { batch.put(StorageRun.plainPrefix + write.key, write.value ?? []) }
            try plainStore.write(batch, durably: false)
        }
        count += size
    }

    private mutating func read(_ point: inout Point) throws {
        var (own, plain, proofs) = (Meter(), Meter(), Meter())
        for _ in 0..<StorageRun.readRounds {
            let keys = (0..<StorageRun.readsAtOnce).map { _ in StorageRun.key(random.below(count)) }
            let one = try own.time { try tree.values(for: keys) }
            let plainKeys = keys.map { StorageRun.plainPrefix + $0 }
            let other = try plain.time { try plainStore.values(for: plainKeys) }
            guard one == other else {
                throw Failure(
                    .no, "JD-4022", phrase("the tree and the plain store differ", zh: "状态树与普通存储不一致"),
                    fix: phrase("run the tests of this build", zh: "请运行此版本的测试"))
            }
        }
        for _ in 0..<StorageRun.proofCount {
            let key = StorageRun.key(random.below(count))
            _ = try proofs.time { try tree.proof(for: key, version: tree.version) }
        }
        let reads = Double(StorageRun.readRounds * StorageRun.readsAtOnce)
        point.tree.readsPerSecond = reads / own.wall
        point.plain.readsPerSecond = reads / plain.wall
        point.proofsPerSecond = Double(StorageRun.proofCount) / proofs.wall
    }

    /// Sizes after flushing and compaction: what stays, not what is still to be tidied.
    private mutating func weigh(_ point: inout Point) throws {
        for (side, store) in [(\Point.tree, treeStore), (\Point.plain, plainStore)] {
            try store.flush()
            try store.compact()
            point[keyPath: side].bytesPerRecord = Double(try store.sizeOnDisk()) / Double(count)
        }
    }
}
