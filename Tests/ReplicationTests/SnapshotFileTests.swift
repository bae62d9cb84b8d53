// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import Replication
import ShangMi
import Storage
import Testing

/// A file in memory, read from its start.
struct ByteFile: ByteSource, ByteSink {
    var bytes: [UInt8] = []
    private var used = 0

    init(_ bytes: [UInt8] = []) { self.bytes = bytes }

    mutating func read(_ count: Int) throws(BackupError) -> [UInt8] {
        let taken = min(count, bytes.count - used)
        defer { used += taken }
        return Array(bytes[used..<(used + taken)])
    }

    mutating func write(_ more: [UInt8]) throws(BackupError) { bytes += more }
}

/// A snapshot file taken apart, to be put together otherwise with an end that fits.
private struct Pieces {
    var spec: [UInt8]
    var offer: [UInt8]
    var parts: [[UInt8]] = []
    var leaves: UInt64

    init(_ file: [UInt8]) throws {
        var decoder = Decoder(file)
        _ = try decoder.raw(count: 5)
        spec = try decoder.bytes(max: 1 << 20)
        offer = try decoder.bytes(max: 1 << 20)
        while try decoder.u8() == 1 { parts.append(try decoder.bytes(max: 1 << 21)) }
        #expect(try decoder.number() == UInt64(parts.count))
        leaves = try decoder.number()
    }

    var file: [UInt8] {
        var encoder = Encoder()
        encoder.raw([0x4a, 0x44, 0x53, 0x4e, 1])
        encoder.bytes(spec)
        encoder.bytes(offer)
        for part in parts {
            encoder.u8(1)
            encoder.bytes(part)
        }
        encoder.u8(2)
        encoder.count(parts.count)
        encoder.number(leaves)
        return encoder.bytes + SM3.hash(encoder.bytes).bytes
    }
}

@Suite struct SnapshotFileTests {
    private let chain: PaperChain
    private let file: [UInt8]
    private let summary: SnapshotFile.Summary

    init() throws {
        chain = try PaperChain()
        (file, summary) = try SnapshotFileTests.snapshot(of: chain.store, weightMax: 300)
    }

    private static func snapshot(
        of store: MemoryStore, weightMax: Int = Limits.chunkWeightMax
    ) throws -> ([UInt8], SnapshotFile.Summary) {
        var sink = ByteFile()
        let summary = try SnapshotFile.write(store, to: &sink, weightMax: weightMax) { _ in true }
        return (sink.bytes, summary)
    }

    /// What reading a file comes to; nil where all of it is good.
    private func flaw(_ bytes: [UInt8], trust: BackupTrust? = nil) -> BackupError? {
        do throws(BackupError) {
            var reader = try SnapshotReader(
                ByteFile(bytes), trust: trust ?? .anchor(chain.anchor), scheme: PaperScheme())
            while try reader.next() != nil {}
            return nil
        } catch {
            return error
        }
    }

    private func restore(_ bytes: [UInt8]) throws -> MemoryStore {
        let store = MemoryStore()
        var reader = try SnapshotReader(ByteFile(bytes), trust: .spec(chain.spec), scheme: PaperScheme())
        try SnapshotFile.install(&reader, into: store) { _ in true }
        #expect(reader.summary.digest == summary.digest && reader.share == SnapshotFile.whole)
        return store
    }

