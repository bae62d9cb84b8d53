// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
package import ShangMi
package import Storage

/// What a block came to, before anything of it is kept.
package struct BlockOutcome: Sendable {
    package let outcomes: [Outcome]
    package let receiptsRoot: Digest
    /// By key ascending, one entry a key; a nil value deletes.
    package let writes: [(key: [UInt8], value: [UInt8]?)]
    package let index: [IndexEntry]
    /// What the block did to the pending committee: nil where it left it alone, an inner nil where none is
    /// pending any more (COMM-1).
    package let pending: Committee??
    /// Code that proposals want to run, for the engine to compile before it is (CTR-4).
    package let awaited: [Digest]

    init(
        outcomes: [Outcome], receiptsRoot: Digest, writes: [(key: [UInt8], value: [UInt8]?)], index: [IndexEntry],
        pending: Committee??, awaited: [Digest] = []
    ) {
        self.outcomes = outcomes
        self.receiptsRoot = receiptsRoot
        self.writes = writes
        self.index = index
        self.pending = pending
        self.awaited = awaited
    }
}

/// Executes final blocks, one after the other, each transaction in order.
///
/// A function of the block and the state before it: no clock, no randomness, nothing of the machine. It
/// writes nothing.
/// - Spec: EXEC-1 to EXEC-8.
package struct BlockExecutor: Sendable {
    let machine: ContractMachine

    package init(_ machine: ContractMachine) { self.machine = machine }

    /// The founding: no transactions; the committee, organisations, members and policies written, and the rules where
    /// they are not the first.
    package static func genesis(_ spec: ChainSpec) -> BlockOutcome {
        let writes =
            CommitteeContract.foundingWrites(spec) + MembershipContract.foundingWrites(spec)
            + PermissionsContract.foundingWrites(spec) + GovernanceContract.foundingWrites(spec)
        return BlockOutcome(
            outcomes: [], receiptsRoot: .zero,
            writes: writes.sorted { $0.key.lexicographicallyPrecedes($1.key) }, index: [], pending: nil)
    }

    /// - Parameters:
    ///   - ids: the identifiers of the block's transactions, in order.
    ///   - tree: the state at the height before.
    ///   - senders: the accounts of the transactions' senders, in order, where the caller has them already.
    ///   - ahead: what `likelyReads` gives for the block and what that holds, where the caller has read it already.
    ///   - rights: what the caller remembers of members and policies; results do not depend on it.
    /// - Throws: what is this machine's trouble; the chain's own refusals are outcomes, not errors.
    /// - Cost: some microseconds a transaction, mostly reads; all likely reads are fetched together first.
    package func execute<Store: KeyValueStore>(
        _ block: Block, ids: [TransactionID], on tree: StateTree<Store>, senders: [AccountID]? = nil,
        ahead: ReadAhead? = nil
    ) throws(ExecutionTrouble) -> BlockOutcome {
        var (rights, shelf) = (RightsBook(), ContractShelf())
        return try execute(
            block, ids: ids, on: tree, senders: senders, ahead: ahead, remembering: &rights, and: &shelf)
    }

    /// As above, with what is remembered of members, policies and contracts from block to block.
    package func execute<Store: KeyValueStore>(
        _ block: Block, ids: [TransactionID], on tree: StateTree<Store>, senders: [AccountID]? = nil,
        ahead: ReadAhead? = nil, remembering rights: inout RightsBook, and shelf: inout ContractShelf
    ) throws(ExecutionTrouble) -> BlockOutcome {
        let transactions = block.payload.transactions
        let senders = senders ?? AccountBook.accounts(of: transactions)
        var state = StateView(tree)
        if let ahead {
            state.take(ahead)
        } else {
            let keys = likelyReads(block, senders: senders, remembered: rights)
            do { state.take(ReadAhead(keys: keys, values: try tree.values(for: keys))) } catch { throw .store(error) }
        }
        var outcomes: [Outcome] = []
        outcomes.reserveCapacity(transactions.count)
        var index: [IndexEntry] = []
        rights.begin(on: tree.root)
        var context = CallContext(
            block: block.header, state: state, rights: rights, machine: machine, shelf: shelf)
        (rights, shelf) = (RightsBook(), ContractShelf())
        try GovernanceContract.takeEffect(&context)
        for (position, transaction) in transactions.enumerated() {
            context.begin(
                transaction.body.contract, sender: senders[position], index: position,
                gasMax: GasSchedule.ceiling(of: transaction.body))
            let outcome = try BlockExecutor.run(transaction.body, &context)
            if outcome.code.isSuccess { index += context.index }
            outcomes.append(outcome)
        }
        (rights, shelf) = (context.rights, context.shelf)
        return try BlockExecutor.finish(block.header, outcomes, index, ids, &context)
    }

    private static func finish<Store: KeyValueStore>(
        _ header: Header, _ outcomes: [Outcome], _ index: [IndexEntry], _ ids: [TransactionID],
        _ context: inout CallContext<Store>
    ) throws(ExecutionTrouble) -> BlockOutcome {
        let pending: Committee??
        do {
            try CommitteeContract.activate(header.nextCommittee, in: &context.state)
            pending = try CommitteeContract.pending(writtenIn: context.state)
        } catch {
            throw .store(error)
        }
        let receipts = BlockExecutor.receipts(outcomes, ids: ids, height: header.height)
        let root = MerkleTree.root(of: MerkleTree.leafDigests(receipts.map { $0.encoded }))
        return BlockOutcome(
            outcomes: outcomes, receiptsRoot: root, writes: context.state.writes, index: index,
            pending: pending, awaited: context.awaited)
    }

    /// The receipts of a block, in order, from its outcomes (LED-14).
    package static func receipts(_ outcomes: [Outcome], ids: [TransactionID], height: Height) -> [Receipt] {
        zip(outcomes, ids).enumerated().map { position, pair in
            Receipt(transaction: pair.1, height: height, index: UInt64(position), outcome: pair.0)
        }
    }

    /// The state keys a block is likely to read, each once: a hint for fetching them together; results do not depend
    /// on it.
    /// - Parameter rights: what is remembered of the senders: who is known is not read again.
    package func likelyReads(
        _ block: Block, senders: [AccountID], remembered rights: RightsBook = RightsBook()
    ) -> [[UInt8]] {
        var keys: [[UInt8]] = []
        var seen: Set<AccountID> = []
        let transactions = block.payload.transactions
        for (body, sender) in zip(transactions.lazy.map(\.body), senders) {
            if rights.subject(sender) == nil, seen.insert(sender).inserted {
                keys.append(MembershipContract.stateKey(sender))
            }
            guard body.contract == Deposit.contract else { continue }
            keys += EvidenceContract.likelyReads(body.method, body.arguments, sender: sender)
        }
        return keys
    }

    /// Does what a transaction asks, or nothing.
    static func run<Store: KeyValueStore>(
        _ body: Transaction, _ context: inout CallContext<Store>
    ) throws(ExecutionTrouble) -> Outcome {
        let outcome = try attempt(&context) { (context) throws(CallFailure) in try call(body, &context) }
        context.state.keepCall()
        return outcome
    }

    /// Does something that may fail, and then leaves the state as it was; the outcome either way.
    static func attempt<Store: KeyValueStore>(
        _ context: inout CallContext<Store>,
        _ body: (inout CallContext<Store>) throws(CallFailure) -> [UInt8]
    ) throws(ExecutionTrouble) -> Outcome {
        do throws(CallFailure) {
            let output = try body(&context)
            return Outcome(code: .success, gasUsed: context.gas.total, output: output, events: context.events)
        } catch {
            switch error {
            case .store(let error): throw .store(error)
            case .engine(let trouble): throw .engine(trouble)
            case .result(let code):
                context.undo()
                return Outcome(code: code, gasUsed: context.gas.total, output: context.failureText, events: [])
            }
        }
    }

    static func call<Store: KeyValueStore>(
        _ body: Transaction, _ context: inout CallContext<Store>
    ) throws(CallFailure) -> [UInt8] {
        try context.gas.charge(
            GasSchedule.transaction + GasSchedule.argumentByte * UInt64(body.arguments.count))
        // A block that breaks this is invalid and never voted for; the check keeps the rule true even so
        // (EXEC-5).
        guard body.validFrom <= context.place.height, context.place.height <= body.validUntil else {
            throw .result(.outsideWindow)
        }
        if Platform.owns(body.contract) { return try callPlatform(body, &context) }
        let code = try context.authorize(body.contract, body.method, body.arguments)
        guard code != .unknownSender else { throw .result(code) }
        guard body.contract == Deposit.contract else {
            guard try context.hasContracts() else { throw .result(.unknownContract) }
            guard body.contract == ContractsContract.contract else {
                return try context.callContract(body.contract, body.method, body.arguments, allowed: code)
            }
            guard code.isSuccess else { throw .result(code) }
            return try ContractsContract.call(body.method, body.arguments, &context)
        }
        guard code.isSuccess else { throw .result(code) }
        return try EvidenceContract.call(body.method, body.arguments, &context)
    }

    /// Contracts of the platform know their callers themselves; no policy reaches them (PERM-8).
    private static func callPlatform<Store: KeyValueStore>(
        _ body: Transaction, _ context: inout CallContext<Store>
    ) throws(CallFailure) -> [UInt8] {
        if let subject = try context.subject(context.sender) {
            if let code = subject.standing(at: context.height) { throw .result(code) }
            context.speaks(for: subject)
        }
        if body.contract == GovernanceContract.contract {
            return try GovernanceContract.call(body.method, body.arguments, &context)
        }
        if body.contract == MembershipContract.contract {
            return try MembershipContract.call(body.method, body.arguments, &context)
        }
        if body.contract == CommitteeContract.contract {
            return try CommitteeContract.call(body.method, body.arguments, &context)
        }
        _ = try context.member()
        throw .result(.unknownMethod)
    }
}
