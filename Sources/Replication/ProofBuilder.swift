// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
package import Ledger
import ShangMi
package import Storage

/// Builds proofs from what a store holds. A reader: any number may work beside the chain that writes.
/// - Spec: PROOF-2 to PROOF-7.
package struct ProofBuilder<Store: KeyValueStore>: Sendable {
    private let blocks: BlockStore<Store>

    package init(_ store: Store) { blocks = BlockStore(store) }

    /// What all receipts of one height share: worked out once, used for each.
    package struct HeightProofs: Sendable {
        package let leaf: HistoryLeaf
        package let receipts: [Receipt]
        package let transactions: [SignedTransaction]
        private let levels: MerkleLevels
        private let attestation: Attestation

        fileprivate init(
            leaf: HistoryLeaf, receipts: [Receipt], transactions: [SignedTransaction],
            attestation: Attestation
        ) {
            self.leaf = leaf
            self.receipts = receipts
            self.transactions = transactions
            self.attestation = attestation
            levels = MerkleLevels(leaves: MerkleTree.leafDigests(receipts.map(\.encoded)))
        }

        package func proof(at index: Int) -> ReceiptProof {
            ReceiptProof(
                receipt: receipts[index], receiptPath: levels.path(to: index), leaf: leaf,
                historyPath: attestation.path, header: attestation.record.header,
                certificate: attestation.record.certificate, handovers: attestation.handovers)
        }
    }

    /// The first final header that attests a height, the path of the height's leaf in what it attests, and
    /// how the founding committee led to the one that signed the header.
    struct Attestation: Sendable {
        let record: FinalRecord
        let path: MerklePath
        let handovers: [EpochProof]
    }

    /// - Returns: nil where the height is not attested yet.
    /// - Cost: reads the block and its outcomes and hashes every receipt once: about 1 ms for 4,000.
    package func proofs(at height: Height) throws(StoreError) -> HeightProofs? {
        guard let block = try blocks.block(at: height), let record = try blocks.heightRecord(at: height),
            let attestation = try attestation(of: height)
        else { return nil }
        let ids = block.payload.transactions.map(\.id)
        let receipts = BlockExecutor.receipts(record.outcomes, ids: ids, height: height)
        return HeightProofs(
            leaf: record.leaf, receipts: receipts, transactions: block.payload.transactions,
            attestation: attestation)
    }

    /// A block with everything that proves it, nil where the height is not attested or its block is not here.
    /// - Spec: ARCH-1.
    package func archived(at height: Height) throws(StoreError) -> ArchivedBlock? {
        guard let block = try blocks.block(at: height), let record = try blocks.heightRecord(at: height),
            let attestation = try attestation(of: height)
        else { return nil }
        return ArchivedBlock(
            header: block.header, payload: block.payload, leaf: record.leaf, outcomes: record.outcomes,
            historyPath: attestation.path, attesting: attestation.record.header,
            certificate: attestation.record.certificate)
    }

    /// The proof of one transaction, nil where it is unknown or not attested yet.
    package func proof(of id: TransactionID) throws(StoreError) -> (SignedTransaction, ReceiptProof)? {
        guard let place = try blocks.place(of: id), let proofs = try proofs(at: place.height) else {
            return nil
        }
        let index = Int(place.index)
        guard proofs.receipts.indices.contains(index) else {
            throw .corrupt(what: "the place of transaction \(id.hex)")
        }
        return (proofs.transactions[index], proofs.proof(at: index))
    }

    /// The proof of a state value, or of its absence, at an executed and attested height.
    /// - Parameter tree: a tree whose versions include the height's.
    package func proof(
        of key: [UInt8], at height: Height, in tree: StateTree<Store>
    ) throws(StoreError) -> StateProof? {
        guard let record = try blocks.heightRecord(at: height), let attestation = try attestation(of: height)
        else {
            return nil
        }
        let version = StateVersion.of(height)
        return StateProof(
            key: key, value: try tree.value(for: key, version: version),
            sparse: try tree.proof(for: key, version: version), leaf: record.leaf,
            historyPath: attestation.path,
            header: attestation.record.header, certificate: attestation.record.certificate,
            handovers: attestation.handovers)
    }

    /// Why the newest attested one of the pinned states may be trusted, nil where none is both.
    ///
    /// A chain that has changed its committee more often than an offer may tell has none: whoever joins it is founded
    /// on an anchor of its own.
    /// - Cost: some reads a pin; no hashing but along the history's right edge.
    /// - Spec: SYNC-6.
    package func snapshotOffer() throws(StoreError) -> SnapshotOffer? {
        let tree = try StateTree(store: blocks.store, keyspace: BlockStore<Store>.stateKeyspace, cacheBytesMax: 0)
        for version in tree.pins.reversed() {
            if let height = StateVersion.height(of: version), let offer = try offer(at: height) { return offer }
        }
        return nil
    }

    /// Why the newest state that is both attested and kept may be trusted, pinned or not; nil where none is.
    ///
    /// For a file, which needs the state no longer than it takes to write it; peers are offered pinned states alone.
    /// - Cost: some reads a height, from the tip down to the oldest state kept, mostly one or two.
    /// - Spec: BACK-5.
    package func newestOffer() throws(StoreError) -> SnapshotOffer? {
        let tree = try StateTree(store: blocks.store, keyspace: BlockStore<Store>.stateKeyspace, cacheBytesMax: 0)
        guard let executed = try blocks.executedTip(), let tip = try blocks.finalTip() else { return nil }
        var next: Height? = tip.header.height
        var tried: Height?
        while let height = next, let record = try blocks.finalRecord(at: height) {
            let attested = record.header.execHeight
            if StateVersion.of(attested) < tree.oldestVersion { break }
            if attested <= executed.height, attested != tried, record.certificate.block == record.header.id {
                if let offer = try offer(at: attested) { return offer }
                tried = attested
            }
            next = height.previous
        }
        if let offer = try snapshotOffer() { return offer }
        // Nothing is attested above what this store began with: that is still as good as it was.
        guard let base = try blocks.base(), StateVersion.of(base.height) >= tree.oldestVersion else { return nil }
        return base
    }

    private func offer(at height: Height) throws(StoreError) -> SnapshotOffer? {
        guard let record = try blocks.heightRecord(at: height), let header = try blocks.finalRecord(at: height)?.header,
            let attestation = try attestation(of: height),
            attestation.record.header.epoch.value == UInt64(attestation.handovers.count)
        else { return nil }
        return SnapshotOffer(
            header: header, leaf: record.leaf, path: attestation.path, attesting: attestation.record.header,
            certificate: attestation.record.certificate, handovers: attestation.handovers)
    }

    private func attestation(of height: Height) throws(StoreError) -> Attestation? {
        var next = height.next
        while let record = try blocks.finalRecord(at: next) {
            let attested = record.header.execHeight
            // The certificate of an ancestor is about a later block; look on for one that is about its own
            // header.
            if attested >= height, record.certificate.block == record.header.id {
                // After a crash execution runs behind what headers attest; the nodes are not there yet.
                guard let executed = try blocks.executedTip(), executed.height >= attested else { return nil }
                return Attestation(
                    record: record, path: try path(to: height, in: attested),
                    handovers: try handovers(to: record.header.epoch))
            }
            next = next.next
        }
        return nil
    }

    /// The committee changes from the founding committee to that of an epoch (PROOF-6). A chain that has had more
    /// than a proof may carry gets the newest: its clients need an anchor of a later committee.
    private func handovers(to epoch: Epoch) throws(StoreError) -> [EpochProof] {
        let first = Epoch(epoch.value - min(epoch.value, UInt64(Limits.epochProofsMax)))
        let proofs = try blocks.handovers(from: first, to: epoch)
        let missing = first.value + UInt64(proofs.count)
        guard missing == epoch.value else { throw .corrupt(what: "the end of epoch \(missing) is missing") }
        return proofs
    }

    private func path(to height: Height, in attested: Height) throws(StoreError) -> MerklePath {
        var failure: StoreError?
        let path = History.path(to: height.value, count: attested.value + 1) { level, index in
            do throws(StoreError) {
                return try blocks.historyNode(level: level, index: index)
            } catch {
                failure = error
                return nil
            }
        }
        if let failure { throw failure }
        guard let path else { throw .corrupt(what: "the history below height \(attested.value)") }
        return path
    }
}
