// SPDX-License-Identifier: Apache-2.0
package import Ledger
package import ShangMi
package import Storage

/// What the executed state says of members, organisations, policies and proposals, for whoever asks from outside: the
/// gateway before a read, `jiuding why`, the console.
/// - Spec: PERM-7, PERM-9.
package struct ConsortiumReader<Store: KeyValueStore> {
    private var view: StateView<Store>
    /// The height the next block will have: decisions are made for it.
    package let height: Height

    package init(_ tree: StateTree<Store>, next height: Height) {
        view = StateView(tree)
        self.height = height
    }

    package mutating func member(_ account: AccountID) throws(StoreError) -> MemberRecord? {
        try view.decoded(MemberRecord.self, at: MembershipContract.stateKey(account))
    }

    package mutating func organization(_ id: Label) throws(StoreError) -> OrganizationRecord? {
        try view.decoded(OrganizationRecord.self, at: MembershipContract.organizationKey(id))
    }

    /// Ids of all organisations that have not left, ascending.
    package mutating func organizations() throws(StoreError) -> [Label] {
        try view.decoded(LabelList.self, at: MembershipContract.directoryKey)?.labels ?? []
    }

    package mutating func electorate() throws(StoreError) -> Electorate { try view.electorate(at: height) }

    package mutating func subject(_ account: AccountID) throws(StoreError) -> Subject? { try view.subject(account) }

    package mutating func policy(of kind: ActClass) throws(StoreError) -> Policy { try view.policy(of: kind) }

    package mutating func rule(_ act: Act) throws(StoreError) -> Rule { try view.rule(act) }

    package mutating func motion(_ id: MotionID) throws(StoreError) -> MotionRecord? {
        try view.decoded(MotionRecord.self, at: GovernanceContract.motionKey(id))
    }

    /// Decided proposals that wait for their height, in order.
    package mutating func agenda() throws(StoreError) -> [MotionID] {
        try view.decoded(Agenda.self, at: GovernanceContract.agendaKey)?.items.map(\.id) ?? []
    }

    /// Proposals of an organisation that are open or decided; some may have expired.
    package mutating func openMotions(of organization: Label) throws(StoreError) -> [MotionID] {
        try view.decoded(MotionList.self, at: GovernanceContract.openKey(organization))?.ids ?? []
    }

    /// What a delegated key may do, and how many calls it has made; nil for any other.
    package mutating func delegation(
        _ account: AccountID
    ) throws(StoreError) -> (record: DelegationRecord, calls: UInt64)? {
        guard let record = try view.decoded(DelegationRecord.self, at: MembershipContract.delegationKey(account)) else {
            return nil
        }
        return (record, try view.decoded(Counter.self, at: MembershipContract.callsKey(account))?.value ?? 0)
    }

    /// Keys a member delegated to.
    package mutating func delegates(of account: AccountID) throws(StoreError) -> [AccountID] {
        try view.decoded(AccountList.self, at: MembershipContract.delegatesKey(account))?.accounts ?? []
    }

    /// Whether a contract may be called.
    package mutating func standing(ofContract name: Label) throws(StoreError) -> Standing {
        try view.decoded(Standing.self, at: PermissionsContract.standingKey(name)) ?? .active
    }

    /// The policy set for a resource itself; nil where the wider one, or the standard, decides.
    package mutating func ownPolicy(of resource: Resource) throws(StoreError) -> Policy? {
        try view.value(for: PermissionsContract.policyKey(resource)).map { Policy(canonical: $0) ?? .forbidden }
    }

    /// The committee in force.
    package mutating func committee() throws(StoreError) -> Committee? {
        try view.decoded(Committee.self, at: CommitteeContract.activeStateKey)
    }

    /// Rule versions by height (GOV-13).
    package mutating func rules() throws(StoreError) -> [RuleSchedule.Change] {
        try view.decoded(RuleSchedule.self, at: GovernanceContract.rulesKey)?.changes ?? []
    }

    /// Certificates taken back, the newest first, down to one that is known (CERT-21).
    /// - Cost: a read for each.
    package mutating func revocations(
        after known: Digest?
    ) throws(StoreError) -> [(fingerprint: Digest, record: RevocationRecord)] {
        var found: [(fingerprint: Digest, record: RevocationRecord)] = []
        var next = try view.decoded(Digest.self, at: MembershipContract.newestRevocationKey)
        while let fingerprint = next, fingerprint != known {
            let record = try view.decoded(
                RevocationRecord.self, at: MembershipContract.revocationKey(fingerprint))
            guard let record else { throw .corrupt(what: "the list of certificates taken back") }
            found.append((fingerprint, record))
            next = record.previous
        }
        return found
    }

    /// The fields of a contract's data that are kept from a reader, each with what `decide` says of reading it.
    /// - Parameter account: nil for a stranger, who reads a chain that is open to everybody: fields with a policy of
    ///   their own are closed to strangers all the same.
    /// - Spec: PERM-15.
    package mutating func fieldsWithheld(
        _ contract: Label, from account: AccountID?
    ) throws(StoreError) -> [(field: Label, decision: Decision)] {
        var withheld: [(field: Label, decision: Decision)] = []
        for field in DataField.of(contract) where try ownPolicy(of: .fieldReads(contract, field)) != nil {
            let act = Act.read(contract, field: field)
            let decision =
                if let account { try decide(act, by: account) } else {
                    Decision.decide(act, by: nil, under: try rule(act), at: height)
                }
            if !decision.isAllowed { withheld.append((field, decision)) }
        }
        return withheld
    }

    /// Whether the holder of a key may do something in the next block, and why.
    package mutating func decide(_ act: Act, by account: AccountID) throws(StoreError) -> Decision {
        let rule = try rule(act)
        let electorate = rule.countsOrganizations ? try electorate().organizations : []
        let made = try view.decoded(Counter.self, at: MembershipContract.callsKey(account))?.value ?? 0
        return Decision.decide(
            act, by: try subject(account), under: rule, at: height, electorate: electorate, callsMade: made)
    }
}
