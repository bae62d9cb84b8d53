// SPDX-License-Identifier: Apache-2.0
package import Ledger
import ShangMi

/// What a file from outside is measured by: an anchor somebody vouches for, or the specification a node runs already.
/// - Spec: BACK-3.
package enum BackupTrust: Sendable {
    case anchor(TrustAnchor)
    case spec(ChainSpec)

    /// Checks that a specification is that of the chain meant, and the anchor that of its own committee.
    func check<Scheme>(_ spec: ChainSpec, _ checker: inout SignatureChecker<Scheme>) throws(BackupError) {
        switch self {
        case .spec(let known):
            guard known == spec else { throw .otherChain(expected: known.id, found: spec.id) }
        case .anchor(let anchor):
            guard anchor.isSealed(&checker) else { throw .unsealedAnchor }
            guard anchor.chain == spec.id else { throw .otherChain(expected: anchor.chain, found: spec.id) }
        }
    }

    /// Checks that the committees a file comes to are those the anchor knows.
    /// - Parameter handovers: good ones, from the founding committee on.
    /// - Returns: false where the anchor's committee came later than the file: then the founding committee alone stands
    ///   behind it, by the chain's identity.
    func meets(_ handovers: [EpochProof], of spec: ChainSpec) throws(BackupError) -> Bool {
        guard case .anchor(let anchor) = self, let place = Int(exactly: anchor.committee.epoch.value) else {
            return true
        }
        guard place <= handovers.count else { return false }
        let committee = place == 0 ? spec.committee : handovers[place - 1].committee
        guard committee == anchor.committee else { throw .otherCommittee(anchor.committee.epoch) }
        return true
    }
}
