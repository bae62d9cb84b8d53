// SPDX-License-Identifier: Apache-2.0
package import Ledger
package import Replication
package import Storage

/// Hands out proofs of receipts, working out what the receipts of a height share only once.
///
/// Callers of one block come together; the newest few heights are kept.
package actor ProofDesk<Store: KeyValueStore> {
    private static var heightsMax: Int { 8 }
    private var kept: [(height: Height, proofs: ProofBuilder<Store>.HeightProofs)] = []

    package init() {}

    /// - Returns: nil where the height is not attested yet.
    package func proofs(
        at height: Height, from builder: ProofBuilder<Store>
    ) throws(StoreError) -> ProofBuilder<Store>.HeightProofs? {
        if let known = kept.first(where: { $0.height == height }) { return known.proofs }
        guard let proofs = try builder.proofs(at: height) else { return nil }
        if kept.count >= ProofDesk.heightsMax { kept.removeFirst() }
        kept.append((height, proofs))
        return proofs
    }
}
