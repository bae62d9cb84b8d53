// SPDX-License-Identifier: Apache-2.0
package import Execution
import Hosting
package import Ledger
import Replication
import RocksStorage
import ShangMi
package import Storage
package import Testbed

/// A chain's past, out of a node's store: the state before any block, executed again from the newest state that is
/// still kept, each block's result held against what the chain attested.
///
/// The store is read as of one moment and never written; its node may run.
/// - Spec: KIT-24.
package struct PastChain {
    let spec: ChainSpec
    let blocks: BlockStore<RocksReader>
    private let reader: RocksReader
    private let executor: BlockExecutor
    private var store: TestbedStore
    package private(set) var tree: StateTree<TestbedStore>
    private var rights = RightsBook()
    private var shelf = ContractShelf()

    /// - Parameter directory: a chain's, with `store` in it.
    package init(directory: String, engine: any ContractEngine) throws {
        do throws(StoreError) {
            reader = try BackupStore.read(beside: "\(directory)/store")
            blocks = BlockStore(reader)
            guard let spec = try blocks.spec() else { throw .corrupt(what: "the specification in \(directory)") }
            self.spec = spec
            executor = BlockExecutor(ContractMachine(chain: spec.name, engine: engine))
            store = TestbedStore(over: reader)
            tree = try StateTree(store: store, keyspace: BlockStore<RocksReader>.stateKeyspace)
        } catch {
            throw Failure(HostFailure(error))
        }
    }

    package func close() { try? reader.close() }

    /// Where a transaction stands.
    package func place(of id: TransactionID) throws -> EvidenceNumber {
        let found = try naming { () throws(StoreError) in try blocks.place(of: id) }
        guard let found else {
            let code = StableCode.notFound
            throw Failure(.no, code.label, "\(code.sentence): \(id.hex)", fix: code.remedy)
        }
        return found
    }

    /// - Parameter wanted: the block whose state before it this one is executed for; nil where it is the block itself.
    /// - Throws: `Failure` JD-3110 where the block has left the store, or never was in it.
    package func block(at height: Height, for wanted: Height? = nil) throws -> Block {
        if let block = try naming({ () throws(StoreError) in try blocks.block(at: height) }) { return block }
        let code = StableCode.blockArchived
        var sentence = code.sentence + phrase(": block \(height.value)", zh: "：区块 \(height.value)")
        if let file = try naming({ () throws(StoreError) in try blocks.archivedFile(holding: height) }) {
            sentence += phrase(", archived in \(file.name.text)", zh: "，已归档于 \(file.name.text)")
        }
        if let wanted {
            sentence += phrase(
                "; the state before block \(wanted.value) cannot be made again without it",
                zh: "；没有它无法重建区块 \(wanted.value) 之前的状态")
        }
        throw Failure(
            .no, code.label, sentence,
            fix: phrase(
                "name with --data the directory of a node that keeps every block, or that state (state-heights)",
                zh: "请用 --data 指定保留全部区块或仍保留该状态（state-heights）的节点目录"))
    }

    // MARK: The state before a block

    /// Brings the state before a block back.
    /// - Parameter progress: told the height reached and the last one.
    /// - Cost: executes the blocks since the newest state that is kept at or below it.
    package mutating func stand(before height: Height, progress: (UInt64, UInt64) -> Void) throws {
        guard let last = height.previous else { throw Failure(HostFailure(.environment, "nothing is before block 0")) }
        var reached = try nearest(to: last)
        progress(reached.value, last.value)
        while reached < last {
            reached = reached.next
            try execute(reached, for: height)
            progress(reached.value, last.value)
        }
    }

    /// Stands where the newest kept state at or below a height is; at the founding where none is.
    private mutating func nearest(to height: Height) throws -> Height {
        let wanted = StateVersion.of(height)
        let kept = wanted >= tree.oldestVersion ? wanted : tree.pins.last { $0 <= wanted }
        let (old, store) = (tree, store)
        if let kept, kept > 0, let found = StateVersion.height(of: kept), let past = try? old.standing(at: kept) {
            // Nothing this program makes may have a number that a block's state has.
            store.skip(to: old.version)
            tree = past
            return found
        }
        self.store = TestbedStore()
        tree = try naming { [store = self.store] () throws(StoreError) in
            try StateTree(store: store, keyspace: BlockStore<RocksReader>.stateKeyspace)
        }
        try adopt(BlockExecutor.genesis(spec))
        try check(.zero)
        return .zero
    }

    private mutating func execute(_ height: Height, for wanted: Height) throws {
        let block = try block(at: height, for: wanted)
        let outcome: BlockOutcome
        do throws(ExecutionTrouble) {
            outcome = try executor.execute(
                block, ids: block.payload.transactions.map(\.id), on: tree, remembering: &rights, and: &shelf)
        } catch { throw PastChain.failure(error) }
        try adopt(outcome)
        try check(height)
    }

    private mutating func adopt(_ outcome: BlockOutcome) throws {
        do throws(StoreError) {
            let update = try tree.prepare(writes: outcome.writes, version: store.nextVersion())
            var batch = WriteBatch()
            update.append(to: &batch)
            try store.write(batch, durably: false)
            tree.adopt(update)
            rights.adopt(tree.root)
        } catch { throw Failure(HostFailure(error)) }
    }

    /// What comes out must be what the chain came to.
    private func check(_ height: Height) throws {
        let record = try naming { () throws(StoreError) in try blocks.heightRecord(at: height) }
        guard let record, record.leaf.stateRoot != tree.root else { return }
        throw Failure(
            .no, "JD-1510",
            phrase("block \(height.value) comes to another state here", zh: "区块 \(height.value) 在此得出不同状态"),
            fix: phrase("run the program version that the chain's nodes run", zh: "请使用与链上节点相同的程序版本"))
    }

    // MARK: A part of a block

    /// What the first transactions of a block come to, on the state before it.
    mutating func outcome(of block: Block, first count: Int) throws -> BlockOutcome {
        let payload = Payload(Array(block.payload.transactions.prefix(count)))
        let old = block.header
        let header = Header(
            chain: old.chain, epoch: old.epoch, view: old.view, height: old.height, parent: old.parent,
            timestamp: old.timestamp, proposer: old.proposer, payload: payload, execHeight: old.execHeight,
            execRoot: old.execRoot, nextCommittee: old.nextCommittee)
        guard let part = Block(header: header, payload: payload) else {
            preconditionFailure("a header names the payload it was made of")
        }
        do throws(ExecutionTrouble) {
            return try executor.execute(part, ids: payload.transactions.map(\.id), on: tree)
        } catch { throw PastChain.failure(error) }
    }

    /// Makes what a part of a block came to the state that is looked at.
    mutating func stand(after outcome: BlockOutcome) throws { try adopt(outcome) }

    static func failure(_ trouble: ExecutionTrouble) -> Failure {
        switch trouble {
        case .store(let error): Failure(HostFailure(error))
        case .engine(let trouble): Failure(trouble)
        }
    }

    private func naming<Answer>(_ body: () throws(StoreError) -> Answer) throws -> Answer {
        do throws(StoreError) { return try body() } catch { throw Failure(HostFailure(error)) }
    }
}
