// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Storage
import Synchronization

/// A disk that keeps exactly what it promised and no more (STORE-1 to STORE-7).
///
/// Batches written without `durably` may be lost at a crash, the newest first; a write may fail, and then every later
/// one until the next start does; what has rotted is an error when it is read.
/// - Spec: SIM-5.
package final class SimulatedDisk: KeyValueStore {
    private struct Contents: Sendable {
        var store: MemoryStore
        /// How to undo each batch that is not durable, oldest first.
        var undo: [WriteBatch] = []
        /// Batches written since the disk was made.
        var written: UInt64 = 0
        var isFull = false
        var failsNext = false
        var hasFailed = false
        /// True while a host lies about durability (a mutant).
        var neverSyncs = false
        var rotten: [[UInt8]] = []
    }

    private let contents: Mutex<Contents>

    /// True in some worlds: no answer depends on it, and one in eight shows that.
    package let gainsByReadingAhead: Bool

    init(_ store: MemoryStore, readsAhead: Bool) {
        contents = Mutex(Contents(store: store))
        gainsByReadingAhead = readsAhead
    }

    /// Another disk with what is on this one now; what was not durable counts as durable there.
    func image() -> SimulatedDisk {
        SimulatedDisk(contents.withLock { $0.store.fork() }, readsAhead: gainsByReadingAhead)
    }

    package func value(for key: [UInt8]) throws(StoreError) -> [UInt8]? {
        try soundStore(for: CollectionOfOne(key)).value(for: key)
    }

    package func values(for keys: [[UInt8]]) throws(StoreError) -> [[UInt8]?] {
        try soundStore(for: keys).values(for: keys)
    }

    package func scan(
        from start: [UInt8], to end: [UInt8]?, limit: Int, reverse: Bool
    ) throws(StoreError) -> [StoredPair] {
        let pairs = try store.scan(from: start, to: end, limit: limit, reverse: reverse)
        _ = try soundStore(for: pairs.lazy.map(\.key))
        return pairs
    }

    package func write(_ batch: WriteBatch, durably: Bool) throws(StoreError) {
        try contents.withLock { (contents) throws(StoreError) in
            if contents.hasFailed { throw .failed(what: "an earlier write failed") }
            if contents.isFull { throw .full(what: "the simulated disk") }
            if durably, contents.failsNext {
                contents.hasFailed = true
                throw .failed(what: "the simulated disk failed to sync")
            }
            contents.written += 1
            do throws(StoreError) {
                if durably, !contents.neverSyncs {
                    contents.undo = []
                    try contents.store.write(batch, durably: true)
                } else {
                    contents.undo.append(try contents.store.exchange(batch))
                }
            } catch {
                // A batch that no body of a store may be given (STORE-9): a bug, which no failing disk may hide.
                preconditionFailure("\(error)")
            }
        }
    }

    package func flush() throws(StoreError) { contents.withLock { $0.undo = [] } }

    package func close() throws(StoreError) {}

    private var store: MemoryStore { contents.withLock { $0.store } }

    /// The store, where nothing that is to be read from it has rotted.
    private func soundStore(for keys: some Sequence<[UInt8]>) throws(StoreError) -> MemoryStore {
        let (store, rotten) = contents.withLock { ($0.store, $0.rotten) }
        if !rotten.isEmpty, keys.contains(where: { rotten.contains($0) }) {
            throw .corrupt(what: "a simulated block of the disk")
        }
        return store
    }

    // MARK: What happens to it

    /// Batches written so far, and how many of them outlive any crash.
    var progress: (written: UInt64, durable: UInt64) {
        contents.withLock { ($0.written, $0.written - UInt64($0.undo.count)) }
    }

    /// A crash of the machine: the newest `lost` batches that were not durable are gone, and failures forgotten.
    func crash(losing lost: Int) {
        contents.withLock { contents in
            for _ in 0..<min(lost, contents.undo.count) {
                // A memory store that is open takes every write.
                try? contents.store.write(contents.undo.removeLast(), durably: true)
                contents.written -= 1
            }
            contents.hasFailed = false
            contents.failsNext = false
        }
    }

    /// Works again as a disk should; what has rotted stays rotten.
    func mend() {
        contents.withLock { contents in
            contents.isFull = false
            contents.failsNext = false
        }
    }

    func failNextSync() { contents.withLock { $0.failsNext = true } }
    func setFull(_ isFull: Bool) { contents.withLock { $0.isFull = isFull } }
    func setLying(_ lies: Bool) { contents.withLock { $0.neverSyncs = lies } }

    /// Damages what stands at the `number`th key at random.
    func rot(_ random: inout SeededRandom) {
        let pairs = (try? store.scan(from: [], to: nil, limit: 4_096, reverse: true)) ?? []
        guard !pairs.isEmpty else { return }
        let key = pairs[random.below(pairs.count)].key
        contents.withLock { $0.rotten.append(key) }
    }
}
