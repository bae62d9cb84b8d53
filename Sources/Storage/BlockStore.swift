// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
package import ShangMi

/// One chain's blocks and everything kept about them, over a key-value store.
///
/// It reads and it describes writes; only `write` calls change anything, each one atomic batch (STORE-1).
/// - Spec: DATA-1 to DATA-11 (docs/data.md).
package struct BlockStore<Store: KeyValueStore>: Sendable {
    package let store: Store

    package init(_ store: Store) { self.store = store }

    /// First byte of the state tree's keys in the same store.
    package static var stateKeyspace: UInt8 { Keyspace.state }

    // MARK: The chain's own facts

    /// The specification the store was founded on, nil for an empty store.
    package func spec() throws(StoreError) -> ChainSpec? {
        try read(ChainSpec.self, Keyspace.specKey, "the chain specification")
    }

    package func executedTip() throws(StoreError) -> ExecutedTip? {
        try read(ExecutedTip.self, Keyspace.executedKey, "the executed tip")
    }

    /// Writes the founding of a chain, the specification and the executed genesis, as one batch.
    package func found(_ spec: ChainSpec, with commit: CommitBatch) throws(StoreError) {
        var batch = commit.batch
        batch.put(Keyspace.specKey, spec.encoded)
        try store.write(batch, durably: true)
    }

    // MARK: Blocks

    /// Makes a block durable before it is voted for (DATA-3).
    package func keep(_ block: Block) throws(StoreError) {
        var batch = WriteBatch()
        batch.put(Keyspace.body(block.header.height, block.id), BodyRecord(block).encoded)
        try store.write(batch, durably: true)
    }

    /// Appends final blocks to the ledger, in order. Safe to repeat.
    /// - Parameter handover: the proof that the last of them closed its epoch, in the same batch (DATA-9).
    package func append(
        _ records: [FinalRecord], handover: EpochProof? = nil, durably: Bool
    ) throws(StoreError) {
        var batch = WriteBatch()
        for record in records {
            batch.put(Keyspace.key(Keyspace.final, record.header.height), record.encoded)
        }
        if let handover { batch.put(Keyspace.handover(ending: handover.closing.epoch), handover.encoded) }
        try store.write(batch, durably: durably)
    }

    package func finalRecord(at height: Height) throws(StoreError) -> FinalRecord? {
        try read(FinalRecord.self, Keyspace.key(Keyspace.final, height), "block \(height.value)")
    }

    /// The newest final block, nil where there is none above genesis.
    package func finalTip() throws(StoreError) -> FinalRecord? {
        let pairs = try store.scan(
            from: [Keyspace.final], to: [Keyspace.final + 1], limit: 1, reverse: true)
        return try pairs.first.map { pair throws(StoreError) in
            try decode(FinalRecord.self, pair.value, "the newest final block")
        }
    }

    package func block(at height: Height, _ id: BlockID) throws(StoreError) -> Block? {
        let found = try block(Keyspace.body(height, id), "the body of block \(height.value)")
        if let found, found.id != id {
            throw .corrupt(what: "the body of block \(height.value) is another block's")
        }
        return found
    }

    /// The final block at a height.
    package func block(at height: Height) throws(StoreError) -> Block? {
        guard let record = try finalRecord(at: height) else { return nil }
        return try block(at: height, record.header.id)
    }

    /// The bytes the final block at a height is kept as, for whoever looks first whether decoding them is worth it.
    package func bodyBytes(at height: Height) throws(StoreError) -> [UInt8]? {
        guard let record = try finalRecord(at: height) else { return nil }
        return try store.value(for: Keyspace.body(height, record.header.id))
    }

    /// Every block kept above a height, final or not, lowest first: what a restart must know about.
    package func blocks(above height: Height) throws(StoreError) -> [Block] {
        let start = Keyspace.key(Keyspace.body, height.next)
        let pairs = try store.scan(from: start, to: [Keyspace.body + 1], limit: 1_024, reverse: false)
        var blocks: [Block] = []
        for pair in pairs {
            let record = try decode(BodyRecord.self, pair.value, "a block above \(height.value)")
            guard let block = Block(header: record.header, payload: record.payload) else {
                throw .corrupt(
                    what: "the body of block \(record.header.height.value) is not what its header names")
            }
            blocks.append(block)
        }
        return blocks
    }

    private func block(_ key: [UInt8], _ what: String) throws(StoreError) -> Block? {
        guard let record = try read(BodyRecord.self, key, what) else { return nil }
        guard let block = Block(header: record.header, payload: record.payload) else {
            throw .corrupt(what: "\(what) is not what its header names")
        }
        return block
    }

    // MARK: What execution left

    package func heightRecord(at height: Height) throws(StoreError) -> HeightRecord? {
        try read(
            HeightRecord.self, Keyspace.key(Keyspace.outcomes, height),
            "the outcomes of block \(height.value)")
    }

    /// The bytes of `heightRecord`, for whoever looks first whether decoding them is worth it.
    package func heightBytes(at height: Height) throws(StoreError) -> [UInt8]? {
        try store.value(for: Keyspace.key(Keyspace.outcomes, height))
    }

    /// Where a transaction was executed, nil where it was not.
    package func place(of id: TransactionID) throws(StoreError) -> EvidenceNumber? {
        try read(EvidenceNumber.self, Keyspace.transaction(id), "the place of a transaction")
    }

    /// Which of many transactions were executed before: one entry each.
    package func areKnown(_ ids: [TransactionID]) throws(StoreError) -> [Bool] {
        try store.values(for: ids.map(Keyspace.transaction)).map { $0 != nil }
    }

    package func historyNode(level: UInt8, index: UInt64) throws(StoreError) -> Digest? {
        try read(Digest.self, Keyspace.history(level: level, index: index), "a node of the history")
    }

    /// The history as it was when `height` was its last leaf, from the nodes kept since.
    /// - Parameter executed: the executed tip of this store.
    /// - Returns: nil where the height is not executed.
    /// - Throws: `.corrupt` where a node is missing.
    /// - Cost: one read a bit set in the height, at most 62.
    package func history(upTo height: Height, executed: ExecutedTip) throws(StoreError) -> History? {
        guard height <= executed.height else { return nil }
        let count = height.value + 1
        var peaks: [Digest] = []
        for place in History.peakPlaces(count: count) {
            guard let peak = try historyNode(level: place.level, index: place.index) else {
                throw .corrupt(what: "the history below height \(height.value)")
            }
            peaks.append(peak)
        }
        return History(count: count, peaks: peaks)
    }

    /// Where a subject came up, oldest first, after a place.
    package func places(
        of subject: Digest, in space: IndexSpace, after place: EvidenceNumber?, limit: Int
    ) throws(StoreError) -> [EvidenceNumber] {
        let prefix = IndexEntry.prefix(space, subject)
        // One byte more than the key of `place` is the first key after it.
        let start = place.map { IndexEntry.key(space, subject, $0) + [0] } ?? prefix
        let end = prefix + [UInt8](repeating: 0xff, count: 13)
        let pairs = try store.scan(from: start, to: end, limit: limit, reverse: false)
        return try pairs.map { pair throws(StoreError) in
            do {
                return try IndexEntry.place(ofKey: pair.key)
            } catch {
                throw .corrupt(what: "an index key")
            }
        }
    }

    // MARK: Reading

    func read<Value: Canonical>(
        _ type: Value.Type, _ key: [UInt8], _ what: String
    ) throws(StoreError) -> Value? {
        guard let bytes = try store.value(for: key) else { return nil }
        return try decode(type, bytes, what)
    }

    private func decode<Value: Canonical>(
        _ type: Value.Type, _ bytes: [UInt8], _ what: String
    ) throws(StoreError) -> Value {
        do {
            return try Value(decoding: bytes)
        } catch {
            throw .corrupt(what: "\(what) at byte \(error.offset)")
        }
    }
}

