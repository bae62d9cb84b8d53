// SPDX-License-Identifier: Apache-2.0
package import Storage
private import Synchronization

/// Where a testbed's states are kept: in a dictionary, for nobody asks for ranges but a tree that is being loaded.
///
/// `MemoryStore` keeps its pairs in order, and half of a call's time would go into that. Over another store it
/// holds what is written and leaves that one as it is.
package final class TestbedStore: KeyValueStore {
    private struct Contents: Sendable {
        var pairs: [StoreKey: [UInt8]] = [:]
        var versions: UInt64 = 0
        var isClosed = false
    }

    private let base: (any KeyValueStore)?
    private let contents = Mutex(Contents())

    package init(over base: (any KeyValueStore)? = nil) { self.base = base }

    /// A version of the state tree that nobody has used.
    package func nextVersion() -> UInt64 {
        contents.withLock { contents in
            contents.versions += 1
            return contents.versions
        }
    }

    /// Says that versions up to one are used.
    package func skip(to version: UInt64) { contents.withLock { $0.versions = max($0.versions, version) } }

    package var gainsByReadingAhead: Bool { false }

    package func value(for key: [UInt8]) throws(StoreError) -> [UInt8]? {
        if let value = try open({ $0.pairs[StoreKey(bytes: key)] }) { return value }
        return try base?.value(for: key)
    }

    package func values(for keys: [[UInt8]]) throws(StoreError) -> [[UInt8]?] {
        var values = try open { contents in keys.map { contents.pairs[StoreKey(bytes: $0)] } }
        guard let base else { return values }
        let missing = keys.indices.filter { values[$0] == nil }
        guard !missing.isEmpty else { return values }
        for (index, value) in zip(missing, try base.values(for: missing.map { keys[$0] })) { values[index] = value }
        return values
    }

    package func scan(
        from start: [UInt8], to end: [UInt8]?, limit: Int, reverse: Bool
    ) throws(StoreError) -> [StoredPair] {
        let below = try base?.scan(from: start, to: end, limit: limit, reverse: reverse) ?? []
        return try open { contents in
            let own = contents.pairs.filter { key, _ in
                !key.bytes.lexicographicallyPrecedes(start)
                    && (end.map { key.bytes.lexicographicallyPrecedes($0) } ?? true)
            }
            let found = Dictionary(uniqueKeysWithValues: below.map { (StoreKey(bytes: $0.key), $0.value) })
                .merging(own) { $1 }
            let pairs = found.map { StoredPair(key: $0.key.bytes, value: $0.value) }
            let sorted = pairs.sorted { reverse != $0.key.lexicographicallyPrecedes($1.key) }
            return Array(sorted.prefix(limit))
        }
    }

    /// Nothing of a base is deleted: states are only added to.
    package func write(_ batch: WriteBatch, durably: Bool) throws(StoreError) {
        try open { contents in
            for operation in batch.operations { contents.pairs[StoreKey(bytes: operation.key)] = operation.value }
        }
    }

    package func flush() throws(StoreError) { try open { _ in } }

    package func close() throws(StoreError) { contents.withLock { $0.isClosed = true } }

    private func open<Answer: Sendable>(_ body: (inout Contents) -> Answer) throws(StoreError) -> Answer {
        try contents.withLock { (contents) throws(StoreError) -> Answer in
            if contents.isClosed { throw .failed(what: "the store in memory is closed") }
            return body(&contents)
        }
    }
}

/// A key that is hashed as one run of bytes, where an array hashes each byte by itself.
private struct StoreKey: Hashable, Sendable {
    let bytes: [UInt8]

    func hash(into hasher: inout Hasher) {
        // SAFETY: the bytes are only read, and only within this call.
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}
