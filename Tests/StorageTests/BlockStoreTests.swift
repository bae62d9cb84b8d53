// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Storage
import Testing

@Suite struct BlockStoreTests {
    private let store = MemoryStore()
    private var blocks: BlockStore<MemoryStore> { BlockStore(store) }
    private static let key: SM2.PublicKey = {
        var random = SeededRandom(seed: 4)
        return SM2.ThrowAwaySigner(from: &random).publicKey
    }()

    private func header(_ height: UInt64, epoch: UInt64) -> Header {
        Header(
            chain: .zero, epoch: Epoch(epoch), view: View(1), height: Height(height), parent: .zero,
            timestamp: Timestamp(height), proposer: ValidatorIndex(0), payload: .empty, execHeight: .zero,
            execRoot: .zero, nextCommittee: nil)
    }

    private func record(_ header: Header) -> FinalRecord {
        FinalRecord(
            header: header,
            certificate: QuorumCertificate(kind: .finality, view: header.view, block: header.id, signatures: []),
            entry: nil)
    }

    private func handover(ending epoch: UInt64) throws -> EpochProof {
        let label = Label(literal: "v")
        let validator = Validator(key: Self.key, name: label, organization: label, failureDomain: label)
        let committee = Committee(
            epoch: Epoch(epoch + 1), validators: [validator], parameters: ConsensusParameters())
        let closing = header(epoch * 3 + 3, epoch: epoch)
        return EpochProof(
            closing: closing, descendants: [], certificate: record(closing).certificate,
            committee: try #require(committee))
    }

    private func write(_ change: (inout WriteBatch) -> Void) throws {
        var batch = WriteBatch()
        change(&batch)
        try store.write(batch, durably: true)
    }

    @Test("how an epoch ended is kept with its last block and found again by its number (DATA-9)")
    func handovers() throws {
        #expect(try blocks.newestHandover() == nil)
        let proofs = try (0..<4 as Range<UInt64>).map { try handover(ending: $0) }
        for proof in proofs {
            try blocks.append([record(proof.closing)], handover: proof, durably: true)
            #expect(try blocks.newestHandover() == proof)
            #expect(try blocks.finalTip()?.header == proof.closing)
        }
        try blocks.append([record(header(13, epoch: 4))], durably: true)
        #expect(try store.value(for: [1, 0x65, 0, 0, 0, 0, 0, 0, 0, 2]) == proofs[2].encoded)
        #expect(try blocks.handover(ending: Epoch(2)) == proofs[2])
        #expect(try blocks.handover(ending: Epoch(4)) == nil)
        #expect(try blocks.handovers(from: .zero, to: Epoch(4)) == proofs)
        #expect(try blocks.handovers(from: Epoch(1), to: Epoch(3)) == Array(proofs[1..<3]))
        #expect(try blocks.handovers(from: Epoch(2), to: Epoch(2)).isEmpty)
        #expect(try blocks.handovers(from: Epoch(3), to: Epoch(1)).isEmpty)
        #expect(try blocks.handovers(from: .zero, to: Epoch(Epoch.max)) == proofs)
        // Neither a fact of the chain nor a block is taken for one, nor one for either.
        #expect(try blocks.spec() == nil && blocks.executedTip() == nil)
        #expect(try blocks.blocks(above: .zero).isEmpty)
        #expect(try blocks.finalTip()?.header.height == Height(13))
        try write { $0.put([1, 0x78], [0xff]) }
        #expect(try blocks.newestHandover() == proofs[3])
    }

    @Test("a gap among the handovers and a handover under another's number are damage (DATA-7, DATA-9)")
    func damagedHandovers() throws {
        let proofs = try (0..<4 as Range<UInt64>).map { try handover(ending: $0) }
        for proof in proofs { try blocks.append([], handover: proof, durably: true) }
        try write { $0.delete([1, 0x65, 0, 0, 0, 0, 0, 0, 0, 1]) }
        let gap = StoreError.corrupt(what: "the end of epoch 1 is missing")
        #expect(throws: gap) { try blocks.handovers(from: .zero, to: Epoch(4)) }
        #expect(throws: gap) { try blocks.handovers(from: Epoch(1), to: Epoch(4)) }
        #expect(try blocks.handovers(from: Epoch(2), to: Epoch(4)) == Array(proofs[2...]))
        try write { $0.put([1, 0x65, 0, 0, 0, 0, 0, 0, 0, 1], proofs[2].encoded) }
        #expect(throws: StoreError.self) { try blocks.handover(ending: Epoch(1)) }
        try write { $0.put([1, 0x65, 0, 0, 0, 0, 0, 0, 0, 3], [1]) }
        #expect(throws: StoreError.self) { try blocks.newestHandover() }
    }

    @Test("a request for handovers without end gets as many as a proof may carry (DATA-9)")
    func manyHandovers() throws {
        for epoch in 0..<(UInt64(Limits.epochProofsMax) + 3) {
            try blocks.append([], handover: try handover(ending: epoch), durably: false)
        }
        let proofs = try blocks.handovers(from: Epoch(1), to: Epoch(Epoch.max))
        #expect(proofs.count == Limits.epochProofsMax && proofs.first?.closing.epoch == Epoch(1))
    }

    @Test("the history of every earlier height is found again among the nodes kept (LED-13, DATA-6)")
    func history() throws {
        var (history, roots, tip): (History, [Digest], ExecutedTip?) = (History(), [], nil)
        for height in 0..<200 as Range<UInt64> {
            let leaf = HistoryLeaf(
                height: Height(height), block: .zero, payloadRoot: .zero, receiptsRoot: .zero, stateRoot: .zero)
            let completed = history.append(leaf.digest)
            roots.append(history.root)
            let next = ExecutedTip(leaf: leaf, history: history, transactionCount: 0, pending: nil)
            let commit = CommitBatch(
                tip: next, outcomes: [], transactions: [], completed: completed, index: [], state: WriteBatch())
            try store.write(commit.batch, durably: false)
            tip = next
        }
        let executed = try #require(tip)
        #expect(Set(roots).count == 200)
        for (height, root) in roots.enumerated() {
            let found = try #require(try blocks.history(upTo: Height(UInt64(height)), executed: executed))
            #expect(found.root == root && found.count == UInt64(height) + 1)
        }
        #expect(try blocks.history(upTo: Height(199), executed: executed) == executed.history)
        #expect(try blocks.history(upTo: Height(200), executed: executed) == nil)
        #expect(try blocks.history(upTo: Height(Height.max), executed: executed) == nil)
        try write { $0.delete([6, 3, 0, 0, 0, 0, 0, 0, 0, 8]) }
        #expect(throws: StoreError.corrupt(what: "the history below height 71")) {
            try blocks.history(upTo: Height(71), executed: executed)
        }
        #expect(History(count: 3, peaks: [.zero]) == nil && History(count: 0, peaks: []) == History())
        #expect(History(count: .max, peaks: [Digest](repeating: .zero, count: 64)) == nil)
    }

