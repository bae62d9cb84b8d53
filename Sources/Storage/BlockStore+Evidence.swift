// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
import ShangMi

/// Evidence against validators, kept for ever: who signed what no honest one signs.
/// - Spec: DATA-10.
extension BlockStore {
    /// Keeps a piece of evidence; the same one again changes nothing.
    package func keepEvidence(_ bytes: [UInt8], against culprit: ValidatorIndex, in epoch: Epoch) throws(StoreError) {
        var batch = WriteBatch()
        batch.put(Keyspace.evidence(epoch, culprit, SM3.hash(bytes)), bytes)
        try store.write(batch, durably: false)
    }

    /// All evidence, by epoch and culprit, as it was kept; at most `limit` pieces.
    package func evidence(limit: Int) throws(StoreError) -> [[UInt8]] {
        try store.scan(
            from: [Keyspace.evidence], to: [Keyspace.evidence + 1], limit: limit, reverse: false
        ).map(\.value)
    }
}
