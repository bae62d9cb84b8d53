// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import RocksStorage
import Storage
import Testing

/// What a store held, and whether a damaged copy of it still tells the truth.
private struct Witness {
    let folder = Folder()
    var pairs: [StoredPair] = []

    /// A store with tables, a manifest and a log that holds `logBatches` unsaved batches.
    init(logBatches: Int, tables: Bool) throws {
        let store = try RocksStore(path: folder.store)
        var random = SeededRandom(seed: 5)
        let draw = { (count: Int, random: inout SeededRandom) in
            // Keys of all families, so that each has a table to be damaged.
            let kinds: [[UInt8]] = [[0x01], [0x02], [0x05], [0x10, 0x4c], [0x10, 0x4e]]
            return WriteBatch(
                (0..<count).map {
                    (key: kinds[$0 % kinds.count] + random.bytes(count: 6), value: random.bytes(count: 60))
                })
        }
        if tables {
            for _ in 0..<10 { try store.write(draw(200, &random), durably: true) }
            try store.compact()
        }
        for _ in 0..<logBatches { try store.write(draw(3, &random), durably: true) }
        pairs = try store.scan(from: [], to: nil, limit: .max, reverse: false)
        // As a crash leaves it: closing would write the log out into tables.
        try folder.rest()
        let crashed = try folder.copy()
        try store.close()
        try FileManager.default.removeItem(atPath: folder.store)
        try FileManager.default.moveItem(atPath: crashed, toPath: folder.store)
    }

    /// What became of a damaged copy: the error, or nil where every answer was right. Records a wrong answer.
    func judge(_ path: String, _ what: String) -> StoreError? {
        do throws(StoreError) {
            let store = try RocksStore(path: path)
            let scanned = try store.scan(from: [], to: nil, limit: .max, reverse: false)
            #expect(scanned == pairs, "wrong answer to a scan after \(what)")
            let found = try store.values(for: pairs.map { $0.key })
            #expect(found == pairs.map { $0.value }, "wrong answer to reads after \(what)")
            return nil
        } catch {
            return error
        }
    }

    func names(_ error: StoreError, _ path: String) -> Bool { "\(error)".contains(path) }
}

@Suite("Damage on disk is an error that names the file, or makes no difference (STORE-6)")
struct DamageTests {
    private static func isWatched(_ file: String) -> Bool {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        return name.hasSuffix(".sst") || name.hasSuffix(".log") || name.hasPrefix("MANIFEST")
            || name == "CURRENT"
            || name == "FORMAT" || name == "TIP"
    }

    @Test("a flipped byte in any file that carries data is never served and never loses a durable write")
    func flips() throws {
        let witness = try Witness(logBatches: 30, tables: true)
        var random = SeededRandom(seed: 6)
        var kinds: [String: Int] = [:]
        for file in try witness.folder.files(witness.folder.store) where Self.isWatched(file) {
            let bytes = try Disk.bytes(witness.folder.store + "/" + file)
            if bytes.isEmpty { continue }
            // The last bytes are where a log's tail and a table's footer are.
            var offsets = Set((0..<60).map { _ in random.below(bytes.count) })
            offsets.formUnion(max(0, bytes.count - 60)..<bytes.count)
            for offset in offsets.sorted() {
                let path = try witness.folder.copy()
                var damaged = bytes
                damaged[offset] ^= UInt8(1 << random.below(8))
                try Disk.write(damaged, path + "/" + file)
                if let error = witness.judge(path, "a flip in \(file) at \(offset)") {
                    // A flip in the number of the format makes another number of it.
                    let isOtherFormat = if case .newerFormat(_, known: 3) = error { true } else { false }
                    #expect(witness.names(error, path) || isOtherFormat, "\(error)")
                    kinds[
                        file.hasSuffix(".sst") ? "sst" : file.hasSuffix(".log") ? "log" : file, default: 0] +=
                        1
                }
            }
        }
        print("errors by file:", kinds.sorted { $0.key < $1.key })
        #expect(kinds["sst", default: 0] > 0)
        #expect(kinds["log", default: 0] > 0)
    }

    @Test("every bit of the log's last record counts (STORE-2)")
    func lastRecord() throws {
        let witness = try Witness(logBatches: 4, tables: false)
        let log = try #require(try witness.folder.files(witness.folder.store).last { $0.hasSuffix(".log") })
        let bytes = try Disk.bytes(witness.folder.store + "/" + log)
        for bit in stride(from: (bytes.count - 240) * 8, to: bytes.count * 8, by: 5) {
            let path = try witness.folder.copy()
            var damaged = bytes
            damaged[bit / 8] ^= UInt8(1 << (bit % 8))
            try Disk.write(damaged, path + "/" + log)
            let error = witness.judge(path, "bit \(bit) of the log flipped")
            #expect(error.map { witness.names($0, path) } == true, "bit \(bit): \(String(describing: error))")
        }
    }

