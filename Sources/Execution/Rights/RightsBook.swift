// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
package import ShangMi
import Storage

/// Remembers members and policies, decoded, from block to block.
///
/// It speaks of one state, which it names by its root, and forgets all when it is shown another, when a record it rests
/// on is written, and when such a write is undone. So whatever it says is what the state says (EXEC-6), and
/// forgetting costs time only.
/// - Spec: PERM-10.
package struct RightsBook: Sendable {
    /// At so many members or rules it forgets all.
    package static let entriesMax = 16_384

    private var root: Digest?
    private var subjects: [AccountID: Subject?] = [:]
    private var rules: [CallName: Rule] = [:]
    private(set) var electorate: Electorate?

    package init() {}

    /// Starts work on a state; `adopt` must follow for anything to be kept longer than a block.
    mutating func begin(on root: Digest) {
        if self.root != root { forget() }
        self.root = nil
    }

    /// Says which state all of this speaks of: the one after the block.
    package mutating func adopt(_ root: Digest) { self.root = root }

    mutating func forget() {
        if !subjects.isEmpty { subjects = [:] }
        if !rules.isEmpty { rules = [:] }
        electorate = nil
    }

    private static let members = StateKey.of(MembershipContract.contract, [])
    private static let policies = StateKey.of(PermissionsContract.contract, [])

    /// Whether anything here may rest on a key of the state: members, organisations, the list of them, delegated keys,
    /// certificates taken back;
    /// policies and frozen contracts.
    static func restsOn(_ key: [UInt8]) -> Bool {
        if key.starts(with: members), key.count > members.count {
            return [0x6d, 0x6f, 0x6c, 0x64, 0x78].contains(key[members.count])
        }
        if key.starts(with: policies), key.count > policies.count {
            return [0x70, 0x7a].contains(key[policies.count])
        }
        return false
    }

    package var count: Int { subjects.count + rules.count }

    func subject(_ account: AccountID) -> Subject?? { subjects[account] }
    func rule(_ name: CallName) -> Rule? { rules[name] }

    mutating func keep(_ subject: Subject?, for account: AccountID) {
        if subjects.count >= RightsBook.entriesMax { subjects = [:] }
        subjects[account] = .some(subject)
    }

    mutating func keep(_ rule: Rule, for name: CallName) {
        if rules.count >= RightsBook.entriesMax { rules = [:] }
        rules[name] = rule
    }

    mutating func keep(_ electorate: Electorate) { self.electorate = electorate }
}

/// A method by its contract's name and its own, hashed as two runs of bytes.
struct CallName: Hashable, Sendable {
    let contract: Label
    let method: Label

    func hash(into hasher: inout Hasher) {
        // SAFETY: the bytes are only read, and only within this call.
        unsafe contract.utf8.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        unsafe method.utf8.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}

/// The organisations with a voice, and the admins who speak for them.
/// - Spec: GOV-4.
package struct Electorate: Sendable {
    /// Ascending.
    package let organizations: [Label]
    /// Active admins of active organisations, in the order of these.
    package let admins: [Voice]
    /// The height from which a freeze that ends may change this.
    let until: Height
    /// What finding it costs, in reads.
    let reads: UInt64
    /// Organisations of the consortium, with a voice or without.
    let listed: Int

    /// As many of each organisation's admins as one proposal's approvals have room for where all organisations send as
    /// many (GOV-6, GOV-12).
    var speakers: [Voice] {
        let share = min(
            max(Limits.approvalsMax / max(listed, 1), Limits.organizationApprovalsMin),
            Limits.organizationApprovalsMax)
        guard share < Limits.organizationApprovalsMax else { return admins }
        var counts: [Label: Int] = [:]
        return admins.filter { admin in
            counts[admin.member.organization, default: 0] += 1
            return counts[admin.member.organization, default: 0] <= share
        }
    }
}

// Members and policies as a block's state says.
extension StateView {
    mutating func decoded<Value: Canonical>(_ type: Value.Type, at key: [UInt8]) throws(StoreError) -> Value? {
        guard let bytes = try value(for: key) else { return nil }
        guard let value = try? Value(decoding: bytes) else { throw .corrupt(what: "a record of members or policies") }
        return value
    }

