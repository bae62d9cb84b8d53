// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Execution
import Ledger
import Replication
import ShangMi
import Storage
import Testing

@Suite struct ChainAuditTests {
    private let host: PocketHost
    private let ids: [TransactionID]

    init() throws {
        var random = SeededRandom(seed: 1)
        let validator = SM2.ThrowAwaySigner(from: &random)
        let member = SM2.ThrowAwaySigner(from: &random)
        var host = try PocketHost(validator, members: [member.publicKey])
        try host.take(.started)
        var ids: [TransactionID] = []
        for number in 0..<12 as Range<UInt8> {
            let deposit = try host.deposit(number, by: member)
            ids.append(deposit.id)
            _ = try host.submit([deposit], ticket: UInt64(number))
            try host.pass(millis: 15)
        }
        for _ in 0..<10 { try host.pass(millis: 20) }
        self.host = host
        self.ids = ids
    }

    private func key(_ space: UInt8, _ height: UInt64) -> [UInt8] {
        var encoder = Encoder(reserving: 9)
        encoder.u8(space)
        encoder.u64(height)
        return encoder.bytes
    }

    /// What an audit says of a copy of the store after one write.
    private func verdict(_ change: (MemoryStore, inout WriteBatch) throws -> Void) throws -> String {
        let store = host.store.fork()
        var batch = WriteBatch()
        try change(store, &batch)
        try store.write(batch, durably: true)
        var audit = ChainAudit(store, spec: host.spec, scheme: SM2.Verifier())
        do throws(StoreError) {
            return try audit.run { _, _ in true }.fault ?? "nothing"
        } catch {
            return "\(error)"
        }
    }