    @Test("what a file gives is the state it was taken of, proven again by an audit (BACK-1, BACK-5, BACK-7)")
    func roundTrip() throws {
        #expect(summary.parts > 4 && summary.leaves > 3)
        #expect(summary.height == chain.headers.last?.execHeight)
        #expect(flaw(file) == nil && flaw(file, trust: .spec(chain.spec)) == nil)
        let store = try restore(file)
        let (blocks, theirs) = (BlockStore(store), chain.blocks)
        let tip = try #require(try blocks.executedTip())
        #expect(tip.height == summary.height && tip.leaf.stateRoot == summary.stateRoot)
        #expect(try theirs.heightRecord(at: summary.height)?.leaf == tip.leaf)
        #expect(try blocks.finalTip()?.header.id == tip.leaf.block)
        #expect(try blocks.isRestored() && blocks.base()?.height == summary.height)
        #expect(try !theirs.isRestored())
        var audit = ChainAudit(store, spec: chain.spec, scheme: PaperScheme())
        #expect(try audit.run { _, _ in true }.fault == nil)
        // Both are the one file of that state and proof, wherever it is written again.
        let whole = try SnapshotFileTests.snapshot(of: chain.store)
        #expect(try SnapshotFileTests.snapshot(of: store).0 == whole.0)
        #expect(whole.1.parts == 1 && whole.1.stateRoot == summary.stateRoot)
    }

    @Test("any byte changed, cut off or added is refused (BACK-1, BACK-4)")
    func damage() throws {
        for place in file.indices {
            var bytes = file
            bytes[place] ^= 1 << UInt8(place % 8)
            #expect(flaw(bytes)?.stable != nil, "byte \(place)")
        }
        for count in file.indices {
            let found = flaw(Array(file[..<count]))
            guard case .truncated = found else {
                Issue.record("cut to \(count): \(String(describing: found))")
                return
            }
        }
        #expect(flaw(file + [0]) == .malformed(offset: UInt64(file.count)))
        #expect(flaw([]) == .truncated(offset: 0))
    }

    @Test("parts in another order, missing, repeated or of another state are refused by name (BACK-2, BACK-4)")
    func parts() throws {
        let pieces = try Pieces(file)
        #expect(pieces.file == file)
        func changed(_ change: (inout Pieces) throws -> Void) rethrows -> BackupError? {
            var copy = pieces
            try change(&copy)
            return flaw(copy.file)
        }
        #expect(changed { $0.parts.swapAt(1, 2) } == .misplacedPart(1))
        #expect(changed { $0.parts.remove(at: 2) } == .misplacedPart(2))
        #expect(changed { $0.parts.removeLast() } == .misplacedPart(pieces.parts.count - 1))
        #expect(changed { $0.parts.insert($0.parts[1], at: 1) } == .misplacedPart(2))
        #expect(changed { $0.parts.append($0.parts[0]) } == .misplacedPart(pieces.parts.count))
        #expect(changed { $0.leaves += 1 } == .otherDigest)
        let lighter = try changed { pieces in
            let chunk = try StateChunk(decoding: pieces.parts[1])
            let leaves = chunk.leaves.dropLast()
            pieces.parts[1] =
                StateChunk(prefix: chunk.prefix, siblings: chunk.siblings, leaves: Array(leaves)).encoded
        }
        guard case .foreignPart(1, .otherRoot) = lighter else {
            Issue.record("\(String(describing: lighter))")
            return
        }
    }

