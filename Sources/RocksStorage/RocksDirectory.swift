// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Storage

/// The files of ours beside RocksDB's own: who holds the directory, which format it has, how far it is
/// durable.
///
/// | Name | What |
/// |---|---|
/// | `LOCK` | empty; held with `flock` while the store is open, by one opener on the machine |
/// | `FORMAT` | one line, `jiuding-store N` |
/// | `TIP` | 24 bytes: `JDTIP001`, sequence number of the last durable write, the same inverted |
/// | `db/` | RocksDB's files |
///
/// `TIP` is written after each durable write, not synced itself: whatever of it reaches the disk names a
/// write that was on the disk before. So a database that recovers to less has lost committed data, however
/// well its own checksums agree: a log cut short on a record's edge, a manifest gone back. Only a power cut
/// that loses the newest `TIP` *and* damage to the newest log record can together go unseen, and then only
/// the writes of that window.
struct RocksDirectory: ~Copyable {
    /// 4: few leaves of the state stand in the record of the node above (STATE-11), where format 3 has records for all.
    /// Nothing reads that one, nor format 2, which had one family, nor 1, whose chains were founded on another state.
    static let formatKnown: UInt64 = 4
    private static let formatPrefix = "jiuding-store "
    private static let tipMark = Array("JDTIP001".utf8)

    let path: String
    private let lock: Int32
    private let tip: Int32
    /// The sequence number the last run promised.
    let promisedSequence: UInt64

    var databasePath: String { path + "/db" }

    /// Takes the directory, making it where there is none.
    init(opening path: String) throws(StoreError) {
        if unsafe mkdir(path, 0o755) != 0, errno != EEXIST { throw RocksDirectory.failure("make", path) }
        let lock = try RocksDirectory.openFile(path + "/LOCK", O_RDWR | O_CREAT)
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            close(lock)
            throw isHeld ? .locked(path: path) : RocksDirectory.failure("lock", path)
        }
        var file: Int32 = -1
        let sequence: UInt64
        do throws(StoreError) {
            try RocksDirectory.prepareFormat(path)
            file = try RocksDirectory.openFile(path + "/TIP", O_RDWR)
            sequence = try RocksDirectory.readTip(file, path)
        } catch {
            if file >= 0 { close(file) }
            close(lock)
            throw error
        }
        self.path = path
        self.lock = lock
        tip = file
        promisedSequence = sequence
    }

    deinit {
        close(tip)
        close(lock)
    }

    /// Writes the mark and format of a fresh directory, `FORMAT` last, or checks what is there.
    private static func prepareFormat(_ path: String) throws(StoreError) {
        if unsafe access(path + "/FORMAT", F_OK) != 0 {
            guard unsafe access(path + "/db", F_OK) != 0 else {
                throw .corrupt(what: "\(path)/FORMAT is missing")
            }
            try makeFresh(path)
        }
        try checkFormat(path)
    }

    /// Refuses a directory of another format than this program's.
    static func checkFormat(_ path: String) throws(StoreError) {
        let file = try openFile(path + "/FORMAT", O_RDONLY)
        defer { close(file) }
        let line = String(decoding: try read(file, count: 64, path + "/FORMAT"), as: UTF8.self)
        guard line.hasPrefix(formatPrefix), line.hasSuffix("\n"),
            let found = UInt64(line.dropFirst(formatPrefix.count).dropLast())
        else { throw .corrupt(what: "\(path)/FORMAT is not a format line") }
        if found < 1 { throw .corrupt(what: "\(path)/FORMAT names format \(found)") }
        if found != formatKnown { throw .newerFormat(found: found, known: formatKnown) }
    }

    /// Makes the files of ours in a directory that has none.
    static func makeFresh(_ path: String, sequence: UInt64 = 0) throws(StoreError) {
        try writeFile(path + "/TIP", tipBytes(sequence))
        try writeFile(path + "/FORMAT.new", Array("\(formatPrefix)\(formatKnown)\n".utf8))
        if unsafe rename(path + "/FORMAT.new", path + "/FORMAT") != 0 {
            throw failure("rename", path + "/FORMAT.new")
        }
        let directory = try openFile(path, O_RDONLY)
        defer { close(directory) }
        if fsync(directory) != 0 { throw failure("sync", path) }
    }

    private static func tipBytes(_ sequence: UInt64) -> [UInt8] {
        tipMark + bigEndian(sequence) + bigEndian(~sequence)
    }

    private static func bigEndian(_ value: UInt64) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt64($0)) }
    }

    private static func readTip(_ file: Int32, _ path: String) throws(StoreError) -> UInt64 {
        let bytes = try read(file, count: 25, path + "/TIP")
        let sequence = bytes.dropFirst(8).prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        guard bytes == tipBytes(sequence) else { throw .corrupt(what: "\(path)/TIP is not a tip mark") }
        return sequence
    }

    /// Notes that everything up to `sequence` is durable.
    func note(durable sequence: UInt64) throws(StoreError) {
        try RocksDirectory.write(tip, RocksDirectory.tipBytes(sequence), path + "/TIP")
    }

    /// Lets the next opener in; the files close when the store goes.
    func release() { flock(lock, LOCK_UN) }

    func syncTip() throws(StoreError) {
        if fdatasync(tip) != 0 { throw RocksDirectory.failure("sync", path + "/TIP") }
    }
}
