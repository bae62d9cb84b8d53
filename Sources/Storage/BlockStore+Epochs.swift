// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger

/// How epochs ended: one proof each, by the number of the epoch that did.
/// - Spec: DATA-9.
extension BlockStore {
    /// The proof that an epoch ended and of who followed, nil where it has not ended here.
    package func handover(ending epoch: Epoch) throws(StoreError) -> EpochProof? {
        let key = Keyspace.handover(ending: epoch)
        guard let bytes = try store.value(for: key) else { return nil }
        return try handover(StoredPair(key: key, value: bytes))
    }

    /// The proofs that lead from the committee of one epoch to that of another: of the epochs
    /// `first` ≤ e < `last` that have ended here, the first `Limits.epochProofsMax`, without a gap.
    /// - Throws: `.corrupt` where one of them is missing and a later one is not.
    package func handovers(from first: Epoch, to last: Epoch) throws(StoreError) -> [EpochProof] {
        guard first < last else { return [] }
        let pairs = try store.scan(
            from: Keyspace.handover(ending: first), to: Keyspace.handover(ending: last),
            limit: Limits.epochProofsMax, reverse: false)
        var proofs: [EpochProof] = []
        proofs.reserveCapacity(pairs.count)
        for (index, pair) in pairs.enumerated() {
            let proof = try handover(pair)
            guard proof.closing.epoch.value == first.value + UInt64(index) else {
                throw .corrupt(what: "the end of epoch \(first.value + UInt64(index)) is missing")
            }
            proofs.append(proof)
        }
        return proofs
    }

    /// How the last epoch that ended here did, nil in the founding one.
    package func newestHandover() throws(StoreError) -> EpochProof? {
        let pairs = try store.scan(
            from: Keyspace.handoverPrefix, to: Keyspace.handoverEnd, limit: 1, reverse: true)
        return try pairs.first.map { pair throws(StoreError) in try handover(pair) }
    }

    private func handover(_ pair: StoredPair) throws(StoreError) -> EpochProof {
        guard let proof = try? EpochProof(decoding: pair.value),
            pair.key == Keyspace.handover(ending: proof.closing.epoch)
        else {
            let number = pair.key.dropFirst(Keyspace.handoverPrefix.count).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            throw .corrupt(what: "the record of how epoch \(number) ended")
        }
        return proof
    }
}
