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
}

/// Executes final blocks, one after the other, each transaction in order.
///
/// A function of the block and the state before it: no clock, no randomness, nothing of the machine. It
/// writes nothing.
/// - Spec: EXEC-1 to EXEC-7.
package struct BlockExecutor: Sendable {
    package init() {}

    /// The founding: no transactions; the committee and the members written.
    package func genesis(_ spec: ChainSpec) -> BlockOutcome {
        let writes = CommitteeContract.foundingWrites(spec) + MembershipContract.foundingWrites(spec)
        return BlockOutcome(
            outcomes: [], receiptsRoot: .zero,
            writes: writes.sorted { $0.key.lexicographicallyPrecedes($1.key) }, index: [], pending: nil)
    }

    /// - Parameters:
    ///   - ids: the identifiers of the block's transactions, in order.
    ///   - tree: the state at the height before.
    ///   - senders: the accounts of the transactions' senders, in order, where the caller has them already.
    ///   - likely: what `likelyReads` gives for the block, where the caller has it already.
    /// - Throws: what the store throws; the chain's own refusals are outcomes, not errors.
    /// - Cost: some microseconds a transaction, mostly reads; all likely reads are fetched together first.
    package func execute<Store: KeyValueStore>(
        _ block: Block, ids: [TransactionID], on tree: StateTree<Store>, senders: [AccountID]? = nil,
        likely: [[UInt8]]? = nil
    ) throws(StoreError) -> BlockOutcome {
        let transactions = block.payload.transactions
        let senders = senders ?? AccountBook.accounts(of: transactions)
        var state = StateView(tree)
        try state.prefetch(likely ?? likelyReads(block, senders: senders))
        var outcomes: [Outcome] = []
        outcomes.reserveCapacity(transactions.count)
        var index: [IndexEntry] = []
        var context = CallContext(block: block.header, state: state)
        for (position, transaction) in transactions.enumerated() {
            context.begin(transaction.body.contract, sender: senders[position], index: position)
            let outcome = try run(transaction.body, &context)
            if outcome.code.isSuccess { index += context.index }
            outcomes.append(outcome)
        }
        try CommitteeContract.activate(block.header.nextCommittee, in: &context.state)
        let receipts = BlockExecutor.receipts(outcomes, ids: ids, height: block.header.height)
        let root = MerkleTree.root(of: MerkleTree.leafDigests(receipts.map { $0.encoded }))
        return BlockOutcome(
            outcomes: outcomes, receiptsRoot: root, writes: context.state.writes, index: index,
            pending: try CommitteeContract.pending(writtenIn: context.state))
    }

    /// The receipts of a block, in order, from its outcomes (LED-14).
    package static func receipts(_ outcomes: [Outcome], ids: [TransactionID], height: Height) -> [Receipt] {
        zip(outcomes, ids).enumerated().map { position, pair in
            Receipt(transaction: pair.1, height: height, index: UInt64(position), outcome: pair.0)
        }
    }

    /// The state keys a block is likely to read, each once: a hint for fetching them together; results do not depend
    /// on it.
    package func likelyReads(_ block: Block, senders: [AccountID]) -> [[UInt8]] {
        var keys: [[UInt8]] = []
        var seen: Set<SM2.PublicKey> = []
        let transactions = block.payload.transactions
        for (body, sender) in zip(transactions.lazy.map(\.body), senders) {
            if seen.insert(body.sender).inserted { keys.append(MembershipContract.stateKey(sender)) }
            guard body.contract == Deposit.contract else { continue }
            keys += EvidenceContract.likelyReads(body.method, body.arguments, sender: sender)
        }
        return keys
    }

    private func run<Store: KeyValueStore>(
        _ body: Transaction, _ context: inout CallContext<Store>
    ) throws(StoreError) -> Outcome {
        do {
            let output = try call(body, &context)
            context.state.keepCall()
            return Outcome(code: .success, gasUsed: context.gas.total, output: output, events: context.events)
        } catch {
            switch error {
            case .store(let error): throw error
            case .result(let code):
                context.state.undoCall()
                return Outcome(code: code, gasUsed: context.gas.total, output: [], events: [])
            }
        }
    }

    private func call<Store: KeyValueStore>(
        _ body: Transaction, _ context: inout CallContext<Store>
    ) throws(CallFailure) -> [UInt8] {
        try context.gas.charge(
            GasSchedule.transaction + GasSchedule.argumentByte * UInt64(body.arguments.count))
        // A block that breaks this is invalid and never voted for; the check keeps the rule true even so
        // (EXEC-5).
        guard body.validFrom <= context.place.height, context.place.height <= body.validUntil else {
            throw .result(.outsideWindow)
        }
        // A validator votes on its successors whether or not it may do anything else (COMM-2).
        if body.contract == CommitteeContract.contract {
            return try CommitteeContract.call(body.method, body.arguments, &context)
        }
        guard try isMember(&context) else { throw .result(.unknownSender) }
        if body.contract == Deposit.contract {
            return try EvidenceContract.call(body.method, body.arguments, &context)
        }
        throw .result(body.contract == MembershipContract.contract ? .unknownMethod : .unknownContract)
    }

    private func isMember<Store: KeyValueStore>(
        _ context: inout CallContext<Store>
    ) throws(CallFailure) -> Bool {
        do {
            return try context.state.value(for: MembershipContract.stateKey(context.sender)) != nil
        } catch {
            throw .store(error)
        }
    }
}
