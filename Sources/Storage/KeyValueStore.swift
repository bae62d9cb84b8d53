// SPDX-License-Identifier: Apache-2.0

/// Why a store could not answer or obey.
///
/// Only `.full` and `.locked` may heal without a repair: by room on the disk, by the other process ending.
/// All others are final for this directory. None is the caller's fault, except a version that was never
/// there.
package enum StoreError: Error, Hashable, Sendable {
    /// What is on disk is not what was written; `what` names the file or the record.
    case corrupt(what: String)
    /// No room left; nothing of the batch was written.
    case full(what: String)
    /// The environment failed, or an earlier error has stopped the store.
    case failed(what: String)
    /// Another opener holds the directory at `path`.
    case locked(path: String)
    /// The directory has another format than this program's: a later one, or one of before `known`.
    case newerFormat(found: UInt64, known: UInt64)
    /// The version was promised only up to pruning; `oldest` is the first one still kept.
    case pruned(version: UInt64, oldest: UInt64)
    /// The block at `height` has left the store, to the archive's `file` where that is known (ARCH-7).
    case archived(height: UInt64, file: String?)
    /// The version was never written; `latest` is the newest one.
    case unknownVersion(version: UInt64, latest: UInt64)
}

/// One key and what is stored under it.
package struct StoredPair: Hashable, Sendable {
    package let key: [UInt8]
    package let value: [UInt8]

    package init(key: [UInt8], value: [UInt8]) {
        self.key = key
        self.value = value
    }
}

/// Keeps pairs of byte strings, ordered by key (bytes compared as unsigned numbers, a prefix before its
/// extension).
///
/// Two bodies: `MemoryStore` for tests and simulation, `RocksStore` for production. Guarantees of every body:
///
/// - STORE-1: a write batch happens whole or not at all, also across a crash.
/// - STORE-2: a batch written with `durably` outlives a crash of process and machine once `write` has
///   returned, and so does every batch before it. A batch written without it outlives at least the process.
/// - STORE-3: after a crash, the store holds a prefix of the batches in their order of writing.
/// - STORE-4: a read that starts after a write has returned sees the write. A scan sees one moment.
/// - STORE-5: any number of threads may read while one writes. Two writers are put one after the other.
/// - STORE-6: no read gives bytes other than those written; damage is an error that names the file.
/// - STORE-7: once a write has failed, every later write fails with that first error until the store is opened again.
/// - STORE-8: after `close`, every call fails; none traps.
/// - STORE-9: a key deleted once (`WriteBatch.deleteOnce`) held something and was put exactly once since it held
///   nothing; else what it holds afterwards is undefined.
package protocol KeyValueStore: AnyObject, Sendable {
    /// - Returns: nil where the key holds nothing.
    func value(for key: [UInt8]) throws(StoreError) -> [UInt8]?

    /// Reads many keys at once, in the order asked; cheaper than one by one.
    func values(for keys: [[UInt8]]) throws(StoreError) -> [[UInt8]?]

    /// True where reading many keys at once, before they are needed, spares waiting; false where each costs what it
    /// costs. A hint: no answer depends on it.
    var gainsByReadingAhead: Bool { get }

    /// Reads the pairs with `start` ≤ key < `end` in order of keys, or in the opposite order.
    /// - Parameters:
    ///   - end: nil for no upper end.
    ///   - limit: the most pairs to return, at least 0.
    func scan(
        from start: [UInt8], to end: [UInt8]?, limit: Int, reverse: Bool
    ) throws(StoreError) -> [StoredPair]

    /// Applies all of a batch, or nothing (STORE-1, STORE-2).
    func write(_ batch: WriteBatch, durably: Bool) throws(StoreError)

    /// Makes everything written so far outlive a crash of the machine.
    func flush() throws(StoreError)

    /// Ends the store's use; waits for calls in progress. Closing twice is allowed.
    func close() throws(StoreError)
}

extension KeyValueStore {
    package var gainsByReadingAhead: Bool { true }
}
