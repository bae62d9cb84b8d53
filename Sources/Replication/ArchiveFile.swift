// SPDX-License-Identifier: Apache-2.0
package import Bedrock
import Execution
package import Ledger
package import ShangMi
package import Storage

/// A block with everything that proves it and its receipts: it needs nothing else but the committee that signed.
/// - Spec: ARCH-1.
package struct ArchivedBlock: Hashable, Sendable, Canonical {
    package let header: Header
    package let payload: Payload
    package let leaf: HistoryLeaf
    package let outcomes: [Outcome]
    /// From the leaf to `attesting.execRoot`.
    package let historyPath: MerklePath
    package let attesting: Header
    /// The finality of `attesting` itself.
    package let certificate: QuorumCertificate

    package func encode(into encoder: inout Encoder) {
        header.encode(into: &encoder)
        payload.encode(into: &encoder)
        leaf.encode(into: &encoder)
        encoder.list(outcomes)
        historyPath.encode(into: &encoder)
        attesting.encode(into: &encoder)
        certificate.encode(into: &encoder)
    }

    package init(
        header: Header, payload: Payload, leaf: HistoryLeaf, outcomes: [Outcome], historyPath: MerklePath,
        attesting: Header, certificate: QuorumCertificate
    ) {
        self.header = header
        self.payload = payload
        self.leaf = leaf
        self.outcomes = outcomes
        self.historyPath = historyPath
        self.attesting = attesting
        self.certificate = certificate
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        header = try Header(from: &decoder)
        payload = try Payload(from: &decoder)
        leaf = try HistoryLeaf(from: &decoder)
        outcomes = try decoder.list(of: Outcome.self, max: Limits.payloadTransactionsMax)
        historyPath = try MerklePath(from: &decoder)
        attesting = try Header(from: &decoder)
        certificate = try QuorumCertificate(from: &decoder)
    }

    /// The first thing in which the parts contradict each other, without a look at signatures; nil for none.
    /// - Cost: one digest a transaction and one a receipt.
    func contradiction(at height: Height, of chain: ChainID) -> String? {
        let ids = payload.transactions.map(\.id)
        if header.height != height || header.chain != chain { return "it is another block" }
        if Block(header: header, payload: payload) == nil { return "its transactions are not those of its header" }
        if leaf.height != height || leaf.block != header.id || leaf.payloadRoot != header.payloadRoot {
            return "its leaf of the history is another block's"
        }
        let receipts = BlockExecutor.receipts(outcomes, ids: ids, height: height)
        if outcomes.count != ids.count
            || MerkleTree.root(of: MerkleTree.leafDigests(receipts.map(\.encoded))) != leaf.receiptsRoot
        {
            return "its outcomes are not the attested ones"
        }
        if historyPath.index != height.value || historyPath.count != attesting.execHeight.value + 1
            || historyPath.root(from: leaf.digest) != attesting.execRoot || attesting.execHeight >= attesting.height
            || attesting.chain != chain
        {
            return "the header that should attest it does not"
        }
        if certificate.kind != .finality || certificate.block != attesting.id || certificate.view != attesting.view {
            return "its certificate is about another header"
        }
        return nil
    }

    /// The receipt of one of its transactions, as a node that holds the block would give it.
    /// - Spec: ARCH-8.
    /// - Parameter handovers: from the founding committee on, at least to the one that signed.
    package func receipt(of id: TransactionID, handovers: [EpochProof]) -> EvidenceReceipt? {
        let ids = payload.transactions.map(\.id)
        guard let index = ids.firstIndex(of: id) else { return nil }
        let receipts = BlockExecutor.receipts(outcomes, ids: ids, height: header.height)
        let levels = MerkleLevels(leaves: MerkleTree.leafDigests(receipts.map(\.encoded)))
        let needed = handovers.prefix { $0.closing.epoch < attesting.epoch }
        return EvidenceReceipt(
            transaction: payload.transactions[index],
            proof: ReceiptProof(
                receipt: receipts[index], receiptPath: levels.path(to: index), leaf: leaf, historyPath: historyPath,
                header: attesting, certificate: certificate, handovers: Array(needed)))
    }
}

