// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import Replication
import ShangMi
import Storage
import Testing

/// A chain that changed its committee twice: what it keeps, what that proves, and what an audit makes of damage.
@Suite struct CommitteeChangeTests {
    private let chain: PaperChain

    init() throws { chain = try PaperChain() }

    private func client() throws -> LightClient<PaperScheme> {
        try LightClient(anchor: chain.anchor, scheme: PaperScheme())
    }

    private func handoverKey(_ epoch: UInt8) -> [UInt8] { [1, 0x65, 0, 0, 0, 0, 0, 0, 0, epoch] }

    private func recordKey(_ height: UInt8) -> [UInt8] { [3, 0, 0, 0, 0, 0, 0, 0, height] }

    private func report(_ store: MemoryStore) throws(StoreError) -> AuditReport {
        var audit = ChainAudit(store, spec: chain.spec, scheme: PaperScheme())
        return try audit.run { _, _ in true }
    }

    /// What an audit says of a copy of the store after some writes.
    private func verdict(_ change: (inout WriteBatch) throws -> Void) throws -> String {
        let store = chain.store.fork()
        var batch = WriteBatch()
        try change(&batch)
        try store.write(batch, durably: true)
        do throws(StoreError) {
            return try report(store).fault ?? "nothing"
        } catch {
            return "\(error)"
        }
    }

    private func proof(
        _ epoch: Int, closing: Header? = nil, descendants: [Header]? = nil, certificate: QuorumCertificate? = nil,
        committee: Committee? = nil
    ) throws -> EpochProof {
        let good = try #require(try chain.blocks.handover(ending: Epoch(UInt64(epoch))))
        return EpochProof(
            closing: closing ?? good.closing, descendants: descendants ?? good.descendants,
            certificate: certificate ?? good.certificate, committee: committee ?? good.committee)
    }

    @Test("the executed tip names the pending committee from the deciding block up to the closing one (COMM-1)")
    func pending() throws {
        let (first, second) = (chain.committees[1], chain.committees[2])
        #expect(chain.tips.map(\.pending) == [nil, nil, first, nil, nil, second, nil, nil, nil, nil])
        #expect(chain.headers.map(\.nextCommittee) == [nil, nil, nil, first.id, nil, nil, second.id, nil, nil, nil])
        #expect(chain.headers.map(\.epoch.value) == [0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
        #expect(try chain.blocks.executedTip() == chain.tips.last)
        #expect(chain.deposits.count == 3)
    }

    @Test("a restarted lane goes on with the pending committee the store names (COMM-1, DATA-6)")
    func restart() throws {
        let store = MemoryStore()
        try ExecutionLane.found(chain.spec, in: store)
        for height in 1...9 as ClosedRange<UInt64> {
            let tip = try #require(try BlockStore(store).executedTip())
            #expect(tip == chain.tips[Int(height) - 1])
            var lane = try ExecutionLane(store, tip: tip, cacheBytes: 1 << 16, versionsKept: 64)
            let block = try #require(try chain.blocks.block(at: Height(height)))
            _ = try lane.run(block, ids: block.payload.transactions.map(\.id))
        }
        #expect(try BlockStore(store).executedTip() == chain.tips.last)
    }

    @Test("receipts of every epoch convince a client that knows the founding committee alone (PROOF-6)")
    func receipts() throws {
        let builder = ProofBuilder(chain.store)
        var client = try client()
        for (epoch, deposit) in chain.deposits.enumerated() {
            let (transaction, proof) = try #require(try builder.proof(of: deposit.id))
            #expect(proof.header.epoch.value == UInt64(epoch) && proof.handovers.count == epoch)
            #expect(try client.verify(transaction, proof).height == Height(UInt64(epoch) * 3 + 1))
            #expect(try ReceiptProof(decoding: proof.encoded) == proof)
        }
        // The notes of epoch 1 are attested by its closing block, those of a closing block by the next epoch.
        let approvals = try #require(try builder.proofs(at: Height(5))).proof(at: 2)
        #expect(approvals.handovers.count == 2)
        #expect(try client.verify(approvals).outcome.code == .success)
    }