    @Test("a log cut anywhere, even between records, is short of the durable tip (STORE-2)")
    func cutLog() throws {
        let witness = try Witness(logBatches: 6, tables: true)
        let log = try #require(try witness.folder.files(witness.folder.store).last { $0.hasSuffix(".log") })
        let bytes = try Disk.bytes(witness.folder.store + "/" + log)
        for length in stride(from: 0, to: bytes.count, by: 11) {
            let path = try witness.folder.copy()
            try Disk.write(Array(bytes[..<length]), path + "/" + log)
            #expect(witness.judge(path, "the log cut at \(length)") != nil)
        }
    }

    @Test("a store that was closed has nothing to repeat: its log is empty and its tables hold everything (STORE-2)")
    func closed() throws {
        let folder = Folder()
        let store = try RocksStore(path: folder.store)
        try store.write(WriteBatch([(key: [1], value: [UInt8](repeating: 1, count: 300))]), durably: true)
        try store.close()
        let logs = try folder.files(folder.store).filter { $0.hasSuffix(".log") }
        #expect(try logs.allSatisfy { try Disk.bytes(folder.store + "/" + $0).isEmpty }, "\(logs)")
        #expect(try RocksStore(path: folder.store).value(for: [1]) == [UInt8](repeating: 1, count: 300))
    }

    @Test("bytes torn off behind the last durable write are no damage (STORE-3)")
    func tornTail() throws {
        let folder = Folder()
        let store = try RocksStore(path: folder.store)
        try store.write(WriteBatch([(key: [1], value: [1])]), durably: true)
        try store.write(WriteBatch([(key: [2], value: [UInt8](repeating: 2, count: 300))]), durably: false)
        // Copied while open: as a power cut leaves it, the newest write not finished.
        let log = try #require(try folder.files(folder.store).last { $0.hasSuffix(".log") })
        let bytes = try Disk.bytes(folder.store + "/" + log)
        for lost in 1...300 where lost % 7 == 1 {
            let path = try folder.copy()
            try Disk.write(Array(bytes.dropLast(lost)), path + "/" + log)
            let torn = try RocksStore(path: path)
            #expect(try torn.value(for: [1]) == [1])
            #expect(try torn.value(for: [2]) == nil)
            try torn.write(WriteBatch([(key: [3], value: [3])]), durably: true)
            try torn.close()
            #expect(try RocksStore(path: path).value(for: [3]) == [3])
        }
    }

    @Test(
        "a missing file is an error that names the directory",
        arguments: ["CURRENT", "MANIFEST", ".sst", ".log", "FORMAT", "TIP"])
    func missing(kind: String) throws {
        let witness = try Witness(logBatches: 5, tables: true)
        let path = try witness.folder.copy()
        for file in try witness.folder.files(path) where file.contains(kind) {
            try FileManager.default.removeItem(atPath: path + "/" + file)
        }
        let error = try #require(witness.judge(path, "\(kind) removed"))
        #expect(witness.names(error, path))
    }

    @Test("a full disk is .full, stops the store, and loses nothing that was durable (STORE-1, STORE-7)")
    func fullDisk() throws {
        let folder = Folder()
        let mount = folder.path + "/small"
        try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
        guard run("mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", mount) == 0 else {
            print("skipped: mounting a tmpfs needs root")
            return
        }
        defer { _ = run("umount", mount) }
        var durable = 0
        do {
            let store = try RocksStore(path: mount + "/store")
            var random = SeededRandom(seed: 3)
            let failure = #expect(throws: StoreError.self) {
                for index in 0..<1_000 {
                    let pair = (
                        key: [UInt8(index / 256), UInt8(index % 256)], value: random.bytes(count: 200_000)
                    )
                    try store.write(WriteBatch([pair]), durably: true)
                    durable = index + 1
                }
            }
            guard case .full = failure else {
                Issue.record("a full disk gave \(String(describing: failure))")
                return
            }
            let second = #expect(throws: StoreError.self) {
                try store.write(WriteBatch([(key: [9, 9], value: [1])]), durably: false)
            }
            #expect(second == failure)
            #expect(try store.value(for: [0, 0])?.count == 200_000)
            try? store.close()
        }
        #expect(durable > 50)
        // Room comes back: a larger disk under the same files.
        #expect(run("mount", "-o", "remount,size=400m", mount) == 0)
        let store = try RocksStore(path: mount + "/store")
        let found = try store.scan(from: [], to: nil, limit: .max, reverse: false)
        #expect(found.count >= durable)
        try store.write(WriteBatch([(key: [9, 9], value: [1])]), durably: true)
        try store.close()
    }

    private func run(_ command: String...) -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        do { try process.run() } catch { return -1 }
        process.waitUntilExit()
        return process.terminationStatus
    }
}