/// Old blocks of a chain in one file, each with its proof.
/// - Spec: ARCH-1, ARCH-2.
package enum ArchiveFile {
    /// "JDAR" and the format.
    static let magic: [UInt8] = [0x4a, 0x44, 0x41, 0x52, 1]
    static let blockTag: UInt8 = 1
    static let endTag: UInt8 = 2
    static let handoversBytesMax = 64 << 20
    /// The body of a block and what came of it: 16,384 outcomes with all that each may return.
    static let blockBytesMax = 512 << 20
    package static let ending = ".blocks"

    /// What a file holds.
    package struct Summary: Hashable, Sendable {
        package let spec: ChainSpec
        package let first: Height
        package fileprivate(set) var blocks: UInt64 = 0
        package fileprivate(set) var transactions: UInt64 = 0
        package fileprivate(set) var digest = Digest.zero
        /// The height after the newest block seen.
        package var next: Height { Height(first.value + blocks) }
    }

    /// `main-000000000001-000000010000.blocks`: names sort as heights do.
    package static func name(_ chain: Label, _ first: Height, _ last: Height) -> String {
        func padded(_ height: Height) -> String {
            let text = "\(height.value)"
            return String(repeating: "0", count: max(0, 12 - text.count)) + text
        }
        // A label may hold what no file's name may.
        let safe = chain.text.map { $0 == "/" || $0 == "\0" ? "_" : $0 }
        return "\(String(safe).prefix(64))-\(padded(first))-\(padded(last))\(ending)"
    }

    /// The height the file that begins with a height ends with: the same on every node.
    /// - Returns: nil where blocks up to `limit` do not fill a file.
    /// - Spec: ARCH-2.
    package static func end<Store: KeyValueStore>(
        from first: Height, upTo limit: Height, in store: Store, blocksMax: UInt64, payloadBytesMax: UInt64
    ) throws(StoreError) -> Height? {
        let blocks = BlockStore(store)
        var bytes: UInt64 = 0
        var height = first
        while height <= limit {
            guard let header = try blocks.finalRecord(at: height)?.header else {
                throw .corrupt(what: "block \(height.value) is missing")
            }
            if height > first, bytes + header.payloadBytes > payloadBytesMax { return height.previous }
            bytes += header.payloadBytes
            if height.value - first.value + 1 == blocksMax { return height }
            height = height.next
        }
        return nil
    }

    /// Writes the blocks of a range.
    /// - Parameter progress: called after each block; false gives up.
    /// - Throws: `.nothing` where a block is not there or not attested, or more than 520 committees lead to it.
    /// - Cost: reads each block once; memory for one.
    package static func write<Store: KeyValueStore, Sink: ByteSink>(
        _ range: ClosedRange<Height>, of store: Store, to sink: inout Sink, progress: () -> Bool = { true }
    ) throws(BackupError) -> Summary {
        do {
            let (blocks, proofs) = (BlockStore(store), ProofBuilder(store))
            guard let spec = try blocks.spec(), let newest = try proofs.archived(at: range.upperBound) else {
                throw BackupError.nothing
            }
            let epoch = newest.attesting.epoch
            let handovers = try blocks.handovers(from: .zero, to: epoch)
            guard UInt64(handovers.count) == epoch.value else { throw BackupError.nothing }
            var summary = Summary(spec: spec, first: range.lowerBound)
            var writer = BackupWriter(sink)
            try writer.write(magic)
            try writer.write { encoder in
                encoder.bytes(spec.encoded)
                encoder.bytes(HandoverList(handovers).encoded)
                range.lowerBound.encode(into: &encoder)
            }
            while summary.next <= range.upperBound {
                guard let block = try proofs.archived(at: summary.next) else { throw BackupError.nothing }
                try writer.write { encoder in
                    encoder.u8(blockTag)
                    encoder.bytes(block.encoded)
                }
                summary.blocks += 1
                summary.transactions += UInt64(block.outcomes.count)
                guard progress() else { throw BackupError.cancelled }
            }
            let end = summary
            try writer.write { encoder in
                encoder.u8(endTag)
                encoder.number(end.blocks)
                encoder.number(end.transactions)
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
}

/// Committee changes, from the founding committee on, as one value.
struct HandoverList: Canonical {
    let proofs: [EpochProof]

    init(_ proofs: [EpochProof]) { self.proofs = proofs }

    func encode(into encoder: inout Encoder) { encoder.list(proofs) }

    init(from decoder: inout Decoder) throws(DecodeError) {
        proofs = try decoder.list(of: EpochProof.self, max: Limits.epochProofsMax)
    }
}

/// Reads a file of the archive and lets no block pass that a committee of the chain did not attest.
/// - Spec: ARCH-5.
package struct ArchiveReader<Source: ByteSource, Scheme: SignatureScheme> {
    package private(set) var summary: ArchiveFile.Summary
    package let handovers: [EpochProof]
    package let isOlderThanAnchor: Bool
    private var reader: BackupReader<Source>
    private var checker: SignatureChecker<Scheme>
    /// The certificate found good last: many blocks in a row are attested by one.
    private var good: QuorumCertificate?

    package init(_ source: Source, trust: BackupTrust, scheme: Scheme) throws(BackupError) {
        reader = BackupReader(source)
        checker = SignatureChecker(scheme)
        guard try reader.raw(ArchiveFile.magic.count) == ArchiveFile.magic else { throw .malformed(offset: 0) }
        let spec = try reader.value(ChainSpec.self, max: SnapshotFile.specBytesMax)
        try trust.check(spec, &checker)
        handovers = try reader.value(HandoverList.self, max: ArchiveFile.handoversBytesMax).proofs
        var committee = spec.committee
        for proof in handovers {
            let context = VotingContext(chain: spec.id, epoch: committee.epoch, committee: committee.id)
            do throws(CertificateError) {
                _ = try checker.check(proof, in: context, committee: committee)
            } catch {
                throw .unproven(error)
            }
            committee = proof.committee
        }
        isOlderThanAnchor = try !trust.meets(handovers, of: spec)
        let start = reader.offset
        let first = try reader.number(max: Height.max)
        guard first > 0 else { throw .malformed(offset: start) }
        summary = ArchiveFile.Summary(spec: spec, first: Height(first))
    }

    /// The next block, proven; nil when the whole file has been found good.
    /// - Cost: a digest a transaction; a signature check a signer of each certificate that is another than the last.
    package mutating func next() throws(BackupError) -> ArchivedBlock? {
        let start = reader.offset
        switch try reader.raw(1)[0] {
        case ArchiveFile.blockTag: return try block()
        case ArchiveFile.endTag:
            guard summary.blocks > 0, try reader.number() == summary.blocks,
                try reader.number() == summary.transactions
            else { throw .otherDigest }
            summary.digest = try reader.finish()
            return nil
        default: throw .malformed(offset: start)
        }
    }

    private mutating func block() throws(BackupError) -> ArchivedBlock {
        let height = summary.next
        let block = try reader.value(ArchivedBlock.self, max: ArchiveFile.blockBytesMax)
        if let what = block.contradiction(at: height, of: summary.spec.id) { throw .unprovenBlock(height, what: what) }
        guard let place = Int(exactly: block.attesting.epoch.value), place <= handovers.count else {
            throw .unprovenBlock(height, what: "it is attested in an epoch the file does not lead to")
        }
        if block.certificate != good {
            let committee = place == 0 ? summary.spec.committee : handovers[place - 1].committee
            let context = VotingContext(chain: summary.spec.id, epoch: committee.epoch, committee: committee.id)
            do throws(CertificateError) {
                _ = try checker.check(block.certificate, in: context, committee: committee)
            } catch {
                throw .unprovenBlock(height, what: "its certificate does not hold")
            }
            good = block.certificate
        }
        summary.blocks += 1
        summary.transactions += UInt64(block.outcomes.count)
        return block
    }
}
