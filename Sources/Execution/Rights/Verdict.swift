// SPDX-License-Identifier: Apache-2.0
package import Ledger
package import Storage

/// A decision as it is told: what was asked, of whom, for which height, and how many voices it takes.
/// - Spec: PERM-9, PERM-20.
package struct Verdict: Hashable, Sendable {
    package let phrase: ActPhrase
    package let account: AccountID
    /// The height of the block it would stand in.
    package let height: Height
    package let decision: Decision
    /// Of the policy that decides, with the member's own voice counted; empty where none was reached.
    package let clauses: [ClauseStanding]

    /// The same where a rehearsal says no to what the steps allow.
    package func judged(_ code: ResultCode) -> Verdict {
        guard decision.isAllowed, !code.isSuccess else { return self }
        let steps = decision.steps + [Decision.Step(code)]
        return Verdict(
            phrase: phrase, account: account, height: height, decision: Decision(code: code, steps: steps),
            clauses: clauses)
    }
}

extension ConsortiumReader {
    /// Whether the holder of a key may do what a phrase says, and why.
    package mutating func verdict(_ phrase: ActPhrase, by account: AccountID) throws(StoreError) -> Verdict {
        switch phrase {
        case .act(let act):
            let decision = try decide(act, by: account)
            let policy = try policy(deciding: act, decision.code)
            let clauses = try clauses(of: policy, by: account, concerned: nil)
            return Verdict(phrase: phrase, account: account, height: height, decision: decision, clauses: clauses)
        case .propose(let name):
            var steps: [Decision.Step] = []
            let code = try judge(propose: name, by: account, &steps)
            let policy = code.isSuccess ? try policy(of: name.kind) : nil
            return Verdict(
                phrase: phrase, account: account, height: height, decision: Decision(code: code, steps: steps),
                clauses: try clauses(of: policy, by: account, concerned: nil))
        case .approve(let id):
            var steps: [Decision.Step] = []
            let code = try judge(approve: id, by: account, &steps)
            return Verdict(
                phrase: phrase, account: account, height: height, decision: Decision(code: code, steps: steps),
                clauses: [])
        }
    }

    /// The policy that had the last word; nil where none was reached.
    private mutating func policy(deciding act: Act, _ code: ResultCode) throws(StoreError) -> Policy? {
        let rule = try rule(act)
        if code == .deniedByPolicy { return rule.policy }
        guard code.isSuccess || code == .fieldDenied else { return nil }
        if case .call = act { return rule.policy }
        return rule.fields.first.map(\.rule.policy) ?? rule.policy
    }

    /// How far the sender's voice alone gets; `self` is the sender's organisation.
    private mutating func clauses(
        of policy: Policy?, by account: AccountID, concerned: Label?
    ) throws(StoreError) -> [ClauseStanding] {
        guard let policy, let subject = try subject(account) else { return [] }
        let ballots = Ballots(
            [subject.voice], concerned: concerned ?? subject.member.organization,
            electorate: try electorate().organizations)
        return policy.clauses(ballots)
    }

    /// The member behind a key, active and with its own key: what all of governance asks first.
    private mutating func officer(
        _ account: AccountID, _ steps: inout [Decision.Step]
    ) throws(StoreError) -> (subject: Subject?, code: ResultCode) {
        guard let subject = try subject(account) else {
            steps.append(
                Decision.Step(english: "no member stands behind this key", chinese: "该密钥不属于任何成员", holds: false))
            return (nil, .unknownSender)
        }
        if let code = subject.standing(at: height) {
            steps.append(Decision.Step(code))
            return (nil, code)
        }
        let roles = subject.member.roles.roles.map(\.word).joined(separator: ", ")
        let (name, home) = (subject.member.name.text, subject.member.organization.text)
        steps.append(
            Decision.Step(
                english: "\(name) is an active member of \(home) with: \(roles)",
                chinese: "\(name) 是 \(home) 的有效成员，角色：\(roles)", holds: true))
        guard subject.delegation == nil else {
            steps.append(Decision.Step(.delegationElsewhere))
            return (nil, .delegationElsewhere)
        }
        return (subject, .success)
    }

