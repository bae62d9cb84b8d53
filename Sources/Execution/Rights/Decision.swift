// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger

/// Who stands behind a sender's key, as the state says.
///
/// A class, and never changed: it is looked up for every transaction, and its dozen references would be counted each
/// time.
package final class Subject: Sendable {
    /// The member's account, whichever key was used.
    package let account: AccountID
    package let member: Member
    package let standing: Standing
    package let organizationStanding: Standing
    /// The certificate that its record names was taken back on chain.
    package let isCertificateRevoked: Bool
    /// What limits the key that was used, where it is not the member's own.
    package let delegation: Delegation?
    /// The member's voice, and nobody else's.
    let alone: [Voice]

    package init(
        account: AccountID, member: Member, standing: Standing = .active, organizationStanding: Standing = .active,
        isCertificateRevoked: Bool = false, delegation: Delegation? = nil
    ) {
        self.isCertificateRevoked = isCertificateRevoked
        self.account = account
        self.member = member
        self.standing = standing
        self.organizationStanding = organizationStanding
        self.delegation = delegation
        alone = [Voice(account: account, member: member)]
    }

    package var voice: Voice { alone[0] }

    /// The member and its organisation may act at this height.
    package func isActive(at height: Height) -> Bool { standing(at: height) == nil }

    /// What keeps the member from acting at all.
    func standing(at height: Height) -> ResultCode? {
        if Mutant.frozenMayAct.isOn, !standing.isRemoved { return nil }
        guard standing.isActive(at: height) else { return standing.isRemoved ? .memberRemoved : .memberFrozen }
        guard organizationStanding.isActive(at: height) else {
            return organizationStanding.isRemoved ? .organizationLeft : .organizationFrozen
        }
        return isCertificateRevoked ? .certificateRevoked : nil
    }
}

/// The policy that decides an act, and where it stands. A class as `Subject` is.
package final class Rule: Sendable {
    package let resource: Resource
    /// Nil where the state holds what is no policy: nothing is allowed then.
    package let policy: Policy?
    /// Of the policy's text: reading it is paid for by contracts that call each other.
    let policyBytes: UInt64
    /// Whether the policy, or one of a field, asks how many organisations there are.
    let countsOrganizations: Bool
    /// True for the policy of a chain that has set none.
    package let isStandard: Bool
    /// Whether the contract may be called at all.
    package let contract: Standing
    /// Resources nearer to the act, for which nobody has set a policy.
    package let passed: [Resource]
    /// Fields with a policy of their own, which narrow what this allows (PERM-15).
    package let fields: [FieldRule]

    package init(
        resource: Resource, policy: Policy?, isStandard: Bool = false, contract: Standing = .active,
        passed: [Resource] = [], fields: [FieldRule] = []
    ) {
        self.resource = resource
        self.policy = policy
        self.fields = fields
        policyBytes = UInt64(policy?.text.utf8.count ?? 0)
        countsOrganizations =
            policy?.countsOrganizations ?? false || fields.contains { $0.rule.countsOrganizations }
        self.isStandard = isStandard
        self.contract = contract
        self.passed = passed
    }
}

