// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi

/// What organisations have decided, kept from final blocks and their outcomes by rules of its own.
///
/// It knows the founding admins, counts approvals again, and says who is frozen when and which committees were decided.
/// - Spec: SIM-13.
struct GovernanceBook {
    private struct Item {
        let motion: Motion
        var approvals: [AccountID]
        var decided: Height?
        /// Its place among all decisions.
        var decision = 0
        var isEffective = false

        /// It waits for its turn, and for its candidates: `begin` says when its committee is there.
        var isOfCommittee: Bool {
            motion.acts.contains { act in
                switch act {
                case .addValidator, .removeValidator, .replaceValidator, .rotateValidator, .setParameters: true
                default: false
                }
            }
        }

        /// The height from which it may take effect.
        var due: Height { max(motion.due, decided?.next ?? motion.due) }
    }

    /// A span of heights in which a member may do nothing.
    private struct Freeze {
        let from: Height
        let until: Height
    }

    private let chain: ChainSpec
    private var items: [(id: MotionID, item: Item)] = []
    private var freezes: [AccountID: [Freeze]] = [:]
    /// The block in which a candidate said last that it is ready.
    private var ready: [AccountID: Height] = [:]
    private let organizations: [(id: Label, admins: [AccountID])]
    private let organizationByAdmin: [AccountID: Label]
    /// More was decided at once than a block looks at, and which of it came first is not reckoned here: nothing is said
    /// of freezes and committees any more.
    private var isBlind = false
    private var decisions = 0
    /// What happened since it was last asked for.
    private var sights: [Sight] = []

    init(_ spec: ChainSpec) {
        chain = spec
        let admins = spec.members.filter { $0.roles.contains(.orgAdmin) }
        organizationByAdmin = Dictionary(uniqueKeysWithValues: admins.map { ($0.account, $0.organization) })
        organizations = spec.organizations.map { home in
            (home.id, admins.filter { $0.organization == home.id }.map(\.account))
        }
    }

    private func isFrozen(_ account: AccountID, at height: Height) -> Bool {
        (freezes[account] ?? []).contains { $0.from <= height && height < $0.until }
    }

    /// More than half of the organisations that have an admin who may act have one among these.
    private func isMajority(_ approvals: [AccountID], at height: Height) -> Bool {
        let able = organizations.filter { $0.admins.contains { !isFrozen($0, at: height) } }.map(\.id)
        let saying = approvals.filter { !isFrozen($0, at: height) }.compactMap { organizationByAdmin[$0] }
        return Set(saying).intersection(able).count * 2 > able.count
    }

    // MARK: Blocks

    /// Takes in a block that was executed for the first time.
    mutating func execute(_ block: Block, _ outcomes: [Outcome]) -> String? {
        let height = block.header.height
        takeEffect(at: height)
        for (transaction, outcome) in zip(block.payload.transactions, outcomes) {
            let body = transaction.body
            let sender = AccountID(body.sender)
            let isFrozen = isFrozen(sender, at: height)
            if isFrozen, outcome.code.isSuccess, !isBlind {
                return "block \(height.value): a frozen member's transaction succeeds"
            }
            if !isFrozen, outcome.code == .memberFrozen, !isBlind {
                return "block \(height.value): a member counts as frozen whom no majority froze"
            }
            if isFrozen, !isBlind { sights.append(.frozenMemberRefused) }
            guard outcome.code.isSuccess else {
                if body.contract == GovernanceContract.contract { sights.append(.proposalRefused) }
                continue
            }
            if body.contract == GovernanceContract.contract { note(body, sender, height, outcome) }
            if body.contract == CommitteeContract.contract { ready[sender] = height }
        }
        return nil
    }

    private mutating func note(_ body: Transaction, _ sender: AccountID, _ height: Height, _ outcome: Outcome) {
        guard let reply = try? MotionReply(decoding: outcome.output) else { return }
        if body.method == GovernanceContract.propose, let motion = try? Motion(decoding: body.arguments) {
            items.append((reply.id, Item(motion: motion, approvals: [sender])))
        }
        guard let place = items.firstIndex(where: { $0.id == reply.id }) else { return }
        if body.method == GovernanceContract.approve { items[place].item.approvals.append(sender) }
        let item = items[place].item
        guard item.decided == nil, isMajority(item.approvals, at: height) else { return }
        decisions += 1
        (items[place].item.decided, items[place].item.decision) = (height, decisions)
    }

    /// Freezes and their ends, in the block after the decision or at their height.
    private mutating func takeEffect(at height: Height) {
        let waiting = items.count { _, item in
            guard let decided = item.decided else { return false }
            return !item.isEffective && decided < height && item.motion.due <= height && height <= item.motion.expires
        }
        if waiting > Limits.effectsPerBlockMax { isBlind = true }
        // In the order of their heights, and then of their decisions (GOV-8).
        let order = items.indices.sorted { first, second in
            let (one, other) = (items[first].item, items[second].item)
            return (one.due, one.decision) < (other.due, other.decision)
        }
        for place in order {
            let item = items[place].item
            guard let decided = item.decided, !item.isEffective, decided < height, item.motion.due <= height,
                height <= item.motion.expires, !item.isOfCommittee
            else { continue }
            guard isMajority(item.approvals, at: height) else {
                items[place].item.decided = nil
                continue
            }
            items[place].item.isEffective = true
            for act in item.motion.acts { apply(act, at: height) }
        }
    }

    private mutating func apply(_ act: GovernanceAct, at height: Height) {
        switch act {
        case .freezeMember(let account, let freeze) where freeze.until > height:
            end(account, at: height)
            freezes[account, default: []].append(Freeze(from: height, until: freeze.until))
        case .unfreezeMember(let account): end(account, at: height)
        default: break
        }
    }

    private mutating func end(_ account: AccountID, at height: Height) {
        freezes[account] = (freezes[account] ?? []).map { Freeze(from: $0.from, until: min($0.until, height)) }
    }

    // MARK: Committees

    /// A committee in force is one that a decided proposal makes of the one before, and its new validators spoke.
    mutating func begin(_ next: Committee, after old: Committee, at height: Height) -> String? {
        let decided = items.firstIndex { _, item in
            guard item.decided != nil || item.isEffective else { return false }
            var draft = CommitteeDraft(old)
            guard item.motion.acts.allSatisfy({ draft.apply($0) == nil }) else { return false }
            return draft.validators == next.validators && draft.parameters == next.parameters
        }
        if let decided { items[decided].item.isEffective = true }
        guard decided != nil || isBlind else {
            return "the committee of epoch \(next.epoch.value) was decided by nobody"
        }
        for validator in next.validators where old.index(of: validator.key) == nil {
            if ready[AccountID(validator.key)] == nil {
                return "epoch \(next.epoch.value) seats a validator that never said it is ready"
            }
            sights.append(.validatorSeated)
        }
        return nil
    }

    /// What should happen sometimes and did.
    mutating func takeSights() -> [Sight] {
        defer { sights = [] }
        return sights
    }
}
