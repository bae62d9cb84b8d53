// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
import ShangMi

/// Where a store's own knowledge begins, when it began with a snapshot and not with genesis.
/// - Spec: DATA-11, SYNC-8.
extension BlockStore {
    /// The snapshot this store began with, nil where it holds every block. Of several the newest.
    package func base() throws(StoreError) -> SnapshotOffer? {
        try read(SnapshotOffer.self, Keyspace.baseKey, "the snapshot this store began with")
    }

    /// Whether this store was made from a snapshot file: what its validator signed before is then not known here.
    /// - Spec: BACK-8.
    package func isRestored() throws(StoreError) -> Bool { try store.value(for: Keyspace.restoredKey) != nil }

    /// Adds to the batch that completes a restored store what says that it is one.
    /// - Spec: BACK-7.
    package static func markRestored(in batch: inout WriteBatch) { batch.put(Keyspace.restoredKey, []) }

    /// What makes an offered block the newest final and executed one of a store: one batch, to be durable as a whole.
    ///
    /// - Parameters:
    ///   - pending: the committee that is pending in the offered state.
    ///   - state: what completes the state at the offered height.
    /// - Returns: nil where the offer's path does not fit its place: none that was checked.
    package static func rebase(
        onto checked: CheckedOffer, pending: Committee?, state: WriteBatch
    ) -> WriteBatch? {
        let offer = checked.offer.value
        guard var history = History(before: offer.path) else { return nil }
        var batch = state
        for (place, peak) in zip(History.peakPlaces(count: history.count), history.peaks) {
            batch.put(Keyspace.history(level: place.level, index: place.index), peak.bytes)
        }
        for node in history.append(offer.leaf.digest) {
            batch.put(Keyspace.history(level: node.level, index: node.index), node.digest.bytes)
        }
        for proof in offer.handoversSoFar {
            batch.put(Keyspace.handover(ending: proof.closing.epoch), proof.encoded)
        }
        let record = FinalRecord(header: offer.header, certificate: offer.certificate, entry: nil)
        batch.put(Keyspace.key(Keyspace.final, offer.height), record.encoded)
        let tip = ExecutedTip(leaf: offer.leaf, history: history, transactionCount: 0, pending: pending)
        batch.put(Keyspace.executedKey, tip.encoded)
        batch.put(Keyspace.baseKey, offer.encoded)
        return batch
    }
}
