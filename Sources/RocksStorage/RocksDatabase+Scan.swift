// SPDX-License-Identifier: Apache-2.0
internal import CRocksDB
internal import Storage

/// Which pairs stand between two keys?
extension RocksDatabase {
    /// Reads pairs in order of keys or in the opposite order, through as many families as the range touches.
    func scan(
        from start: [UInt8], to end: [UInt8]?, limit: Int, reverse: Bool, _ options: RocksHandle
    ) throws(StoreError) -> [StoredPair] {
        let parts = StoreFamily.parts(from: start, to: end)
        guard parts.count > 1 else {
            guard let part = parts.first else { return [] }
            return try scan(part, limit: limit, reverse: reverse, options)
        }
        if isFixed { return try scan(parts, limit: limit, reverse: reverse, options) }
        // One moment for all families.
        // SAFETY: options and snapshot are made and freed here, after the last iterator that uses them.
        let moment = unsafe rocksdb_create_snapshot(database.pointer)
        let settings = unsafe RocksHandle(rocksdb_readoptions_create())
        defer {
            unsafe rocksdb_readoptions_destroy(settings.pointer)
            unsafe rocksdb_release_snapshot(database.pointer, moment)
        }
        unsafe rocksdb_readoptions_set_verify_checksums(settings.pointer, 1)
        unsafe rocksdb_readoptions_set_fill_cache(settings.pointer, 0)
        unsafe rocksdb_readoptions_set_snapshot(settings.pointer, moment)
        return try scan(parts, limit: limit, reverse: reverse, settings)
    }

    private func scan(
        _ parts: [StoreFamily.Part], limit: Int, reverse: Bool, _ options: RocksHandle
    ) throws(StoreError) -> [StoredPair] {
        var pairs: [StoredPair] = []
        for part in reverse ? parts.reversed() : parts where pairs.count < limit {
            pairs += try scan(part, limit: limit - pairs.count, reverse: reverse, options)
        }
        return pairs
    }

    /// Reads a range of keys that lies in one family.
    private func scan(
        _ part: StoreFamily.Part, limit: Int, reverse: Bool, _ options: RocksHandle
    ) throws(StoreError) -> [StoredPair] {
        let (start, end) = (part.start, part.end)
        var pairs: [StoredPair] = []
        guard limit > 0 else { return pairs }
        // SAFETY: the iterator is made, used by this thread alone and destroyed here.
        let iterator = unsafe rocksdb_create_iterator_cf(
            database.pointer, options.pointer, families[part.family.place].pointer)
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
