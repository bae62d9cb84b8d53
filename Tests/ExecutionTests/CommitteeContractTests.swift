// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Storage
import Testing

/// COMM-1 to COMM-7: how the next committee is decided and put in force.
@Suite struct CommitteeContractTests {
    private static let signers: [SM2.ThrowAwaySigner] = {
        var random = SeededRandom(seed: 8)
        return (0..<12).map { _ in SM2.ThrowAwaySigner(from: &random) }
    }()

    /// Signers 0 to 3 vote; signer 9 is the only member.
    private let spec: ChainSpec
    private var tree: StateTree<MemoryStore>
    private var store = MemoryStore()
    private var height: UInt64 = 0

    init() throws {
        let label = Label(literal: "m")
        spec = try #require(
            ChainSpec(
                name: label, founded: Timestamp(1), rules: .first, committee: Self.committee(0, 0..<4),
                members: [Member(key: Self.signers[9].publicKey, name: label, organization: label)]))
        tree = try StateTree(store: store, keyspace: 0x10, cacheBytesMax: 1 << 20)
        try keep(BlockExecutor().genesis(spec))
    }

    private static func committee(_ epoch: UInt64, _ places: Range<Int>) throws -> Committee {
        let validators = places.map {
            Validator(
                key: signers[$0].publicKey, name: Label("v\($0)") ?? Label(literal: "v"),
                organization: Label(literal: "o"), failureDomain: Label(literal: "d"))
        }
        return try #require(
            Committee(epoch: Epoch(epoch), validators: validators, parameters: ConsensusParameters()))
    }

    private mutating func keep(_ outcome: BlockOutcome) throws {
        let update = try tree.prepare(writes: outcome.writes, version: height + 1)
        var batch = WriteBatch()
        update.append(to: &batch)
        try store.write(batch, durably: true)
        tree.adopt(update)
        height += 1
    }

    private func approval(_ committee: Committee, by place: Int, salt: UInt64 = 0) throws -> SignedTransaction {
        try call(CommitteeContract.approve, committee.encoded, by: place, salt: salt)
    }

    private func call(
        _ method: Label, _ arguments: [UInt8], by place: Int, salt: UInt64 = 0
    ) throws -> SignedTransaction {
        let body = Transaction(
            chain: spec.id, validFrom: .zero, validUntil: Height(1_000), contract: CommitteeContract.contract,
            method: method, arguments: arguments, salt: salt, sender: Self.signers[place].publicKey)
        return try SignedTransaction(body, by: Self.signers[place])
    }

    /// Executes a block and keeps what it came to.
    @discardableResult
    private mutating func run(
        _ transactions: [SignedTransaction], closing next: CommitteeID? = nil
    ) throws -> BlockOutcome {
        let payload = Payload(transactions)
        let header = Header(
            chain: spec.id, epoch: .zero, view: View(height), height: Height(height), parent: spec.genesis.id,
            timestamp: Timestamp(9_000 + height), proposer: ValidatorIndex(0), payload: payload,
            execHeight: .zero, execRoot: .zero, nextCommittee: next)
        let block = try #require(Block(header: header, payload: payload))
        let outcome = try BlockExecutor().execute(block, ids: transactions.map(\.id), on: tree)
        try keep(outcome)
        return outcome
    }

    private func active() throws -> Committee {
        try Committee(decoding: try #require(try tree.value(for: CommitteeContract.activeStateKey)))
    }

    private func pending() throws -> Committee? {
        try tree.value(for: CommitteeContract.pendingStateKey).map { try Committee(decoding: $0) }
    }

    private func approvalCount(_ committee: Committee) throws -> Int {
        try (0..<12).filter { place in
            let key = CommitteeContract.approvalKey(committee.id, by: AccountID(Self.signers[place].publicKey))
            return try tree.value(for: StateKey.of(CommitteeContract.contract, key)) != nil
        }.count
    }

    private func codes(_ outcome: BlockOutcome) -> [UInt16] { outcome.outcomes.map(\.code.value) }

    @Test(
        "the third of four approvals decides, whatever else was approved, and takes the approvals away (COMM-4, COMM-5)"
    )
    mutating func quorum() throws {
        let (wanted, other) = (try Self.committee(1, 1..<5), try Self.committee(1, 2..<6))
        var outcome = try run([approval(wanted, by: 0), approval(other, by: 1), approval(other, by: 0)])
        #expect(codes(outcome) == [0, 0, 0] && outcome.pending == .none)
        #expect(try ApprovalReply(decoding: outcome.outcomes[2].output) == ApprovalReply(approvals: 2, quorum: 3))
        outcome = try run([approval(wanted, by: 3)])
        #expect(try pending() == nil && approvalCount(wanted) == 2 && approvalCount(other) == 2)
        outcome = try run([approval(wanted, by: 2), approval(wanted, by: 1), approval(other, by: 2)])
        #expect(codes(outcome) == [0, 1402, 1402])
        #expect(try ApprovalReply(decoding: outcome.outcomes[0].output) == ApprovalReply(approvals: 3, quorum: 3))
        #expect(outcome.outcomes[0].events.map(\.name.text) == ["approved", "decided"])
        #expect(outcome.outcomes[0].events.allSatisfy { $0.data == wanted.id.digest.bytes })
        #expect(outcome.pending == .some(wanted))
        #expect(try pending() == wanted && active() == spec.committee)
        #expect(try approvalCount(wanted) == 0 && approvalCount(other) == 2)
    }

    @Test("three approvals in one block decide as three in three blocks do (COMM-5, EXEC-6)")
    mutating func together() throws {
        let wanted = try Self.committee(1, 1..<5)
        var apart = try CommitteeContractTests()
        let outcome = try run((0..<3).map { try approval(wanted, by: $0) })
        for place in 0..<3 { try apart.run([try apart.approval(wanted, by: place)]) }
        #expect(outcome.pending == .some(wanted))
        #expect(tree.root == apart.tree.root)
    }

    @Test("approving twice is answered and changes nothing (COMM-4)")
    mutating func twice() throws {
        let wanted = try Self.committee(1, 1..<5)
        try run([approval(wanted, by: 0)])
        let root = tree.root
        let outcome = try run([approval(wanted, by: 0, salt: 1)])
        #expect(codes(outcome) == [1405] && outcome.outcomes[0].output.isEmpty)
        #expect(tree.root == root && outcome.pending == .none)
    }

    @Test("who may not approve, and what may not follow, has its own code and changes nothing (COMM-2, COMM-3)")
    mutating func refusals() throws {
        let wanted = try Self.committee(1, 1..<5)
        let root = tree.root
        var random = SeededRandom(seed: 2)
        let outcome = try run([
            approval(wanted, by: 9), approval(wanted, by: 4),
            approval(Self.committee(0, 1..<5), by: 0), approval(Self.committee(2, 1..<5), by: 0),
            approval(Self.committee(Epoch.max, 1..<5), by: 0), approval(Self.committee(1, 1..<4), by: 0),
            call(CommitteeContract.approve, [], by: 0),
            call(CommitteeContract.approve, wanted.encoded + [0], by: 0),
            call(CommitteeContract.approve, Array(wanted.encoded.dropLast()), by: 0),
            call(CommitteeContract.approve, random.bytes(count: 400), by: 0),
            call(Label(literal: "no"), wanted.encoded, by: 9),
        ])
        #expect(codes(outcome) == [1401, 1401, 1403, 1403, 1403, 1404, 1203, 1203, 1203, 1203, 1202])
        #expect(tree.root == root && outcome.writes.isEmpty)
    }

    @Test("a committee of fewer than four may be followed by a larger or a smaller one (COMM-3)")
    mutating func small() throws {
        let small = try #require(
            ChainSpec(
                name: spec.name, founded: Timestamp(1), rules: .first, committee: Self.committee(0, 0..<2),
                members: []))
        height = 0
        store = MemoryStore()
        tree = try StateTree(store: store, keyspace: 0x10, cacheBytesMax: 0)
        try keep(BlockExecutor().genesis(small))
        let one = try Self.committee(1, 1..<2)
        #expect(codes(try run([approval(one, by: 0), approval(one, by: 1)])) == [0, 0])
        #expect(try pending() == one)
    }

    @Test("a block that names the pending committee puts it in force after its last transaction (COMM-6)")
    mutating func activation() throws {
        let (wanted, next) = (try Self.committee(1, 1..<5), try Self.committee(2, 2..<6))
        try run((0..<3).map { try approval(wanted, by: $0) })
        for other in [next.id, spec.committee.id, .zero] {
            let outcome = try run([], closing: other)
            #expect(try outcome.pending == .none && pending() == wanted && active() == spec.committee)
        }
        // Signer 0 votes no more in the next epoch, signer 4 not yet in this one.
        let outcome = try run([approval(next, by: 0), approval(next, by: 4)], closing: wanted.id)
        #expect(codes(outcome) == [1402, 1401])
        #expect(outcome.pending == .some(nil))
        #expect(try pending() == nil && active() == wanted)
        #expect(codes(try run([approval(next, by: 0), approval(next, by: 4)])) == [1401, 0])
        let root = tree.root
        let idle = try run([], closing: wanted.id)
        #expect(idle.pending == .none && tree.root == root)
    }

    @Test("an approval of a committee whose epoch has passed never counts (COMM-7)")
    mutating func stale() throws {
        let (wanted, loser) = (try Self.committee(1, 1..<5), try Self.committee(1, 2..<6))
        try run([approval(loser, by: 1), approval(loser, by: 2)])
        try run((0..<3).map { try approval(wanted, by: $0) })
        try run([], closing: wanted.id)
        #expect(try approvalCount(loser) == 2)
        #expect(codes(try run([approval(loser, by: 3), approval(loser, by: 4)])) == [1403, 1403])
        let again = try Self.committee(2, 2..<6)
        let outcome = try run([approval(again, by: 3)])
        #expect(try ApprovalReply(decoding: outcome.outcomes[0].output).approvals == 1)
        #expect(try pending() == nil && active() == wanted)
    }

    @Test("a call costs what the table says: each approval looked up, each one deleted (EXEC-7)")
    mutating func gas() throws {
        let wanted = try Self.committee(1, 1..<5)
        let arguments = UInt64(wanted.encoded.count)
        let outcome = try run([approval(wanted, by: 9)] + (0..<3).map { try approval(wanted, by: $0) })
        let used = outcome.outcomes.map(\.gasUsed.value)
        #expect(used[0] == 200 + arguments + 100)
        // Active, pending and own are read, then all four; 65 bytes of key and 2 of value are written.
        #expect(used[1] == used[0] + 200 + 4 * 100 + 200 + 67 + 50)
        #expect(used[2] == used[1])
        #expect(used[3] == used[1] + 3 * (200 + 65) + 200 + 1 + arguments + 50)
    }
}
