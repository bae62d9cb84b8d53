// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi
import Storage
import Testing

@Suite struct ReplicaTests {
    private let validator: SM2.ThrowAwaySigner
    private let member: SM2.ThrowAwaySigner

    init() {
        var random = SeededRandom(seed: 1)
        validator = SM2.ThrowAwaySigner(from: &random)
        member = SM2.ThrowAwaySigner(from: &random)
    }

    private func started() throws -> PocketHost {
        var host = try PocketHost(validator, members: [member.publicKey])
        try host.take(.started)
        return host
    }

    private func settle(_ host: inout PocketHost) throws {
        for _ in 0..<20 { try host.pass(millis: 20) }
    }

    private func anchor(_ host: PocketHost) throws -> TrustAnchor {
        let message = TrustAnchor.signedMessage(
            chain: host.spec.id, name: host.spec.name, committee: host.spec.committee)
        let seal = QuorumCertificate.Seal(signer: ValidatorIndex(0), signature: try validator.sign(message))
        return TrustAnchor(
            chain: host.spec.id, name: host.spec.name, committee: host.spec.committee, seals: [seal])
    }

    @Test("a deposit becomes final, executed and attested, and its receipt convinces a light client")
    func deposit() throws {
        var host = try started()
        let transaction = try host.deposit(1, by: member)
        #expect(try host.submit([transaction], ticket: 1) == [.admitted])
        try settle(&host)
        #expect(host.replica.executedTip.transactionCount == 1)
        #expect(host.replica.attestedHeight >= Height(2))
        let proof = try #require(try ProofBuilder(host.store).proof(of: transaction.id))
        let receipt = EvidenceReceipt(transaction: proof.0, proof: proof.1)
        var client = try LightClient(anchor: try anchor(host), scheme: SM2.Verifier(tableBytesMax: 0))
        let statement = try client.verify(
            try EvidenceReceipt(decoding: receipt.encoded), fileDigest: SM3.hash([1]), fileSize: 1)
        #expect(statement.reply.repeated == false)
        #expect(statement.deposit.title.text == "采购合同")
    }

    @Test("an idle chain comes to rest: one attesting block, then silence (CONS-17)")
    func rest() throws {
        var host = try started()
        _ = try host.submit([try host.deposit(1, by: member)], ticket: 1)
        try settle(&host)
        let height = host.replica.finalHeight
        for _ in 0..<50 { try host.pass(millis: 1_000) }
        #expect(host.replica.finalHeight == height)
        try host.pass(millis: 20_000)
        try settle(&host)
        #expect(host.replica.finalHeight > height)
    }

    @Test("the same digest deposited again answers with the first record (EVID-2)")
    func repeated() throws {
        var host = try started()
        _ = try host.submit([try host.deposit(1, by: member)], ticket: 1)
        try settle(&host)
        let again = try host.deposit(1, by: member, salt: 9)
        _ = try host.submit([again], ticket: 2)
        try settle(&host)
        let proof = try #require(try ProofBuilder(host.store).proof(of: again.id))
        let reply = try DepositReply(decoding: proof.1.receipt.outcome.output)
        #expect(reply.repeated)
        #expect(reply.number.height < proof.1.receipt.height)
        let record = try #require(try stored(host, again))
        #expect(record.number == reply.number)
    }

    @Test("a wall clock set back an hour delays the next block by an interval, not by an hour (CONS-17)")
    func clockSetBack() throws {
        var host = try started()
        _ = try host.submit([try host.deposit(1, by: member)], ticket: 1)
        try settle(&host)
        host.wallBehind = 3_600_000
        for number in 2..<8 as Range<UInt8> {
            let deposit = try host.deposit(number, by: member)
            _ = try host.submit([deposit], ticket: UInt64(number))
            // Events in quick succession must not put the block off either.
            for _ in 0..<30 { try host.pass(millis: 3); _ = try host.submit([], ticket: 99) }
            #expect(try BlockStore(host.store).place(of: deposit.id) != nil, "deposit \(number)")
        }
    }

    @Test("a transaction is refused with the reason that is its own (POOL-4)")
    func refusals() throws {
        var host = try started()
        try settle(&host)
        var random = SeededRandom(seed: 77)
        let stranger = SM2.ThrowAwaySigner(from: &random)
        let tip = host.replica.finalHeight
        let cases: [(SignedTransaction, Admission)] = [
            (try host.deposit(1, by: member, chain: .zero), .refused(.otherChain)),
            (try host.deposit(1, by: member, until: tip.value), .refused(.expired(tip: tip))),
            (try host.deposit(1, by: member, until: 200_000), .refused(.windowTooLong)),
            (try host.deposit(1, by: member, from: tip.value + 2), .refused(.tooEarly(tip: tip))),
            (try host.deposit(1, by: stranger), .refused(.unknownSender)),
        ]
        #expect(try host.submit(cases.map(\.0), ticket: 5) == cases.map(\.1))
        let good = try host.deposit(1, by: member)
        #expect(try host.submit([good, good], ticket: 6) == [.admitted, .waiting])
        try settle(&host)
        let place = try #require(try BlockStore(host.store).place(of: good.id))
        #expect(try host.submit([good], ticket: 7) == [.final(place)])
    }

    private func stored(_ host: PocketHost, _ transaction: SignedTransaction) throws -> EvidenceRecord? {
        let tree = try StateTree(store: host.store, keyspace: BlockStore<MemoryStore>.stateKeyspace)
        let key = EvidenceRecord.key(digest: SM3.hash([1]), depositor: AccountID(transaction.body.sender))
        return try tree.value(for: Deposit.contract.encoded + key).map { try EvidenceRecord(decoding: $0) }
    }

    @Test("a full audit of a healthy store finds nothing")
    func audit() throws {
        var host = try started()
        for number in 0..<40 as Range<UInt8> {
            _ = try host.submit([try host.deposit(number, by: member)], ticket: UInt64(number))
            try host.pass(millis: 11)
        }
        try settle(&host)
        var audit = ChainAudit(host.store, spec: host.spec, scheme: SM2.Verifier())
        let report = try audit.run { _, _ in true }
        #expect(report.fault == nil)
        #expect(report.transactions == 40)
    }

    @Test(
        "a crash after any single effect loses nothing that was answered and never stops the chain (CONS-18)")
    func crashEverywhere() throws {
        for limit in 0..<40 {
            var host = try started()
            try settle(&host)
            let first = try host.deposit(1, by: member)
            var checker = SignatureChecker(SM2.Verifier(tableBytesMax: 0))
            let checked = try #require(checker.check([first])[0])
            try host.pass(millis: 100)
            try host.take(.submitted([checked], Ticket(1)), stopAfter: limit)
            let wasFinal = host.observations.contains {
                if case .finalized(_, let ids) = $0 { ids.contains(checked.id) } else { false }
            }
            try host.restart()
            try settle(&host)
            if wasFinal {
                #expect(try BlockStore(host.store).place(of: checked.id) != nil, "stopped after \(limit)")
            }
            let second = try host.deposit(2, by: member)
            _ = try host.submit([second], ticket: 2)
            for _ in 0..<4 { try host.pass(millis: 1_500) }
            try settle(&host)
            #expect(try BlockStore(host.store).place(of: second.id) != nil, "stopped after \(limit)")
            var audit = ChainAudit(host.store, spec: host.spec, scheme: SM2.Verifier())
            #expect(try audit.run { _, _ in true }.fault == nil, "stopped after \(limit)")
        }
    }
}
