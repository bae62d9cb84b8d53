// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger
import ShangMi
import Storage

// What proposals take and what they do (GOV-3 to GOV-12).
extension CallContext {
    /// The class of an act, and the organisation it concerns alone (GOV-3).
    mutating func requirement(of act: GovernanceAct) throws(CallFailure) -> (kind: ActClass, concerned: Label?) {
        switch act {
        case .addOrganization, .changeOrganization, .freezeOrganization, .unfreezeOrganization, .removeOrganization:
            return (.organizations, nil)
        case .addMember(let member): return requirement(.members, member, member.roles)
        case .changeMember(let member): return try requirement(.members, member.account)
        case .setRoles(let account, let roles): return try requirement(.members, account, roles)
        case .removeMember(let account), .replaceKey(let account, _): return try requirement(.members, account)
        case .freezeMember(let account, _), .unfreezeMember(let account): return try requirement(.freezes, account)
        case .setPolicy: return (.policies, nil)
        case .freezeContract, .unfreezeContract, .deployContract, .upgradeContract, .retireContract, .setTemplate,
            .dropTemplate:
            return (.contracts, nil)
        case .addValidator, .removeValidator, .replaceValidator: return (.committee, nil)
        case .rotateValidator(let key, _):
            let seats = try activeCommittee().validators + (pendingCommittee()?.validators ?? [])
            guard let validator = seats.first(where: { $0.key == key }) else { throw .result(.validatorUnknown) }
            return (.validatorKeys, validator.organization)
        case .setParameters, .setRules: return (.parameters, nil)
        }
    }

    private mutating func requirement(
        _ kind: ActClass, _ account: AccountID, _ roles: RoleSet = .none
    ) throws(CallFailure) -> (kind: ActClass, concerned: Label?) {
        requirement(kind, try memberRecord(account).member, roles)
    }

    /// Whoever holds an office is everybody's concern, or an organisation could silence those who watch it.
    private func requirement(
        _ kind: ActClass, _ member: Member, _ roles: RoleSet
    ) -> (kind: ActClass, concerned: Label?) {
        (member.roles.union(roles).meets(.offices) ? .offices : kind, member.organization)
    }

    mutating func policy(of kind: ActClass) throws(CallFailure) -> Policy {
        guard let bytes = try value(at: PermissionsContract.policyKey(.acts(kind))) else { return kind.standard }
        try gas.charge(GasSchedule.policyByte * UInt64(bytes.count))
        return Policy(canonical: bytes) ?? .forbidden
    }

    /// What acts take, each once: the policy, and the organisation where one alone is concerned.
    mutating func requirements(
        of acts: [GovernanceAct]
    ) throws(CallFailure) -> [(policy: Policy, concerned: Label?)] {
        var policies: [ActClass: Policy] = [:]
        var seen: Set<Requirement> = []
        var found: [(policy: Policy, concerned: Label?)] = []
        for act in acts {
            let (kind, concerned) = try requirement(of: act)
            guard seen.insert(Requirement(kind: kind, concerned: concerned)).inserted else { continue }
            let known = policies[kind]
            let policy = if let known { known } else { try policy(of: kind) }
            policies[kind] = policy
            found.append((policy, concerned))
        }
        return found
    }

    /// Whether voices are enough, at the price of looking at each in each clause.
    mutating func allows(_ policy: Policy, _ ballots: Ballots) throws(CallFailure) -> Bool {
        try gas.charge(GasSchedule.voice * UInt64(policy.weight) * UInt64(1 + ballots.voices.count))
        return policy.allows(ballots)
    }

    // MARK: Approvals

    /// Who approved, as far as it can still count.
    mutating func approvals(of record: MotionRecord) throws(CallFailure) -> ApprovalList {
        var list = ApprovalList()
        for account in record.approvals {
            guard let subject = try subject(account) else { continue }
            try charge(lookingAt: subject)
            list.keep(subject)
        }
        return list
    }

    /// What looking at who approves costs, whether it is remembered or not: its member, which is as long as its name
    /// and groups are, its organisation, and whether its certificate was taken back.
    mutating func charge(lookingAt subject: Subject) throws(CallFailure) {
        try gas.charge(
            3 * GasSchedule.readInList + UInt64(subject.member.labelBytes) / GasSchedule.bytesDecoded)
    }

    /// Approvals that count now: of members that may act (GOV-6).
    mutating func voices(_ record: MotionRecord) throws(CallFailure) -> [Voice] {
        try approvals(of: record).voices(at: height)
    }

    /// Whether voices meet the policies of all its acts, as the state is now.
    mutating func isCarried(_ record: MotionRecord, by voices: [Voice]) throws(CallFailure) -> Bool {
        let electorate = try electorate().organizations
        let ballots = Ballots(voices, concerned: nil, electorate: electorate)
        for (policy, concerned) in try requirements(of: record.motion.acts) {
            guard try allows(policy, ballots.about(concerned)) else { return false }
        }
        return true
    }