/// Everything one executed height changes, as one atomic batch: the only way execution reaches the store.
/// - Spec: DATA-6, EXEC-1.
package struct CommitBatch: Sendable {
    package let tip: ExecutedTip
    package private(set) var batch: WriteBatch

    /// - Parameters:
    ///   - completed: the history nodes this height completed.
    ///   - state: puts and deletes of the state tree.
    package init(
        tip: ExecutedTip, outcomes: [Outcome], transactions: [TransactionID], completed: [History.Node],
        index: [IndexEntry], state: WriteBatch
    ) {
        self.tip = tip
        batch = state
        batch.put(
            Keyspace.key(Keyspace.outcomes, tip.height),
            HeightRecord(leaf: tip.leaf, outcomes: outcomes).encoded)
        // In order of keys, by words: the store's write buffer takes neighbours faster than strangers.
        for (position, id) in transactions.enumerated().sorted(by: { $0.element < $1.element }) {
            let place = EvidenceNumber(height: tip.height, index: UInt64(position))
            batch.put(Keyspace.transaction(id), place.encoded)
        }
        for node in completed {
            batch.put(Keyspace.history(level: node.level, index: node.index), node.digest.bytes)
        }
        for entry in index.sorted(by: { $0.order < $1.order }) { batch.put(entry.key, []) }
        batch.put(Keyspace.executedKey, tip.encoded)
    }
}
