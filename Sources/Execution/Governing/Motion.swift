// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger
import ShangMi

package enum MotionKind: Sendable {}

/// Digest of a proposal and of who makes it: what approvers sign for (GOV-1).
package typealias MotionID = Identifier<MotionKind>

/// A proposal as it is made: what is to happen, when, and why.
/// - Spec: GOV-1.
package struct Motion: Hashable, Sendable, Canonical {
    package static let format: UInt8 = 1

    package let acts: [GovernanceAct]
    /// The first height at which it may take effect; 0 for as soon as it is decided.
    package let due: Height
    /// The last height at which it may be approved and take effect.
    package let expires: Height
    /// Takes the weakening of the failure-domain rule upon itself (GOV-11).
    package let overrides: Bool
    package let reason: Label
    /// Tells apart two proposals that ask for the same.
    package let salt: UInt64

    package init(
        _ acts: [GovernanceAct], due: Height = .zero, expires: Height, overrides: Bool = false,
        reason: Label = Label(literal: ""), salt: UInt64 = 0
    ) {
        self.acts = acts
        self.due = due
        self.expires = expires
        self.overrides = overrides
        self.reason = reason
        self.salt = salt
    }

    /// Accounts of keys it would seat as validators, each once.
    var seatedAccounts: [AccountID] {
        var accounts: [AccountID] = []
        for account in acts.compactMap(\.seatedKey).map({ AccountID($0) }) where !accounts.contains(account) {
            accounts.append(account)
        }
        return accounts
    }

    package func id(by proposer: AccountID) -> MotionID {
        MotionID(SM3.hash(HashDomain.motion, (proposer.encoded + encoded).span))
    }

    package func encode(into encoder: inout Encoder) {
        encoder.u8(Motion.format)
        encoder.list(acts)
        due.encode(into: &encoder)
        expires.encode(into: &encoder)
        encoder.flag(overrides)
        reason.encode(into: &encoder)
        encoder.u64(salt)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        let format = try decoder.u8()
        guard format == Motion.format else { throw .unknownTag(offset: start, tag: format) }
        acts = try decoder.list(of: GovernanceAct.self, max: Limits.proposalActsMax)
        guard !acts.isEmpty else { throw .notCanonical(offset: start) }
        due = try Height(from: &decoder)
        expires = try Height(from: &decoder)
        overrides = try decoder.flag()
        reason = try Label(from: &decoder)
        salt = try decoder.u64()
        guard decoder.offset - start <= Limits.proposalBytesMax else {
            throw .outOfRange(offset: start, limit: UInt64(Limits.proposalBytesMax))
        }
    }
}

/// What has become of a proposal.
/// - Spec: GOV-5.
package enum MotionStatus: Hashable, Sendable, Canonical {
    case open
    /// Approved as its policies ask; it waits for its height, or for what it needs.
    case decided(Height)
    case effective(Height)
    case revoked(Height)
    /// It came to nothing when it was to take effect: the code says why.
    case void(Height, ResultCode)

    package var isClosed: Bool {
        switch self {
        case .open, .decided: false
        default: true
        }
    }

    package func encode(into encoder: inout Encoder) {
        switch self {
        case .open: encoder.u8(0)
        case .decided(let height): encoder.stamped(1, height)
        case .effective(let height): encoder.stamped(2, height)
        case .revoked(let height): encoder.stamped(3, height)
        case .void(let height, let code):
            encoder.stamped(4, height)
            code.encode(into: &encoder)
        }
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        switch try decoder.u8() {
        case 0: self = .open
        case 1: self = .decided(try Height(from: &decoder))
        case 2: self = .effective(try Height(from: &decoder))
        case 3: self = .revoked(try Height(from: &decoder))
        case 4: self = .void(try Height(from: &decoder), try ResultCode(from: &decoder))
        case let tag: throw .unknownTag(offset: start, tag: tag)
        }
    }
}

extension Encoder {
    fileprivate mutating func stamped(_ tag: UInt8, _ height: Height) {
        u8(tag)
        height.encode(into: &self)
    }
}

