// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Storage
import Testing

@Suite struct BlockExecutorTests {
    private let member: SM2.ThrowAwaySigner
    private let stranger: SM2.ThrowAwaySigner
    private let spec: ChainSpec
    private let keyspace: UInt8 = 0x10

    init() throws {
        var random = SeededRandom(seed: 5)
        member = SM2.ThrowAwaySigner(from: &random)
        stranger = SM2.ThrowAwaySigner(from: &random)
        let label = Label(literal: "v")
        let committee = try #require(
            Committee(
                epoch: .zero,
                validators: [
                    Validator(
                        key: stranger.publicKey, name: label, organization: label, failureDomain: label)
                ],
                parameters: ConsensusParameters()))
        spec = try #require(
            ChainSpec(
                name: label, founded: Timestamp(1), rules: .first, committee: committee,
                members: [Member(key: member.publicKey, name: label, organization: label)]))
    }

    /// The state after genesis, in a store of its own.
    private func genesis(
        cacheBytes: Int = 1 << 20, in store: MemoryStore = MemoryStore()
    ) throws -> StateTree<MemoryStore> {
        var tree = try StateTree(store: store, keyspace: keyspace, cacheBytesMax: cacheBytes)
        let update = try tree.prepare(writes: BlockExecutor.genesis(spec).writes, version: 1)
        var batch = WriteBatch()
        update.append(to: &batch)
        try store.write(batch, durably: true)
        tree.adopt(update)
        return tree
    }

    private func call(
        _ contract: Label, _ method: Label, _ arguments: [UInt8], by sender: SM2.ThrowAwaySigner? = nil,
        from: UInt64 = 0, until: UInt64 = 100, salt: UInt64 = 0
    ) throws -> SignedTransaction {
        let signer = sender ?? member
        let body = Transaction(
            chain: spec.id, validFrom: Height(from), validUntil: Height(until), contract: contract,
            method: method, arguments: arguments, salt: salt, sender: signer.publicKey)
        return try SignedTransaction(body, by: signer)
    }

    private func deposit(_ number: UInt8, title: Label = Label(literal: "t")) -> Deposit {
        Deposit(
            businessType: Label(literal: "contract"), title: title, digest: SM3.hash([number]), size: 1,
            mediaType: Label(literal: "text/plain"), capture: .upload)
    }

    private func put(_ number: UInt8, salt: UInt64 = 0) throws -> SignedTransaction {
        try call(Deposit.contract, Deposit.method, deposit(number).encoded, salt: salt)
    }

    private func annotate(_ number: UInt8, _ text: String, salt: UInt64 = 0) throws -> SignedTransaction {
        let note = Annotation(digest: SM3.hash([number]), text: Array(text.utf8))
        return try call(Deposit.contract, EvidenceNote.method, note.encoded, salt: salt)
    }

    private func execute(
        _ transactions: [SignedTransaction], on tree: StateTree<MemoryStore>, height: UInt64 = 5
    ) throws -> BlockOutcome {
        let payload = Payload(transactions)
        let header = Header(
            chain: spec.id, epoch: .zero, view: View(height), height: Height(height), parent: spec.genesis.id,
            timestamp: Timestamp(9_000), proposer: ValidatorIndex(0), payload: payload, execHeight: .zero,
            execRoot: .zero, nextCommittee: nil)
        let block = try #require(Block(header: header, payload: payload))
        return try BlockExecutor(ContractMachine(chain: spec.name)).execute(
            block, ids: transactions.map(\.id), on: tree)
    }

    @Test("gas is the sum the table says, whatever the call comes to (EXEC-7)")
    func gas() throws {
        let tree = try genesis()
        let first = try put(1)
        let outcome = try execute([first, try put(1, salt: 1)], on: tree)
        let arguments = UInt64(first.body.arguments.count)
        let record = try #require(
            outcome.writes.first { $0.key.count == Deposit.contract.encoded.count + 65 }?.value)
        let base = 200 + arguments + 100
        #expect(outcome.outcomes[0].gasUsed == Gas(base + 200 + 65 + UInt64(record.count) + 50))
        #expect(outcome.outcomes[1].gasUsed == Gas(base))
        let unknown = try execute([try call(Label(literal: "no"), Deposit.method, [1, 2, 3])], on: tree)
        #expect(unknown.outcomes[0].gasUsed == Gas(203))
    }

    @Test("each way to fail has its code, writes nothing, and hurts no neighbour (EXEC-2, EXEC-3, EXEC-5)")
    func failures() throws {
        let tree = try genesis()
        let bad = try [
            (call(Label(literal: "no"), Deposit.method, []), 1201),
            (call(MembershipContract.contract, Deposit.method, []), 1202),
            (call(Deposit.contract, Label(literal: "no"), []), 1202),
            (call(Deposit.contract, Deposit.method, [1, 2]), 1203),
            (call(Deposit.contract, Deposit.method, deposit(1).encoded + [0]), 1203),
            (call(Deposit.contract, Deposit.method, deposit(1).encoded, by: stranger), 1205),
            (call(Deposit.contract, Deposit.method, deposit(1).encoded, from: 6), 1206),
            (call(Deposit.contract, Deposit.method, deposit(1).encoded, until: 4), 1206),
            (annotate(2, "to nothing"), 1301),
        ]
        let alone = try execute([try put(7)], on: tree)
        let among = try execute(bad.map(\.0) + [try put(7)], on: tree)
        for (outcome, (_, code)) in zip(among.outcomes, bad) {
            #expect(outcome.code == ResultCode(UInt16(code)))
            #expect(outcome.output.isEmpty && outcome.events.isEmpty)
        }
        #expect(among.outcomes.last?.code == .success)
        #expect(among.writes.map(\.key) == alone.writes.map(\.key))
        #expect(among.index.count == 2)
    }

    @Test("a deposit repeated in the same block answers with the first and changes nothing (EVID-2, EVID-6)")
    func idempotent() throws {
        let tree = try genesis()
        let outcome = try execute([try put(1), try put(1, salt: 1), try put(2)], on: tree)
        let replies = try outcome.outcomes.map { try DepositReply(decoding: $0.output) }
        #expect(replies.map(\.repeated) == [false, true, false])
        #expect(replies[1].number == replies[0].number)
        #expect(replies[2].number == EvidenceNumber(height: Height(5), index: 2))
        #expect(replies[0].recorded == Timestamp(9_000))
        #expect(outcome.index.count == 4)
        #expect(Set(outcome.index.map(\.space)) == [.evidenceByDigest, .evidenceByDepositor])
        #expect(outcome.outcomes.map(\.events.count) == [1, 0, 1])
    }

    @Test(
        "notes are numbered, stand beside the record and raise its count (EVID-5, EXEC-4)"
    )
    func notes() throws {
        let outcome = try execute(
            [try put(1), try annotate(1, "a"), try annotate(1, "b", salt: 1)], on: genesis())
        #expect(outcome.outcomes.map(\.code) == [.success, .success, .success])
        let account = AccountID(member.publicKey)
        let written = Dictionary(uniqueKeysWithValues: outcome.writes.map { ($0.key, $0.value) })
        for (number, text) in ["a", "b"].enumerated() {
            let key = EvidenceRecord.noteKey(digest: SM3.hash([1]), depositor: account, note: UInt64(number))
            let bytes = try #require(written[StateKey.of(Deposit.contract, key)] ?? nil)
            #expect(try EvidenceNote(decoding: bytes).text == Array(text.utf8))
        }
        let key = EvidenceRecord.key(digest: SM3.hash([1]), depositor: account)
        let record = try #require(written[StateKey.of(Deposit.contract, key)] ?? nil)
        #expect(try EvidenceRecord(decoding: record).noteCount == 2)
        #expect(StateKey.of(Deposit.contract, [7]) == [8] + Array("evidence".utf8) + [7])
    }

    @Test(
        "the founding writes its committee, organisations and members, keys ascending (MEMB-1, MEMB-2, ORG-4, COMM-1)")
    func founding() throws {
        let outcome = BlockExecutor.genesis(spec)
        #expect(outcome.outcomes.isEmpty && outcome.receiptsRoot == .zero)
        let account = AccountID(member.publicKey)
        let active = [9] + Array("committee".utf8) + [0x61]
        let home = Label(literal: "v")
        #expect(
            outcome.writes.map(\.key) == [
                active, MembershipContract.directoryKey, MembershipContract.stateKey(account),
                MembershipContract.organizationKey(home),
            ])
        #expect(try Committee(decoding: outcome.writes[0].value ?? []) == spec.committee)
        #expect(try MemberRecord(decoding: outcome.writes[2].value ?? []) == MemberRecord(member: spec.members[0]))
        let record = try OrganizationRecord(decoding: outcome.writes[3].value ?? [])
        #expect(record == OrganizationRecord(organization: Organization(id: home)))
        #expect(outcome.pending == .none)
    }

    @Test("the outcome is the same with a large cache, none, or everything fetched beforehand (EXEC-6)")
    func cache() throws {
        let transactions =
            try (0..<20).map { try put(UInt8($0 % 7), salt: UInt64($0)) } + [try annotate(3, "n")]
        let large = try execute(transactions, on: try genesis(cacheBytes: 1 << 24))
        for cacheBytes in [0, 1 << 12] {
            var tree = try genesis(cacheBytes: cacheBytes)
            let payload = Payload(transactions)
            let header = Header(
                chain: spec.id, epoch: .zero, view: View(5), height: Height(5), parent: spec.genesis.id,
                timestamp: Timestamp(9_000), proposer: ValidatorIndex(0), payload: payload, execHeight: .zero,
                execRoot: .zero, nextCommittee: nil)
            _ = try tree.readAhead(
                BlockExecutor(ContractMachine(chain: spec.name)).likelyReads(
                    try #require(Block(header: header, payload: payload)),
                    senders: AccountBook.accounts(of: payload.transactions)))
            let small = try execute(transactions, on: tree)
            #expect(small.receiptsRoot == large.receiptsRoot)
            #expect(small.writes.map(\.key) == large.writes.map(\.key))
            #expect(small.writes.map(\.value) == large.writes.map(\.value))
        }
    }

    @Test("who sent in a block before is not read again, and the outcome is the same (EXEC-6)")
    func remembered() throws {
        let executor = BlockExecutor(ContractMachine(chain: spec.name))
        let store = MemoryStore()
        var tree = try genesis(in: store)
        var (rights, shelf) = (RightsBook(), ContractShelf())
        let key = MembershipContract.stateKey(AccountID(member.publicKey))
        for height in 1...2 as ClosedRange<UInt64> {
            let payload = Payload([try put(UInt8(height), salt: height)])
            let header = Header(
                chain: spec.id, epoch: .zero, view: View(height), height: Height(height), parent: spec.genesis.id,
                timestamp: Timestamp(9_000), proposer: ValidatorIndex(0), payload: payload, execHeight: .zero,
                execRoot: .zero, nextCommittee: nil)
            let block = try #require(Block(header: header, payload: payload))
            let senders = AccountBook.accounts(of: payload.transactions)
            let likely = executor.likelyReads(block, senders: senders, remembered: rights)
            #expect(likely.contains(key) == (height == 1))
            let ids = payload.transactions.map(\.id)
            let plain = try executor.execute(block, ids: ids, on: tree)
            let outcome = try executor.execute(block, ids: ids, on: tree, remembering: &rights, and: &shelf)
            #expect(outcome.receiptsRoot == plain.receiptsRoot)
            let update = try tree.prepare(writes: outcome.writes, version: tree.version + 1)
            var batch = WriteBatch()
            update.append(to: &batch)
            try store.write(batch, durably: true)
            tree.adopt(update)
            rights.adopt(tree.root)
        }
    }
}
