// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Storage
import Testing
import WasmtimeEngine

/// A chain of one organisation whose blocks are executed for real, on the real engine; signatures are left out.
struct HostileChain {
    private static let keys: [SM2.PublicKey] = {
        var random = SeededRandom(seed: 6)
        return (0..<3).map { _ in SM2.ThrowAwaySigner(from: &random).publicKey }
    }()
    private static let admin = keys[0]
    private static let user = keys[1]

    let spec: ChainSpec
    private(set) var tree: StateTree<MemoryStore>
    private let store = MemoryStore()
    private let engine: WasmtimeEngine
    private var height: UInt64 = 1
    private var salt: UInt64 = 0
    private var rights = RightsBook()
    private var shelf = ContractShelf()

    init() throws {
        engine = try EngineFixture.shared()
        let home = Label(literal: "home")
        let validator = Validator(
            key: Self.keys[2], name: Label(literal: "v0"), organization: home, failureDomain: Label(literal: "c"))
        let committee = try #require(
            Committee(epoch: .zero, validators: [validator], parameters: ConsensusParameters()))
        let members = [
            Member(key: Self.admin, name: Label(literal: "admin"), organization: home, roles: RoleSet(.orgAdmin)),
            Member(key: Self.user, name: Label(literal: "user"), organization: home, roles: RoleSet(.user)),
        ]
        spec = try #require(
            ChainSpec(
                name: Label(literal: "hostile"), founded: Timestamp(1), rules: .contracts, committee: committee,
                organizations: [Organization(id: home)], members: members))
        tree = try StateTree(store: store, keyspace: 0x10, cacheBytesMax: 1 << 22)
        try keep(BlockExecutor.genesis(spec), version: 1)
    }

    // MARK: Transactions

    private mutating func transaction(
        _ contract: Label, _ method: Label, _ arguments: [UInt8], by key: SM2.PublicKey = user
    ) -> SignedTransaction {
        salt += 1
        let body = Transaction(
            chain: spec.id, validFrom: .zero, validUntil: Height(Limits.validityWindowMax), contract: contract,
            method: method, arguments: arguments, salt: salt, sender: key)
        return SignedTransaction(body, signature: SM2.Signature(r: .zero, s: .zero))
    }

    mutating func call(
        _ contract: String, _ argument: [UInt8] = [], purse: UInt64 = ContractLimits.purseMax
    ) throws -> SignedTransaction {
        transaction(
            try #require(Label(contract)), Label(literal: "go"),
            PursedArguments(purse: purse, argument: argument).encoded)
    }

    private mutating func register(_ method: Label, _ argument: [UInt8], purse: UInt64 = 0) -> SignedTransaction {
        transaction(
            ContractsContract.contract, method, PursedArguments(purse: purse, argument: argument).encoded)
    }

    mutating func deposit() -> SignedTransaction {
        let deposit = Deposit(
            businessType: Label(literal: "b"), title: Label(literal: "t"), digest: SM3.hash([UInt8(salt & 255)]),
            size: 1, mediaType: Label(literal: "m"), capture: .upload)
        return transaction(Deposit.contract, Deposit.method, deposit.encoded)
    }

    // MARK: Blocks

    /// Executes a block and keeps what it came to.
    @discardableResult
    mutating func run(_ transactions: [SignedTransaction]) throws -> BlockOutcome {
        let outcome = try attempt(transactions)
        try keep(outcome, version: height + 1)
        height += 1
        return outcome
    }

    /// Executes a block and forgets it.
    mutating func attempt(_ transactions: [SignedTransaction]) throws -> BlockOutcome {
        let payload = Payload(transactions)
        let header = Header(
            chain: spec.id, epoch: .zero, view: View(height), height: Height(height), parent: spec.genesis.id,
            timestamp: Timestamp(9_000 + height), proposer: ValidatorIndex(0), payload: payload, execHeight: .zero,
            execRoot: .zero, nextCommittee: nil)
        let block = try #require(Block(header: header, payload: payload))
        let machine = ContractMachine(chain: spec.name, engine: engine)
        return try BlockExecutor(machine).execute(
            block, ids: transactions.map(\.id), on: tree, remembering: &rights, and: &shelf)
    }

    private mutating func keep(_ outcome: BlockOutcome, version: UInt64) throws {
        let update = try tree.prepare(writes: outcome.writes, version: version)
        var batch = WriteBatch()
        update.append(to: &batch)
        try store.write(batch, durably: true)
        tree.adopt(update)
        rights.adopt(tree.root)
    }

    // MARK: Contracts

    /// Uploads and publishes a module within one block, between transactions of others.
    /// - Returns: the code of the first step that did not succeed, or 0; and that all the others succeeded.
    mutating func publish(_ module: [UInt8]) throws -> (code: UInt16, othersUnharmed: Bool) {
        var transactions = [deposit()]
        if module.count > ContractLimits.codeBytesMax {
            let part = UploadPart(
                module: SM3.hash(module), size: UInt64(module.count), part: 0,
                bytes: Array(module[..<ContractLimits.partBytes]))
            transactions.append(register(ContractsContract.upload, part.encoded))
        } else {
            for part in UploadPart.parts(of: module) {
                transactions.append(register(ContractsContract.upload, part.encoded))
            }
            let purse = 14 * UInt64(module.count) + 60_000
            transactions.append(register(ContractsContract.publish, SM3.hash(module).encoded, purse: purse))
        }
        transactions.append(deposit())
        let codes = try run(transactions).outcomes.map(\.code.value)
        let code = codes.dropFirst().dropLast().first { $0 != 0 } ?? 0
        if code >= 2501 {
            // A member has four uploads open at most.
            try run([register(ContractsContract.discard, UploadDiscard(module: SM3.hash(module)).encoded)])
        }
        return (code, codes.first == 0 && codes.last == 0)
    }

    /// Has governance make contracts of published code.
    /// - Returns: why it came to nothing, or 0.
    mutating func deploy(_ module: [UInt8], as names: [String]) throws -> UInt16 {
        let acts = try names.map { name in
            GovernanceAct.deployContract(
                ContractDeployment(name: try #require(Label(name)), code: SM3.hash(module)))
        }
        salt += 1
        let motion = Motion(acts, expires: Height(height + 100), salt: salt)
        let proposed = try run([
            transaction(
                GovernanceContract.contract, GovernanceContract.propose, motion.encoded, by: Self.admin)
        ])
        if let code = proposed.outcomes.first?.code.value, code != 0 { return code }
        try run([])
        var reader = ConsortiumReader(tree, next: Height(height))
        let record = try #require(try reader.motion(motion.id(by: AccountID(Self.admin))))
        switch record.status {
        case .effective: return 0
        case .void(_, let code): return code.value
        default: return .max
        }
    }

    func held(_ contract: String, _ key: String) throws -> [UInt8]? {
        try tree.value(for: StateKey.of(try #require(Label(contract)), Array(key.utf8)))
    }
}