    @Test("the pending committee is part of the executed tip (DATA-6)")
    func executedTip() throws {
        let leaf = HistoryLeaf(
            height: Height(2), block: .zero, payloadRoot: .zero, receiptsRoot: .zero, stateRoot: .zero)
        for pending in [nil, try handover(ending: 0).committee] {
            let tip = ExecutedTip(leaf: leaf, history: History(), transactionCount: 7, pending: pending)
            try write { $0.put([1, 0x78], tip.encoded) }
            #expect(try blocks.executedTip() == tip)
        }
    }

    @Test("the codes read from a height's bytes are those of its outcomes; cut or changed bytes trap nothing (EXEC-3)")
    func codes() throws {
        let leaf = HistoryLeaf(
            height: Height(2), block: .zero, payloadRoot: .zero, receiptsRoot: .zero, stateRoot: .zero)
        let outcomes = [ResultCode.success, .deniedByPolicy, .unknownMethod, .success].map { code in
            let event = Event(
                contract: Label(literal: "evidence"), name: Label(literal: "deposited"),
                data: [UInt8](repeating: 7, count: 200))
            return Outcome(
                code: code, gasUsed: Gas(900), output: [UInt8](repeating: 1, count: Int(code.value % 7)),
                events: code.isSuccess ? [event, event] : [])
        }
        let bytes = HeightRecord(leaf: leaf, outcomes: outcomes).encoded
        #expect(try HeightRecord.codes(in: bytes) == outcomes.map(\.code))
        for length in 0..<bytes.count {
            #expect(throws: DecodeError.self) { try HeightRecord.codes(in: Array(bytes[..<length])) }
            var flipped = bytes
            flipped[length] ^= 0x80
            _ = try? HeightRecord.codes(in: flipped)
        }
    }

    @Test("evidence is kept once each, by epoch and culprit (DATA-10)")
    func evidence() throws {
        for bytes in [[2, 1], [1, 1], [2, 1], [3]] as [[UInt8]] {
            let culprit = ValidatorIndex(Int(bytes[0]))
            try blocks.keepEvidence(bytes, against: culprit, in: Epoch(bytes[0] == 3 ? 0 : 1))
        }
        #expect(try blocks.evidence(limit: 10) == [[3], [1, 1], [2, 1]])
        #expect(try blocks.evidence(limit: 1) == [[3]])
        #expect(try blocks.finalTip() == nil && blocks.executedTip() == nil)
    }
}
