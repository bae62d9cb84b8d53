// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Storage

// The register of members and organisations: every change of it, with what each refuses.
extension CallContext {
    /// A record of the platform's; one that does not decode is this machine's trouble.
    mutating func decoded<Value: Canonical>(_ type: Value.Type, at key: [UInt8]) throws(CallFailure) -> Value? {
        guard let bytes = try recordBytes(at: key) else { return nil }
        guard let value = try? Value(decoding: bytes) else {
            throw .store(.corrupt(what: "a record of members, policies or proposals"))
        }
        return value
    }

    /// The member that sends: active, and with its own key.
    mutating func member() throws(CallFailure) -> Subject {
        guard let member = subject else { throw .result(.unknownSender) }
        guard member.delegation == nil else { throw .result(.delegationElsewhere) }
        return member
    }

    /// Notes that who may send has changed (MEMB-8).
    mutating func noteGeneration() throws(CallFailure) {
        try put(height.encoded, at: MembershipContract.generationKey)
    }

    // MARK: Records

    mutating func memberRecord(_ account: AccountID) throws(CallFailure) -> MemberRecord {
        guard let record = try decoded(MemberRecord.self, at: MembershipContract.stateKey(account)),
            !record.standing.isRemoved
        else { throw .result(.memberUnknown) }
        return record
    }

    mutating func organization(_ id: Label) throws(CallFailure) -> OrganizationRecord {
        guard let record = try decoded(OrganizationRecord.self, at: MembershipContract.organizationKey(id)),
            !record.standing.isRemoved
        else { throw .result(.organizationUnknown) }
        return record
    }

    mutating func put(_ record: MemberRecord, _ account: AccountID) throws(CallFailure) {
        try put(record.encoded, at: MembershipContract.stateKey(account))
        try noteGeneration()
    }

    /// An organisation as it was left, where it has left: its members are in its lists still (ORG-6).
    private mutating func home(of member: Member) throws(CallFailure) -> OrganizationRecord {
        guard
            let record = try decoded(
                OrganizationRecord.self, at: MembershipContract.organizationKey(member.organization))
        else { throw .store(.corrupt(what: "the organisation of a member")) }
        return record
    }

    private mutating func put(_ record: OrganizationRecord) throws(CallFailure) {
        try put(record.encoded, at: MembershipContract.organizationKey(record.organization.id))
        try noteGeneration()
    }

    // MARK: Organisations (ORG-4 to ORG-6)

    mutating func add(_ organization: Organization) throws(CallFailure) {
        guard !organization.id.isEmpty, !organization.name.isEmpty, let code = organization.creditCode,
            organization.region != nil
        else { throw .result(.organizationIncomplete) }
        guard try value(at: MembershipContract.organizationKey(organization.id)) == nil else {
            throw .result(.organizationKnown)
        }
        try claim(code, for: organization.id)
        var directory = try decoded(LabelList.self, at: MembershipContract.directoryKey) ?? LabelList([])
        guard directory.labels.count < Limits.organizationsMax else { throw .result(.organizationsFull) }
        let place = directory.labels.firstIndex { $0 > organization.id } ?? directory.labels.count
        directory.labels.insert(organization.id, at: place)
        try put(directory.encoded, at: MembershipContract.directoryKey)
        try put(OrganizationRecord(organization: organization))
    }

    mutating func change(_ organization: Organization) throws(CallFailure) {
        var record = try self.organization(organization.id)
        guard !organization.name.isEmpty, let code = organization.creditCode, organization.region != nil else {
            throw .result(.organizationIncomplete)
        }
        if record.organization.creditCode != code {
            try claim(code, for: organization.id)
            if let old = record.organization.creditCode { try put(nil, at: MembershipContract.creditKey(old)) }
        }
        record.organization = organization
        try put(record)
    }

    /// One legal person is one organisation: a second name would be a second vote.
    private mutating func claim(_ code: CreditCode, for id: Label) throws(CallFailure) {
        guard try value(at: MembershipContract.creditKey(code)) == nil else { throw .result(.creditCodeTaken) }
        try put(id.encoded, at: MembershipContract.creditKey(code))
    }