    private func body(_ store: MemoryStore, _ height: UInt64) throws -> StoredPair {
        try #require(
            try store.scan(from: key(2, height), to: key(2, height + 1), limit: 1, reverse: false).first)
    }

    @Test("each kind of planted damage is found and named (DATA-3 to DATA-8)")
    func damage() throws {
        #expect(try verdict { _, _ in } == "nothing")
        #expect(try verdict { $1.delete([1, 0x78]) }.contains("executed tip is missing"))
        #expect(try verdict { $1.delete(key(3, 2)) }.contains("block 2 is missing"))
        #expect(try verdict { $1.delete(try body($0, 2).key) }.contains("body of block 2 is missing"))
        #expect(try verdict { $1.delete(key(4, 3)) }.contains("outcomes of height 3 are missing"))
        #expect(
            try verdict { $1.delete([5] + ids[3].digest.bytes) }.contains("\(ids[3].hex) of block") == false)
        #expect(try verdict { $1.delete([5] + ids[3].digest.bytes) }.contains("is not indexed at its place"))
        let elsewhere = EvidenceNumber(height: Height(1), index: 5).encoded
        #expect(
            try verdict { $1.put([5] + ids[3].digest.bytes, elsewhere) }.contains(
                "is not indexed at its place"))
        #expect(
            try verdict { $1.put(key(3, 3), try $0.value(for: key(3, 2)) ?? []) }
                .contains("block 3 does not stand on block 2"))
        #expect(try verdict { $1.put(key(3, 3), [1, 2, 3]) }.contains("block 3 at byte"))
        let other = try body(host.store, 4).value
        #expect(
            try verdict { $1.put(try body($0, 2).key, other) }.contains(
                "the body of block 2 is another block"))
        #expect(try verdict(rotHistory).contains("the history at height"))
        #expect(try verdict(rotState).contains("state"))
        #expect(try verdict(forgeCertificate).contains("the certificate of block 2 does not hold"))
        #expect(try verdict(forgeOutcome).contains("the receipts of height"))
    }

    private func rotHistory(_ store: MemoryStore, _ batch: inout WriteBatch) throws {
        let node = try #require(try store.scan(from: [6, 1], to: [7], limit: 1, reverse: false).first)
        batch.put(node.key, SM3.hash([1]).bytes)
    }

    private func rotState(_ store: MemoryStore, _ batch: inout WriteBatch) throws {
        let leaf = try #require(
            try store.scan(from: [0x10, 0x4c], to: [0x10, 0x4d], limit: 1, reverse: true).first)
        batch.put(leaf.key, leaf.value + [0])
    }

    private func forgeCertificate(_ store: MemoryStore, _ batch: inout WriteBatch) throws {
        let record = try FinalRecord(decoding: try store.value(for: key(3, 2)) ?? [])
        let foreign = try FinalRecord(decoding: try store.value(for: key(3, 4)) ?? [])
        let certificate = QuorumCertificate(
            kind: .finality, view: record.certificate.view, block: record.certificate.block,
            signatures: foreign.certificate.signatures)
        batch.put(key(3, 2), FinalRecord(header: record.header, certificate: certificate, entry: nil).encoded)
    }

    private func forgeOutcome(_ store: MemoryStore, _ batch: inout WriteBatch) throws {
        for height in 1..<20 as Range<UInt64> {
            guard let bytes = try store.value(for: key(4, height)) else { continue }
            let record = try HeightRecord(decoding: bytes)
            guard let first = record.outcomes.first else { continue }
            let forged = Outcome(
                code: first.code, gasUsed: Gas(1), output: first.output, events: first.events)
            let outcomes = [forged] + record.outcomes.dropFirst()
            batch.put(key(4, height), HeightRecord(leaf: record.leaf, outcomes: outcomes).encoded)
            return
        }
    }

    @Test(
        "a store holds the keys the table names and no others, each in form (DATA-1, DATA-2, DATA-7, EXEC-1)"
    )
    func keys() throws {
        let pairs = try host.store.scan(from: [], to: nil, limit: 100_000, reverse: false)
        let lengths: [UInt8: Set<Int>] = [1: [2], 2: [41], 3: [9], 4: [9], 5: [33], 6: [10], 7: [46]]
        // 0b, what governance lists, holds keys of the state, each as long as it is (DATA-12).
        for pair in pairs where pair.key[0] == 0x0b {
            #expect(pair.key.dropFirst().starts(with: MembershipContract.contract.encoded))
        }
        for pair in pairs where pair.key[0] != 0x10 && pair.key[0] != 0x0b {
            #expect(lengths[pair.key[0]]?.contains(pair.key.count) == true, "\(pair.key)")
            if pair.key[0] == 7 { #expect(pair.value.isEmpty) }
        }
        #expect(Set(pairs.map(\.key[0])) == [1, 2, 3, 4, 5, 6, 7, 0x0b, 0x10])
        let spec = try #require(pairs.first { $0.key == [1, 0x73] })
        #expect(try ChainSpec(decoding: spec.value) == host.spec)
        #expect(pairs.filter { $0.key[0] == 7 }.count == 24)
        #expect(pairs.filter { $0.key[0] == 5 }.count == 12)
    }

    @Test("every transaction has a proof as soon as its height is attested, and none before")
    func proofs() throws {
        let builder = ProofBuilder(host.store)
        for id in ids {
            let proof = try #require(try builder.proof(of: id))
            #expect(proof.1.receipt.transaction == id)
            #expect(proof.1.header.execHeight >= proof.1.receipt.height)
        }
        // Execution that runs behind what headers attest after a crash has no proof yet and is no damage.
        let store = host.store.fork()
        let place = try #require(try BlockStore(store).place(of: ids[5]))
        var tip = try #require(try BlockStore(store).executedTip())
        let leaf = try #require(try BlockStore(store).heightRecord(at: place.height)).leaf
        tip = ExecutedTip(leaf: leaf, history: tip.history, transactionCount: 1, pending: nil)
        var batch = WriteBatch()
        batch.put([1, 0x78], tip.encoded)
        try store.write(batch, durably: true)
        let attested = try #require(try builder.proof(of: ids[5])).1.header.execHeight
        #expect((try ProofBuilder(store).proof(of: ids[5]) == nil) == (attested > place.height))
    }
}
