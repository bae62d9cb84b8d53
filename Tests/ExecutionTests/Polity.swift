// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Storage
import Testing

/// A consortium to try things on: blocks are executed for real, signatures are left out.
///
/// Organisations `court`, `bureau`, `bank` and `audit`; each has the admins `X.admin` and `X.deputy` and a user
/// `X.user`, `bureau` has the three officers. Four validators on four clouds, one an organisation.
struct Polity {
    /// Such a chain is not founded.
    struct Unfit: Error {}

    static let homes = ["court", "bureau", "bank", "audit"]
    private static let keys: [SM2.PublicKey] = {
        var random = SeededRandom(seed: 40)
        return (0..<80).map { _ in SM2.ThrowAwaySigner(from: &random).publicKey }
    }()

    let spec: ChainSpec
    private(set) var tree: StateTree<MemoryStore>
    private let store = MemoryStore()
    /// The next block's.
    private(set) var height: UInt64 = 1
    /// The next block's time.
    var now: Timestamp { Timestamp(9_000 + height + restMillis) }
    /// Time that passed without a block.
    var restMillis: UInt64 = 0
    private var salt: UInt64 = 0
    /// Carried from block to block where `remembers`.
    var rights = RightsBook()
    var shelf = ContractShelf()
    var remembers = true
    /// What contracts run on.
    var engine: (any ContractEngine)?
    var machine: ContractMachine { ContractMachine(chain: spec.name, engine: engine) }

