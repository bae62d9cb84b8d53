// SPDX-License-Identifier: Apache-2.0
internal import CRocksDB
internal import Storage

/// An open RocksDB database. RocksDB takes calls from any thread; closing is the store's business to order.
struct RocksDatabase: Sendable {
    private let database: RocksHandle
    /// The one column family, which RocksDB calls "default".
    private let family: RocksHandle
    let path: String

    /// Opens for reading and writing.
    init(_ path: String, _ options: borrowing RocksOptions, createIfMissing: Bool) throws(StoreError) {
        // SAFETY: the setter takes options of this kind.
        let settings = unsafe options.database.pointer
        unsafe rocksdb_options_set_create_if_missing(settings, createIfMissing ? 1 : 0)
        var family: OpaquePointer? = nil
        let database = unsafe try RocksFailure.check(path) { message in
            unsafe "default".withCString { name in
                var name: UnsafePointer<CChar>? = unsafe name
                var familySettings: OpaquePointer? = unsafe settings
                // SAFETY: one family: each list has one element, alive during the call; RocksDB copies the
                // options.
                return unsafe rocksdb_open_column_families(
                    settings, path, 1, &name, &familySettings, &family, message)
            }
        }
        guard let database = unsafe database, let family = unsafe family else {
            throw .failed(what: "\(path): no database and no reason given")
        }
        self.database = unsafe RocksHandle(database)
        self.family = unsafe RocksHandle(family)
        self.path = path
    }

    /// Opens for reading beside a process that writes, as of this moment.
    /// - Parameter scratch: a folder for the few lines RocksDB logs meanwhile.
    init(beside path: String, scratch: String, _ options: borrowing RocksOptions) throws(StoreError) {
        // SAFETY: the setter takes options of this kind.
        let settings = unsafe options.database.pointer
        // All tables at once: the writer may delete one at any moment, and an open file stays.
        unsafe rocksdb_options_set_max_open_files(settings, -1)
        var family: OpaquePointer? = nil
        let database = unsafe try RocksFailure.check(path) { message in
            unsafe "default".withCString { name in
                var name: UnsafePointer<CChar>? = unsafe name
                var familySettings: OpaquePointer? = unsafe settings
                // SAFETY: one family: each list has one element, alive during the call; RocksDB copies the
                // options.
                return unsafe rocksdb_open_as_secondary_column_families(
                    settings, path, scratch, 1, &name, &familySettings, &family, message)
            }
        }
        guard let database = unsafe database, let family = unsafe family else {
            throw .failed(what: "\(path): no database and no reason given")
        }
        self.database = unsafe RocksHandle(database)
        self.family = unsafe RocksHandle(family)
        self.path = path
    }

    /// Opens for reading, changing no file, and says how far the database goes.
    static func rehearse(_ path: String, _ options: borrowing RocksOptions) throws(StoreError) -> UInt64 {
        // SAFETY: the database is opened, asked and closed here; the options outlive the call.
        let database = unsafe try RocksFailure.check(path) { message in
            unsafe rocksdb_open_for_read_only(options.database.pointer, path, 0, message)
        }
        guard let database = unsafe database else {
            throw .failed(what: "\(path): no database and no reason given")
        }
        defer { unsafe rocksdb_close(database) }
        return unsafe rocksdb_get_latest_sequence_number(database)
    }

    /// Frees the database. No call may be running and none may follow.
    func close() {
        // SAFETY: the store lets this happen once, after the last call has ended.
        unsafe rocksdb_cancel_all_background_work(database.pointer, 1)
        unsafe rocksdb_column_family_handle_destroy(family.pointer)
        unsafe rocksdb_close(database.pointer)
    }

    var latestSequence: UInt64 {
        // SAFETY: the database is open.
        unsafe rocksdb_get_latest_sequence_number(database.pointer)
    }

    func value(for key: [UInt8], _ options: RocksHandle) throws(StoreError) -> [UInt8]? {
        let found = unsafe try RocksFailure.check(path) { message in
            // SAFETY: the key's bytes are read during the call only.
            unsafe key.withUnsafeBytes { bytes in
                let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                return unsafe rocksdb_get_pinned(database.pointer, options.pointer, start, key.count, message)
            }
        }
        return unsafe found.map { unsafe RocksDatabase.take($0) }
    }

