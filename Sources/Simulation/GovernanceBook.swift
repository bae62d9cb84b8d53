// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi

/// What organisations have decided, kept from final blocks and their outcomes by rules of its own.
///
/// It knows the founding admins, counts approvals again, and says who and what is frozen when, whose key is whose, what
/// is forbidden, and which committees were decided.
/// - Spec: SIM-13.
struct GovernanceBook {
    struct Item {
        let motion: Motion
        let proposer: AccountID
        var approvals: [AccountID]
        var decided: Height?
        /// Its place among all decisions.
        var decision = 0
        /// It took effect, or was revoked.
        var isOver = false

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

    /// Policies of classes that the workload sets, and the book knows how to count.
    static let all = Policy.quota(.all, of: .organizations, by: .roles(RoleSet(.orgAdmin)))
    static let two = Policy.quota(.count(2), of: .organizations, by: .roles(RoleSet(.orgAdmin)))

    let chain: ChainSpec
    var items: [(id: MotionID, item: Item)] = []
    var register: MemberBook
    /// Policies of classes of acts that are not the standard ones.
    private var rules: [ActClass: Policy] = [:]
    /// The block in which a candidate said last that it is ready.
    private var ready: [AccountID: Height] = [:]
    /// More was decided at once than a block looks at, and which of it came first is not reckoned here: nothing is said
    /// of freezes and committees any more.
    private var isBlind = false
    private var decisions = 0
    /// What happened since it was last asked for.
    private var sights: [Sight] = []
    /// Keys of nodes that are no spare ones.
    private let observers: Set<AccountID>

    init(_ spec: ChainSpec, observers: Set<AccountID>) {
        chain = spec
        register = MemberBook(spec)
        self.observers = observers
    }

    /// Whether the policies of all acts are met, by those who may act at this height.
    private func isCarried(_ item: Item, at height: Height) -> Bool {
        let able = register.voices(at: height)
        let saying = Set(item.approvals.compactMap { register.home(ofAdmin: $0, at: height) })
        return item.motion.acts.allSatisfy { act in
            let kind = act.name.kind
            guard let policy = rules[kind] else {
                let own = register.concerned(act).map(saying.contains) ?? false
                let isOwn = own && [.members, .freezes, .validatorKeys].contains(kind)
                return isOwn || saying.count * 2 > able.count
            }
            return policy == GovernanceBook.all ? !able.isEmpty && saying == able : saying.count >= 2
        }
    }

    // MARK: Blocks

    /// Takes in a block that was executed for the first time.
    mutating func execute(_ block: Block, _ outcomes: [Outcome]) -> String? {
        let height = block.header.height
        takeEffect(at: height)
        for (transaction, outcome) in zip(block.payload.transactions, outcomes) {
            let body = transaction.body
            let sender = AccountID(body.sender)
            if !isBlind {
                if let why = register.judge(body, sender, outcome.code, at: height, &sights) {
                    return "block \(height.value): \(why)"
                }
            }
            guard outcome.code.isSuccess else {
                if body.contract == GovernanceContract.contract { sights.append(.proposalRefused) }
                continue
            }
            register.note(body, sender, &sights)
            if body.contract == GovernanceContract.contract { note(body, sender, height, outcome) }
            if body.contract == CommitteeContract.contract { ready[sender] = height }
        }
        return nil
    }

    private mutating func note(_ body: Transaction, _ sender: AccountID, _ height: Height, _ outcome: Outcome) {
        guard let reply = try? MotionReply(decoding: outcome.output) else { return }
        if body.method == GovernanceContract.propose, let motion = try? Motion(decoding: body.arguments) {
            items.append((reply.id, Item(motion: motion, proposer: sender, approvals: [sender])))
        }
        guard let place = items.firstIndex(where: { $0.id == reply.id }) else { return }
        switch body.method {
        case GovernanceContract.approve: items[place].item.approvals.append(sender)
        case GovernanceContract.withdraw:
            items[place].item.approvals.removeAll { $0 == sender }
            sights.append(.approvalTakenBack)
        case GovernanceContract.revoke:
            items[place].item.isOver = true
            items[place].item.decided = nil
            sights.append(.proposalRevoked)
        default: break
        }
        let item = items[place].item
        guard !item.isOver else { return }
        let isCarried = isCarried(item, at: height)
        if item.decided != nil {
            if !isCarried { items[place].item.decided = nil }
        } else if isCarried {
            decisions += 1
            (items[place].item.decided, items[place].item.decision) = (height, decisions)
            if item.motion.acts.contains(where: { rules[$0.name.kind] != nil }) { sights.append(.classPolicyDecided) }
        }
    }

    /// What was decided, in the block after the decision or at its height.
    private mutating func takeEffect(at height: Height) {
        let waiting = items.count { _, item in
            guard let decided = item.decided else { return false }
            return !item.isOver && decided < height && item.motion.due <= height && height <= item.motion.expires
        }
        if waiting > Limits.effectsPerBlockMax { isBlind = true }
        // In the order of their heights, and then of their decisions (GOV-8).
        let order = items.indices.sorted { first, second in
            let (one, other) = (items[first].item, items[second].item)
            return (one.due, one.decision) < (other.due, other.decision)
        }
        for place in order {
            let item = items[place].item
            guard let decided = item.decided, !item.isOver, decided < height, item.motion.due <= height,
                height <= item.motion.expires, !item.isOfCommittee
            else { continue }
            guard isCarried(item, at: height) else {
                items[place].item.decided = nil
                continue
            }
            items[place].item.isOver = true
            for act in item.motion.acts { apply(act, at: height) }
        }
    }

    private mutating func apply(_ act: GovernanceAct, at height: Height) {
        if case .setPolicy(.acts(let kind), let policy) = act {
            rules[kind] = policy
        } else {
            register.apply(act, at: height, &sights)
        }
    }

    // MARK: Committees

    /// A committee in force is one that a decided proposal makes of the one before, and its new validators spoke.
    mutating func begin(_ next: Committee, after old: Committee, at height: Height) -> String? {
        let decided = items.firstIndex { _, item in
            guard item.decided != nil || item.isOver else { return false }
            var draft = CommitteeDraft(old)
            guard item.motion.acts.allSatisfy({ draft.apply($0) == nil }) else { return false }
            return draft.validators == next.validators && draft.parameters == next.parameters
        }
        if let decided { items[decided].item.isOver = true }
        guard decided != nil || isBlind else {
            return "the committee of epoch \(next.epoch.value) was decided by nobody"
        }
        for validator in next.validators where old.index(of: validator.key) == nil {
            let account = AccountID(validator.key)
            if ready[account] == nil {
                return "epoch \(next.epoch.value) seats a validator that never said it is ready"
            }
            sights.append(observers.contains(account) ? .observerSeated : .validatorSeated)
        }
        return nil
    }

    /// What should happen sometimes and did.
    mutating func takeSights() -> [Sight] {
        defer { sights = [] }
        return sights
    }
}