    mutating func setStanding(_ standing: Standing, ofOrganization id: Label) throws(CallFailure) {
        var record = try organization(id)
        try check(standing, after: record.standing)
        record.standing = standing
        try put(record)
        guard standing.isRemoved else { return }
        var directory = try decoded(LabelList.self, at: MembershipContract.directoryKey) ?? LabelList([])
        directory.labels.removeAll { $0 == id }
        try put(directory.encoded, at: MembershipContract.directoryKey)
        if let code = record.organization.creditCode { try put(nil, at: MembershipContract.creditKey(code)) }
    }

    /// A freeze has an end to come and a reason, and only what is frozen is unfrozen.
    private func check(_ standing: Standing, after old: Standing) throws(CallFailure) {
        switch standing {
        case .active: guard old.isFrozen(at: height) else { throw .result(.notFrozen) }
        case .frozen(let until, let reason):
            guard until > height else { throw .result(.freezeTooShort) }
            guard !reason.isEmpty else { throw .result(.freezeUnexplained) }
        case .removed: break
        }
    }

    // MARK: Members (MEMB-3 to MEMB-7)

    mutating func add(_ member: Member) throws(CallFailure) {
        let home = try organization(member.organization)
        guard home.standing.isActive(at: height) else { throw .result(.organizationFrozen) }
        let account = member.account
        // Whoever announces a key, or delegates to it, proves nothing; what organisations decide goes before it.
        try put(nil, at: MembershipContract.announcementKey(account))
        try put(nil, at: MembershipContract.delegationKey(account))
        try put(nil, at: MembershipContract.callsKey(account))
        try demandUnknown(account)
        try demandTwoKeys(member)
        try demandCertificateHolds(member)
        try enlist(account, member)
        try put(MemberRecord(member: member), account)
    }

    mutating func change(_ member: Member) throws(CallFailure) {
        let account = member.account
        var record = try memberRecord(account)
        let old = record.member
        guard old.organization == member.organization, old.roles == member.roles, old.person == member.person else {
            throw .result(.memberFixed)
        }
        try demandTwoKeys(member)
        try demandCertificateHolds(member)
        record.member = member
        try put(record, account)
    }

    /// A key that signs decrypts nothing, nor did any that is or was a member's (MEMB-12).
    mutating func demandTwoKeys(_ member: Member) throws(CallFailure) {
        guard let other = member.encryptionKey else { return }
        guard other != member.key, try value(at: MembershipContract.stateKey(AccountID(other))) == nil else {
            throw .result(.oneKeyForBoth)
        }
    }

    mutating func setRoles(_ account: AccountID, _ roles: RoleSet) throws(CallFailure) {
        var record = try memberRecord(account)
        let isUnseated = record.member.roles.contains(.orgAdmin) && !roles.contains(.orgAdmin)
        if isUnseated { try demandAnotherAdmin(than: account, record) }
        try withdraw(account, record.member)
        record.member = record.member.with(roles: roles)
        try enlist(account, record.member)
        try put(record, account)
    }

    mutating func setStanding(_ standing: Standing, ofMember account: AccountID) throws(CallFailure) {
        var record = try memberRecord(account)
        try check(standing, after: record.standing)
        if standing != .active { try demandAnotherAdmin(than: account, record) }
        if standing.isRemoved {
            try withdraw(account, record.member)
            try dropAnnouncement(for: account)
        }
        record.standing = standing
        try put(record, account)
    }

    /// Checks a member's roles and writes it into the lists of its organisation and its person (MEMB-4, MEMB-5).
    mutating func enlist(_ account: AccountID, _ member: Member) throws(CallFailure) {
        if member.roles.meets(.threeOffices) {
            guard member.person != nil else { throw .result(.officeWithoutPerson) }
            guard member.roles.intersection(.threeOffices).count == 1 else { throw .result(.officesConflict) }
        }
        if let person = member.person { try enlist(account, member, as: person) }
        guard member.roles.contains(.orgAdmin) else { return }
        var home = try organization(member.organization)
        guard home.admins.count < Limits.organizationAdminsMax else { throw .result(.adminsFull) }
        home.admins.append(account)
        home.admins.sort()
        try put(home)
    }