    private mutating func judge(
        propose name: ActName, by account: AccountID, _ steps: inout [Decision.Step]
    ) throws(StoreError) -> ResultCode {
        let (subject, code) = try officer(account, &steps)
        guard let subject else { return code }
        let mayPropose = subject.member.roles.meets(GovernanceContract.proposers)
        steps.append(
            Decision.Step(
                english: "orgAdmin, systemAdmin and securityAdmin propose",
                chinese: "机构管理员、系统管理员和安全管理员可以提案", holds: mayPropose))
        guard mayPropose else { return .notProposer }
        let policy = try policy(of: name.kind)
        let counts = policy.counts(subject.voice, concerned: subject.member.organization)
        steps.append(
            Decision.Step(
                english: "acts on \(name.kind.english) take: \(policy.text)",
                chinese: "\(name.kind.chinese)类治理操作需要：\(policy.text)", holds: true))
        steps.append(
            Decision.Step(
                english: counts ? "the proposer's own approval counts" : "the proposer's own approval does not count",
                chinese: counts ? "提案人自己的批准计入" : "提案人自己的批准不计入", holds: true))
        return .success
    }

    private mutating func judge(
        approve id: MotionID, by account: AccountID, _ steps: inout [Decision.Step]
    ) throws(StoreError) -> ResultCode {
        let (subject, code) = try officer(account, &steps)
        guard let subject else { return code }
        guard let record = try motion(id) else { return steps.refuse(.proposalUnknown) }
        guard !record.status.isClosed else { return steps.refuse(.proposalClosed) }
        guard height < record.motion.expires else { return steps.refuse(.proposalExpired) }
        guard !record.approvals.contains(subject.account) else { return steps.refuse(.approvedAlready) }
        var counts = false
        for act in record.motion.acts {
            let (kind, concerned) = try requirement(of: act)
            let policy = try policy(of: kind)
            let here = policy.counts(subject.voice, concerned: concerned)
            counts = counts || here
            steps.append(
                Decision.Step(
                    english: "to \(act.english) takes: \(policy.text)", chinese: "\(act.chinese)需要：\(policy.text)",
                    holds: here))
        }
        return counts ? .success : steps.refuse(.approvalIdle)
    }

    /// As GOV-3 has it; for what is not there any more the class by the table.
    private mutating func requirement(of act: GovernanceAct) throws(StoreError) -> (ActClass, Label?) {
        switch act {
        case .addMember(let member):
            return (member.roles.meets(.offices) ? .offices : .members, member.organization)
        case .changeMember(let changed): return try requirement(act.name.kind, changed.account, .none)
        case .setRoles(let account, let roles): return try requirement(.members, account, roles)
        case .removeMember(let account), .replaceKey(let account, _), .freezeMember(let account, _),
            .unfreezeMember(let account):
            return try requirement(act.name.kind, account, .none)
        case .rotateValidator(let key, _):
            return (.validatorKeys, try committee()?.validators.first { $0.key == key }?.organization)
        default: return (act.name.kind, nil)
        }
    }

    private mutating func requirement(
        _ kind: ActClass, _ account: AccountID, _ roles: RoleSet
    ) throws(StoreError) -> (ActClass, Label?) {
        guard let member = try member(account)?.member else { return (kind, nil) }
        return (member.roles.union(roles).meets(.offices) ? .offices : kind, member.organization)
    }
}

extension Decision.Step {
    /// What a code says, as the rule that said no.
    fileprivate init(_ code: ResultCode) {
        let stable = StableCode.numbered(Int(code.value))
        self.init(english: stable?.title ?? "\(code.value)", chinese: stable?.titleZh ?? "\(code.value)", holds: false)
    }
}

extension [Decision.Step] {
    fileprivate mutating func refuse(_ code: ResultCode) -> ResultCode {
        append(Decision.Step(code))
        return code
    }
}
