// SPDX-License-Identifier: Apache-2.0
internal import Glibc
package import Storage
internal import Synchronization

/// The store of production: one directory, one RocksDB database in it.
///
/// Opening judges the directory before it changes a byte of it: a second opener and a newer format are
/// refused, the database is opened for reading first, and what it recovers to is compared with the last
/// durable write (see `RocksDirectory`). A power cut may tear the log's last, unfinished record: that is not
/// damage and opens quietly. Everything else that is not as written is an error that names the file, at
/// opening or at the read that meets it.
///
/// The first failed write stops the store (STORE-7), and so does damage met by a read: whoever owns the chain
/// must look before more is written.
/// - Spec: STORE-1 to STORE-10.
package final class RocksStore: KeyValueStore {
    /// Keys handed to RocksDB in one batched read; bounds the blocks pinned at once.
    private static let multiGetMax = 512

    private let options: RocksOptions
    private let limits: RocksLimits
    private let directory: RocksDirectory
    private let database: RocksDatabase
    /// Calls in progress; closing waits for none.
    private let callCount = Atomic<Int>(0)
    private let isClosed = Atomic<Bool>(false)
    /// Held by the one writer; carries why no more writes are taken.
    private let failure = Mutex<StoreError?>(nil)
    /// The write buffers' sizes, the writes until they are looked at again, and how far each was filled before the last
    /// write.
    private let fit: Mutex<(buffers: RocksLimits.Buffers, writesLeft: Int, filled: [UInt64])>
    private static let writesAFit = 64

    /// Opens the store in a directory, making it where there is none; its parent must exist.
    /// - Throws: `.locked` where another opener holds it, `.newerFormat`, `.corrupt` naming the file,
    ///   `.full`, `.failed`.
    /// - Cost: replays the write-ahead log twice, once to judge it: some 60 MB a generation of write buffers, 600 MB in
    ///   a store of ten million records; up to three generations where the disk is slow. After a closing there is none.
    package init(path: String, limits: RocksLimits = RocksLimits()) throws(StoreError) {
        let options = RocksOptions(limits)
        let directory = try RocksDirectory(opening: path)
        try RocksStore.wantRoom(at: path, limits)
        let promised = directory.promisedSequence
        if promised > 0 {
            let found = try RocksDatabase.rehearse(directory.databasePath, options)
            if found < promised { throw RocksStore.short(directory.databasePath, found, promised) }
        }
        database = try RocksDatabase(directory.databasePath, options, createIfMissing: promised == 0)
        self.options = options
        self.limits = limits
        self.directory = directory
        fit = Mutex((limits.buffers(forNodesOf: 0, free: 0), 0, []))
        try fitBuffers()
    }

    /// Lets write buffers grow with the state, and shrink with it and with the room on the disk.
    private func fitBuffers() throws(StoreError) {
        try fit.withLock { (fit) throws(StoreError) in
            fit.writesLeft -= 1
            guard fit.writesLeft < 0 else { return }
            fit.writesLeft = RocksStore.writesAFit
            let free = (try? RocksStore.freeBytes(at: directory.path)) ?? 0
            let wanted = limits.buffers(forNodesOf: database.nodeBytes, free: free)
            // Changing them takes a file of options a family and some milliseconds, and the size of the nodes is a
            // guess that goes up and down: not for a little.
            let present = fit.buffers.nodes
            guard wanted.nodes > present / 4 * 5 || wanted.nodes < present / 2 else { return }
            try database.resize(wanted)
            fit.buffers = wanted
        }
    }

    /// Has all families written out where one was since the last write: one that is written seldom would hold back
    /// the log of all others.
    ///
    /// RocksDB can do so itself (`atomic_flush`), but not 7.8 with its assertions, as Debian has it: where a backup or
    /// a compaction meets a full buffer the process ends (facebook/rocksdb #11111), and after a flush that failed it
    /// may hang (#11867).
    /// - Spec: STORE-10.
    private func writeOutTogether() throws(StoreError) {
        try fit.withLock { (fit) throws(StoreError) in
            let filled = database.bufferBytes
            guard zip(filled, fit.filled).contains(where: { $0 < $1 }) else { return fit.filled = filled }
            try database.flushTables(isAwaited: false)
            fit.filled = database.bufferBytes
        }
    }

    /// After all families were written out by another way than by a full buffer.
    private func noteFilled() { fit.withLock { $0.filled = database.bufferBytes } }

    private static func freeBytes(at path: String) throws(StoreError) -> UInt64 {
        var status = statvfs()
        // SAFETY: the path is a C string for the time of the call, `status` is ours.
        guard unsafe statvfs(path, &status) == 0 else { throw RocksDirectory.failure("examine", path) }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }

    /// Opening writes out what the log holds. RocksDB 7.8 ends the process by an assertion
    /// (`sync_without_flush_called_`) where the disk fills up meanwhile, so it is not let near that.
    private static func wantRoom(at path: String, _ limits: RocksLimits) throws(StoreError) {
        let free = try freeBytes(at: path)
        let logs = (try? RocksDirectory.files(in: path + "/db"))?.filter { $0.name.hasSuffix(".log") } ?? []
        let wanted = max(UInt64(limits.reserveBytes), logs.reduce(0) { $0 + $1.byteCount })
        if free < wanted {
            throw .full(what: "\(path) has \(free >> 20) MiB free, opening it may take \(wanted >> 20) MiB")
        }
    }

    private static func short(_ path: String, _ found: UInt64, _ promised: UInt64) -> StoreError {
        let names = (try? RocksDirectory.files(in: path))?.map { $0.name } ?? []
        let suspects = names.filter { $0.hasSuffix(".log") || $0.hasPrefix("MANIFEST") || $0 == "CURRENT" }
        return .corrupt(
            what: "\(path) recovers to write \(found) but write \(promised) was durable; damaged is one of "
                + suspects.joined(separator: ", "))
    }

    deinit { try? close() }

    package func value(for key: [UInt8]) throws(StoreError) -> [UInt8]? {
        try read { () throws(StoreError) in try database.value(for: key, options.read) }
    }

    package func values(for keys: [[UInt8]]) throws(StoreError) -> [[UInt8]?] {
        if keys.count == 1 { return [try value(for: keys[0])] }
        return try read { () throws(StoreError) in
            var values: [[UInt8]?] = []
            values.reserveCapacity(keys.count)
            for start in stride(from: 0, to: keys.count, by: RocksStore.multiGetMax) {
                let batch = keys[start..<min(start + RocksStore.multiGetMax, keys.count)]
                values += try database.values(for: batch, options.read)
            }
            return values
        }
    }

    package func scan(
        from start: [UInt8], to end: [UInt8]?, limit: Int, reverse: Bool
    ) throws(StoreError) -> [StoredPair] {
        precondition(limit >= 0, "a scan returns no fewer than zero pairs")
        return try read { () throws(StoreError) in
            try database.scan(from: start, to: end, limit: limit, reverse: reverse, options.scan)
        }
    }

    package func write(_ batch: WriteBatch, durably: Bool) throws(StoreError) {
        try change { () throws(StoreError) in
            try fitBuffers()
            try writeOutTogether()
            try database.write(batch, durably ? options.durableWrite : options.write)
            if durably { try directory.note(durable: database.latestSequence) }
        }
    }

    package func flush() throws(StoreError) {
        try change { () throws(StoreError) in try sync() }
    }

    private func sync() throws(StoreError) {
        try database.syncLog()
        try directory.note(durable: database.latestSequence)
        try directory.syncTip()
    }

    /// Writes everything out and rewrites the tables into the fewest: gives back the room of pruned records.
    package func compact() throws(StoreError) {
        try change { () throws(StoreError) in
            try database.compact()
            noteFilled()
        }
    }

    /// Makes a second store at `target`, which must not exist, holding this moment. Tables are shared by hard
    /// links where both are on one file system.
    package func checkpoint(to target: String) throws(StoreError) {
        try change { () throws(StoreError) in
            try sync()
            let sequence = database.latestSequence
            if unsafe mkdir(target, 0o755) != 0 { throw RocksDirectory.failure("make", target) }
            try database.checkpoint(to: target + "/db")
            noteFilled()
            try RocksDirectory.makeFresh(target, sequence: sequence)
        }
    }

    /// The bytes of all files of the store.
    package func sizeOnDisk() throws(StoreError) -> UInt64 {
        try read { () throws(StoreError) in
            let own = try RocksDirectory.files(in: directory.path)
            return (own + (try RocksDirectory.files(in: directory.databasePath))).reduce(0) {
                $0 + $1.byteCount
            }
        }
    }

    package func close() throws(StoreError) {
        if isClosed.exchange(true, ordering: .sequentiallyConsistent) { return }
        while callCount.load(ordering: .sequentiallyConsistent) > 0 { usleep(50) }
        let isHealthy = failure.withLock { $0 == nil }
        defer {
            database.close()
            directory.release()
        }
        guard isHealthy else { return }
        try sync()
        // Else the next start repeats the log, twice: up to a second and a half after two million transactions. What it
        // says is durable already, so a disk too full for it keeps its log.
        if (try? RocksStore.wantRoom(at: directory.path, limits)) != nil { try database.flushTables() }
    }

    /// Runs a call between being counted in and out, so that `close` can wait for it.
    private func enter<Answer>(_ body: () throws(StoreError) -> Answer) throws(StoreError) -> Answer {
        callCount.add(1, ordering: .sequentiallyConsistent)
        defer { callCount.subtract(1, ordering: .sequentiallyConsistent) }
        if isClosed.load(ordering: .sequentiallyConsistent) {
            throw .failed(what: "the store at \(directory.path) is closed")
        }
        return try body()
    }

    private func read<Answer>(_ body: () throws(StoreError) -> Answer) throws(StoreError) -> Answer {
        do throws(StoreError) {
            return try enter(body)
        } catch {
            if case .corrupt = error { failure.withLock { $0 = $0 ?? error } }
            throw error
        }
    }

    private func change(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        try enter { () throws(StoreError) in
            try failure.withLock { (failure) throws(StoreError) in
                if let failure { throw failure }
                do throws(StoreError) {
                    try body()
                } catch {
                    failure = error
                    throw error
                }
            }
        }
    }
}