    /// Who stands behind an account, nil where nobody does.
    mutating func subject(_ account: AccountID) throws(StoreError) -> Subject? {
        var delegation: Delegation?
        var owner = account
        var record = try decoded(MemberRecord.self, at: MembershipContract.stateKey(account))
        if record == nil {
            guard let proxy = try decoded(DelegationRecord.self, at: MembershipContract.delegationKey(account)) else {
                return nil
            }
            (owner, delegation) = (proxy.member, proxy.delegation)
            record = try decoded(MemberRecord.self, at: MembershipContract.stateKey(owner))
        }
        guard let record else { return nil }
        let home = try decoded(
            OrganizationRecord.self, at: MembershipContract.organizationKey(record.member.organization))
        guard let home else { throw .corrupt(what: "the organisation of a member") }
        return Subject(
            account: owner, member: record.member, standing: record.standing, organizationStanding: home.standing,
            isCertificateRevoked: try isCertificateRevoked(of: record.member, owner), delegation: delegation)
    }

    /// The policy that decides an act (PERM-2).
    mutating func rule(_ act: Act) throws(StoreError) -> Rule {
        let contract =
            try decoded(Standing.self, at: PermissionsContract.standingKey(act.contract)) ?? .active
        var fields: [FieldRule] = []
        for (field, resource) in act.fields {
            guard let bytes = try policyText(of: resource) else { continue }
            fields.append(FieldRule(field: field, rule: Rule(resource: resource, policy: Policy(canonical: bytes))))
        }
        var passed: [Resource] = []
        for resource in act.resources {
            if let bytes = try policyText(of: resource) {
                return Rule(
                    resource: resource, policy: Policy(canonical: bytes), contract: contract, passed: passed,
                    fields: fields)
            }
            if let standard = resource.standard {
                return Rule(
                    resource: resource, policy: standard, isStandard: true, contract: contract, passed: passed,
                    fields: fields)
            }
            passed.append(resource)
        }
        preconditionFailure("the widest resource has a standard policy")
    }

    /// What is set for a resource itself.
    private mutating func policyText(of resource: Resource) throws(StoreError) -> [UInt8]? {
        guard resource.encoded.count <= Limits.resourceBytesMax else { return nil }
        return try value(for: PermissionsContract.policyKey(resource))
    }

    /// The policy of a class of acts.
    mutating func policy(of kind: ActClass) throws(StoreError) -> Policy {
        guard let bytes = try value(for: PermissionsContract.policyKey(.acts(kind))) else { return kind.standard }
        return Policy(canonical: bytes) ?? .forbidden
    }

    /// Who has a voice at a height.
    mutating func electorate(at height: Height) throws(StoreError) -> Electorate {
        let ids = try decoded(LabelList.self, at: MembershipContract.directoryKey)?.labels ?? []
        var organizations: [Label] = []
        var admins: [Voice] = []
        var until = Height(Height.max)
        var reads = UInt64(1 + ids.count)
        for id in ids {
            guard let record = try decoded(OrganizationRecord.self, at: MembershipContract.organizationKey(id)) else {
                throw .corrupt(what: "an organisation of the directory")
            }
            reads += UInt64(record.admins.count)
            if let end = record.standing.end(after: height) { until = min(until, end) }
            guard record.standing.isActive(at: height) else { continue }
            let before = admins.count
            for account in record.admins {
                guard let admin = try decoded(MemberRecord.self, at: MembershipContract.stateKey(account)) else {
                    throw .corrupt(what: "an admin of an organisation")
                }
                if let end = admin.standing.end(after: height) { until = min(until, end) }
                if admin.member.certificate != nil { reads += 1 }
                guard admin.standing.isActive(at: height),
                    try !isCertificateRevoked(of: admin.member, account)
                else { continue }
                admins.append(Voice(account: account, member: admin.member))
            }
            if admins.count > before { organizations.append(id) }
        }
        return Electorate(
            organizations: organizations, admins: admins, until: until, reads: reads, listed: ids.count)
    }
}

/// Labels as one value of the state, ascending.
struct LabelList: Hashable, Sendable, Canonical {
    var labels: [Label]

    init(_ labels: [Label]) { self.labels = labels }

    func encode(into encoder: inout Encoder) { encoder.list(labels) }

    init(from decoder: inout Decoder) throws(DecodeError) {
        labels = try decoder.list(of: Label.self, max: Limits.organizationsMax)
    }
}

/// A number as a value of the state.
struct Counter: Hashable, Sendable, Canonical {
    let value: UInt64

    init(_ value: UInt64) { self.value = value }

    func encode(into encoder: inout Encoder) { encoder.number(value) }

