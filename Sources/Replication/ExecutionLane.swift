// SPDX-License-Identifier: Apache-2.0
package import Execution
package import Ledger
package import ShangMi
package import Storage

/// Carries one chain's state from block to block: executes, extends the state tree and the history, commits.
///
/// One height after the other, each as one atomic batch. The batch need not be durable: a height lost in a
/// crash is executed again from its final block, with the same result.
/// - Spec: EXEC-1, DATA-6.
package struct ExecutionLane<Store: KeyValueStore>: Sendable {
    private let blocks: BlockStore<Store>
    package private(set) var tree: StateTree<Store>
    package private(set) var tip: ExecutedTip
    private let executor: BlockExecutor
    private var accounts = AccountBook()
    private var rights = RightsBook()
    private var shelf = ContractShelf()
    /// Code that proposals want to run and that nobody has taken to the compiler yet.
    private var awaited: [Digest] = []
    /// State versions that stay provable behind the tip.
    private let versionsKept: UInt64
    /// Every height that is a multiple of this is one a snapshot can be had of, as is every epoch's last.
    private let snapshotEvery: UInt64

    /// Founds a chain: executes genesis into an empty store.
    package static func found(_ spec: ChainSpec, in store: Store) throws(StoreError) {
        let blocks = BlockStore(store)
        let outcome = BlockExecutor.genesis(spec)
        let tree = try StateTree(store: store, keyspace: BlockStore<Store>.stateKeyspace)
        let update = try tree.prepare(writes: outcome.writes, version: StateVersion.of(.zero))
        let leaf = HistoryLeaf(
            height: .zero, block: spec.genesis.id, payloadRoot: spec.genesis.payloadRoot,
            receiptsRoot: outcome.receiptsRoot, stateRoot: update.root)
        var history = History()
        let completed = history.append(leaf.digest)
        let tip = ExecutedTip(leaf: leaf, history: history, transactionCount: 0, pending: nil)
        var state = WriteBatch()
        update.append(to: &state)
        Register.append(outcome.writes, to: &state)
        Register.markWhole(in: &state)
        let commit = CommitBatch(
            tip: tip, outcomes: [], transactions: [], completed: completed, index: [], state: state)
        try blocks.found(spec, with: commit)
    }

    /// Continues where the store left off.
    /// - Parameter engine: runs contracts; without one a block that calls one is not executed (CTR-21).
    package init(
        _ store: Store, tip: ExecutedTip, cacheBytes: Int, versionsKept: UInt64,
        snapshotEvery: UInt64 = Pacing.snapshotEvery, engine: (any ContractEngine)? = nil
    ) throws(StoreError) {
        precondition(snapshotEvery > 0, "snapshots lie at least a height apart")
        blocks = BlockStore(store)
        guard let spec = try blocks.spec() else { throw .corrupt(what: "a store without its chain's specification") }
        executor = BlockExecutor(ContractMachine(chain: spec.name, engine: engine))
        self.tip = tip
        self.versionsKept = versionsKept
        self.snapshotEvery = snapshotEvery
        tree = try StateTree(
            store: store, keyspace: BlockStore<Store>.stateKeyspace, cacheBytesMax: cacheBytes)
        guard tree.version == StateVersion.of(tip.height), tree.root == tip.leaf.stateRoot else {
            throw .corrupt(what: "the state tree is not that of the executed height \(tip.height.value)")
        }
    }

    /// The rules that hold at the next height, where this program does not know them: it must not execute it (GOV-16).
    ///
    /// - Cost: one record of the state, from memory.
    package func unknownRules() throws(StoreError) -> RuleVersion? {
        var reader = ConsortiumReader(tree, next: tip.height.next)
        let inForce = try reader.rules().last { $0.height <= tip.height.next }?.version
        return inForce.flatMap { $0 > .newest ? $0 : nil }
    }

    /// Executes the next final block and commits what it came to.
    /// - Cost: some 10 µs a transaction, a third of it hashing and a third the store.
    /// - Throws: what this machine could not do; nothing is changed on disk then; the lane is at its end (STATE-17).
    package mutating func run(_ block: Block, ids: [TransactionID]) throws(ExecutionTrouble) -> ExecutedTip {
        precondition(block.header.height == tip.height.next, "final blocks are executed in order")
        let senders = accounts.accounts(of: block.payload.transactions)
        let likely =
            blocks.store.gainsByReadingAhead
            ? executor.likelyReads(block, senders: senders, remembered: rights) : []
        let ahead: ReadAhead
        do { ahead = ReadAhead(keys: likely, values: try tree.readAhead(likely)) } catch { throw .store(error) }
        let outcome = try executor.execute(
            block, ids: ids, on: tree, senders: senders, ahead: ahead, remembering: &rights, and: &shelf)
        do { try commit(outcome, of: block, ids) } catch { throw .store(error) }
        awaited += outcome.awaited
        return tip
    }

    /// Code that was proposed or approved since this was last asked for: whoever compiles it does so beside the next
    /// blocks (CTR-4).
    package mutating func takeAwaited() -> [Digest] {
        defer { awaited = [] }
        return awaited
    }

    /// Digests of the modules that contracts which were not retired run, each once.
    package func codesInUse() throws(StoreError) -> [Digest] {
        var reader = ContractReader(tree)
        var (codes, seen): ([Digest], Set<Digest>) = ([], [])
        var last: [UInt8]?
        while true {
            let keys = try blocks.keys(of: .contracts, after: last, limit: 256)
            guard let end = keys.last else { return codes }
            for key in keys {
                guard let name = Label(utf8: Array(key.dropFirst(Register.contracts.prefix.count))),
                    let record = try reader.contract(name), !record.isRetired, seen.insert(record.code).inserted
                else { continue }
                codes.append(record.code)
            }
            last = end
        }
    }

    private mutating func commit(
        _ outcome: BlockOutcome, of block: Block, _ ids: [TransactionID]
    ) throws(StoreError) {
        let update = try tree.prepare(writes: outcome.writes, version: StateVersion.of(block.header.height))
        let leaf = HistoryLeaf(
            height: block.header.height, block: block.id, payloadRoot: block.header.payloadRoot,
            receiptsRoot: outcome.receiptsRoot, stateRoot: update.root)
        var history = tip.history
        let completed = history.append(leaf.digest)
        let next = ExecutedTip(
            leaf: leaf, history: history, transactionCount: tip.transactionCount + UInt64(ids.count),
            pending: outcome.pending ?? tip.pending)
        var state = WriteBatch()
        update.append(to: &state)
        Register.append(outcome.writes, to: &state)
        try prune(below: block.header.height, into: &state)
        let commit = CommitBatch(
            tip: next, outcomes: outcome.outcomes, transactions: ids, completed: completed,
            index: outcome.index,
            state: state)
        try blocks.store.write(commit.batch, durably: false)
        tree.adopt(update)
        rights.adopt(tree.root)
        tip = next
        if block.header.height.value % snapshotEvery == 0 || block.header.nextCommittee != nil {
            try blocks.store.write(try pin(), durably: false)
        }
    }

    /// Keeps the state as it is now for others to fetch, and lets go of all but the one before it (SYNC-5).
    ///
    /// A crash between the height's batch and this one costs a snapshot, nothing else.
    private mutating func pin() throws(StoreError) -> WriteBatch {
        var batch = try tree.pin(version: tree.version)
        for version in tree.pins.dropLast(Pacing.snapshotsKept) { batch.append(tree.release(version: version)) }
        return batch
    }

    /// Forgets state versions behind the kept ones, one bounded slice a block (STATE-12).
    ///
    /// Twice what the block itself wrote, so that what it leaves behind can never pile up, and no more than a few
    /// thousand records on top: the store has one writer, and a vote waits behind this batch (one of 131,072 deletes
    /// behind every eighth block cost a vote 80 ms after a burst, measured).
    private mutating func prune(below height: Height, into batch: inout WriteBatch) throws(StoreError) {
        guard height.value > versionsKept else { return }
        let oldest = StateVersion.of(height) - versionsKept
        guard oldest <= tree.version else { return }
        let limit = ExecutionLane.pruneMin + 2 * batch.operations.count
        try tree.prune(before: oldest, limit: limit).append(to: &batch)
    }

    /// Stale records even an empty block looks at.
    private static var pruneMin: Int { 2_048 }
}

/// Versions of the state tree are heights counted from 1: version 0 is the tree before genesis.
package enum StateVersion {
    package static func of(_ height: Height) -> UInt64 { height.value + 1 }

    /// Nil for version 0, and for what is no version.
    package static func height(of version: UInt64) -> Height? { Height.zero.advanced(by: version)?.previous }
}