    /// A person's keys are counted within its organisation: another's cannot use them up. Offices are looked at
    /// wherever they are held, for only all organisations together give them.
    private mutating func enlist(
        _ account: AccountID, _ member: Member, as person: Digest
    ) throws(CallFailure) {
        try enlist(account, at: MembershipContract.personKey(person, in: member.organization))
        let office = member.roles.intersection(.threeOffices)
        guard !office.isEmpty else { return }
        let key = MembershipContract.officesKey(person)
        for other in try decoded(AccountList.self, at: key)?.accounts ?? [] {
            let held = try memberRecord(other).member.roles.intersection(.threeOffices)
            guard held == office else { throw .result(.officesConflict) }
        }
        try enlist(account, at: key)
    }

    private mutating func enlist(_ account: AccountID, at key: [UInt8]) throws(CallFailure) {
        var list = try decoded(AccountList.self, at: key) ?? AccountList([])
        guard list.accounts.count < Limits.personKeysMax else { throw .result(.personKeysFull) }
        list.accounts.append(account)
        try put(list.encoded, at: key)
    }

    /// Takes a member out of the lists of its organisation and its person.
    mutating func withdraw(_ account: AccountID, _ member: Member) throws(CallFailure) {
        if let person = member.person {
            try withdraw(account, at: MembershipContract.personKey(person, in: member.organization))
            if member.roles.meets(.threeOffices) {
                try withdraw(account, at: MembershipContract.officesKey(person))
            }
        }
        guard member.roles.contains(.orgAdmin) else { return }
        var home = try self.home(of: member)
        home.admins.removeAll { $0 == account }
        try put(home)
    }

    private mutating func withdraw(_ account: AccountID, at key: [UInt8]) throws(CallFailure) {
        var list = try decoded(AccountList.self, at: key) ?? AccountList([])
        list.accounts.removeAll { $0 == account }
        try put(list.accounts.isEmpty ? nil : list.encoded, at: key)
    }

    /// An active organisation keeps an active admin (GOV-10).
    mutating func demandAnotherAdmin(
        than account: AccountID, _ record: MemberRecord
    ) throws(CallFailure) {
        guard record.member.roles.contains(.orgAdmin), record.standing.isActive(at: height) else { return }
        let home = try self.home(of: record.member)
        guard home.standing.isActive(at: height) else { return }
        for other in home.admins where other != account {
            try gas.charge(2 * GasSchedule.read)
            if try subject(other)?.isActive(at: height) == true { return }
        }
        throw .result(.lastAdmin)
    }

    // MARK: Permissions (PERM-1, PERM-8)

    mutating func setPolicy(_ policy: Policy?, for resource: Resource) throws(CallFailure) {
        guard resource.encoded.count <= Limits.resourceBytesMax,
            resource.contract.map({ !Platform.owns($0) }) ?? true
        else { throw .result(.resourceProtected) }
        if policy != nil, let contract = resource.contract, let field = resource.field {
            // What is in no contract's list nobody would enforce (PERM-15).
            guard DataField.of(contract).contains(field) else { throw .result(.fieldUnknown) }
        }
        let key = PermissionsContract.policyKey(resource)
        let isSet = try value(at: key) != nil
        let text = policy.map { Array($0.text.utf8) }
        if let policy, let text {
            try gas.charge(GasSchedule.policyByte * UInt64(text.count))
            guard Policy(canonical: text) == policy else { throw .result(.policyUnreadable) }
        }
        try put(text, at: key)
        guard isSet != (policy != nil) else { return }
        let count = try decoded(Counter.self, at: PermissionsContract.countKey)?.value ?? 0
        guard isSet || count < UInt64(Limits.policiesMax) else { throw .result(.policiesFull) }
        try put(Counter(isSet ? count - 1 : count + 1).encoded, at: PermissionsContract.countKey)
    }

    mutating func setStanding(_ standing: Standing, ofContract name: Label) throws(CallFailure) {
        guard !Platform.owns(name), !name.isEmpty else { throw .result(.resourceProtected) }
        let key = PermissionsContract.standingKey(name)
        try check(standing, after: try decoded(Standing.self, at: key) ?? .active)
        try put(standing == .active ? nil : standing.encoded, at: key)
    }
}