    init(
        members extra: [Member] = [], policies: [FoundingPolicy] = [], validators: [Validator]? = nil,
        rules: RuleVersion = .first, engine: (any ContractEngine)? = nil
    ) throws {
        self.engine = engine
        var members: [Member] = []
        for home in Polity.homes {
            members.append(Polity.member("\(home).admin", home, RoleSet(.orgAdmin)))
            members.append(Polity.member("\(home).deputy", home, RoleSet(.orgAdmin)))
            members.append(Polity.member("\(home).user", home, RoleSet(.user)))
        }
        for (name, role) in [
            ("system", MemberRole.systemAdmin), ("security", .securityAdmin), ("auditor", .auditAdmin),
        ] {
            members.append(Polity.member("bureau.\(name)", "bureau", RoleSet(role), person: name))
        }
        let founding =
            validators ?? Polity.homes.indices.map { Polity.validator($0, Polity.homes[$0], cloud: "c\($0)") }
        let committee = try #require(
            Committee(epoch: .zero, validators: founding, parameters: ConsensusParameters()))
        guard
            let spec = ChainSpec(
                name: Label(literal: "polity"), founded: Timestamp(1), rules: rules, committee: committee,
                organizations: Polity.homes.map { Organization(id: Polity.label($0)) }, members: members + extra,
                policies: policies)
        else { throw Unfit() }
        self.spec = spec
        tree = try StateTree(store: store, keyspace: 0x10, cacheBytesMax: 1 << 22)
        try keep(BlockExecutor.genesis(spec).writes, version: 1)
    }

    // MARK: Names

    static func label(_ text: String) -> Label {
        guard let label = Label(text) else { preconditionFailure("a test's label is plain") }
        return label
    }

    private static let places: [String] =
        homes.flatMap { home in ["admin", "deputy", "user", "spare", "clerk", "delegate"].map { "\(home).\($0)" } }
        + [
            "bureau.system", "bureau.security", "bureau.auditor", "stranger", "mallory", "new.admin", "new.user",
            "twin",
        ]

    /// The key of somebody by name; validators are numbered from 0.
    static func key(_ name: String) -> SM2.PublicKey {
        guard let place = places.firstIndex(of: name) else { preconditionFailure("nobody is called \(name)") }
        return keys[place]
    }

    static func account(_ name: String) -> AccountID { AccountID(key(name)) }

    static func validatorKey(_ number: Int) -> SM2.PublicKey { keys[50 + number] }

    static func member(
        _ name: String, _ home: String, _ roles: RoleSet, groups: [String] = [], person: String? = nil
    ) -> Member {
        Member(
            key: key(name), name: label(name), organization: label(home), roles: roles, groups: groups.map(label),
            person: person.map { SM3.hash(Array($0.utf8)) })
    }

    static func validator(_ number: Int, _ home: String, cloud: String) -> Validator {
        Validator(
            key: validatorKey(number), name: label("v\(number)"), organization: label(home),
            failureDomain: label(cloud))
    }

    static func organization(_ id: String, code: String = "91350100M000100Y43") -> Organization {
        Organization(
            id: label(id), name: label(id), creditCode: CreditCode(code), region: RegionCode(110_000),
            cloud: label("c9"),
            site: label("s"))
    }

    static func policy(_ text: String) throws -> Policy { try Policy(text) }

    // MARK: Transactions

    mutating func call(
        _ contract: Label, _ method: Label, _ arguments: [UInt8], by key: SM2.PublicKey
    ) -> SignedTransaction {
        salt += 1
        let body = Transaction(
            chain: spec.id, validFrom: .zero, validUntil: Height(Limits.validityWindowMax), contract: contract,
            method: method, arguments: arguments, salt: salt, sender: key)
        return SignedTransaction(body, signature: SM2.Signature(r: .zero, s: .zero))
    }

    mutating func deposit(by name: String) -> SignedTransaction {
        let deposit = Deposit(
            businessType: Label(literal: "b"), title: Label(literal: "t"), digest: SM3.hash(salt.encodedBytes), size: 1,
            mediaType: Label(literal: "m"), capture: .upload)
        return call(Deposit.contract, Deposit.method, deposit.encoded, by: Polity.key(name))
    }

    /// A proposal that expires in a hundred blocks.
    mutating func motion(
        _ acts: [GovernanceAct], due: UInt64 = 0, expires: UInt64? = nil, overrides: Bool = false
    ) -> Motion {
        salt += 1
        return Motion(
            acts, due: Height(due), expires: Height(expires ?? height + 100), overrides: overrides, salt: salt)
    }

    mutating func propose(_ motion: Motion, by name: String) -> SignedTransaction {
        call(GovernanceContract.contract, GovernanceContract.propose, motion.encoded, by: Polity.key(name))
    }

    mutating func approve(_ id: MotionID, by name: String) -> SignedTransaction {
        call(GovernanceContract.contract, GovernanceContract.approve, id.encoded, by: Polity.key(name))
    }

    // MARK: Blocks

    /// Executes a block and keeps what it came to.
    @discardableResult
    mutating func run(_ transactions: [SignedTransaction] = [], closing next: CommitteeID? = nil) throws -> BlockOutcome
    {
        let outcome = try attempt(transactions, closing: next)
        try keep(outcome.writes, version: height + 1)
        height += 1
        return outcome
    }

    /// Executes a block and forgets it.
    mutating func attempt(
        _ transactions: [SignedTransaction], closing next: CommitteeID? = nil
    ) throws -> BlockOutcome {
        let payload = Payload(transactions)
        let header = Header(
            chain: spec.id, epoch: .zero, view: View(height), height: Height(height), parent: spec.genesis.id,
            timestamp: now, proposer: ValidatorIndex(0), payload: payload, execHeight: .zero,
            execRoot: .zero, nextCommittee: next)
        let block = try #require(Block(header: header, payload: payload))
        if !remembers { (rights, shelf) = (RightsBook(), ContractShelf()) }
        return try BlockExecutor(machine).execute(
            block, ids: transactions.map(\.id), on: tree, remembering: &rights, and: &shelf)
    }

    /// Puts a value in the state that no block would: what another program, or a bad disk, leaves there.
    mutating func force(_ value: [UInt8], at key: [UInt8]) throws {
        try keep([(key, value)], version: height + 1)
        height += 1
        (rights, shelf) = (RightsBook(), ContractShelf())
    }

    private mutating func keep(_ writes: [(key: [UInt8], value: [UInt8]?)], version: UInt64) throws {
        let update = try tree.prepare(writes: writes, version: version)
        var batch = WriteBatch()
        update.append(to: &batch)
        try store.write(batch, durably: true)
        tree.adopt(update)
        rights.adopt(tree.root)
    }

    /// The newest state, opened anew, without a memory of nodes.
    func opened() throws(StoreError) -> StateTree<MemoryStore> {
        try StateTree(store: store, keyspace: 0x10, cacheBytesMax: 0)
    }

    /// Forgets all states but the newest.
    mutating func prune() throws {
        var isDone = false
        while !isDone {
            let slice = try tree.prune(before: tree.version)
            var batch = WriteBatch()
            slice.append(to: &batch)
            try store.write(batch, durably: true)
            isDone = slice.isDone
        }
    }

    mutating func idle(until height: UInt64) throws { while self.height < height { try run() } }

    /// Proposes, has others approve, and lets the next block bring it into force.
    /// - Returns: what became of it.
    @discardableResult
    mutating func pass(
        _ acts: [GovernanceAct], by proposer: String = "court.admin",
        _ approvers: [String] = ["bureau.admin", "bank.admin"],
        overrides: Bool = false
    ) throws -> MotionStatus {
        let motion = motion(acts, overrides: overrides)
        let id = motion.id(by: Polity.account(proposer))
        var transactions = [propose(motion, by: proposer)]
        for name in approvers { transactions.append(approve(id, by: name)) }
        let outcome = try run(transactions)
        if let code = outcome.outcomes.map(\.code).first(where: { !$0.isSuccess }) {
            return .void(Height(height - 1), code)
        }
        try run()
        return try #require(try reader.read { try $0.motion(id) }).status
    }

    func codes(_ outcome: BlockOutcome) -> [UInt16] { outcome.outcomes.map(\.code.value) }

    /// What the state says, for the next block.
    var reader: Look { Look(tree: tree, height: Height(height)) }

    struct Look {
        let tree: StateTree<MemoryStore>
        let height: Height

        func read<Answer>(_ question: (inout ConsortiumReader<MemoryStore>) throws -> Answer) rethrows -> Answer {
            var reader = ConsortiumReader(tree, next: height)
            return try question(&reader)
        }
    }

    func active() throws -> Committee {
        try Committee(decoding: try #require(try tree.value(for: CommitteeContract.activeStateKey)))
    }

    func pending() throws -> Committee? {
        try tree.value(for: CommitteeContract.pendingStateKey).map { try Committee(decoding: $0) }
    }
}

extension UInt64 {
    fileprivate var encodedBytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) } }
}

extension MotionStatus {
    var isEffective: Bool { if case .effective = self { true } else { false } }
    /// Why it came to nothing, 0 where it did not.
    var refusal: UInt16 { if case .void(_, let code) = self { code.value } else { 0 } }
}

extension SeededRandom {
    mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }

    /// True so many times in a thousand.
    mutating func happens(_ thousandths: Int) -> Bool { below(1_000) < thousandths }
}
