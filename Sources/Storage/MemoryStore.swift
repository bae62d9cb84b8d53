// SPDX-License-Identifier: Apache-2.0
private import Synchronization

/// A store in memory, for tests and simulation. "Durable" means nothing here; a crash is `fork()` at an
/// earlier moment.
///
/// It is the one pure type that holds a lock. The alternative, an unchecked `Sendable` for one thread only,
/// would break STORE-5 in silence the first time a test reads from a second thread; the lock costs some 20 ns
/// and no unsafe line.
///
/// Shape: sorted chunks of at most 128 pairs, so that a put moves at most a chunk.
/// - Cost: a read is two binary searches; a put moves up to 128 pairs; `fork` copies nothing until one side
///   writes.
/// - Spec: STORE-1 to STORE-8.
package final class MemoryStore: KeyValueStore {
    fileprivate struct Contents: Sendable {
        /// In order of keys, none empty.
        var chunks: [MemoryChunk] = []
        /// Keys that were put over what they held: no `deleteOnce` may name them (STORE-9).
        var putOver: Set<[UInt8]> = []
        var isClosed = false
    }

    private static let chunkPairsMax = 128
    private let contents: Mutex<Contents>

    package init() { contents = Mutex(Contents()) }

    private init(_ initial: Contents) { contents = Mutex(initial) }

    /// A second store with the same pairs; later writes to either leave the other alone.
    package func fork() -> MemoryStore {
        MemoryStore(contents.withLock { Contents(chunks: $0.chunks, putOver: $0.putOver) })
    }

    package var gainsByReadingAhead: Bool { false }

    /// How many pairs are stored.
    package var count: Int { contents.withLock { $0.chunks.reduce(0) { $0 + $1.pairs.count } } }

    package func value(for key: [UInt8]) throws(StoreError) -> [UInt8]? {
        try read { $0.value(for: key) }
    }

    package func values(for keys: [[UInt8]]) throws(StoreError) -> [[UInt8]?] {
        try read { contents in keys.map { contents.value(for: $0) } }
    }

    package func scan(
        from start: [UInt8], to end: [UInt8]?, limit: Int, reverse: Bool
    ) throws(StoreError) -> [StoredPair] {
        precondition(limit >= 0, "a scan returns no fewer than zero pairs")
        return try read { $0.scan(from: start, to: end, limit: limit, reverse: reverse) }
    }

    package func write(_ batch: WriteBatch, durably: Bool) throws(StoreError) {
        try change { (contents) throws(StoreError) in _ = try contents.apply(batch) }
    }

    /// Applies a batch and gives the one that takes it back.
    /// - Cost: no search more than `write` makes.
    package func exchange(_ batch: WriteBatch) throws(StoreError) -> WriteBatch {
        var undo: [WriteBatch.Operation] = []
        try change { (contents) throws(StoreError) in undo = try contents.apply(batch) }
        undo.reverse()
        return WriteBatch(undo)
    }

    package func flush() throws(StoreError) { try change { _ in } }

    package func close() throws(StoreError) { contents.withLock { $0.isClosed = true } }

    private func read<Answer: Sendable>(_ body: (borrowing Contents) -> Answer) throws(StoreError) -> Answer {
        try contents.withLock { (contents) throws(StoreError) -> Answer in
            if contents.isClosed { throw .failed(what: "the store in memory is closed") }
            return body(contents)
        }
    }

    private func change(_ body: (inout Contents) throws(StoreError) -> Void) throws(StoreError) {
        try contents.withLock { (contents) throws(StoreError) in
            if contents.isClosed { throw .failed(what: "the store in memory is closed") }
            try body(&contents)
        }
    }
}

extension StoreError {
    fileprivate static func misused(_ operation: WriteBatch.Operation, _ how: String) -> StoreError {
        let key = operation.key.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
        return .failed(what: "the key \(key), to be deleted once, \(how)")
    }
}

