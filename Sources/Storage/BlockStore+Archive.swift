// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger
package import ShangMi

/// A file of the archive, as the store that filled it remembers it.
/// - Spec: ARCH-3.
package struct ArchivedFile: Hashable, Sendable, Canonical {
    package let first: Height
    package let last: Height
    package let name: Label
    /// What the file ends with.
    package let digest: Digest

    package init(first: Height, last: Height, name: Label, digest: Digest) {
        (self.first, self.last, self.name, self.digest) = (first, last, name, digest)
    }

    package func encode(into encoder: inout Encoder) {
        first.encode(into: &encoder)
        last.encode(into: &encoder)
        name.encode(into: &encoder)
        digest.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        first = try Height(from: &decoder)
        last = try Height(from: &decoder)
        name = try Label(from: &decoder)
        digest = try Digest(from: &decoder)
    }
}

/// What a store keeps of a block's transactions when the block itself has gone: their names, and whose evidence of what
/// they were. The names lead to the outcomes' root; the rest leads to records of the state, which say it themselves.
/// - Spec: ARCH-3.
package struct BlockRemains: Hashable, Sendable, Canonical {
    package struct Entry: Hashable, Sendable, Canonical {
        package let id: TransactionID
        /// Of a deposit: what was deposited, and by whom.
        package let evidence: Evidence?

        package func encode(into encoder: inout Encoder) {
            id.encode(into: &encoder)
            encoder.optional(evidence)
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            id = try TransactionID(from: &decoder)
            evidence = try decoder.optional(Evidence.self)
        }

        init(_ transaction: SignedTransaction) {
            id = transaction.id
            let body = transaction.body
            let isDeposit = body.contract == Deposit.contract && body.method == Deposit.method
            let deposit = isDeposit ? try? Deposit(decoding: body.arguments) : nil
            evidence = deposit.map { Evidence(digest: $0.digest, depositor: AccountID(body.sender)) }
        }
    }

    package struct Evidence: Hashable, Sendable, Canonical {
        package let digest: Digest
        package let depositor: AccountID

        package init(digest: Digest, depositor: AccountID) { (self.digest, self.depositor) = (digest, depositor) }

        package func encode(into encoder: inout Encoder) {
            digest.encode(into: &encoder)
            depositor.encode(into: &encoder)
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            digest = try Digest(from: &decoder)
            depositor = try AccountID(from: &decoder)
        }
    }

    package let entries: [Entry]

    package init(of block: Block) { entries = block.payload.transactions.map { Entry($0) } }

    package func encode(into encoder: inout Encoder) { encoder.list(entries) }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        entries = try decoder.list(of: Entry.self, max: Limits.payloadTransactionsMax)
    }
}

/// Old blocks that leave the store, and what stays of them.
/// - Spec: ARCH-3, ARCH-6.
extension BlockStore {
    /// The highest height whose block has left, nil where none has.
    package func horizon() throws(StoreError) -> Height? {
        try read(Height.self, Keyspace.horizonKey, "the height up to which blocks have left")
    }

    package func remains(at height: Height) throws(StoreError) -> BlockRemains? {
        try read(
            BlockRemains.self, Keyspace.key(Keyspace.remains, height), "what is left of block \(height.value)")
    }

    /// The identifiers of a final block's transactions, whether it has left or not; nil where it never was here.
    package func transactionIDs(at height: Height) throws(StoreError) -> [TransactionID]? {
        if let left = try remains(at: height) { return left.entries.map(\.id) }
        return try block(at: height)?.payload.transactions.map(\.id)
    }

    /// What is, or would be, left of one transaction; nil where there never was one at that place here.
    package func remnant(at place: EvidenceNumber) throws(StoreError) -> BlockRemains.Entry? {
        let index = Int(place.index)
        if let left = try remains(at: place.height)?.entries { return left.indices.contains(index) ? left[index] : nil }
        guard let block = try block(at: place.height), block.payload.transactions.indices.contains(index) else {
            return nil
        }
        return BlockRemains.Entry(block.payload.transactions[index])
    }

    /// The file of the archive that holds a height, nil where none is known to.
    package func archivedFile(holding height: Height) throws(StoreError) -> ArchivedFile? {
        let pairs = try store.scan(
            from: Keyspace.key(Keyspace.archive, height), to: [Keyspace.archive + 1], limit: 1, reverse: false)
        let file = try pairs.first.map { pair throws(StoreError) in try archivedFile(pair) }
        return file.flatMap { $0.first <= height ? $0 : nil }
    }

    /// The newest file of the archive.
    package func newestArchivedFile() throws(StoreError) -> ArchivedFile? {
        let pairs = try store.scan(
            from: [Keyspace.archive], to: [Keyspace.archive + 1], limit: 1, reverse: true)
        return try pairs.first.map { pair throws(StoreError) in try archivedFile(pair) }
    }

    private func archivedFile(_ pair: StoredPair) throws(StoreError) -> ArchivedFile {
        guard let file = try? ArchivedFile(decoding: pair.value), pair.key == Keyspace.key(Keyspace.archive, file.last)
        else { throw .corrupt(what: "the record of a file of the archive") }
        return file
    }

    /// Remembers a file whose bytes and name are durable.
    package func note(_ file: ArchivedFile) throws(StoreError) {
        var batch = WriteBatch()
        batch.put(Keyspace.key(Keyspace.archive, file.last), file.encoded)
        try store.write(batch, durably: true)
    }

    /// Says where a block is that has left.
    /// - Throws: `.archived` where it has.
    /// - Spec: ARCH-7.
    package func wantKept(_ height: Height) throws(StoreError) {
        guard let horizon = try horizon(), height <= horizon else { return }
        // At or below the base there never was one.
        if let base = try base(), height <= base.height { return }
        throw .archived(height: height.value, file: try archivedFile(holding: height)?.name.text)
    }

    /// The lowest height whose block is, or should be, in the store: above the base and the horizon.
    package func firstKept() throws(StoreError) -> Height {
        max(try base()?.height ?? .zero, try horizon() ?? .zero).next
    }

    /// Takes the next blocks out, in rising order: one batch, in which each leaves its remains and the horizon moves.
    /// - Parameters:
    ///   - last: the highest that may leave; it is final and executed.
    ///   - bytesMax: about how many bytes of blocks one batch takes out; one block at the least.
    /// - Returns: nil where no block up to `last` is left.
    package func takeOut(upTo last: Height, bytesMax: Int) throws(StoreError) -> WriteBatch? {
        var batch = WriteBatch()
        var height = try firstKept()
        var bytes = 0
        while height <= last, bytes < bytesMax {
            guard let block = try block(at: height) else {
                throw .corrupt(what: "the body of block \(height.value) is missing")
            }
            batch.put(Keyspace.key(Keyspace.remains, height), BlockRemains(of: block).encoded)
            // Those beside it that never became final too. A few at a time: each may be 4 MiB.
            var start = Keyspace.key(Keyspace.body, height)
            let end = Keyspace.key(Keyspace.body, height.next)
            while let pair = try store.scan(from: start, to: end, limit: 1, reverse: false).first {
                batch.delete(pair.key)
                bytes += pair.value.count
                start = pair.key + [0]
            }
            batch.put(Keyspace.horizonKey, height.encoded)
            height = height.next
        }
        return batch.isEmpty ? nil : batch
    }
}
