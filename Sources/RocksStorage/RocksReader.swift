// SPDX-License-Identifier: Apache-2.0
internal import Glibc
package import Storage
internal import Synchronization

/// A store read beside the process that owns it, as it was at one moment: for a copy without stopping the node.
///
/// What the owner writes or prunes later is not seen. It takes no lock and changes nothing; a write fails.
/// - Spec: STORE-4, STORE-6, STORE-8; BACK-5.
package final class RocksReader: KeyValueStore {
    private static let multiGetMax = 512

    private let options: RocksOptions
    private let database: RocksDatabase
    private let path: String
    private let scratch: String
    private let callCount = Atomic<Int>(0)
    private let isClosed = Atomic<Bool>(false)

    /// Opens a store's directory for reading.
    /// - Parameters:
    ///   - path: a store's; it may be in use.
    ///   - folder: where a small folder may lie while it is read.
    /// - Throws: `.failed` also where the owner changed its files at the very moment; trying again helps.
    /// - Cost: memory for what the owner's log holds, as `RocksStore` says, and a descriptor a table.
    package init(beside path: String, scratch folder: String) throws(StoreError) {
        try RocksDirectory.checkFormat(path)
        var name = Array("\(folder)/jiuding-read-XXXXXX".utf8CString)
        // SAFETY: the template is ours and ends with a zero; mkdtemp writes into its own bytes.
        guard unsafe mkdtemp(&name) != nil else { throw RocksDirectory.failure("make a folder in", folder) }
        scratch = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.path = path
        options = RocksOptions(RocksLimits())
        do throws(StoreError) {
            database = try RocksDatabase(beside: path + "/db", scratch: scratch, options)
        } catch {
            RocksReader.remove(scratch)
            throw error
        }
    }

    deinit { try? close() }

    private static func remove(_ folder: String) {
        for file in (try? RocksDirectory.files(in: folder)) ?? [] { unsafe unlink("\(folder)/\(file.name)") }
        unsafe rmdir(folder)
    }

    private func enter<Answer>(_ body: () throws(StoreError) -> Answer) throws(StoreError) -> Answer {
        callCount.add(1, ordering: .sequentiallyConsistent)
        defer { callCount.subtract(1, ordering: .sequentiallyConsistent) }
        if isClosed.load(ordering: .sequentiallyConsistent) { throw .failed(what: "the store at \(path) is closed") }
        return try body()
    }

    package func value(for key: [UInt8]) throws(StoreError) -> [UInt8]? {
        try enter { () throws(StoreError) in try database.value(for: key, options.read) }
    }

    package func values(for keys: [[UInt8]]) throws(StoreError) -> [[UInt8]?] {
        try enter { () throws(StoreError) in
            var values: [[UInt8]?] = []
            for start in stride(from: 0, to: keys.count, by: RocksReader.multiGetMax) {
                let batch = keys[start..<min(start + RocksReader.multiGetMax, keys.count)]
                values += try database.values(for: batch, options.read)
            }
            return values
        }
    }

    package func scan(
        from start: [UInt8], to end: [UInt8]?, limit: Int, reverse: Bool
    ) throws(StoreError) -> [StoredPair] {
        precondition(limit >= 0, "a scan returns no fewer than zero pairs")
        return try enter { () throws(StoreError) in
            try database.scan(from: start, to: end, limit: limit, reverse: reverse, options.scan)
        }
    }

    package func write(_ batch: WriteBatch, durably: Bool) throws(StoreError) {
        throw .failed(what: "the store at \(path) is open for reading only")
    }

    package func flush() throws(StoreError) {}

    package func close() throws(StoreError) {
        if isClosed.exchange(true, ordering: .sequentiallyConsistent) { return }
        while callCount.load(ordering: .sequentiallyConsistent) > 0 { usleep(50) }
        database.close()
        RocksReader.remove(scratch)
    }
}