    @Test("the anchor decides: another chain, committee or an unsealed one is refused, a later one is told (BACK-3)")
    func trust() throws {
        let anchor = chain.anchor
        func sealed(_ chainID: ChainID, _ committee: Committee) -> BackupTrust {
            let message = TrustAnchor.signedMessage(chain: chainID, name: anchor.name, committee: committee)
            return .anchor(
                TrustAnchor(
                    chain: chainID, name: anchor.name, committee: committee,
                    seals: chain.seals(message, by: committee)))
        }
        let other = ChainID(SM3.hash([1]))
        #expect(
            flaw(file, trust: sealed(other, anchor.committee)) == .otherChain(expected: other, found: chain.spec.id))
        let unsealed = TrustAnchor(chain: anchor.chain, name: anchor.name, committee: anchor.committee, seals: [])
        #expect(flaw(file, trust: .anchor(unsealed)) == .unsealedAnchor)
        #expect(flaw(file, trust: sealed(anchor.chain, chain.committees[2])) == nil)
        let stranger = PaperChain.committee(1, from: 3)
        #expect(flaw(file, trust: sealed(anchor.chain, stranger)) == .otherCommittee(Epoch(1)))
        let later = try SnapshotReader(
            ByteFile(file), trust: sealed(anchor.chain, PaperChain.committee(9, from: 0)), scheme: PaperScheme())
        #expect(later.isOlderThanAnchor)
        // A file whose specification is another's has another identity, whoever is asked.
        var pieces = try Pieces(file)
        let forged = ChainSpec(
            name: anchor.name, founded: Timestamp(2), rules: .first, committee: chain.committees[0], members: [])
        pieces.spec = try #require(forged).encoded
        guard case .otherChain = flaw(pieces.file) else { throw StoreError.failed(what: "a forged specification") }
        // An offer whose certificate lacks a signer.
        pieces = try Pieces(file)
        let offer = try SnapshotOffer(decoding: pieces.offer)
        let certificate = QuorumCertificate(
            kind: .finality, view: offer.certificate.view, block: offer.certificate.block,
            signatures: Array(offer.certificate.signatures.dropLast()))
        pieces.offer =
            SnapshotOffer(
                header: offer.header, leaf: offer.leaf, path: offer.path, attesting: offer.attesting,
                certificate: certificate, handovers: offer.handovers
            ).encoded
        guard case .unproven(.tooFew) = flaw(pieces.file) else { throw StoreError.failed(what: "too few signers") }
    }

    @Test("a store with nothing attested gives no file, and what is begun can be given up (BACK-5)")
    func nothing() throws {
        let store = MemoryStore()
        var sink = ByteFile()
        #expect(throws: BackupError.nothing) { try SnapshotFile.write(store, to: &sink) { _ in true } }
        try ExecutionLane.found(chain.spec, in: store)
        #expect(throws: BackupError.nothing) { try SnapshotFile.write(store, to: &sink) { _ in true } }
        #expect(throws: BackupError.cancelled) { try SnapshotFile.write(chain.store, to: &sink) { _ in false } }
    }

    @Test("a restore given up half-way leaves no base, and the same one goes on from there (BACK-6, BACK-7)")
    func interrupted() throws {
        for stop in 1..<summary.parts {
            let store = MemoryStore()
            var count = 0
            var first = try SnapshotReader(ByteFile(file), trust: .spec(chain.spec), scheme: PaperScheme())
            #expect(throws: BackupError.cancelled) {
                try SnapshotFile.install(&first, into: store) { _ in
                    count += 1
                    return count < stop
                }
            }
            #expect(try BlockStore(store).base() == nil && BlockStore(store).finalTip() == nil)
            var second = try SnapshotReader(ByteFile(file), trust: .spec(chain.spec), scheme: PaperScheme())
            try SnapshotFile.install(&second, into: store) { _ in true }
            var audit = ChainAudit(store, spec: chain.spec, scheme: PaperScheme())
            #expect(try audit.run { _, _ in true }.fault == nil)
            // Once more changes nothing.
            let pairs = try store.scan(from: [], to: nil, limit: 100_000, reverse: false)
            var third = try SnapshotReader(ByteFile(file), trust: .spec(chain.spec), scheme: PaperScheme())
            try SnapshotFile.install(&third, into: store) { _ in true }
            #expect(try store.scan(from: [], to: nil, limit: 100_000, reverse: false) == pairs)
        }
        // What is bad at its end was never a base.
        var bytes = file
        bytes[bytes.count - 1] ^= 1
        let store = MemoryStore()
        var reader = try SnapshotReader(ByteFile(bytes), trust: .spec(chain.spec), scheme: PaperScheme())
        #expect(throws: BackupError.otherDigest) { try SnapshotFile.install(&reader, into: store) { _ in true } }
        #expect(try BlockStore(store).base() == nil)
    }
}
