// SPDX-License-Identifier: Apache-2.0
internal import CRocksDB
internal import Storage

/// An object of RocksDB's, known by its address.
@safe
// SAFETY: unchecked, because pointers are not `Sendable`. The address is a constant, and RocksDB's databases and
// options may be used from any thread; using it in a call is what is unsafe, and says so there.
struct RocksHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }
}

/// RocksDB's options, made once a store and freed with it.
///
/// Not obvious from the calls: every block's checksum is verified on every read (RocksDB's default for reads,
/// stated here again); the write-ahead log is recovered up to the first damage (mode 2), and `RocksStore`
/// then refuses the store if that is short of the last durable write.
struct RocksOptions: ~Copyable, Sendable {
    /// What holds for the whole database.
    let database: RocksHandle
    /// What holds for each column family, in the order of `StoreFamily.allCases`.
    let families: [RocksHandle]
    let read: RocksHandle
    let scan: RocksHandle
    let write: RocksHandle
    let durableWrite: RocksHandle

    private static let uncompressed: Int32 = 0
    private static let lz4: Int32 = 4
    private static let pointInTimeRecovery: Int32 = 2
    private static let twoLevelIndex: Int32 = 2
    private static let warnings: Int32 = 2

    init(_ limits: RocksLimits) {
        // SAFETY: the constructors return fresh objects and never nil; each is destroyed once, in deinit.
        database = unsafe RocksHandle(rocksdb_options_create())
        // SAFETY: as above.
        read = unsafe RocksHandle(rocksdb_readoptions_create())
        // SAFETY: as above.
        scan = unsafe RocksHandle(rocksdb_readoptions_create())
        // SAFETY: as above.
        write = unsafe RocksHandle(rocksdb_writeoptions_create())
        // SAFETY: as above.
        durableWrite = unsafe RocksHandle(rocksdb_writeoptions_create())
        RocksOptions.setReadsAndWrites(read, scan, durableWrite)
        // SAFETY: the families' tables share the cache by count; ours is given back below.
        let cache = unsafe rocksdb_cache_create_lru(limits.blockCacheBytes)
        families = StoreFamily.allCases.map { family in
            // SAFETY: as above.
            let handle = unsafe RocksHandle(rocksdb_options_create())
            RocksOptions.setFiles(handle, limits, family)
            unsafe RocksOptions.setTables(handle, limits, cache)
            return handle
        }
        RocksOptions.setDatabase(database, limits)
        unsafe rocksdb_cache_destroy(cache)
    }

    private static func setReadsAndWrites(_ read: RocksHandle, _ scan: RocksHandle, _ durable: RocksHandle) {
        // SAFETY: the three objects were just made and are of the kinds these setters take.
        unsafe rocksdb_readoptions_set_verify_checksums(read.pointer, 1)
        unsafe rocksdb_readoptions_set_verify_checksums(scan.pointer, 1)
        // A long scan must not drive the hot blocks out.
        unsafe rocksdb_readoptions_set_fill_cache(scan.pointer, 0)
        unsafe rocksdb_writeoptions_set_sync(durable.pointer, 1)
    }

    private static func setDatabase(_ handle: RocksHandle, _ limits: RocksLimits) {
        // SAFETY: the handle was just made and is of the kind these setters take.
        let options = unsafe handle.pointer
        unsafe rocksdb_options_set_paranoid_checks(options, 1)
        unsafe rocksdb_options_set_wal_recovery_mode(options, pointInTimeRecovery)
        unsafe rocksdb_options_set_enable_pipelined_write(options, 0)
        unsafe rocksdb_options_set_unordered_write(options, 0)
        unsafe rocksdb_options_set_max_open_files(options, limits.openFilesMax)
        unsafe rocksdb_options_set_max_background_jobs(options, limits.backgroundJobsMax)
        // Asks the kernel to write tables out a piece at a time, not all at the end of a flush.
        unsafe rocksdb_options_set_bytes_per_sync(options, 1 << 20)
        unsafe rocksdb_options_set_max_manifest_file_size(options, 16 << 20)
        unsafe rocksdb_options_set_info_log_level(options, warnings)
        unsafe rocksdb_options_set_max_log_file_size(options, 4 << 20)
        unsafe rocksdb_options_set_keep_log_file_num(options, 4)
    }

