// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
import ShangMi
package import Storage

/// Why a snapshot file or an archive could not be written, read or believed. Each names the first thing that is wrong.
/// - Spec: BACK-4, ARCH-5.
package enum BackupError: Error, Hashable, Sendable {
    /// The bytes at this place of the file cannot stand there.
    case malformed(offset: UInt64)
    /// The file ends where more must come.
    case truncated(offset: UInt64)
    case otherChain(expected: ChainID, found: ChainID)
    /// The trust anchor is not signed by its own committee.
    case unsealedAnchor
    /// The anchor's committee is not the one the file comes to in that epoch.
    case otherCommittee(Epoch)
    case unproven(CertificateError)
    /// The part of this number, counted from 0, is not of the state.
    case foreignPart(Int, StateChunkError)
    /// The part of this number does not begin where the one before it ends; or the end comes before the last part.
    case misplacedPart(Int)
    /// What the file's end says of its content does not hold.
    case otherDigest
    /// There is nothing attested to write, or the store was never founded.
    case nothing
    /// The block at this height is not what the archive claims it to be; `what` says in which respect.
    case unprovenBlock(Height, what: String)
    case store(StoreError)
    /// The system refused; `what` names the file and the reason.
    case file(what: String)
    /// Whoever asked for it no longer wants it.
    case cancelled
}

extension BackupError {
    /// The stable code, nil for failures of the machine, which have those of the host (HOST-9).
    package var stable: StableCode? {
        switch self {
        case .malformed: .backupMalformed
        case .truncated: .backupTruncated
        case .otherChain: .backupOtherChain
        case .unsealedAnchor: .proofUnsealedAnchor
        case .otherCommittee: .backupOtherCommittee
        case .unproven: .backupUnproven
        case .foreignPart: .backupForeignPart
        case .misplacedPart: .backupMisplacedPart
        case .otherDigest: .backupOtherDigest
        case .nothing: .backupNothing
        case .unprovenBlock: .archiveUnproven
        case .store, .file, .cancelled: nil
        }
    }
}

/// Gives a file's bytes from the first to the last.
package protocol ByteSource {
    /// - Returns: the next `count` bytes, fewer only where the file ends.
    mutating func read(_ count: Int) throws(BackupError) -> [UInt8]
}

/// Takes a file's bytes from the first to the last.
package protocol ByteSink {
    mutating func write(_ bytes: [UInt8]) throws(BackupError)
}

/// Writes a file piece by piece and ends it with the digest of all of it.
/// - Spec: BACK-1.
struct BackupWriter<Sink: ByteSink> {
    private(set) var sink: Sink
    private var hash = SM3()

    init(_ sink: Sink) { self.sink = sink }

    mutating func write(_ bytes: [UInt8]) throws(BackupError) {
        hash.update(bytes)
        try sink.write(bytes)
    }

    mutating func write(_ fill: (inout Encoder) -> Void) throws(BackupError) {
        var encoder = Encoder()
        fill(&encoder)
        try write(encoder.bytes)
    }

    /// Writes the digest of everything written so far.
    /// - Returns: that digest.
    mutating func finish() throws(BackupError) -> Digest {
        let digest = hash.finalize()
        try sink.write(digest.bytes)
        return digest
    }
}

/// Reads a file piece by piece, in memory that the longest piece bounds, and knows what it has read.
/// - Spec: BACK-1, BACK-4.
struct BackupReader<Source: ByteSource> {
    private var source: Source
    private(set) var offset: UInt64 = 0
    private var hash = SM3()

    init(_ source: Source) { self.source = source }

    mutating func raw(_ count: Int) throws(BackupError) -> [UInt8] {
        let bytes = try take(count)
        hash.update(bytes)
        return bytes
    }

    private mutating func take(_ count: Int) throws(BackupError) -> [UInt8] {
        let bytes = try source.read(count)
        offset += UInt64(bytes.count)
        guard bytes.count == count else { throw .truncated(offset: offset) }
        return bytes
    }

    /// A number in base 128 (ENC-3).
    mutating func number(max: UInt64 = .max) throws(BackupError) -> UInt64 {
        let start = offset
        var bytes: [UInt8] = []
        repeat { bytes += try raw(1) } while bytes.count < 10 && bytes[bytes.count - 1] & 0x80 != 0
        var decoder = Decoder(bytes)
        guard let value = try? decoder.number(max: max), (try? decoder.finish()) != nil else {
            throw .malformed(offset: start)
        }
        return value
    }

    /// A value that fills a byte string of at most `max` bytes (ENC-4, ENC-7).
    mutating func value<Value: Canonical>(_ type: Value.Type, max: Int) throws(BackupError) -> Value {
        let count = try number(max: UInt64(max))
        let start = offset
        let bytes = try raw(Int(count))
        do { return try Value(decoding: bytes) } catch { throw .malformed(offset: start + UInt64(error.offset)) }
    }

    /// Reads the digest that ends the file, and the file's end.
    mutating func finish() throws(BackupError) -> Digest {
        let expected = hash.finalize()
        guard try take(Digest.byteCount) == expected.bytes else { throw .otherDigest }
        guard try source.read(1).isEmpty else { throw .malformed(offset: offset) }
        return expected
    }
}
