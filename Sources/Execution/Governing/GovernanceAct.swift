// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger
package import ShangMi

/// One thing governance can do to a consortium.
/// - Spec: GOV-2, GOV-3 (docs/spec/governance.md).
package enum GovernanceAct: Hashable, Sendable, Canonical {
    case addOrganization(Organization)
    /// Everything but its id.
    case changeOrganization(Organization)
    case freezeOrganization(Label, Freeze)
    case unfreezeOrganization(Label)
    case removeOrganization(Label)
    case addMember(Member)
    /// Name, groups, certificate and encryption key.
    case changeMember(Member)
    case setRoles(AccountID, RoleSet)
    case freezeMember(AccountID, Freeze)
    case unfreezeMember(AccountID)
    case removeMember(AccountID)
    /// Announces a new key for a member; it takes over when its holder says so.
    case replaceKey(AccountID, SM2.PublicKey)
    /// Nil leaves the resource to the wider one.
    case setPolicy(Resource, Policy?)
    case freezeContract(Label, Freeze)
    case unfreezeContract(Label)
    case addValidator(Validator)
    case removeValidator(SM2.PublicKey)
    case replaceValidator(SM2.PublicKey, Validator)
    case rotateValidator(SM2.PublicKey, SM2.PublicKey)
    case setParameters(ConsensusParameters)
    case setRules(RuleVersion, Height)
    case deployContract(ContractDeployment)
    case upgradeContract(ContractUpgrade)
    case retireContract(Label)
    case setTemplate(ContractTemplate)
    case dropTemplate(Label)

    /// Until when and why.
    package struct Freeze: Hashable, Sendable, Canonical {
        /// Over at this height; never by itself where it is the greatest.
        package let until: Height
        package let reason: Label

        package init(until: Height = Height(Height.max), reason: Label) {
            self.until = until
            self.reason = reason
        }

        var standing: Standing { .frozen(until: until, reason: reason) }

        package func encode(into encoder: inout Encoder) {
            until.encode(into: &encoder)
            reason.encode(into: &encoder)
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            until = try Height(from: &decoder)
            reason = try Label(from: &decoder)
        }
    }

    /// True for acts that make another committee.
    var changesCommittee: Bool {
        switch self {
        case .addValidator, .removeValidator, .replaceValidator, .rotateValidator, .setParameters: true
        default: false
        }
    }

    /// True for acts on contracts, which older rules do not know (CTR-27).
    var needsContracts: Bool {
        switch self {
        case .deployContract, .upgradeContract, .retireContract, .setTemplate, .dropTemplate: true
        default: false
        }
    }

    /// The code that the act would have run, or let members run.
    var code: Digest? {
        switch self {
        case .deployContract(let deployment): deployment.code
        case .upgradeContract(let upgrade): upgrade.code
        case .setTemplate(let template): template.code
        default: nil
        }
    }

    /// The key of a validator the act would seat.
    package var seatedKey: SM2.PublicKey? {
        switch self {
        case .addValidator(let validator), .replaceValidator(_, let validator): validator.key
        case .rotateValidator(_, let key): key
        default: nil
        }
    }

    package func encode(into encoder: inout Encoder) {
        switch self {
        case .addOrganization(let organization): encoder.act(1, organization)
        case .changeOrganization(let organization): encoder.act(2, organization)
        case .freezeOrganization(let id, let freeze): encoder.act(3, id, freeze)
        case .unfreezeOrganization(let id): encoder.act(4, id)
        case .removeOrganization(let id): encoder.act(5, id)
        case .addMember(let member): encoder.act(6, member)
        case .changeMember(let member): encoder.act(7, member)
        case .setRoles(let account, let roles): encoder.act(8, account, roles)
        case .freezeMember(let account, let freeze): encoder.act(9, account, freeze)
        case .unfreezeMember(let account): encoder.act(10, account)
        case .removeMember(let account): encoder.act(11, account)
        case .replaceKey(let account, let key): encoder.act(12, account, key)
        case .setPolicy(let resource, let policy):
            encoder.act(13, resource)
            encoder.flag(policy != nil)
            if let policy { encoder.bytes(Array(policy.text.utf8)) }
        case .freezeContract(let contract, let freeze): encoder.act(14, contract, freeze)
        case .unfreezeContract(let contract): encoder.act(15, contract)
        case .addValidator(let validator): encoder.act(16, validator)
        case .removeValidator(let key): encoder.act(17, key)
        case .replaceValidator(let key, let validator): encoder.act(18, key, validator)
        case .rotateValidator(let key, let next): encoder.act(19, key, next)
        case .setParameters(let parameters): encoder.act(20, parameters)
        case .setRules(let version, let height): encoder.act(21, version, height)
        case .deployContract(let deployment): encoder.act(22, deployment)
        case .upgradeContract(let upgrade): encoder.act(23, upgrade)
        case .retireContract(let name): encoder.act(24, name)
        case .setTemplate(let template): encoder.act(25, template)
        case .dropTemplate(let name): encoder.act(26, name)
        }
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        let tag = try decoder.u8()
        switch tag {
        case 1: self = .addOrganization(try Organization(from: &decoder))
        case 2: self = .changeOrganization(try Organization(from: &decoder))
        case 3: self = .freezeOrganization(try Label(from: &decoder), try Freeze(from: &decoder))
        case 4: self = .unfreezeOrganization(try Label(from: &decoder))
        case 5: self = .removeOrganization(try Label(from: &decoder))
        case 6: self = .addMember(try Member(from: &decoder))
        case 7: self = .changeMember(try Member(from: &decoder))
        case 8: self = .setRoles(try AccountID(from: &decoder), try RoleSet(from: &decoder))
        case 9: self = .freezeMember(try AccountID(from: &decoder), try Freeze(from: &decoder))
        case 10: self = .unfreezeMember(try AccountID(from: &decoder))
        case 11: self = .removeMember(try AccountID(from: &decoder))
        case 12: self = .replaceKey(try AccountID(from: &decoder), try SM2.PublicKey(from: &decoder))
        case 13: self = .setPolicy(try Resource(from: &decoder), try GovernanceAct.policy(from: &decoder))
        default: self = try GovernanceAct(tag: tag, at: start, from: &decoder)
        }
    }

    private init(tag: UInt8, at start: Int, from decoder: inout Decoder) throws(DecodeError) {
        switch tag {
        case 14: self = .freezeContract(try Label(from: &decoder), try Freeze(from: &decoder))
        case 15: self = .unfreezeContract(try Label(from: &decoder))
        case 16: self = .addValidator(try Validator(from: &decoder))
        case 17: self = .removeValidator(try SM2.PublicKey(from: &decoder))
        case 18: self = .replaceValidator(try SM2.PublicKey(from: &decoder), try Validator(from: &decoder))
        case 19: self = .rotateValidator(try SM2.PublicKey(from: &decoder), try SM2.PublicKey(from: &decoder))
        case 20: self = .setParameters(try ConsensusParameters(from: &decoder))
        case 21: self = .setRules(try RuleVersion(from: &decoder), try Height(from: &decoder))
        case 22: self = .deployContract(try ContractDeployment(from: &decoder))
        case 23: self = .upgradeContract(try ContractUpgrade(from: &decoder))
        case 24: self = .retireContract(try Label(from: &decoder))
        case 25: self = .setTemplate(try ContractTemplate(from: &decoder))
        case 26: self = .dropTemplate(try Label(from: &decoder))
        default: throw .unknownTag(offset: start, tag: tag)
        }
    }

    private static func policy(from decoder: inout Decoder) throws(DecodeError) -> Policy? {
        guard try decoder.flag() else { return nil }
        let start = decoder.offset
        guard let policy = Policy(canonical: try decoder.bytes(max: Limits.policyBytesMax)) else {
            throw .notCanonical(offset: start)
        }
        return policy
    }
}

extension Encoder {
    fileprivate mutating func act(_ tag: UInt8, _ first: some Canonical) {
        u8(tag)
        first.encode(into: &self)
    }

    fileprivate mutating func act(_ tag: UInt8, _ first: some Canonical, _ second: some Canonical) {
        act(tag, first)
        second.encode(into: &self)
    }
}
