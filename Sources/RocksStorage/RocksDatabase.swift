// SPDX-License-Identifier: Apache-2.0
internal import CRocksDB
internal import Glibc
internal import Storage

/// An open RocksDB database. RocksDB takes calls from any thread; closing is the store's business to order.
struct RocksDatabase: Sendable {
    let database: RocksHandle
    /// RocksDB's column families, in the order of `StoreFamily.allCases`.
    let families: [RocksHandle]
    let path: String
    /// Whether it stays as it was when it was opened, whoever writes: no scan needs a moment of its own.
    let isFixed: Bool
    /// What the next write is gathered in: its memory is made once, not doubled up to megabytes for each block.
    private let batch: RocksHandle
    /// Of a larger write the memory is given back.
    private static let batchBytesMax = 16 << 20

    /// Opens for reading and writing.
    init(_ path: String, _ options: borrowing RocksOptions, createIfMissing: Bool) throws(StoreError) {
        // SAFETY: the setters take options of this kind.
        let settings = unsafe options.database.pointer
        unsafe rocksdb_options_set_create_if_missing(settings, createIfMissing ? 1 : 0)
        unsafe rocksdb_options_set_create_missing_column_families(settings, createIfMissing ? 1 : 0)
        (database, families) = unsafe try RocksDatabase.open(path, options) {
            count, names, settingsList, handles, message in
            // SAFETY: three lists of `count` elements, alive during the call; RocksDB copies names and options.
            unsafe rocksdb_open_column_families(settings, path, count, names, settingsList, handles, message)
        }
        self.path = path
        isFixed = false
        // SAFETY: never nil; destroyed by `close`.
        batch = unsafe RocksHandle(rocksdb_writebatch_create())
    }

    /// Opens for reading beside a process that writes, as of this moment.
    /// - Parameter scratch: a folder for the few lines RocksDB logs meanwhile.
    init(beside path: String, scratch: String, _ options: borrowing RocksOptions) throws(StoreError) {
        // SAFETY: the setter takes options of this kind.
        let settings = unsafe options.database.pointer
        // All tables at once: the writer may delete one at any moment, and an open file stays.
        unsafe rocksdb_options_set_max_open_files(settings, -1)
        (database, families) = unsafe try RocksDatabase.open(path, options) {
            count, names, settingsList, handles, message in
            // SAFETY: as above.
            unsafe rocksdb_open_as_secondary_column_families(
                settings, path, scratch, count, names, settingsList, handles, message)
        }
        self.path = path
        isFixed = true
        // SAFETY: as above.
        batch = unsafe RocksHandle(rocksdb_writebatch_create())
    }

    /// Opens for reading, changing no file, and says how far the database goes.
    static func rehearse(_ path: String, _ options: borrowing RocksOptions) throws(StoreError) -> UInt64 {
        let settings = unsafe options.database.pointer
        let (database, families) = unsafe try open(path, options) { count, names, settingsList, handles, message in
            // SAFETY: as above.
            unsafe rocksdb_open_for_read_only_column_families(
                settings, path, count, names, settingsList, handles, 0, message)
        }
        // SAFETY: the database is asked and closed here; nobody else has it.
        defer {
            for family in families { unsafe rocksdb_column_family_handle_destroy(family.pointer) }
            unsafe rocksdb_close(database.pointer)
        }
        return unsafe rocksdb_get_latest_sequence_number(database.pointer)
    }

    private typealias Opener = (
        Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<OpaquePointer?>?,
        UnsafeMutablePointer<OpaquePointer?>?, UnsafeMutablePointer<RocksFailure.Message?>
    ) -> OpaquePointer?

