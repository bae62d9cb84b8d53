// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger

/// Whether a member, an organisation or a contract may act: a state with an end of its own.
/// - Spec: MEMB-6.
package enum Standing: Hashable, Sendable, Canonical {
    case active
    /// Up to but not at the height; for ever where it is the greatest.
    case frozen(until: Height, reason: Label)
    /// For good: a member removed or replaced, an organisation that left.
    case removed

    package func isActive(at height: Height) -> Bool {
        switch self {
        case .active: true
        case .frozen(let until, _): until <= height
        case .removed: false
        }
    }

    package func isFrozen(at height: Height) -> Bool {
        if case .frozen(let until, _) = self { until > height } else { false }
    }

    package var isRemoved: Bool { self == .removed }

    /// The height at which this may change by itself, if it is still to come.
    func end(after height: Height) -> Height? {
        if case .frozen(let until, _) = self, until > height { until } else { nil }
    }

    package func encode(into encoder: inout Encoder) {
        switch self {
        case .active: encoder.u8(0)
        case .frozen(let until, let reason):
            encoder.u8(1)
            until.encode(into: &encoder)
            reason.encode(into: &encoder)
        case .removed: encoder.u8(2)
        }
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        switch try decoder.u8() {
        case 0: self = .active
        case 1: self = .frozen(until: try Height(from: &decoder), reason: try Label(from: &decoder))
        case 2: self = .removed
        case let tag: throw .unknownTag(offset: start, tag: tag)
        }
    }
}

/// A member as the state holds it.
package struct MemberRecord: Hashable, Sendable, Canonical {
    package var member: Member
    package var standing: Standing
    /// The account whose key took this one's place (MEMB-9).
    package var successor: AccountID?

    package init(member: Member, standing: Standing = .active, successor: AccountID? = nil) {
        self.member = member
        self.standing = standing
        self.successor = successor
    }

    package func encode(into encoder: inout Encoder) {
        member.encode(into: &encoder)
        standing.encode(into: &encoder)
        encoder.optional(successor)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        member = try Member(from: &decoder)
        standing = try Standing(from: &decoder)
        successor = try decoder.optional(AccountID.self)
    }
}

/// An organisation as the state holds it.
package struct OrganizationRecord: Hashable, Sendable, Canonical {
    package var organization: Organization
    package var standing: Standing
    /// Members with the role of an admin that were not removed, ascending.
    package var admins: [AccountID]

    package init(organization: Organization, standing: Standing = .active, admins: [AccountID] = []) {
        self.organization = organization
        self.standing = standing
        self.admins = admins
    }

    package func encode(into encoder: inout Encoder) {
        organization.encode(into: &encoder)
        standing.encode(into: &encoder)
        encoder.list(admins)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        organization = try Organization(from: &decoder)
        standing = try Standing(from: &decoder)
        admins = try decoder.list(of: AccountID.self, max: Limits.organizationAdminsMax)
    }
}

/// What a member lets another key do in its name.
/// - Spec: MEMB-10.
package struct Delegation: Hashable, Sendable, Canonical {
    package let contract: Label
    /// Ascending, at least one.
    package let methods: [Label]
    /// The last height.
    package let until: Height
    /// How many calls may succeed.
    package let calls: UInt64

    package init(contract: Label, methods: [Label], until: Height, calls: UInt64) {
        self.contract = contract
        self.methods = methods.sorted()
        self.until = until
        self.calls = calls
    }

    package func encode(into encoder: inout Encoder) {
        contract.encode(into: &encoder)
        encoder.list(methods)
        until.encode(into: &encoder)
        encoder.number(calls)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        contract = try Label(from: &decoder)
        let start = decoder.offset
        methods = try decoder.list(of: Label.self, max: Limits.delegatedMethodsMax)
        guard !methods.isEmpty, zip(methods, methods.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw .notCanonical(offset: start)
        }
        until = try Height(from: &decoder)
        calls = try decoder.number()
    }
}

/// A delegated key as the state holds it: for whom it speaks.
package struct DelegationRecord: Hashable, Sendable, Canonical {
    package let member: AccountID
    package let delegation: Delegation

    package func encode(into encoder: inout Encoder) {
        member.encode(into: &encoder)
        delegation.encode(into: &encoder)
    }

    package init(member: AccountID, delegation: Delegation) {
        self.member = member
        self.delegation = delegation
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        member = try AccountID(from: &decoder)
        delegation = try Delegation(from: &decoder)
    }
}