    private static func setFiles(_ handle: RocksHandle, _ limits: RocksLimits, _ family: StoreFamily) {
        // SAFETY: the handle was just made and is of the kind these setters take.
        let options = unsafe handle.pointer
        unsafe rocksdb_options_set_write_buffer_size(options, limits.buffers(forNodesOf: 0, free: 0).bytes(family))
        unsafe rocksdb_options_set_max_write_buffer_number(options, limits.writeBuffersMax)
        // Nodes are digests for the most part. Uncompressed they take more room on the disk and are read without a
        // copy.
        unsafe rocksdb_options_set_compression(options, family == .nodes ? uncompressed : lz4)
        switch family {
        case .nodes, .index:
            unsafe rocksdb_options_set_compaction_style(options, Int32(rocksdb_universal_compaction))
            // Twice as many runs as usual are merged at once: two million transactions take 13 µs of this each, not 20.
            unsafe rocksdb_options_set_level0_file_num_compaction_trigger(options, 8)
            setInsertHints(handle)
            // An index only grows. A merge of all its runs, each time it has tripled, would save no byte.
            if family == .index { setRoomForGarbage(handle, percent: 10_000) }
        case .general, .bodies, .leaves:
            // What is written in order of its keys passes down the levels unread.
            unsafe rocksdb_options_set_compaction_style(options, Int32(rocksdb_level_compaction))
            unsafe rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 0)
        }
    }

    /// Has a write buffer look for a key's place from the last key's on, not from the top: a block's keys come sorted.
    ///
    /// The one option here that RocksDB's C interface takes by its name alone. A RocksDB that knows none of that name
    /// writes more slowly and as rightly, so a refusal is no failure.
    private static func setInsertHints(_ handle: RocksHandle) {
        var message: RocksFailure.Message?
        // SAFETY: the handle was just made; it is read whole before it is written. The texts live during the call.
        unsafe rocksdb_get_options_from_string(
            handle.pointer, "memtable_insert_with_hint_prefix_extractor=rocksdb.FixedPrefix.1", handle.pointer,
            &message)
        _ = unsafe RocksFailure.take(message, "")
    }

    /// Has all runs merged into one only where the younger ones hold so many percent of the oldest one's bytes: RocksDB
    /// takes what is younger for a second copy of what is older.
    private static func setRoomForGarbage(_ handle: RocksHandle, percent: Int32) {
        // SAFETY: the universal options are made here, copied into the handle, and freed here.
        let universal = unsafe rocksdb_universal_compaction_options_create()
        unsafe rocksdb_universal_compaction_options_set_max_size_amplification_percent(universal, percent)
        unsafe rocksdb_options_set_universal_compaction_options(handle.pointer, universal)
        unsafe rocksdb_universal_compaction_options_destroy(universal)
    }

    private static func setTables(_ handle: RocksHandle, _ limits: RocksLimits, _ cache: OpaquePointer?) {
        // SAFETY: the table options, the cache and the filter are fresh. The filter passes to the table
        // options, which free it; the factory copies the table options and shares the cache by count, so both
        // are freed here.
        let options = unsafe handle.pointer
        let tables = unsafe rocksdb_block_based_options_create()
        unsafe rocksdb_block_based_options_set_block_cache(tables, cache)
        unsafe rocksdb_block_based_options_set_cache_index_and_filter_blocks(tables, 1)
        // Indexes and filters in pieces of a block's size: whole ones of 1 MB and more do not fit a shard of
        // the cache and were read anew for every key (2,800 reads a second, measured).
        unsafe rocksdb_block_based_options_set_index_type(tables, twoLevelIndex)
        unsafe rocksdb_block_based_options_set_partition_filters(tables, 1)
        unsafe rocksdb_block_based_options_set_metadata_block_size(tables, 4096)
        unsafe rocksdb_block_based_options_set_pin_top_level_index_and_filter(tables, 1)
        unsafe rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(tables, 1)
        unsafe rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(tables, 1)
        unsafe rocksdb_block_based_options_set_filter_policy(
            tables, rocksdb_filterpolicy_create_bloom_full(10))
        unsafe rocksdb_block_based_options_set_format_version(tables, 5)
        unsafe rocksdb_options_set_block_based_table_factory(options, tables)
        unsafe rocksdb_block_based_options_destroy(tables)
    }

    deinit {
        // SAFETY: made in init, destroyed here only; the store closes the database before its options go.
        unsafe rocksdb_options_destroy(database.pointer)
        for family in families { unsafe rocksdb_options_destroy(family.pointer) }
        unsafe rocksdb_readoptions_destroy(read.pointer)
        unsafe rocksdb_readoptions_destroy(scan.pointer)
        unsafe rocksdb_writeoptions_destroy(write.pointer)
        unsafe rocksdb_writeoptions_destroy(durableWrite.pointer)
    }
}