/// A proposal as the state holds it.
package struct MotionRecord: Hashable, Sendable, Canonical {
    package let motion: Motion
    package let proposer: AccountID
    package let organization: Label
    package let proposed: Height
    package var status: MotionStatus
    /// In the order they were given; a person stands once.
    package var approvals: [AccountID]

    package init(
        motion: Motion, proposer: AccountID, organization: Label, proposed: Height, status: MotionStatus = .open,
        approvals: [AccountID] = []
    ) {
        self.motion = motion
        self.proposer = proposer
        self.organization = organization
        self.proposed = proposed
        self.status = status
        self.approvals = approvals
    }

    package var id: MotionID { motion.id(by: proposer) }

    package func encode(into encoder: inout Encoder) {
        motion.encode(into: &encoder)
        proposer.encode(into: &encoder)
        organization.encode(into: &encoder)
        proposed.encode(into: &encoder)
        status.encode(into: &encoder)
        encoder.list(approvals)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        motion = try Motion(from: &decoder)
        proposer = try AccountID(from: &decoder)
        organization = try Label(from: &decoder)
        proposed = try Height(from: &decoder)
        status = try MotionStatus(from: &decoder)
        approvals = try decoder.list(of: AccountID.self, max: Limits.approvalsMax)
    }
}

/// What `propose`, `approve`, `withdraw` and `revoke` return.
package struct MotionReply: Hashable, Sendable, Canonical {
    package let id: MotionID
    package let status: MotionStatus
    package let approvals: Int

    init(_ record: MotionRecord) {
        id = record.id
        status = record.status
        approvals = record.approvals.count
    }

    package func encode(into encoder: inout Encoder) {
        id.encode(into: &encoder)
        status.encode(into: &encoder)
        encoder.count(approvals)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        id = try MotionID(from: &decoder)
        status = try MotionStatus(from: &decoder)
        approvals = try decoder.count(max: Limits.approvalsMax)
    }
}

/// Identifiers of proposals as one value of the state.
struct MotionList: Hashable, Sendable, Canonical {
    var ids: [MotionID]

    init(_ ids: [MotionID]) { self.ids = ids }

    func encode(into encoder: inout Encoder) { encoder.list(ids) }

    init(from decoder: inout Decoder) throws(DecodeError) {
        ids = try decoder.list(of: MotionID.self, max: Limits.openProposalsMax)
    }
}

/// Decided proposals by the height they are due at, then in the order they were decided (GOV-8).
struct Agenda: Hashable, Sendable, Canonical {
    struct Item: Hashable, Sendable, Canonical {
        /// When it is looked at next.
        let due: Height
        let id: MotionID
        /// It was looked at, and waits for what time may bring.
        let waits: Bool

        init(due: Height, id: MotionID, waits: Bool = false) {
            self.due = due
            self.id = id
            self.waits = waits
        }

        func encode(into encoder: inout Encoder) {
            due.encode(into: &encoder)
            id.encode(into: &encoder)
            encoder.flag(waits)
        }

        init(from decoder: inout Decoder) throws(DecodeError) {
            due = try Height(from: &decoder)
            id = try MotionID(from: &decoder)
            waits = try decoder.flag()
        }
    }

    var items: [Item] = []

    init() {}

    mutating func insert(_ item: Item) {
        let place = items.firstIndex { $0.due > item.due } ?? items.count
        items.insert(item, at: place)
    }

    /// Those to be looked at in a block: some that wait, which then go to the back, and some that are new. Neither kind
    /// takes places from the other.
    func turn(at height: Height) -> [Item] {
        let due = items.filter { $0.due <= height }
        return Array(due.filter(\.waits).prefix(Limits.effectsPerBlockMax))
            + Array(due.filter { !$0.waits }.prefix(Limits.effectsPerBlockMax))
    }

    mutating func remove(_ id: MotionID) { items.removeAll { $0.id == id } }

    /// How many of some proposals, each named once, stand here.
    func count(of ids: [MotionID]) -> Int {
        let ids = Set(ids)
        return items.count { ids.contains($0.id) }
    }

    func encode(into encoder: inout Encoder) { encoder.list(items) }

    init(from decoder: inout Decoder) throws(DecodeError) {
        items = try decoder.list(of: Item.self, max: Limits.dueProposalsMax)
    }
}