    @Test("the committee in force is proven from the state of every height (PROOF-7, COMM-6)")
    func states() throws {
        let builder = ProofBuilder(chain.store)
        var client = try client()
        for height in 0..<9 as Range<UInt64> {
            let proof = try #require(
                try builder.proof(of: CommitteeContract.activeStateKey, at: Height(height), in: chain.lane.tree))
            try client.verify(proof)
            let inForce = chain.committees[height < 3 ? 0 : height < 6 ? 1 : 2]
            #expect(try Committee(decoding: proof.value ?? []) == inForce, "height \(height)")
        }
    }

    @Test("handovers missing, swapped, of another committee or falsely signed prove nothing (PROOF-6)")
    func brokenProofs() throws {
        let (transaction, good) = try #require(try ProofBuilder(chain.store).proof(of: chain.deposits[2].id))
        func error(_ handovers: [EpochProof]) throws -> ProofError? {
            let proof = ReceiptProof(
                receipt: good.receipt, receiptPath: good.receiptPath, leaf: good.leaf, historyPath: good.historyPath,
                header: good.header, certificate: good.certificate, handovers: handovers)
            var client = try client()
            do throws(ProofError) {
                _ = try client.verify(transaction, proof)
                return nil
            } catch { return error }
        }
        let (first, second) = (good.handovers[0], good.handovers[1])
        let foreign = chain.certificate(of: chain.headers[3], by: chain.committees[2])
        #expect(try error([first, second]) == nil)
        #expect(try error([]) == .otherCommittee && error([first]) == .otherCommittee)
        #expect(try error([second]) == .handover(index: 0) && error([second, first]) == .handover(index: 0))
        #expect(try error([first, first, second]) == .handover(index: 1))
        #expect(try error([proof(0, committee: PaperChain.committee(1, from: 3)), second]) == .handover(index: 0))
        #expect(try error([proof(0, certificate: foreign), second]) == .handover(index: 0))
        #expect(try error([first, proof(1, descendants: [])]) == .handover(index: 1))
    }

    @Test("an audit follows the committees and finds nothing in a healthy chain (DATA-8, DATA-9)")
    func audit() throws {
        let report = try report(chain.store)
        #expect(report.fault == nil)
        #expect(report.heights == 9 && report.transactions == 13)
        #expect(report.signatures == 13 + 3 * (9 + 2))
    }

    @Test("an audit names each way a handover can be damaged (DATA-8, DATA-9)")
    func damagedHandovers() throws {
        let (first, second) = (try proof(0), try proof(1))
        #expect(try verdict { $0.delete(handoverKey(0)) } == "the handover that ends epoch 0 is missing")
        #expect(try verdict { $0.delete(handoverKey(1)) } == "the handover that ends epoch 1 is missing")
        let swapped = try verdict {
            $0.put(handoverKey(0), second.encoded)
            $0.put(handoverKey(1), first.encoded)
        }
        #expect(swapped.contains("the record of how epoch 0 ended"))
        let other = try proof(0, committee: PaperChain.committee(1, from: 3))
        #expect(
            try verdict { $0.put(handoverKey(0), other.encoded) }
                == "the handover that ends epoch 0 leads to another committee than block 3 does")
        let foreign = chain.certificate(of: chain.headers[3], by: chain.committees[2])
        let unsigned = try proof(0, certificate: foreign)
        #expect(
            try verdict { $0.put(handoverKey(0), unsigned.encoded) }
                == "the handover that ends epoch 0 is not signed by a quorum of that epoch's committee")
        let elsewhere = try proof(0, closing: chain.headers[2])
        #expect(
            try verdict { $0.put(handoverKey(0), elsewhere.encoded) }
                == "the handover that ends epoch 0 is not about block 3")
        for descendants in [[], [second.descendants[1]], second.descendants.reversed()] {
            let loose = try proof(1, descendants: descendants)
            #expect(
                try verdict { $0.put(handoverKey(1), loose.encoded) }
                    == "the handover that ends epoch 1 does not lead to the block its certificate is about")
        }
        let idle = EpochProof(
            closing: chain.headers[9], descendants: [], certificate: second.certificate, committee: second.committee)
        #expect(
            try verdict { $0.put(handoverKey(2), idle.encoded) }
                == "the handover that ends epoch 2 is stored, and no block closes it")
    }

    /// Puts a well-signed header in a height's place.
    private func replace(_ height: UInt8, by header: Header, _ batch: inout WriteBatch) {
        let record = FinalRecord(header: header, certificate: chain.certificate(of: header), entry: nil)
        batch.put(recordKey(height), record.encoded)
    }

    @Test("an audit names a block of a wrong epoch, a wrong view, or another's certificate (DATA-8)")
    func damagedBlocks() throws {
        let closing = chain.headers[3]
        let (late, early) = (chain.tips[3], chain.tips[1])
        let after = chain.header(on: closing, executed: late, epoch: 0, view: 9)
        #expect(try verdict { replace(4, by: after, &$0) } == "block 4 is of epoch 0, not 1")
        let ahead = chain.header(on: chain.headers[1], executed: early, epoch: 1, view: 1)
        #expect(try verdict { replace(2, by: ahead, &$0) } == "block 2 is of epoch 1, not 0")
        let blind = chain.header(on: closing, executed: early)
        #expect(
            try verdict { replace(4, by: blind, &$0) }
                == "block 4 is the first of its epoch and does not attest block 3")
        for view in [0, 1] as [UInt64] {
            let back = chain.header(on: chain.headers[1], executed: early, view: view)
            #expect(
                try verdict { replace(2, by: back, &$0) }
                    == "block 2 is of view \(view), which is no later one than its parent's")
        }
        let five = chain.headers[5]
        for certificate in [
            chain.certificate(of: five, by: chain.committees[2]), chain.certificate(of: chain.headers[4]),
        ] {
            let record = FinalRecord(header: five, certificate: certificate, entry: nil)
            #expect(
                try verdict { $0.put(recordKey(5), record.encoded) } == "the certificate of block 5 does not hold")
        }
    }

    @Test("an audit finds an executed tip that contradicts the state about committees (DATA-8, COMM-1)")
    func damagedTip() throws {
        let tip = try #require(chain.tips.last)
        let forged = ExecutedTip(
            leaf: tip.leaf, history: tip.history, transactionCount: tip.transactionCount, pending: chain.committees[1])
        #expect(
            try verdict { $0.put([1, 0x78], forged.encoded) }
                == "the pending committee in the state is not that of the executed tip")
    }
}
