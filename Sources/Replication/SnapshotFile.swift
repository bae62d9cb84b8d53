// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
package import Ledger
package import ShangMi
package import Storage

/// A chain's state in one file: why it may be trusted, then all of it in parts.
/// - Spec: BACK-1, BACK-2.
package enum SnapshotFile {
    /// "JDSN" and the format.
    static let magic: [UInt8] = [0x4a, 0x44, 0x53, 0x4e, 1]
    static let partTag: UInt8 = 1
    static let endTag: UInt8 = 2
    /// Ten thousand members and a hundred validators, each with the longest names.
    static let specBytesMax = 8 << 20
    /// 520 committees of a hundred, with the certificates between them.
    static let offerBytesMax = 64 << 20
    /// A chunk's leaves weigh half of it; the rest is their lengths and the way to the root.
    static let partBytesMax = 2 << 20

    /// What a file holds.
    package struct Summary: Hashable, Sendable {
        package let spec: ChainSpec
        package let height: Height
        package let stateRoot: Digest
        package fileprivate(set) var parts = 0
        package fileprivate(set) var leaves: UInt64 = 0
        /// Of all the file's bytes before it.
        package fileprivate(set) var digest = Digest.zero

        init(_ spec: ChainSpec, _ offer: SnapshotOffer) {
            self.spec = spec
            height = offer.height
            stateRoot = offer.leaf.stateRoot
        }
    }

    /// Writes the newest attested state of a store.
    ///
    /// - Parameters:
    ///   - weightMax: what one part's leaves weigh at most; smaller ones are for tests.
    ///   - progress: told how much of all keys is written, of `whole`, after each part; false gives up.
    /// - Throws: `.nothing` where no state is attested.
    /// - Cost: reads the state once; memory for one part.
    /// - Spec: BACK-5.
    package static func write<Store: KeyValueStore, Sink: ByteSink>(
        _ store: Store, to sink: inout Sink, weightMax: Int = Limits.chunkWeightMax, progress: (UInt64) -> Bool
    ) throws(BackupError) -> Summary {
        do {
            guard let spec = try BlockStore(store).spec(), let offer = try ProofBuilder(store).newestOffer() else {
                throw BackupError.nothing
            }
            let tree = try StateTree(store: store, keyspace: BlockStore<Store>.stateKeyspace, cacheBytesMax: 0)
            var summary = Summary(spec, offer)
            var writer = BackupWriter(sink)
            try writer.write(magic)
            try writer.write { encoder in
                encoder.bytes(spec.encoded)
                encoder.bytes(offer.encoded)
            }
            var next: StatePrefix? = .all
            while let prefix = next {
                let chunk = try tree.chunk(
                    within: prefix, version: StateVersion.of(offer.height), weightMax: weightMax)
                try writer.write { encoder in
                    encoder.u8(partTag)
                    encoder.bytes(chunk.encoded)
                }
                summary.parts += 1
                summary.leaves += UInt64(chunk.leaves.count)
                next = chunk.prefix.following
                guard progress(share(before: next)) else { throw BackupError.cancelled }
            }
            let end = summary
            try writer.write { encoder in
                encoder.u8(endTag)
                encoder.count(end.parts)
                encoder.number(end.leaves)
            }
            summary.digest = try writer.finish()
            sink = writer.sink
            return summary
        } catch let error as StoreError {
            throw .store(error)
        } catch let error as BackupError {
            throw error
        } catch {
            throw .file(what: "\(error)")
        }
    }

    /// What progress is a part of.
    package static let whole: UInt64 = 1 << 16

    /// How much of all paths lies before a subtree, of `whole`.
    static func share(before next: StatePrefix?) -> UInt64 { next.map { $0.path.words.0 >> 48 } ?? whole }
}

