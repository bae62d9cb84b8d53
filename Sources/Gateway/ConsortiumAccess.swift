// SPDX-License-Identifier: Apache-2.0
package import Execution
package import Ledger

/// What the executed state of a chain says of its members, policies and proposals: the part of `ChainAccess` that
/// permissions and governance need.
///
/// Guarantees of every body: one answer speaks of one executed height, which it names; a page holds at most `limit`
/// elements, and may hold fewer though more follow.
/// - Spec: API-50 to API-54.
package protocol ConsortiumAccess: Sendable {
    /// Members in the order of their accounts, those after one.
    /// - Parameter organization: leaves out members of all others; nil for all.
    func members(
        of organization: Label?, after account: AccountID?, limit: Int
    ) async throws(AccessError) -> ConsortiumPage<MemberEntry>

    /// A member by its account, or the member a delegated key speaks for.
    func member(_ account: AccountID) async throws(AccessError) -> MemberEntry?

    /// Organisations in the order of their ids, also those that have left.
    func organizations(
        after id: Label?, limit: Int
    ) async throws(AccessError) -> ConsortiumPage<OrganizationEntry>

    func organization(_ id: Label) async throws(AccessError) -> OrganizationEntry?

    /// Policies that are set, in the order of their resources.
    func policies(after resource: Resource?, limit: Int) async throws(AccessError) -> ConsortiumPage<PolicyEntry>

    /// What decides where nobody has set a policy: calls, reads and each class of acts, as it is now.
    func standardPolicies() async throws(AccessError) -> [PolicyEntry]

    /// All proposals ever made, in the order of their identifiers, or those that are open or decided.
    func proposals(
        areOpen: Bool, after id: MotionID?, limit: Int
    ) async throws(AccessError) -> ConsortiumPage<ProposalEntry>

    func proposal(_ id: MotionID) async throws(AccessError) -> ProposalEntry?

    /// What making a proposal would come to in the next block.
    func preview(_ motion: Motion, by account: AccountID) async throws(AccessError) -> ProposalPreview

    /// Whether somebody may do something in the next block, and why.
    func verdict(_ phrase: ActPhrase, by account: AccountID) async throws(AccessError) -> Verdict
}

/// Some of a list, and where the next begins; nil at the end.
package struct ConsortiumPage<Element: Sendable>: Sendable {
    package let height: Height
    package let elements: [Element]
    package let cursor: String?

    package init(height: Height, elements: [Element], cursor: String?) {
        self.height = height
        self.elements = elements
        self.cursor = cursor
    }
}

/// A member with what it may do now.
package struct MemberEntry: Sendable {
    package let height: Height
    package let account: AccountID
    package let record: MemberRecord
    /// True where the member and its organisation may act in the next block.
    package let isActive: Bool
    /// Keys it delegated to; asked for one member only.
    package let delegates: [AccountID]
    /// Set where the account asked for is a delegated key of the member.
    package let delegation: Delegated?

    /// A delegated key.
    package struct Delegated: Sendable {
        package let account: AccountID
        package let delegation: Delegation
        package let callsMade: UInt64

        package init(account: AccountID, delegation: Delegation, callsMade: UInt64) {
            self.account = account
            self.delegation = delegation
            self.callsMade = callsMade
        }
    }

    package init(
        height: Height, account: AccountID, record: MemberRecord, isActive: Bool, delegates: [AccountID] = [],
        delegation: Delegated? = nil
    ) {
        self.height = height
        self.account = account
        self.record = record
        self.isActive = isActive
        self.delegates = delegates
        self.delegation = delegation
    }
}

/// An organisation, and whether it has a voice (GOV-4).
package struct OrganizationEntry: Sendable {
    package let height: Height
    package let record: OrganizationRecord
    package let hasVoice: Bool

    package init(height: Height, record: OrganizationRecord, hasVoice: Bool) {
        self.height = height
        self.record = record
        self.hasVoice = hasVoice
    }
}

/// A policy and where it stands.
package struct PolicyEntry: Sendable {
    package let resource: Resource
    /// Nil where the state holds what is no policy: nothing is allowed then.
    package let policy: Policy?
    /// True where nobody has set it.
    package let isStandard: Bool

    package init(resource: Resource, policy: Policy?, isStandard: Bool) {
        self.resource = resource
        self.policy = policy
        self.isStandard = isStandard
    }
}

/// A proposal, who approved it, and what it needs.
package struct ProposalEntry: Sendable {
    package let height: Height
    package let id: MotionID
    package let record: MotionRecord
    package let approvals: [Approval]
    /// Empty where the proposal is closed.
    package let needs: [MotionNeed]
    /// Why a decided one does not take effect in the next block; success where it would, and for all others.
    package let waitsFor: ResultCode
    /// What it would do to the committee in force; nil where it is closed.
    package let preview: EffectPreview?

    /// One approval.
    package struct Approval: Sendable {
        package let account: AccountID
        /// Nil where nobody stands behind the account any more.
        package let member: Member?
        /// Whether it counts now.
        package let counts: Bool

        package init(account: AccountID, member: Member?, counts: Bool) {
            self.account = account
            self.member = member
            self.counts = counts
        }
    }

    package init(
        height: Height, id: MotionID, record: MotionRecord, approvals: [Approval], needs: [MotionNeed],
        waitsFor: ResultCode, preview: EffectPreview?
    ) {
        self.height = height
        self.id = id
        self.record = record
        self.approvals = approvals
        self.needs = needs
        self.waitsFor = waitsFor
        self.preview = preview
    }
}

/// What making a proposal would come to.
package struct ProposalPreview: Sendable {
    package let height: Height
    package let id: MotionID
    /// Success, or what it would be refused for.
    package let code: ResultCode
    /// True where the proposer's own approval would decide it.
    package let isDecided: Bool
    package let needs: [MotionNeed]
    package let preview: EffectPreview
    /// From when on the validators' keys may be changed; nil where they may now (GOV-17).
    package let possibleFrom: Timestamp?

    package init(
        height: Height, id: MotionID, code: ResultCode, isDecided: Bool, needs: [MotionNeed], preview: EffectPreview,
        possibleFrom: Timestamp?
    ) {
        self.possibleFrom = possibleFrom
        self.height = height
        self.id = id
        self.code = code
        self.isDecided = isDecided
        self.needs = needs
        self.preview = preview
    }
}
