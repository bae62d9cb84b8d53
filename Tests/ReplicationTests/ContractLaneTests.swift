// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import Replication
import ShangMi
import Storage
import Testing

/// What a lane does for contracts: compiles come beside the blocks, trouble changes nothing.
@Suite struct ContractLaneTests {
    private static let store: PaperEngine.Function = { run throws(PaperEnd) in
        try run.put("k", try run.argument())
    }
    private static let key: SM2.PublicKey = {
        var random = SeededRandom(seed: 51)
        return SM2.ThrowAwaySigner(from: &random).publicKey
    }()
    private static let label = Label(literal: "lane")

    /// One member, who is all of the consortium.
    private struct Site {
        let spec: ChainSpec
        let store = MemoryStore()
        var salt: UInt64 = 0

        init() throws {
            spec = try #require(
                ChainSpec(
                    name: label, founded: Timestamp(1), rules: .contracts, committee: PaperChain.committee(0, from: 0),
                    members: [Member(key: key, name: label, organization: label, roles: RoleSet(.user, .orgAdmin))]))
            try ExecutionLane.found(spec, in: store)
        }

        func lane(_ engine: (any ContractEngine)?) throws -> ExecutionLane<MemoryStore> {
            let tip = try #require(try BlockStore(store).executedTip())
            return try ExecutionLane(store, tip: tip, cacheBytes: 1 << 20, versionsKept: 64, engine: engine)
        }

        mutating func call(_ contract: Label, _ method: Label, _ arguments: [UInt8]) -> SignedTransaction {
            salt += 1
            let body = Transaction(
                chain: spec.id, validFrom: .zero, validUntil: Height(1_000), contract: contract, method: method,
                arguments: arguments, salt: salt, sender: key)
            return SignedTransaction(body, signature: SM2.Signature(r: .zero, s: .zero))
        }

        func block(_ transactions: [SignedTransaction], at height: UInt64) throws -> Block {
            let payload = Payload(transactions)
            let header = Header(
                chain: spec.id, epoch: .zero, view: View(height), height: Height(height), parent: spec.genesis.id,
                timestamp: Timestamp(1_000 + height), proposer: ValidatorIndex(0), payload: payload,
                execHeight: .zero, execRoot: .zero, nextCommittee: nil)
            return try #require(Block(header: header, payload: payload))
        }
    }

    private func run(_ lane: inout ExecutionLane<MemoryStore>, _ block: Block) throws {
        _ = try lane.run(block, ids: block.payload.transactions.map(\.id))
    }

    @Test("proposed code is handed out once to be compiled, published code never, what runs at a start (CTR-4)")
    func lives() throws {
        var site = try Site()
        let module = PaperModule.bytes("store")
        let engine = PaperEngine(["store": Self.store])
        var lane = try site.lane(engine)
        let register = ContractsContract.contract
        let upload = PursedArguments(purse: 0, argument: UploadPart.parts(of: module)[0].encoded).encoded
        let publish = PursedArguments(purse: 100_000, argument: SM3.hash(module).encoded).encoded
        try run(
            &lane,
            site.block(
                [
                    site.call(register, ContractsContract.upload, upload),
                    site.call(register, ContractsContract.publish, publish),
                ], at: 1))
        #expect(lane.takeAwaited().isEmpty, "anybody may publish")
        #expect(try lane.codesInUse().isEmpty, "published is not deployed")
        let deployment = ContractDeployment(name: Self.label, code: SM3.hash(module), argument: [1])
        let motion = Motion([.deployContract(deployment)], expires: Height(100))
        try run(
            &lane,
            site.block([site.call(GovernanceContract.contract, GovernanceContract.propose, motion.encoded)], at: 2))
        #expect(lane.takeAwaited() == [SM3.hash(module)] && lane.takeAwaited().isEmpty)
        // It takes effect in a block of no transaction: a machine without an engine cannot execute it, now or later.
        let effect = try site.block([], at: 3)
        let before = lane.tip
        for _ in 0..<2 {
            var bare = try site.lane(nil)
            #expect(throws: ExecutionTrouble.self) { try run(&bare, effect) }
            #expect(bare.tip == before && bare.tree.root == before.leaf.stateRoot)
        }
        #expect(try BlockStore(site.store).executedTip() == before)
        try run(&lane, effect)
        let again = try site.lane(engine)
        #expect(again.tip == lane.tip)
        #expect(try again.codesInUse() == [SM3.hash(module)])
        var reader = ContractReader(again.tree)
        #expect(try reader.program(SM3.hash(module)) != nil && reader.program(SM3.hash([1])) == nil)
        #expect(try again.tree.value(for: StateKey.of(Self.label, Array("k".utf8))) == [1])
    }
}