    // MARK: Effects

    /// Does all acts of a proposal, or throws why it cannot; the caller undoes what was done.
    /// - Parameter isRehearsal: leaves out what may still come: a ready validator, the end of another change.
    mutating func apply(_ record: MotionRecord, isRehearsal: Bool) throws(CallFailure) {
        if !isRehearsal { try demandTurn(record.motion) }
        var draft: CommitteeDraft?
        var left: [Label] = []
        var purse = ContractLimits.effectPurse
        let runsCode = machine != nil && !isRehearsal
        for act in record.motion.acts {
            try demandSomebodyElse(than: record.proposer, act)
            if case .removeOrganization(let id) = act { left.append(id) }
            guard act.changesCommittee else {
                if act.needsContracts {
                    try applyToContracts(act, runsCode: runsCode, purse: &purse)
                } else {
                    try apply(act)
                }
                continue
            }
            if draft == nil { draft = CommitteeDraft(try committeeToChange()) }
            if let code = draft?.apply(act) { throw .result(code) }
        }
        var committee: Committee?
        if let draft {
            committee = try settle(draft, overrides: record.motion.overrides, isRehearsal: isRehearsal)
            for home in draft.rotated { try noteRotation(by: home) }
        }
        try demandNoValidators(of: left, in: committee)
        try demandGovernable()
    }

    private mutating func apply(_ act: GovernanceAct) throws(CallFailure) {
        switch act {
        case .addOrganization(let organization): try add(organization)
        case .changeOrganization(let organization): try change(organization)
        case .freezeOrganization(let id, let freeze): try setStanding(freeze.standing, ofOrganization: id)
        case .unfreezeOrganization(let id): try setStanding(.active, ofOrganization: id)
        case .removeOrganization(let id): try setStanding(.removed, ofOrganization: id)
        case .addMember(let member): try add(member)
        case .changeMember(let member): try change(member)
        case .setRoles(let account, let roles): try setRoles(account, roles)
        case .freezeMember(let account, let freeze): try setStanding(freeze.standing, ofMember: account)
        case .unfreezeMember(let account): try setStanding(.active, ofMember: account)
        case .removeMember(let account): try setStanding(.removed, ofMember: account)
        case .replaceKey(let account, let key): try announce(key, for: account, isDecided: true)
        case .setPolicy(let resource, let policy): try setPolicy(policy, for: resource)
        case .freezeContract(let name, let freeze): try setStanding(freeze.standing, ofContract: name)
        case .unfreezeContract(let name): try setStanding(.active, ofContract: name)
        case .setRules(let version, let height): try schedule(version, at: height)
        case .addValidator, .removeValidator, .replaceValidator, .rotateValidator, .setParameters: break
        case .deployContract, .upgradeContract, .retireContract, .setTemplate, .dropTemplate: break
        }
    }

    /// Nobody takes himself out: another must propose it (GOV-10).
    private mutating func demandSomebodyElse(
        than proposer: AccountID, _ act: GovernanceAct
    ) throws(CallFailure) {
        let target: AccountID
        switch act {
        case .freezeMember(let account, _), .removeMember(let account): target = account
        case .setRoles(let account, let roles) where !roles.contains(.orgAdmin): target = account
        default: return
        }
        guard let other = try subject(target), let own = try subject(proposer) else { return }
        if case .setRoles = act, !other.member.roles.contains(.orgAdmin) { return }
        if own.voice.isSpokenFor(by: other.voice) { throw .result(.removingOneself) }
    }

    // MARK: The committee

    mutating func activeCommittee() throws(CallFailure) -> Committee {
        guard let committee = try decoded(Committee.self, at: CommitteeContract.activeStateKey) else {
            throw .store(.corrupt(what: "the committee in force"))
        }
        return committee
    }

    private mutating func pendingCommittee() throws(CallFailure) -> Committee? {
        try decoded(Committee.self, at: CommitteeContract.pendingStateKey)
    }

    /// The last one decided: only a rehearsal finds one on its way.
    private mutating func committeeToChange() throws(CallFailure) -> Committee {
        if let pending = try pendingCommittee() { return pending }
        return try activeCommittee()
    }

    /// What time may bring is asked for before anything is done, so that waiting writes and undoes nothing (GOV-9): the
    /// end of another change, and the word of new validators (COMM-10).
    private mutating func demandTurn(_ motion: Motion) throws(CallFailure) {
        guard motion.acts.contains(where: \.changesCommittee) else { return }
        guard try pendingCommittee() == nil else { throw .result(.committeeChangePending) }
        let active = try activeCommittee()
        for key in motion.acts.compactMap(\.seatedKey)
        where active.index(of: key) == nil && !Mutant.absentValidatorSeated.isOn {
            guard try isReady(key) else { throw .result(.validatorNotReady) }
        }
    }