extension MemoryStore.Contents {
    /// The chunk that holds `key`, or would: the last one whose first key is not above it.
    private func chunk(for key: [UInt8]) -> Int {
        var low = 0
        var high = chunks.count
        while low < high {
            let middle = (low + high) / 2
            if MemoryChunk.precedes(key, chunks[middle].pairs[0].key) {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return max(0, low - 1)
    }

    fileprivate func value(for key: [UInt8]) -> [UInt8]? {
        guard !chunks.isEmpty else { return nil }
        let chunk = chunk(for: key)
        let place = chunks[chunk].place(of: key)
        return chunks[chunk].holds(key, at: place) ? chunks[chunk].pairs[place].value : nil
    }

    /// Applies all of a batch or, where an operation is refused, nothing (STORE-1).
    /// - Returns: what takes it back, in the order of the operations.
    fileprivate mutating func apply(_ batch: WriteBatch) throws(StoreError) -> [WriteBatch.Operation] {
        var undo: [WriteBatch.Operation] = []
        undo.reserveCapacity(batch.operations.count)
        for operation in batch.operations {
            do throws(StoreError) {
                undo.append(WriteBatch.Operation(key: operation.key, value: try apply(operation)))
            } catch {
                for operation in undo.reversed() { _ = try apply(operation) }
                throw error
            }
        }
        return undo
    }

    /// - Returns: what stood under the key before.
    /// - Throws: `.failed` where a `deleteOnce` names a key that holds nothing or was put over (STORE-9).
    fileprivate mutating func apply(_ operation: WriteBatch.Operation) throws(StoreError) -> [UInt8]? {
        if operation.isOnce, putOver.contains(operation.key) { throw .misused(operation, "was put over") }
        guard !chunks.isEmpty else {
            if operation.isOnce { throw .misused(operation, "holds nothing") }
            if let value = operation.value { chunks = [MemoryChunk([StoredPair(key: operation.key, value: value)])] }
            return nil
        }
        let chunk = chunk(for: operation.key)
        let place = chunks[chunk].place(of: operation.key)
        let isThere = chunks[chunk].holds(operation.key, at: place)
        let before = isThere ? chunks[chunk].pairs[place].value : nil
        switch (operation.value, isThere) {
        case (let value?, true):
            putOver.insert(operation.key)
            chunks[chunk].replace(at: place, by: StoredPair(key: operation.key, value: value))
        case (let value?, false): insert(StoredPair(key: operation.key, value: value), chunk, place)
        case (nil, true):
            chunks[chunk].remove(at: place)
            if chunks[chunk].pairs.isEmpty { chunks.remove(at: chunk) }
            if !operation.isOnce, !putOver.isEmpty { putOver.remove(operation.key) }
        case (nil, false): if operation.isOnce { throw .misused(operation, "holds nothing") }
        }
        return before
    }

    private mutating func insert(_ pair: StoredPair, _ chunk: Int, _ place: Int) {
        chunks[chunk].insert(pair, at: place)
        guard chunks[chunk].pairs.count > MemoryStore.chunkPairsMax else { return }
        let upper = chunks[chunk].split()
        chunks.insert(upper, at: chunk + 1)
    }

    fileprivate func scan(from start: [UInt8], to end: [UInt8]?, limit: Int, reverse: Bool) -> [StoredPair] {
        var pairs: [StoredPair] = []
        guard !chunks.isEmpty, limit > 0 else { return pairs }
        let from = chunk(for: start)
        let isBelowEnd = { (pair: StoredPair) in end.map { MemoryChunk.precedes(pair.key, $0) } ?? true }
        if reverse {
            var chunk = end.map { self.chunk(for: $0) } ?? chunks.count - 1
            while chunk >= from {
                for pair in chunks[chunk].pairs.reversed() where isBelowEnd(pair) {
                    if pairs.count == limit || MemoryChunk.precedes(pair.key, start) { return pairs }
                    pairs.append(pair)
                }
                chunk -= 1
            }
            return pairs
        }
        for chunk in from..<chunks.count {
            let first = chunk == from ? chunks[from].place(of: start) : 0
            for pair in chunks[chunk].pairs[first...] {
                if pairs.count == limit || !isBelowEnd(pair) { return pairs }
                pairs.append(pair)
            }
        }
        return pairs
    }
}