    /// Opens all families by one of RocksDB's calls for that.
    private static func open(
        _ path: String, _ options: borrowing RocksOptions, _ opener: Opener
    ) throws(StoreError) -> (RocksHandle, [RocksHandle]) {
        let settings = unsafe options.families.map { unsafe OpaquePointer?($0.pointer) }
        var handles = unsafe [OpaquePointer?](repeating: nil, count: settings.count)
        // SAFETY: the names are C strings until they are freed here.
        let names = unsafe StoreFamily.allCases.map { unsafe strdup($0.rawValue) }
        defer { unsafe names.forEach { unsafe free($0) } }
        let database = unsafe try RocksFailure.check(path) { message in
            unsafe opener(
                Int32(settings.count), names.map { unsafe UnsafePointer($0) }, settings, &handles, message)
        }
        let families = unsafe handles.compactMap { unsafe $0.map { unsafe RocksHandle($0) } }
        guard let database = unsafe database, families.count == StoreFamily.allCases.count else {
            throw .failed(what: "\(path): no database and no reason given")
        }
        return (unsafe RocksHandle(database), families)
    }

    /// Frees the database. No call may be running and none may follow.
    func close() {
        // SAFETY: the store lets this happen once, after the last call has ended.
        unsafe rocksdb_cancel_all_background_work(database.pointer, 1)
        for family in families { unsafe rocksdb_column_family_handle_destroy(family.pointer) }
        unsafe rocksdb_close(database.pointer)
        unsafe rocksdb_writebatch_destroy(batch.pointer)
    }

    /// The family a key lies in.
    private func family(of key: [UInt8]) -> RocksHandle { families[StoreFamily(of: key).place] }

    var latestSequence: UInt64 {
        // SAFETY: the database is open.
        unsafe rocksdb_get_latest_sequence_number(database.pointer)
    }

