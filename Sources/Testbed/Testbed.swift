// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Execution
package import Ledger
package import ShangMi
import Storage

/// A chain in memory to try contracts on: real blocks, gas, permissions, governance, receipts and events, and no
/// consensus, no signatures, no disk.
///
/// ```
/// var bed = try Testbed(people: [clerk], engine: engine)
/// try bed.deploy(module, as: ledger)
/// let mark = bed.mark
/// let receipt = try bed.call(ledger, open, argument, by: clerk.key)
/// try bed.go(back: mark)
/// ```
///
/// A block is executed by `BlockExecutor`, as on every node; nothing here knows a rule of its own. Every state stays:
/// going back costs nothing, and the way not taken any more remains where a mark holds it. Copies share their past.
/// - Spec: KIT-21.
/// - Cost: memory grows with what blocks write, some 2 to 5 KB for a call alone in its block.
package struct Testbed {
    /// A block that was executed, and the state after it.
    struct Stand: Hashable, Sendable {
        let height: Height
        let time: Timestamp
        let block: BlockID
        /// Of the state tree; never used twice, whatever way was left.
        let version: UInt64
    }

    /// From one block's time to the next one's, where nobody waits: a second.
    package static let blockMillis: UInt64 = 1_000
    /// When the chain was founded, where nobody says otherwise: 2026-01-01T00:00:00Z.
    package static let founded = Timestamp(1_767_225_600_000)

    package let spec: ChainSpec
    /// Those who were given, not the stewards.
    package let people: [TestbedPerson]
    let machine: ContractMachine
    private let executor: BlockExecutor
    private let store: TestbedStore
    private(set) var tree: StateTree<TestbedStore>
    /// By height, from the founding on.
    private(set) var history: [Stand] = []
    /// Time that passes before the next block, beside `blockMillis`.
    private var rest: UInt64 = 0
    private var salt: UInt64 = 0
    private var rights = RightsBook()
    private var shelf = ContractShelf()
    private var accounts = AccountBook()

    /// Founds a chain of these people's organisations. Each gets an admin beside, its steward, so that they can decide
    /// on contracts as any consortium does.
    /// - Throws: `TestbedError.unfit` where people or policies are none a chain is founded with.
    package init(
        people: [TestbedPerson], policies: [FoundingPolicy] = [], name: Label = Label(literal: "testbed"),
        founded: Timestamp = Testbed.founded, engine: (any ContractEngine)?
    ) throws(TestbedError) {
        let stewards = Testbed.stewards(people)
        guard let first = stewards.first else { throw .unfit("nobody is there to found a chain") }
        let validator = Validator(
            key: first.key, name: first.name, organization: first.organization, failureDomain: first.organization)
        let spec = Committee(epoch: .zero, validators: [validator], parameters: ConsensusParameters()).flatMap {
            ChainSpec(
                name: name, founded: founded, rules: .newest, committee: $0,
                members: (people + stewards).map(\.member), policies: policies)
        }
        guard let spec else {
            throw .unfit("no chain is founded with these people: one stands twice, or an office with another")
        }
        self.people = people
        self.spec = spec
        machine = ContractMachine(chain: name, engine: engine)
        executor = BlockExecutor(machine)
        store = TestbedStore()
        do throws(StoreError) { tree = try StateTree(store: store, keyspace: 0x10) } catch {
            throw .trouble(.store(error))
        }
        try keep(BlockExecutor.genesis(spec), after: spec.genesis)
    }

    /// The name of each organisation's admin that the testbed adds.
    static let steward = Label(literal: "jd-steward")

    /// One an organisation, in order of their names.
    static func stewards(_ people: [TestbedPerson]) -> [TestbedPerson] {
        Set(people.map(\.organization)).sorted().map { TestbedPerson(steward, of: $0, roles: RoleSet(.orgAdmin)) }
    }

    // MARK: Where it stands

    var last: Stand {
        guard let last = history.last else { preconditionFailure("a testbed is founded") }
        return last
    }

    /// The newest block's.
    package var height: Height { last.height }
    /// The newest block's.
    package var time: Timestamp { last.time }
    /// The root of the state after the newest block.
    package var root: Digest { tree.root }

    /// When the next block is made, if nobody waits any longer.
    package var nextTime: Timestamp { Timestamp(last.time.value + Testbed.blockMillis + rest) }

    package func person(_ name: Label, of organization: Label) -> TestbedPerson? {
        people.first { $0.name == name && $0.organization == organization }
    }

    /// What a contract holds under a key of its own; nil where nothing.
    package func value(_ contract: Label, _ key: [UInt8]) throws(TestbedError) -> [UInt8]? {
        do throws(StoreError) { return try tree.value(for: StateKey.of(contract, key)) } catch {
            throw .trouble(.store(error))
        }
    }

    // MARK: Blocks

    /// A transaction of the next block; its signature is nobody's, for no block's execution looks at it.
    package mutating func transaction(
        _ contract: Label, _ method: Label, _ arguments: [UInt8], by sender: SM2.PublicKey
    ) -> SignedTransaction {
        salt += 1
        let body = Transaction(
            chain: spec.id, validFrom: height.next, validUntil: height.next, contract: contract, method: method,
            arguments: arguments, salt: salt, sender: sender)
        return SignedTransaction(body, signature: SM2.Signature(r: .zero, s: .zero))
    }

    /// Makes a block of transactions that `transaction` gave since the block before, and executes it.
    /// - Throws: `TestbedError.blockFull` where their gas or bytes are more than a block takes; `.trouble`. Then there
    ///   is no block.
    /// - Cost: 10 to 20 µs a call, with what the contract's code takes.
    package mutating func run(_ transactions: [SignedTransaction]) throws(TestbedError) -> [Receipt] {
        let payload = Payload(transactions)
        let (header, outcome) = try executed(payload)
        let receipts = BlockExecutor.receipts(outcome.outcomes, ids: transactions.map(\.id), height: header.height)
        try keep(outcome, after: header)
        return receipts
    }

    private mutating func executed(_ payload: Payload) throws(TestbedError) -> (Header, BlockOutcome) {
        guard payload.transactions.count <= Limits.payloadTransactionsMax,
            payload.bytes.count <= Limits.payloadBytesMax, payload.fitsItsGas
        else { throw .blockFull }
        let header = Header(
            chain: spec.id, epoch: .zero, view: View(height.value + 1), height: height.next, parent: last.block,
            timestamp: nextTime, proposer: ValidatorIndex(0), payload: payload, execHeight: .zero, execRoot: .zero,
            nextCommittee: nil)
        guard let block = Block(header: header, payload: payload) else {
            preconditionFailure("a header names the payload it was made of")
        }
        let senders = accounts.accounts(of: payload.transactions)
        do throws(ExecutionTrouble) {
            let outcome = try executor.execute(
                block, ids: payload.transactions.map(\.id), on: tree, senders: senders, remembering: &rights,
                and: &shelf)
            return (header, outcome)
        } catch {
            // What was remembered went with the block that is not.
            (rights, shelf) = (RightsBook(), ContractShelf())
            throw .trouble(error)
        }
    }

    private mutating func keep(_ outcome: BlockOutcome, after header: Header) throws(TestbedError) {
        do throws(StoreError) {
            let update = try tree.prepare(writes: outcome.writes, version: store.nextVersion())
            var batch = WriteBatch()
            update.append(to: &batch)
            try store.write(batch, durably: false)
            tree.adopt(update)
        } catch {
            throw .trouble(.store(error))
        }
        rights.adopt(tree.root)
        rest = 0
        history.append(
            Stand(height: header.height, time: header.timestamp, block: header.id, version: tree.version))
    }

    /// Lets time pass before the next block.
    package mutating func wait(milliseconds: UInt64) { rest += milliseconds }

    /// Stands where a way stands.
    mutating func stand(on history: [Stand]) throws(TestbedError) {
        guard let last = history.last else { preconditionFailure("every way begins with the founding") }
        do throws(StoreError) { tree = try tree.standing(at: last.version) } catch { throw .trouble(.store(error)) }
        self.history = history
        rest = 0
    }

    /// For a dry run.
    var remembered: ContractShelf {
        get { shelf }
        set { shelf = newValue }
    }
}
