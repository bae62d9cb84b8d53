// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import Replication
import ShangMi
import Storage
import Testing

/// Files of old blocks, over two changes of the committee.
@Suite struct ArchiveFileTests {
    private let chain: PaperChain
    private let last: Height
    private let file: [UInt8]

    init() throws {
        chain = try PaperChain()
        last = try #require(chain.headers.last).execHeight
        var sink = ByteFile()
        let summary = try ArchiveFile.write(Height(1)...last, of: chain.store, to: &sink)
        file = sink.bytes
        #expect(summary.next == last.next && summary.transactions == 13)
    }

    private func read(
        _ bytes: [UInt8], trust: BackupTrust? = nil
    ) -> Result<[(block: ArchivedBlock, handovers: [EpochProof])], BackupError> {
        do throws(BackupError) {
            var reader = try ArchiveReader(
                ByteFile(bytes), trust: trust ?? .anchor(chain.anchor), scheme: PaperScheme())
            var blocks: [(ArchivedBlock, [EpochProof])] = []
            while let block = try reader.next() { blocks.append((block, reader.handovers)) }
            return .success(blocks)
        } catch {
            return .failure(error)
        }
    }

    /// A file of these blocks whose end fits, whatever they are.
    private func file(_ blocks: [ArchivedBlock], handovers: [EpochProof], first: UInt64 = 1) -> [UInt8] {
        var encoder = Encoder()
        encoder.raw([0x4a, 0x44, 0x41, 0x52, 1])
        encoder.bytes(chain.spec.encoded)
        var list = Encoder()
        list.list(handovers)
        encoder.bytes(list.bytes)
        encoder.number(first)
        for block in blocks {
            encoder.u8(1)
            encoder.bytes(block.encoded)
        }
        encoder.u8(2)
        encoder.count(blocks.count)
        encoder.count(blocks.reduce(0) { $0 + $1.outcomes.count })
        return encoder.bytes + SM3.hash(encoder.bytes).bytes
    }

    @Test("a file alone gives every receipt the store gave, across changes of the committee (ARCH-1, ARCH-8)")
    func receipts() throws {
        let blocks = try read(file).get()
        #expect(blocks.map(\.block.header.id) == chain.headers.dropFirst().prefix(Int(last.value)).map(\.id))
        #expect(blocks.last?.handovers.count == 2)
        #expect(file(blocks.map(\.block), handovers: blocks[0].handovers) == file)
        var client = try LightClient(anchor: chain.anchor, scheme: PaperScheme())
        for deposit in chain.deposits {
            let place = try #require(try chain.blocks.place(of: deposit.id))
            let (block, handovers) = blocks[Int(place.height.value) - 1]
            let receipt = try #require(block.receipt(of: deposit.id, handovers: handovers))
            let (transaction, proof) = try #require(try ProofBuilder(chain.store).proof(of: deposit.id))
            #expect(receipt == EvidenceReceipt(transaction: transaction, proof: proof))
            #expect(try client.verify(receipt.transaction, receipt.proof).height == place.height)
            #expect(blocks[0].block.receipt(of: TransactionID(SM3.hash([1])), handovers: handovers) == nil)
        }
    }

