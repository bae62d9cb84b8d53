// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
package import ShangMi
package import Storage

/// Who may leave transactions to wait: keys that stand for somebody in the executed state.
///
/// Local to a node and only a door: what gets past it is judged again when it is executed (EXEC-5). It remembers who
/// was let in until the state says that who may send has changed (MEMB-8), and of the state the newest version it has
/// looked at.
/// - Spec: POOL-4.
package struct Doorkeeper<Store: KeyValueStore>: Sendable {
    private var known: Set<SM2.PublicKey> = []
    /// The state's word for the last change.
    private var generation: [UInt8]?
    /// The state, and the executed height it was opened at.
    private var looked: (height: Height, tree: StateTree<Store>)?

    package init() {}

    /// At so many it forgets all.
    package static var knownMax: Int { 16_384 }

    /// Whether a key may wait; see `obstacle`.
    package mutating func admits(
        _ key: SM2.PublicKey, at executed: Height, _ open: () throws(StoreError) -> StateTree<Store>
    ) throws(StoreError) -> Bool {
        try obstacle(to: key, at: executed, open) == nil
    }

    /// What keeps a key from waiting.
    /// - Parameter open: gives the newest state.
    /// - Returns: nil where it may.
    /// - Cost: a hash table's lookup for who is known; for others some reads of the state, opened once a height.
    package mutating func obstacle(
        to key: SM2.PublicKey, at executed: Height, _ open: () throws(StoreError) -> StateTree<Store>
    ) throws(StoreError) -> SendingObstacle? {
        do throws(StoreError) {
            return try look(for: key, at: executed, open)
        } catch {
            // Execution went on meanwhile, further than the state is kept: a newer one tells.
            guard case .pruned = error else { throw error }
            looked = nil
            return try look(for: key, at: executed, open)
        }
    }

    private mutating func look(
        for key: SM2.PublicKey, at executed: Height, _ open: () throws(StoreError) -> StateTree<Store>
    ) throws(StoreError) -> SendingObstacle? {
        let tree = try tree(at: executed, open)
        if known.contains(key) { return nil }
        switch try Doorkeeper.standing(AccountID(key), at: executed.next, in: tree) {
        case .member:
            if known.count >= Doorkeeper.knownMax { known = [] }
            known.insert(key)
            return nil
        case .newcomer: return nil
        case .outside(let obstacle): return obstacle
        }
    }

    private mutating func tree(
        at executed: Height, _ open: () throws(StoreError) -> StateTree<Store>
    ) throws(StoreError) -> StateTree<Store> {
        if let looked, looked.height == executed { return looked.tree }
        let tree = try open()
        let word = try tree.value(for: MembershipContract.generationKey)
        if word != generation { known = [] }
        (generation, looked) = (word, (executed, tree))
        return tree
    }

    /// Known from before, without a look at the state.
    package func knows(_ key: SM2.PublicKey) -> Bool { known.contains(key) }

    private enum Reason {
        case member
        /// A key that may say one thing, for a time: it is looked up each time it speaks.
        case newcomer
        case outside(SendingObstacle)
    }

    /// A member that may act at a height, a delegated key of one, a candidate for a validator's seat, or a key that was
    /// announced.
    private static func standing(
        _ account: AccountID, at height: Height, in tree: StateTree<Store>
    ) throws(StoreError) -> Reason {
        var view = StateView(tree)
        if let subject = try view.subject(account) {
            return subject.obstacle(at: height).map { .outside($0) } ?? .member
        }
        let announcement = try view.decoded(Announcement.self, at: MembershipContract.announcementKey(account))
        if announcement?.stands(at: height) == true { return .newcomer }
        let candidacy = try view.decoded(Candidacy.self, at: CommitteeContract.candidateKey(account))
        return candidacy?.stands(at: height) == true ? .newcomer : .outside(.stranger)
    }
}

/// Why a key may not leave transactions to wait.
package struct SendingObstacle: Hashable, Sendable {
    /// Why not: `unknownSender` where nobody stands behind the key, else what keeps the member from acting.
    package let code: ResultCode
    /// The height at which a freeze ends; nil where there is none, or no end.
    package let until: Height?
    /// Why it was frozen, as the organisations put it; empty where it was not.
    package let reason: Label

    static let stranger = SendingObstacle(.unknownSender)

    /// Until when and why, to be put behind what is the matter.
    package var facts: String {
        (until.map { " until height \($0.value)" } ?? "") + (reason.isEmpty ? "" : ": \(reason.text)")
    }

    init(_ code: ResultCode, until: Height? = nil, reason: Label = Label(literal: "")) {
        (self.code, self.until, self.reason) = (code, until, reason)
    }
}

extension Subject {
    /// What keeps the member from acting at a height, with the freeze's end and reason where it is one.
    func obstacle(at height: Height) -> SendingObstacle? {
        guard let code = standing(at: height) else { return nil }
        // The one that bites: a member's own freeze is named before its organisation's (PERM-7).
        guard case .frozen(let until, let reason) = code == .memberFrozen ? standing : organizationStanding,
            code == .memberFrozen || code == .organizationFrozen
        else { return SendingObstacle(code) }
        return SendingObstacle(code, until: until.value == Height.max ? nil : until, reason: reason)
    }
}