    /// Makes the committee of a draft the pending one.
    private mutating func settle(
        _ draft: CommitteeDraft, overrides: Bool, isRehearsal: Bool
    ) throws(CallFailure) -> Committee {
        let committee: Committee
        do {
            committee = try draft.finish(overrides: overrides)
        } catch {
            throw .result(error.code)
        }
        for validator in committee.validators where draft.isNew(validator) {
            let home = try decoded(
                OrganizationRecord.self, at: MembershipContract.organizationKey(validator.organization))
            guard let home, home.standing.isActive(at: height) else { throw .result(.validatorHomeless) }
        }
        guard !isRehearsal else { return committee }
        try put(committee.encoded, at: CommitteeContract.pendingStateKey)
        return committee
    }

    /// One organisation alone ends only so many epochs in a month: each makes every proof longer (GOV-17).
    private mutating func noteRotation(by home: Label) throws(CallFailure) {
        let key = CommitteeContract.rotationsKey(home)
        var made = try decoded(Rotations.self, at: key) ?? Rotations()
        guard made.isFree(at: time) else { throw .result(.rotationsSpent) }
        made.note(time)
        try put(made.encoded, at: key)
    }

    /// When the keys that a proposal changes may be changed, as far as GOV-17 goes; nil where they may now.
    mutating func rotationsFree(for motion: Motion) throws(CallFailure) -> Timestamp? {
        let validators = try activeCommittee().validators + (pendingCommittee()?.validators ?? [])
        var free: Timestamp?
        for case .rotateValidator(let key, _) in motion.acts {
            guard let home = validators.first(where: { $0.key == key })?.organization,
                let made = try decoded(Rotations.self, at: CommitteeContract.rotationsKey(home)),
                let next = made.free(at: time)
            else { continue }
            free = max(free ?? next, next)
        }
        return free
    }

    /// Whether a new validator has said lately that it is there (COMM-10).
    private mutating func isReady(_ key: SM2.PublicKey) throws(CallFailure) -> Bool {
        guard let said = try decoded(Height.self, at: CommitteeContract.readyKey(AccountID(key))) else { return false }
        return height.value - said.value <= Limits.readyHeights
    }

    private mutating func demandNoValidators(of left: [Label], in next: Committee?) throws(CallFailure) {
        guard !left.isEmpty else { return }
        var last = next
        if last == nil { last = try pendingCommittee() }
        let committee = if let last { last } else { try activeCommittee() }
        if committee.validators.contains(where: { left.contains($0.organization) }) {
            throw .result(.organizationHasValidators)
        }
    }

    // MARK: Rules, and who could still govern

    private mutating func schedule(_ version: RuleVersion, at due: Height) throws(CallFailure) {
        var schedule = try decoded(RuleSchedule.self, at: GovernanceContract.rulesKey) ?? RuleSchedule()
        let inForce = schedule.changes.last { $0.height <= height }?.version ?? .first
        let newest = schedule.changes.last
        if version == inForce, let newest, newest.height > height {
            // Said again, the rules that hold now go on holding: what was to come is taken back.
            schedule.changes.removeAll { $0.height > height }
        } else {
            guard schedule.changes.count < Limits.ruleChangesMax, due > height,
                due.value - height.value <= Limits.proposalHeightsMax,
                version.value == (newest?.version ?? .first).value + 1, due > (newest?.height ?? .zero)
            else { throw .result(.rulesOrder) }
            schedule.changes.append(RuleSchedule.Change(height: due, version: version))
        }
        try put(schedule.encoded, at: GovernanceContract.rulesKey)
    }

    /// All admins together can change policies, now and however freezes end: so everything can be mended (GOV-12).
    mutating func demandGovernable() throws(CallFailure) {
        let electorate = try electorate()
        let ballots = Ballots(electorate.speakers, concerned: nil, electorate: electorate.organizations)
        guard try allows(policy(of: .policies).lasting, ballots) else { throw .result(.nobodyCouldGovern) }
    }
}

/// What an act takes: the policy of its class, asked for one organisation or for all.
private struct Requirement: Hashable {
    let kind: ActClass
    let concerned: Label?
}

/// Rule versions by the height from which they hold, ascending in both (GOV-13).
package struct RuleSchedule: Hashable, Sendable, Canonical {
    package struct Change: Hashable, Sendable, Canonical {
        package let height: Height
        package let version: RuleVersion

        init(height: Height, version: RuleVersion) {
            self.height = height
            self.version = version
        }

        package func encode(into encoder: inout Encoder) {
            height.encode(into: &encoder)
            version.encode(into: &encoder)
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            height = try Height(from: &decoder)
            version = try RuleVersion(from: &decoder)
        }
    }

    package var changes: [Change] = []

    init() {}

    package func encode(into encoder: inout Encoder) { encoder.list(changes) }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        changes = try decoder.list(of: Change.self, max: Limits.ruleChangesMax)
    }
}