    /// Copies a pinned value out and lets it go.
    private static func take(_ pinned: OpaquePointer) -> [UInt8] {
        // SAFETY: the slice is valid until it is destroyed, which happens here, once, after the copy.
        var length = 0
        let start = unsafe rocksdb_pinnableslice_value(pinned, &length)
        let bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: length))
        unsafe rocksdb_pinnableslice_destroy(pinned)
        return bytes
    }

    /// Reads keys of one batch, laid end to end so that the list of pointers needs one buffer.
    func values(for keys: ArraySlice<[UInt8]>, _ options: RocksHandle) throws(StoreError) -> [[UInt8]?] {
        var flat: [UInt8] = []
        flat.reserveCapacity(keys.reduce(1) { $0 + $1.count })
        for key in keys { flat += key }
        var sizes = keys.map { $0.count }
        var found = unsafe [OpaquePointer?](repeating: nil, count: keys.count)
        var messages = unsafe [RocksFailure.Message?](repeating: nil, count: keys.count)
        unsafe flat.withUnsafeBytes { bytes in
            var starts: [UnsafePointer<CChar>?] = unsafe []
            unsafe starts.reserveCapacity(sizes.count)
            // An array that holds no bytes may have no address; RocksDB then reads none.
            var next = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            for size in sizes {
                unsafe starts.append(next)
                unsafe next = next.map { unsafe $0 + size }
            }
            // SAFETY: five lists of `sizes.count` elements; the keys' bytes stay in place during the call.
            unsafe rocksdb_batched_multi_get_cf(
                database.pointer, options.pointer, family.pointer, sizes.count, &starts, &sizes, &found,
                &messages, false)
        }
        var failure: StoreError?
        for index in sizes.indices { failure = unsafe RocksFailure.take(messages[index], path) ?? failure }
        let values = unsafe found.map { unsafe $0.map { unsafe RocksDatabase.take($0) } }
        if let failure { throw failure }
        return values
    }

    func write(_ batch: WriteBatch, _ options: RocksHandle) throws(StoreError) {
        // SAFETY: the batch is made, filled, written and destroyed here; keys and values are copied into it.
        let list = unsafe rocksdb_writebatch_create()
        defer { unsafe rocksdb_writebatch_destroy(list) }
        for operation in batch.operations {
            unsafe operation.key.withUnsafeBytes { key in
                let keyStart = unsafe key.baseAddress?.assumingMemoryBound(to: CChar.self)
                guard let value = operation.value else {
                    unsafe rocksdb_writebatch_delete(list, keyStart, key.count)
                    return
                }
                unsafe value.withUnsafeBytes { value in
                    let valueStart = unsafe value.baseAddress?.assumingMemoryBound(to: CChar.self)
                    unsafe rocksdb_writebatch_put(list, keyStart, key.count, valueStart, value.count)
                }
            }
        }
        unsafe try RocksFailure.check(path) { message in
            unsafe rocksdb_write(database.pointer, options.pointer, list, message)
        }
    }

    func syncLog() throws(StoreError) {
        // SAFETY: the database is open.
        unsafe try RocksFailure.check(path) { message in
            unsafe rocksdb_flush_wal(database.pointer, 1, message)
        }
    }

    /// Writes the write buffers out as tables, so that the log has nothing to repeat.
    func flushTables() throws(StoreError) {
        // SAFETY: the options are made and freed here.
        let flush = unsafe rocksdb_flushoptions_create()
        defer { unsafe rocksdb_flushoptions_destroy(flush) }
        unsafe try RocksFailure.check(path) { message in
            unsafe rocksdb_flush(database.pointer, flush, message)
        }
    }

    /// Writes out the write buffers and rewrites all tables into the fewest.
    func compact() throws(StoreError) {
        try flushTables()
        // SAFETY: nil bounds mean all keys.
        unsafe rocksdb_compact_range(database.pointer, nil, 0, nil, 0)
    }

    func checkpoint(to target: String) throws(StoreError) {
        // SAFETY: the checkpoint object is made, used and freed here.
        let object = unsafe try RocksFailure.check(path) { message in
            unsafe rocksdb_checkpoint_object_create(database.pointer, message)
        }
        defer { unsafe rocksdb_checkpoint_object_destroy(object) }
        unsafe try RocksFailure.check(target) { message in
            unsafe rocksdb_checkpoint_create(object, target, 0, message)
        }
    }

    func scan(
        from start: [UInt8], to end: [UInt8]?, limit: Int, reverse: Bool, _ options: RocksHandle
    ) throws(StoreError) -> [StoredPair] {
        var pairs: [StoredPair] = []
        guard limit > 0 else { return pairs }
        // SAFETY: the iterator is made, used by this thread alone and destroyed here.
        let iterator = unsafe rocksdb_create_iterator(database.pointer, options.pointer)
        defer { unsafe rocksdb_iter_destroy(iterator) }
        unsafe RocksDatabase.seek(iterator, from: start, to: end, reverse)
        // SAFETY: as above; key and value are copied out before the iterator moves.
        while pairs.count < limit, unsafe rocksdb_iter_valid(iterator) != 0 {
            var keyLength = 0
            let keyStart = unsafe rocksdb_iter_key(iterator, &keyLength)
            let key = unsafe [UInt8](UnsafeRawBufferPointer(start: keyStart, count: keyLength))
            if reverse
                ? key.lexicographicallyPrecedes(start)
                : end.map({ !key.lexicographicallyPrecedes($0) }) ?? false
            {
                break
            }
            var valueLength = 0
            let valueStart = unsafe rocksdb_iter_value(iterator, &valueLength)
            let value = unsafe [UInt8](UnsafeRawBufferPointer(start: valueStart, count: valueLength))
            pairs.append(StoredPair(key: key, value: value))
            if reverse { unsafe rocksdb_iter_prev(iterator) } else { unsafe rocksdb_iter_next(iterator) }
        }
        unsafe try RocksFailure.check(path) { message in unsafe rocksdb_iter_get_error(iterator, message) }
        return pairs
    }

    /// Puts an iterator on the first pair of a scan.
    private static func seek(
        _ iterator: OpaquePointer?, from start: [UInt8], to end: [UInt8]?, _ reverse: Bool
    ) {
        guard let bound = reverse ? end : start else {
            // SAFETY: the iterator is valid.
            unsafe rocksdb_iter_seek_to_last(iterator)
            return
        }
        // SAFETY: the bound's bytes are read during the call only.
        unsafe bound.withUnsafeBytes { bytes in
            let address = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            if reverse {
                unsafe rocksdb_iter_seek_for_prev(iterator, address, bytes.count)
            } else {
                unsafe rocksdb_iter_seek(iterator, address, bytes.count)
            }
        }
        // The end is not part of the range.
        guard reverse, unsafe rocksdb_iter_valid(iterator) != 0 else { return }
        var length = 0
        // SAFETY: the iterator stands on a pair.
        let found = unsafe rocksdb_iter_key(iterator, &length)
        if unsafe bound == [UInt8](UnsafeRawBufferPointer(start: found, count: length)) {
            unsafe rocksdb_iter_prev(iterator)
        }
    }
}
