// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
package import ShangMi
package import Storage

/// Who may leave transactions to wait: keys that stand for somebody in the executed state.
///
/// Local to a node and only a door: what gets past it is judged again when it is executed (EXEC-5). It remembers who
/// was let in until the state says that who may send has changed (MEMB-8).
/// - Spec: POOL-4.
package struct Doorkeeper: Sendable {
    /// At so many it forgets all.
    package static let knownMax = 16_384

    private var known: Set<SM2.PublicKey> = []
    /// The state's word for the last change, and the height it was read at.
    private var generation: [UInt8]?
    private var lookedAt: Height?

    package init() {}

    /// Whether a key may wait; `tree` is asked for where the state must be read.
    /// - Cost: a hash table's lookup for who is known; for others a state's reading.
    package mutating func admits<Store: KeyValueStore>(
        _ key: SM2.PublicKey, at executed: Height, _ tree: () throws(StoreError) -> StateTree<Store>
    ) throws(StoreError) -> Bool {
        var state: StateTree<Store>?
        if lookedAt != executed {
            let tree = try tree()
            let word = try tree.value(for: MembershipContract.generationKey)
            if word != generation { known = [] }
            (generation, lookedAt, state) = (word, executed, tree)
        }
        if known.contains(key) { return true }
        let current = if let state { state } else { try tree() }
        guard let standing = try Doorkeeper.standing(AccountID(key), at: executed.next, in: current) else {
            return false
        }
        guard standing == .member else { return true }
        if known.count >= Doorkeeper.knownMax { known = [] }
        known.insert(key)
        return true
    }

    /// Known from before, without a look at the state.
    package func knows(_ key: SM2.PublicKey) -> Bool { known.contains(key) }

    private enum Reason {
        case member
        /// A key that may say one thing, for a time: it is looked up each time it speaks.
        case newcomer
    }

    /// A member that may act at a height, a delegated key of one, a candidate for a validator's seat, or a key that was
    /// announced.
    private static func standing<Store: KeyValueStore>(
        _ account: AccountID, at height: Height, in tree: StateTree<Store>
    ) throws(StoreError) -> Reason? {
        var view = StateView(tree)
        if let subject = try view.subject(account) { return subject.isActive(at: height) ? .member : nil }
        let announcement = try view.decoded(Announcement.self, at: MembershipContract.announcementKey(account))
        if announcement?.stands(at: height) == true { return .newcomer }
        let candidacy = try view.decoded(Candidacy.self, at: CommitteeContract.candidateKey(account))
        return candidacy?.stands(at: height) == true ? .newcomer : nil
    }
}
