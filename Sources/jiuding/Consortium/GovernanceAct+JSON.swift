// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Execution
import Ledger
import ShangMi

/// Acts for programs: the fields of a file of acts, by the same names, beside the two sentences for people. What is
/// read from a proposal can be written into a file and proposed again.
/// - Spec: GOV-21.
extension GovernanceAct {
    var json: JSONText {
        ["act": .text(name.rawValue), "fields": fields, "english": .text(english), "chinese": .text(chinese)]
    }

    /// What stands under the act's name in a file.
    package var fields: JSONText {
        .object(pairs.compactMap { key, value in value.map { JSONText.Member(key: key, value: $0) } })
    }

    private typealias Pairs = [(String, JSONText?)]

    private var pairs: Pairs {
        switch self {
        case .addOrganization(let organization), .changeOrganization(let organization): organization.pairs
        case .freezeOrganization(let id, let freeze): [("id", .text(id.text))] + freeze.pairs
        case .unfreezeOrganization(let id), .removeOrganization(let id): [("id", .text(id.text))]
        case .freezeContract(let name, let freeze): [("contract", .text(name.text))] + freeze.pairs
        case .unfreezeContract(let name), .retireContract(let name): [("contract", .text(name.text))]
        case .setPolicy(let resource, let policy):
            [("resource", .text(resource.phrase)), ("policy", .text(policy?.text ?? PolicyWords.none))]
        case .setRules(let version, let height):
            [("version", .whole(version.value)), ("from", .whole(height.value))]
        case .addMember, .changeMember, .setRoles, .freezeMember, .unfreezeMember, .removeMember, .replaceKey:
            memberPairs
        case .addValidator, .removeValidator, .replaceValidator, .rotateValidator, .setParameters: committeePairs
        case .deployContract, .upgradeContract, .setTemplate, .dropTemplate: codePairs
        }
    }

    private var memberPairs: Pairs {
        switch self {
        case .addMember(let member):
            [
                ("public-key", .text(member.key.text)), ("name", .text(member.name.text)),
                ("organization", .text(member.organization.text)), ("roles", member.roles.json),
                ("groups", .list(member.groups.map { .text($0.text) })),
                ("person", member.person.map { .text($0.hex) }),
                ("certificate", member.certificate.map { .text($0.hex) }),
                ("encryption-key", member.encryptionKey.map { .text($0.text) }),
            ]
        case .changeMember(let member):
            [
                ("member", .text(member.account.hex)), ("name", .text(member.name.text)),
                ("groups", .list(member.groups.map { .text($0.text) })),
                // Left out of a file they would stay; a member without them loses what it had.
                ("certificate", .text(member.certificate?.hex ?? PolicyWords.none)),
                ("encryption-key", .text(member.encryptionKey?.text ?? PolicyWords.none)),
            ]
        case .setRoles(let account, let roles): [("member", .text(account.hex)), ("roles", roles.json)]
        case .freezeMember(let account, let freeze): [("member", .text(account.hex))] + freeze.pairs
        case .unfreezeMember(let account), .removeMember(let account): [("member", .text(account.hex))]
        case .replaceKey(let account, let key): [("member", .text(account.hex)), ("public-key", .text(key.text))]
        default: []
        }
    }

    private var committeePairs: Pairs {
        switch self {
        case .addValidator(let validator): validator.pairs
        case .removeValidator(let key): [("validator", .text(key.text))]
        case .replaceValidator(let key, let validator): [("validator", .text(key.text))] + validator.pairs
        case .rotateValidator(let old, let new): [("validator", .text(old.text)), ("public-key", .text(new.text))]
        case .setParameters(let parameters):
            [
                ("block-interval-ms", .whole(parameters.blockIntervalMillis)),
                ("heartbeat-ms", .whole(parameters.heartbeatMillis)),
                ("clock-tolerance-ms", .whole(parameters.clockToleranceMillis)),
                ("block-transactions", .whole(parameters.blockTransactionsMax)),
            ]
        default: []
        }
    }

    private var codePairs: Pairs {
        switch self {
        case .deployContract(let deployment):
            [
                ("contract", .text(deployment.name.text)), ("code", .text(deployment.code.hex)),
                ("argument", .text(deployment.argument.isEmpty ? PolicyWords.none : Hex.encode(deployment.argument))),
            ]
        case .upgradeContract(let upgrade):
            [
                ("contract", .text(upgrade.name.text)), ("code", .text(upgrade.code.hex)),
                ("migrate", .flag(upgrade.migrates)),
            ]
        case .setTemplate(let template):
            [
                ("template", .text(template.name.text)), ("code", .text(template.code.hex)),
                ("policy", .text(template.policy.text)),
            ]
        case .dropTemplate(let name): [("template", .text(name.text))]
        default: []
        }
    }
}

extension Organization {
    fileprivate var pairs: [(String, JSONText?)] {
        [
            ("id", .text(id.text)), ("name", .text(name.text)), ("credit-code", creditCode.map { .text($0.text) }),
            ("region", region.map { .text($0.text) }), ("cloud", cloud.isEmpty ? nil : .text(cloud.text)),
            ("site", site.isEmpty ? nil : .text(site.text)),
        ]
    }
}

extension Validator {
    fileprivate var pairs: [(String, JSONText?)] {
        [
            ("public-key", .text(key.text)), ("name", .text(name.text)), ("organization", .text(organization.text)),
            ("failure-domain", .text(failureDomain.text)),
        ]
    }
}

extension GovernanceAct.Freeze {
    fileprivate var pairs: [(String, JSONText?)] {
        // Left out, a freeze has no end; the greatest height is how the chain writes that.
        [("until", until.value == Height.max ? nil : .whole(until.value)), ("reason", .text(reason.text))]
    }
}

extension RoleSet {
    fileprivate var json: JSONText {
        .list(MemberRole.allCases.filter { contains($0) }.map { .text($0.word) })
    }
}

extension SM2.PublicKey {
    /// As `jiuding key show` prints it.
    fileprivate var text: String { "04" + Hex.encode(encoded) }
}