    func value(for key: [UInt8], _ options: RocksHandle) throws(StoreError) -> [UInt8]? {
        let found = unsafe try RocksFailure.check(path) { message in
            // SAFETY: the key's bytes are read during the call only.
            unsafe key.withUnsafeBytes { bytes in
                let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                return unsafe rocksdb_get_pinned_cf(
                    database.pointer, options.pointer, family(of: key).pointer, start, key.count, message)
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

    /// Reads keys of one batch.
    func values(for keys: ArraySlice<[UInt8]>, _ options: RocksHandle) throws(StoreError) -> [[UInt8]?] {
        guard let first = keys.first else { return [] }
        let family = StoreFamily(of: first)
        if keys.allSatisfy({ StoreFamily(of: $0) == family }) { return try values(for: keys, in: family, options) }
        var values = [[UInt8]?](repeating: nil, count: keys.count)
        for family in StoreFamily.allCases {
            let places = keys.indices.filter { StoreFamily(of: keys[$0]) == family }
            if places.isEmpty { continue }
            let found = try self.values(for: places.map { keys[$0] }[...], in: family, options)
            for (place, value) in zip(places, found) { values[place - keys.startIndex] = value }
        }
        return values
    }

    /// Reads keys of one family, laid end to end so that the list of pointers needs one buffer.
    private func values(
        for keys: ArraySlice<[UInt8]>, in family: StoreFamily, _ options: RocksHandle
    ) throws(StoreError) -> [[UInt8]?] {
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
                database.pointer, options.pointer, families[family.place].pointer, sizes.count, &starts, &sizes, &found,
                &messages, false)
        }
        var failure: StoreError?
        for index in sizes.indices { failure = unsafe RocksFailure.take(messages[index], path) ?? failure }
        let values = unsafe found.map { unsafe $0.map { unsafe RocksDatabase.take($0) } }
        if let failure { throw failure }
        return values
    }

    /// - Cost: operations go in by order of their keys: a write buffer finds the place of a key beside the last one's
    ///   three times as fast as any place.
    ///
    /// One writer at a time.
    func write(_ operations: WriteBatch, _ options: RocksHandle) throws(StoreError) {
        let isLarge = operations.byteCount > RocksDatabase.batchBytesMax
        // SAFETY: filled and written here; keys and values are copied into it.
        let list = unsafe isLarge ? rocksdb_writebatch_create() : batch.pointer
        defer { unsafe isLarge ? rocksdb_writebatch_destroy(list) : rocksdb_writebatch_clear(list) }
        for place in operations.orderOfKeys {
            let operation = operations.operations[place]
            let family = unsafe family(of: operation.key).pointer
            unsafe operation.key.withUnsafeBytes { key in
                let keyStart = unsafe key.baseAddress?.assumingMemoryBound(to: CChar.self)
                guard let value = operation.value else {
                    if operation.isOnce {
                        unsafe rocksdb_writebatch_singledelete_cf(list, family, keyStart, key.count)
                    } else {
                        unsafe rocksdb_writebatch_delete_cf(list, family, keyStart, key.count)
                    }
                    return
                }
                unsafe value.withUnsafeBytes { value in
                    let valueStart = unsafe value.baseAddress?.assumingMemoryBound(to: CChar.self)
                    unsafe rocksdb_writebatch_put_cf(list, family, keyStart, key.count, valueStart, value.count)
                }
            }
        }
        unsafe try RocksFailure.check(path) { message in
            unsafe rocksdb_write(database.pointer, options.pointer, list, message)
        }
    }

    /// Bytes by one of RocksDB's properties of a family; 0 where it does not say.
    private func bytes(_ property: String, _ family: StoreFamily) -> UInt64 {
        var value: UInt64 = 0
        let handle = unsafe families[family.place].pointer
        // SAFETY: the database is open; the name is a C string for the time of the call.
        let code = unsafe rocksdb_property_int_cf(database.pointer, handle, property, &value)
        return code == 0 ? value : 0
    }

    /// Bytes of nodes in tables, about.
    var nodeBytes: UInt64 { bytes("rocksdb.estimate-live-data-size", .nodes) }

    /// Bytes of memory behind the write buffer that each family fills now, in the order of `StoreFamily.allCases`. It
    /// grows until the buffer is full, or is flushed, and another takes its place.
    var bufferBytes: [UInt64] { StoreFamily.allCases.map { bytes("rocksdb.cur-size-active-mem-table", $0) } }

    /// Gives write buffers other sizes from now on.
    func resize(_ buffers: RocksLimits.Buffers) throws(StoreError) {
        for family in StoreFamily.allCases {
            unsafe try RocksFailure.check(path) { message in
                unsafe "write_buffer_size".withCString { name in
                    unsafe String(buffers.bytes(family)).withCString { size in
                        var name: UnsafePointer<CChar>? = unsafe name
                        var size: UnsafePointer<CChar>? = unsafe size
                        // SAFETY: lists of one C string each, alive during the call.
                        unsafe rocksdb_set_options_cf(
                            database.pointer, families[family.place].pointer, 1, &name, &size, message)
                    }
                }
            }
        }
    }

    func syncLog() throws(StoreError) {
        // SAFETY: the database is open.
        unsafe try RocksFailure.check(path) { message in
            unsafe rocksdb_flush_wal(database.pointer, 1, message)
        }
    }

    /// Writes the write buffers out as tables, so that the log has nothing to repeat.
    /// - Parameter isAwaited: false to have that done beside what comes; then this waits only where too many buffers
    ///   are being written out already.
    func flushTables(isAwaited: Bool = true) throws(StoreError) {
        // SAFETY: the options are made and freed here.
        let flush = unsafe rocksdb_flushoptions_create()
        unsafe rocksdb_flushoptions_set_wait(flush, isAwaited ? 1 : 0)
        defer { unsafe rocksdb_flushoptions_destroy(flush) }
        for family in families {
            unsafe try RocksFailure.check(path) { message in
                unsafe rocksdb_flush_cf(database.pointer, flush, family.pointer, message)
            }
        }
    }

    /// Writes out the write buffers and rewrites all tables into the fewest.
    func compact() throws(StoreError) {
        try flushTables()
        // SAFETY: nil bounds mean all keys.
        for family in families { unsafe rocksdb_compact_range_cf(database.pointer, family.pointer, nil, 0, nil, 0) }
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
}