    @Test("a block that is another, changed, or not attested is refused, though the file's end fits (ARCH-5)")
    func forgeries() throws {
        let blocks = try read(file).get()
        let handovers = blocks[0].handovers
        func flaw(_ index: Int, _ forged: ArchivedBlock, handovers given: [EpochProof]? = nil) -> String {
            var all = blocks.map(\.block)
            all[index] = forged
            guard case .failure(let error) = read(file(all, handovers: given ?? handovers)) else { return "none" }
            guard case .unprovenBlock(let height, let what) = error else { return "\(error)" }
            return height == Height(UInt64(index) + 1) ? what : "at \(height.value): \(what)"
        }
        func forged(_ index: Int, with change: (inout Parts) -> Void) -> String {
            var parts = Parts(blocks[index].block)
            change(&parts)
            return flaw(index, parts.block)
        }
        let (one, two) = (blocks[1].block, blocks[4].block)
        #expect(flaw(1, two).contains("another block"))
        #expect(forged(1) { $0.payload = two.payload }.contains("not those of its header"))
        #expect(forged(1) { $0.leaf = two.leaf }.contains("leaf"))
        #expect(forged(0) { $0.outcomes.removeLast() }.contains("outcomes"))
        #expect(
            forged(0) {
                let first = $0.outcomes[0]
                $0.outcomes[0] = Outcome(
                    code: first.code, gasUsed: Gas(1), output: first.output, events: first.events)
            }.contains("outcomes"))
        #expect(forged(1) { $0.historyPath = two.historyPath }.contains("should attest"))
        #expect(
            forged(1) {
                let path = $0.historyPath
                $0.historyPath = MerklePath(
                    index: path.index, count: path.count, siblings: path.siblings.map { _ in SM3.hash([1]) })
            }.contains("should attest"))
        #expect(forged(1) { $0.certificate = two.certificate }.contains("another header"))
        #expect(
            forged(1) {
                $0.certificate = QuorumCertificate(
                    kind: .finality, view: one.certificate.view, block: one.certificate.block,
                    signatures: Array(one.certificate.signatures.dropLast()))
            }.contains("does not hold"))
        // A header nobody made final, attesting a history of one's own.
        #expect(
            forged(1) {
                let stranger = PaperChain.committee(0, from: 2)
                $0.certificate = chain.certificate(of: one.attesting, by: stranger)
            }.contains("does not hold"))
        #expect(flaw(4, two, handovers: []).contains("does not lead to"))
        guard case .failure(.unproven) = read(file(blocks.map(\.block), handovers: handovers.reversed())) else {
            Issue.record("handovers in another order")
            return
        }
        guard case .failure(.malformed) = read(file(blocks.map(\.block), handovers: handovers, first: 0)) else {
            Issue.record("genesis is no block of an archive")
            return
        }
        #expect(flaw(0, blocks[0].block) == "none")
    }

    @Test("files end at the same heights on every node: by number, and before they grow too large (ARCH-2)")
    func ends() throws {
        func end(from first: UInt64, upTo limit: UInt64, blocks: UInt64, bytes: UInt64 = .max) throws -> UInt64? {
            try ArchiveFile.end(
                from: Height(first), upTo: Height(limit), in: chain.store, blocksMax: blocks, payloadBytesMax: bytes
            )?.value
        }
        #expect(try end(from: 1, upTo: 7, blocks: 3) == 3 && end(from: 4, upTo: 7, blocks: 3) == 6)
        #expect(try end(from: 1, upTo: 2, blocks: 3) == nil, "not full yet")
        let first = try #require(chain.headers.dropFirst().first).payloadBytes
        #expect(try end(from: 1, upTo: 7, blocks: 10, bytes: first) == 1)
        #expect(try end(from: 2, upTo: 7, blocks: 10, bytes: 1) == 2, "one that is too large stands alone")
        #expect(
            ArchiveFile.name(Label(literal: "a/b"), Height(1), Height(10_000))
                == "a_b-000000000001-000000010000.blocks")
    }
}

/// An archived block whose parts can be changed.
private struct Parts {
    var header: Header
    var payload: Payload
    var leaf: HistoryLeaf
    var outcomes: [Outcome]
    var historyPath: MerklePath
    var attesting: Header
    var certificate: QuorumCertificate

    init(_ block: ArchivedBlock) {
        (header, payload, leaf, outcomes) = (block.header, block.payload, block.leaf, block.outcomes)
        (historyPath, attesting, certificate) = (block.historyPath, block.attesting, block.certificate)
    }

    var block: ArchivedBlock {
        ArchivedBlock(
            header: header, payload: payload, leaf: leaf, outcomes: outcomes, historyPath: historyPath,
            attesting: attesting, certificate: certificate)
    }
}