/// Reads a snapshot file from its first byte to its last and lets nothing pass that is not proven.
///
/// Use: make it, which checks why the state may be trusted; then `next` until it gives nothing, which it does only when
/// every part and the file's end have been found good.
/// - Spec: BACK-1 to BACK-4.
package struct SnapshotReader<Source: ByteSource> {
    package let offer: CheckedOffer
    /// True where the anchor's committee came later than the state in the file (BACK-3).
    package let isOlderThanAnchor: Bool
    package private(set) var summary: SnapshotFile.Summary
    /// How much of all keys has been read, of `SnapshotFile.whole`.
    package var share: UInt64 { SnapshotFile.share(before: expected) }

    private var reader: BackupReader<Source>
    /// Where the next part begins, nil after the last.
    private var expected: StatePrefix? = .all

    /// Reads the file's beginning.
    /// - Cost: one signature check a signer of each change of the committee and of the certificate.
    package init<Scheme: SignatureScheme>(
        _ source: Source, trust: BackupTrust, scheme: Scheme
    ) throws(BackupError) {
        reader = BackupReader(source)
        guard try reader.raw(SnapshotFile.magic.count) == SnapshotFile.magic else { throw .malformed(offset: 0) }
        let spec = try reader.value(ChainSpec.self, max: SnapshotFile.specBytesMax)
        var checker = SignatureChecker(scheme)
        try trust.check(spec, &checker)
        let offer = try reader.value(SnapshotOffer.self, max: SnapshotFile.offerBytesMax)
        guard offer.header.chain == spec.id else { throw .otherChain(expected: spec.id, found: offer.header.chain) }
        do throws(CertificateError) {
            self.offer = try checker.check(offer, of: spec.id, foundedBy: spec.committee)
        } catch {
            throw .unproven(error)
        }
        isOlderThanAnchor = try !trust.meets(offer.handovers, of: spec)
        summary = SnapshotFile.Summary(spec, offer)
    }

    /// The next part, proven; nil when the whole file has been found good.
    /// - Cost: three digests a leaf; memory for one part.
    package mutating func next() throws(BackupError) -> VerifiedChunk? {
        let start = reader.offset
        switch try reader.raw(1)[0] {
        case SnapshotFile.partTag: return try part()
        case SnapshotFile.endTag:
            try end()
            return nil
        default: throw .malformed(offset: start)
        }
    }

    private mutating func part() throws(BackupError) -> VerifiedChunk {
        let number = summary.parts
        let chunk = try reader.value(StateChunk.self, max: SnapshotFile.partBytesMax)
        guard let expected, chunk.prefix.path == expected.path, chunk.prefix.bitCount >= expected.bitCount else {
            throw .misplacedPart(number)
        }
        let verified: VerifiedChunk
        do throws(StateChunkError) {
            verified = try chunk.verify(root: summary.stateRoot)
        } catch {
            throw .foreignPart(number, error)
        }
        self.expected = chunk.prefix.following
        summary.parts += 1
        summary.leaves += UInt64(chunk.leaves.count)
        return verified
    }

    private mutating func end() throws(BackupError) {
        guard expected == nil else { throw .misplacedPart(summary.parts) }
        guard try reader.number() == UInt64(summary.parts), try reader.number() == summary.leaves else {
            throw .otherDigest
        }
        summary.digest = try reader.finish()
    }
}

extension SnapshotFile {
    /// Puts the state of a file into a store, as a snapshot fetched from peers would be, and marks it as restored.
    ///
    /// The store becomes one a node may start from by its last batch alone, which is written when the whole file has
    /// been read and found good. A repeat goes on with the parts that are there.
    /// - Parameters:
    ///   - store: an empty one, or one an earlier call with the same state was stopped in.
    ///   - progress: told how much of all keys is there, of `whole`; false gives up.
    /// - Spec: BACK-7, SYNC-8.
    package static func install<Source: ByteSource, Store: KeyValueStore>(
        _ reader: inout SnapshotReader<Source>, into store: Store, progress: (UInt64) -> Bool
    ) throws(BackupError) {
        do {
            let offer = reader.offer.offer.value
            let blocks = BlockStore(store)
            if try blocks.spec() == nil { try ExecutionLane.found(reader.summary.spec, in: store) }
            // Written whole already; only its name may be missing. The file is read all the same.
            if try blocks.base() == offer {
                while try reader.next() != nil {}
                return
            }
            var assembly = try StateAssembly(
                store: store, keyspace: BlockStore<Store>.stateKeyspace, version: StateVersion.of(offer.height),
                root: offer.leaf.stateRoot)
            while let batch = try assembly.clear() { try store.write(batch, durably: false) }
            var last: WriteBatch?
            while let chunk = try reader.next() {
                switch try assembly.install(chunk) {
                case .installed(let batch): try store.write(batch, durably: false)
                case .completed(let batch): last = batch
                case .present: break
                case .overlapping, .otherRoot:
                    throw BackupError.store(.failed(what: "parts of another file lie in the store"))
                }
                guard progress(reader.share) else { throw BackupError.cancelled }
            }
            guard let last else { throw BackupError.store(.failed(what: "a part of the state is not in the store")) }
            try store.write(try whole(reader.offer, last, assembly), durably: true)
        } catch let error as StoreError {
            throw .store(error)
        } catch let error as BackupError {
            throw error
        } catch {
            throw .file(what: "\(error)")
        }
    }

    /// The batch that makes the state a store's base.
    private static func whole<Store: KeyValueStore>(
        _ offer: CheckedOffer, _ last: WriteBatch, _ assembly: StateAssembly<Store>
    ) throws(StoreError) -> WriteBatch {
        var pending: Committee?
        if let bytes = try assembly.value(for: CommitteeContract.pendingStateKey, completedBy: last) {
            pending = try? Committee(decoding: bytes)
            if pending == nil { throw .corrupt(what: "the pending committee of a snapshot") }
        }
        guard var batch = BlockStore<Store>.rebase(onto: offer, pending: pending, state: last) else {
            throw .corrupt(what: "the history below a snapshot")
        }
        BlockStore<Store>.markRestored(in: &batch)
        return batch
    }
}