/// Whether a member may do something, and why: the answer and what led to it, rule by rule.
/// - Spec: PERM-7, PERM-9.
package struct Decision: Hashable, Sendable {
    /// One rule looked at.
    package struct Step: Hashable, Sendable {
        package let english: String
        package let chinese: String
        /// False for the rule that said no.
        package let holds: Bool
    }

    /// Success, or what stands in the way.
    package let code: ResultCode
    package let steps: [Step]

    package var isAllowed: Bool { code.isSuccess }

    /// Decides an act of a sender. A function of its arguments alone.
    /// - Parameters:
    ///   - subject: nil where no member stands behind the key.
    ///   - electorate: organisations with a voice; asked for only where the policy counts them.
    ///   - callsMade: how many calls a delegated key has made.
    package static func decide(
        _ act: Act, by subject: Subject?, under rule: Rule, at height: Height, electorate: [Label] = [],
        callsMade: UInt64 = 0
    ) -> Decision {
        var steps: [Step]? = []
        let code = Decision.judge(
            act, subject, rule, height, electorate: electorate, callsMade: callsMade, steps: &steps)
        return Decision(code: code, steps: steps ?? [])
    }

    /// As `decide`; takes no notes where `steps` is nil.
    static func judge(
        _ act: Act, _ subject: Subject?, _ rule: Rule, _ height: Height, electorate: [Label], callsMade: UInt64,
        steps: inout [Step]?
    ) -> ResultCode {
        guard let subject else {
            steps?.note(false, "no member stands behind this key", "该密钥不属于任何成员")
            return .unknownSender
        }
        if let code = subject.standing(at: height) {
            steps?.note(code, of: subject)
            return code
        }
        steps?.noteMember(subject)
        if let delegation = subject.delegation {
            if let code = delegation.refusal(of: act, at: height, callsMade) {
                steps?.note(code, of: subject)
                return code
            }
            steps?.note(
                true, "the key is delegated for this until height \(delegation.until.value)",
                "该密钥受托此操作，至高度 \(delegation.until.value)")
        }
        if !rule.contract.isActive(at: height), !Mutant.frozenContractRuns.isOn {
            steps?.note(.contractFrozen, of: subject)
            return .contractFrozen
        }
        let code = judge(subject, rule, electorate, &steps)
        guard code.isSuccess else { return code }
        guard act.namesKnownField else {
            steps?.note(.fieldUnknown, of: subject)
            return .fieldUnknown
        }
        // A call may leave fields alone: which it fills is seen in its arguments.
        if case .call = act { return .success }
        return judge(fields: nil, of: rule, by: subject, electorate, steps: &steps)
    }

    /// Asks the fields' own policies: of those named, or of all.
    static func judge(
        fields: [Label]?, of rule: Rule, by subject: Subject, _ electorate: [Label], steps: inout [Step]?
    ) -> ResultCode {
        for own in rule.fields where fields?.contains(own.field) ?? true {
            guard judge(subject, own.rule, electorate, &steps).isSuccess else { return .fieldDenied }
        }
        return .success
    }

    private static func judge(
        _ subject: Subject, _ rule: Rule, _ electorate: [Label], _ steps: inout [Step]?
    ) -> ResultCode {
        let ballots = Ballots(subject.alone, concerned: subject.member.organization, electorate: electorate)
        let isAllowed = rule.policy?.allows(ballots) ?? false
        guard steps != nil else { return isAllowed ? .success : .deniedByPolicy }
        for resource in rule.passed {
            steps?.note(true, "no policy for \(resource.english)", "未设置策略：\(resource.chinese)")
        }
        let text = rule.policy?.text ?? "?"
        let origin = rule.isStandard ? ("by the chain's standard policy", "按链的默认策略") : ("by policy", "按策略")
        steps?.note(
            isAllowed, "\(rule.resource.english) take, \(origin.0): \(text)",
            "\(rule.resource.chinese)，\(origin.1)：\(text)")
        if let policy = rule.policy, !isAllowed { steps?.noteMissing(policy, ballots) }
        return isAllowed ? .success : .deniedByPolicy
    }
}

extension Delegation {
    /// What keeps a delegated key from an act.
    fileprivate func refusal(of act: Act, at height: Height, _ callsMade: UInt64) -> ResultCode? {
        switch act {
        case .call(let contract, let method), .write(let contract, let method, _):
            guard contract == self.contract, methods.contains(method) else { return .delegationElsewhere }
        case .read(let contract, _):
            guard contract == self.contract else { return .delegationElsewhere }
        }
        guard height <= until else { return .delegationOver }
        return callsMade < calls || Mutant.delegationsUnlimited.isOn ? nil : .delegationUsedUp
    }
}

extension [Decision.Step] {
    fileprivate mutating func note(_ holds: Bool, _ english: String, _ chinese: String) {
        append(Decision.Step(english: english, chinese: chinese, holds: holds))
    }

    fileprivate mutating func note(_ code: ResultCode, of subject: Subject) {
        let stable = StableCode.numbered(Int(code.value))
        var (reason, grund) = ("", "")
        for case .frozen(_, let text) in [subject.standing, subject.organizationStanding] where !text.isEmpty {
            (reason, grund) = (": \(text.text)", "：\(text.text)")
        }
        note(false, (stable?.title ?? "") + reason, (stable?.titleZh ?? "") + grund)
    }

    fileprivate mutating func noteMember(_ subject: Subject) {
        let roles = subject.member.roles.roles.map(\.word).joined(separator: ", ")
        let (name, home) = (subject.member.name.text, subject.member.organization.text)
        note(true, "\(name) is an active member of \(home) with: \(roles)", "\(name) 是 \(home) 的有效成员，角色：\(roles)")
    }

    /// What each clause found, where the whole says no.
    fileprivate mutating func noteMissing(_ policy: Policy, _ ballots: Ballots) {
        switch policy {
        case .forbidden: note(false, "this is forbidden to everybody", "此操作对所有人禁止")
        case .either(let parts), .every(let parts):
            for part in parts where !part.allows(ballots) { noteMissing(part, ballots) }
        case .own, .quota:
            let (found, needed) = policy.standing(ballots)
            note(
                false, "\(policy.text): needs \(needed), has \(found)",
                "\(policy.text)：需要 \(needed)，现有 \(found)")
        }
    }
}