    init(from decoder: inout Decoder) throws(DecodeError) { value = try decoder.number() }
}

// The same, remembered.
extension CallContext {
    mutating func subject(_ account: AccountID) throws(CallFailure) -> Subject? {
        if let known = rights.subject(account) { return known }
        do {
            let subject = try state.subject(account)
            rights.keep(subject, for: account)
            return subject
        } catch {
            throw .store(error)
        }
    }

    mutating func rule(calling contract: Label, _ method: Label) throws(CallFailure) -> Rule {
        let name = CallName(contract: contract, method: method)
        if let known = rights.rule(name) { return known }
        do {
            let rule = try state.rule(.call(contract, method))
            rights.keep(rule, for: name)
            return rule
        } catch {
            throw .store(error)
        }
    }

    /// - Cost: gas for every organisation and every admin, whether it was remembered or not.
    mutating func electorate() throws(CallFailure) -> Electorate {
        let found = try freeElectorate()
        try gas.charge(GasSchedule.readInList * found.reads)
        return found
    }

    private mutating func freeElectorate() throws(CallFailure) -> Electorate {
        if let known = rights.electorate, height < known.until { return known }
        do {
            let found = try state.electorate(at: height)
            rights.keep(found)
            return found
        } catch {
            throw .store(error)
        }
    }

    /// Answers whether the sender may make a call, in the order of EXEC-5; the member it speaks for, or why not.
    /// - Parameter arguments: what it is called with, which says what fields it writes.
    mutating func authorize(
        _ contract: Label, _ method: Label, _ arguments: [UInt8]
    ) throws(CallFailure) -> ResultCode {
        let subject = try subject(sender)
        let rule = try rule(calling: contract, method)
        // Looking up who may call is part of the transaction's price (EXEC-7).
        let electorate = rule.countsOrganizations ? try freeElectorate().organizations : []
        var calls: UInt64 = 0
        if subject?.delegation != nil { calls = try callsMade() }
        var silent: [Decision.Step]?
        var code = Decision.judge(
            .call(contract, method), subject, rule, height, electorate: electorate, callsMade: calls, steps: &silent)
        if code.isSuccess, let subject, !rule.fields.isEmpty {
            let filled = DataField.filled(by: method, of: contract, arguments)
            code = Decision.judge(fields: filled, of: rule, by: subject, electorate, steps: &silent)
        }
        if code.isSuccess, subject?.delegation != nil { countCall(calls + 1) }
        return code
    }

    /// Whether the sender may read what a contract holds.
    mutating func authorize(reading contract: Label) throws(CallFailure) -> ResultCode {
        let subject = try subject(sender)
        let rule: Rule
        do { rule = try state.rule(.read(contract, field: nil)) } catch { throw .store(error) }
        let electorate = rule.countsOrganizations ? try freeElectorate().organizations : []
        var silent: [Decision.Step]?
        return Decision.judge(
            .read(contract, field: nil), subject, rule, height, electorate: electorate, callsMade: 0, steps: &silent)
    }

    /// What keeps everybody from calling or asking a contract.
    mutating func standing(of contract: Label) throws(CallFailure) -> ResultCode {
        do {
            let standing = try state.decoded(Standing.self, at: PermissionsContract.standingKey(contract)) ?? .active
            return standing.isActive(at: height) ? .success : .contractFrozen
        } catch {
            throw .store(error)
        }
    }

    /// As `authorize`, of a call that a contract makes: the member's own rights decide, whichever key began it.
    mutating func authorize(
        inner contract: Label, _ method: Label, under rule: Rule, by speaker: Subject?
    ) throws(CallFailure) -> ResultCode {
        let electorate = rule.countsOrganizations ? try freeElectorate().organizations : []
        var own = speaker
        if let speaker, speaker.delegation != nil {
            own = Subject(
                account: speaker.account, member: speaker.member, standing: speaker.standing,
                organizationStanding: speaker.organizationStanding,
                isCertificateRevoked: speaker.isCertificateRevoked)
        }
        var silent: [Decision.Step]?
        return Decision.judge(
            .call(contract, method), own, rule, height, electorate: electorate, callsMade: 0, steps: &silent)
    }

    /// A delegated key's calls so far.
    private mutating func callsMade() throws(CallFailure) -> UInt64 {
        do {
            return try state.decoded(Counter.self, at: MembershipContract.callsKey(sender))?.value ?? 0
        } catch {
            throw .store(error)
        }
    }

    /// Written past the gas and the book: a count decides nothing that is remembered. A call that fails counts nothing.
    private mutating func countCall(_ calls: UInt64) {
        state.write(Counter(calls).encoded, for: MembershipContract.callsKey(sender))
    }
}
