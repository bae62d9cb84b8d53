// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Consensus
import Dispatch
import Glibc
import Ledger
package import ShangMi
import Synchronization

/// What went wrong with the files that hold a validator's safety record.
package enum SafetyRingError: Error, Hashable, Sendable {
    /// The operating system refused; `what` names the file and the reason.
    case failed(what: String)
    /// No room on the disk. May heal.
    case full(what: String)
    /// The files are there and hold no record that can be trusted: the validator must not vote (R12).
    case lost(what: String)
    /// The files belong to another chain or key.
    case foreign(what: String)
}

/// Keeps a validator's newest safety record where no crash can take it away: two files of 64 slots each.
///
/// A record goes to slot `sequence mod 64` in both files, and both are synced before `write` returns. Nothing
/// grows and nothing is replayed. A write torn by a crash damages one slot, of a vote that never left; rot
/// damages one file.
///
/// Deviation from consensus.md 2.4: both files lie in one directory unless told otherwise.
/// - Spec: RING-1 to RING-6 (docs/spec/host.md).
package final class SafetyRing {
    package static let slotCount: UInt64 = 64
    package static let slotBytes = 32 << 10
    /// "JDSR" and the format.
    private static let magic: [UInt8] = [0x4a, 0x44, 0x53, 0x52, 2]

    private let files: [Int32]
    private let names: [String]
    private let owner: Digest
    private var sequence: UInt64
    /// The newest record, nil before the first is written.
    package private(set) var newest: SafetyRecord?

    /// Opens the ring in a directory, or makes a fresh one where neither file exists.
    /// - Parameters:
    ///   - owner: a digest of chain and key; a ring of another owner is refused.
    ///   - mayCreate: true only together with a key that has never voted, or where a new record is one of silence.
    package init(directory: String, owner: Digest, mayCreate: Bool) throws(SafetyRingError) {
        names = ["safety.a", "safety.b"].map { directory + "/" + $0 }
        self.owner = owner
        let exists = names.map { unsafe access($0, F_OK) == 0 }
        if !exists.contains(true) && !mayCreate {
            throw .lost(what: "\(names[0]) and its twin are missing although this validator has voted before")
        }
        var files: [Int32] = []
        for name in names {
            let file = unsafe open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard file >= 0 else {
                let failure = SafetyRing.failure(name)
                for file in files { close(file) }
                throw failure
            }
            files.append(file)
        }
        self.files = files
        sequence = 0
        if exists.contains(true) { try recover(mayBeBlank: mayCreate) }
        // All of it, every time: a crash may have come between making the files and giving them their length.
        for (file, name) in zip(files, names) { try SafetyRing.allocate(file, name) }
        try SafetyRing.sync(directory: directory)
    }

    deinit { for file in files { close(file) } }

    /// Makes a record durable in both files.
    /// - Cost: two writes of the record's size and two syncs, about 0.5 ms on a data-centre disk.
    /// - Throws: `.full`, `.failed`; the validator must then send nothing that rests on the record.
    package func write(_ record: SafetyRecord) throws(SafetyRingError) {
        let next = sequence + 1
        let bytes = SafetyRing.slot(record, sequence: next, owner: owner)
        precondition(bytes.count <= SafetyRing.slotBytes, "a safety record of 100 validators fits its slot")
        let offset = off_t(next % SafetyRing.slotCount) * off_t(SafetyRing.slotBytes)
        for (file, name) in zip(files, names) {
            // SAFETY: the buffer outlives the call and its length is its own.
            let written = unsafe bytes.withUnsafeBytes {
                unsafe pwrite(file, $0.baseAddress, $0.count, offset)
            }
            guard written == bytes.count else { throw SafetyRing.failure(name) }
        }
        try sync()
        sequence = next
        newest = record
    }

    /// Flushes both files at the same time: two flushes of one disk take little longer than one.
    private func sync() throws(SafetyRingError) {
        let (files, names) = (files, names)
        let failure = Mutex<SafetyRingError?>(nil)
        DispatchQueue.concurrentPerform(iterations: files.count) { index in
            if fdatasync(files[index]) == 0 { return }
            let reason = SafetyRing.failure(names[index])
            failure.withLock { $0 = reason }
        }
        if let reason = failure.withLock({ $0 }) { throw reason }
    }

    // MARK: Recovery (RING-4, RING-5)

    private func recover(mayBeBlank: Bool) throws(SafetyRingError) {
        var found: [UInt64: SafetyRecord] = [:]
        for (file, name) in zip(files, names) {
            for slot in 0..<SafetyRing.slotCount {
                guard let (sequence, record) = try read(slot, of: file, name) else { continue }
                found[sequence] = record
            }
        }
        guard let last = found.keys.max(), let record = found[last] else {
            // A ring that was only allocated holds zeros in every slot of every file; a validator that has
            // voted has another, and whoever put zeros in its place took its promises away.
            guard mayBeBlank, try isBlank() else {
                throw .lost(what: "\(names[0]) and its twin hold no intact record")
            }
            return
        }
        // The slot before the newest was written and synced before it; if it is gone, so may newer ones be.
        if last > 1, found[last - 1] == nil {
            throw .lost(
                what: "\(names[0]) and its twin lack the record before the newest, number \(last - 1)")
        }
        sequence = last
        newest = record
    }

    private func read(
        _ slot: UInt64, of file: Int32, _ name: String
    ) throws(SafetyRingError) -> (UInt64, SafetyRecord)? {
        guard let bytes = try readSlot(slot, of: file, name) else { return nil }
        var decoder = Decoder(bytes)
        guard let magic = try? decoder.raw(count: SafetyRing.magic.count), magic == SafetyRing.magic,
            let sequence = try? decoder.u64(), let found = try? Digest(from: &decoder),
            let body = try? decoder.bytes(max: SafetyRing.slotBytes)
        else { return nil }
        let covered = decoder.offset
        guard let check = try? Digest(from: &decoder), SM3.hash([UInt8](bytes[..<covered])) == check,
            sequence % SafetyRing.slotCount == slot, let record = try? SafetyRecord(decoding: body)
        else { return nil }
        guard found == owner else { throw .foreign(what: "\(name) belongs to another chain or key") }
        return (sequence, record)
    }

    private func readSlot(_ slot: UInt64, of file: Int32, _ name: String) throws(SafetyRingError) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: SafetyRing.slotBytes)
        let offset = off_t(slot) * off_t(SafetyRing.slotBytes)
        // SAFETY: the buffer is exactly as long as the read.
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe pread(file, $0.baseAddress, $0.count, offset)
        }
        guard count >= 0 else { throw SafetyRing.failure(name) }
        return count == SafetyRing.slotBytes ? bytes : nil
    }

    private func isBlank() throws(SafetyRingError) -> Bool {
        for (file, name) in zip(files, names) {
            for slot in 0..<SafetyRing.slotCount {
                if let bytes = try readSlot(slot, of: file, name), bytes.contains(where: { $0 != 0 }) {
                    return false
                }
            }
        }
        return true
    }

    // MARK: Form

    private static func slot(_ record: SafetyRecord, sequence: UInt64, owner: Digest) -> [UInt8] {
        var encoder = Encoder(reserving: 2_048)
        encoder.raw(magic)
        encoder.u64(sequence)
        owner.encode(into: &encoder)
        encoder.bytes(record.encoded)
        return encoder.bytes + SM3.hash(encoder.bytes).bytes
    }

    private static func allocate(_ file: Int32, _ name: String) throws(SafetyRingError) {
        let length = off_t(slotCount) * off_t(slotBytes)
        let status = posix_fallocate(file, 0, length)
        guard status == 0 else {
            if status == ENOSPC { throw .full(what: name) }
            throw .failed(what: "\(name): \(unsafe String(cString: strerror(status)))")
        }
        guard fsync(file) == 0 else { throw failure(name) }
    }

    /// Makes the files' names outlive a crash of the machine.
    private static func sync(directory: String) throws(SafetyRingError) {
        let file = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw failure(directory) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure(directory) }
    }

    private static func failure(_ name: String) -> SafetyRingError {
        let code = errno
        if code == ENOSPC || code == EDQUOT { return .full(what: name) }
        return .failed(what: "\(name): \(unsafe String(cString: strerror(code)))")
    }
}
