// SPDX-License-Identifier: Apache-2.0
import Ledger

/// What people call the acts of governance: in `propose ACT`, in a file of acts, in what is shown.
/// - Spec: GOV-2, GOV-20.
package enum ActName: String, CaseIterable, Hashable, Sendable {
    case addOrganization = "add-organization"
    case changeOrganization = "change-organization"
    case freezeOrganization = "freeze-organization"
    case unfreezeOrganization = "unfreeze-organization"
    case removeOrganization = "remove-organization"
    case addMember = "add-member"
    case changeMember = "change-member"
    case setRoles = "set-roles"
    case freezeMember = "freeze-member"
    case unfreezeMember = "unfreeze-member"
    case removeMember = "remove-member"
    case replaceKey = "replace-key"
    case setPolicy = "set-policy"
    case freezeContract = "freeze-contract"
    case unfreezeContract = "unfreeze-contract"
    case addValidator = "add-validator"
    case removeValidator = "remove-validator"
    case replaceValidator = "replace-validator"
    case rotateValidator = "rotate-validator"
    case setParameters = "set-parameters"
    case setRules = "set-rules"
    case deployContract = "deploy-contract"
    case upgradeContract = "upgrade-contract"
    case retireContract = "retire-contract"
    case setTemplate = "set-template"
    case dropTemplate = "drop-template"

    /// The class by the table of GOV-2; an act on a member that holds an office is of class offices all the same.
    package var kind: ActClass {
        switch self {
        case .addOrganization, .changeOrganization, .freezeOrganization, .unfreezeOrganization, .removeOrganization:
            .organizations
        case .addMember, .changeMember, .setRoles, .removeMember, .replaceKey: .members
        case .freezeMember, .unfreezeMember: .freezes
        case .setPolicy: .policies
        case .freezeContract, .unfreezeContract, .deployContract, .upgradeContract, .retireContract, .setTemplate,
            .dropTemplate:
            .contracts
        case .addValidator, .removeValidator, .replaceValidator: .committee
        case .rotateValidator: .validatorKeys
        case .setParameters, .setRules: .parameters
        }
    }
}

extension GovernanceAct {
    package var name: ActName {
        switch self {
        case .addOrganization: .addOrganization
        case .changeOrganization: .changeOrganization
        case .freezeOrganization: .freezeOrganization
        case .unfreezeOrganization: .unfreezeOrganization
        case .removeOrganization: .removeOrganization
        case .addMember: .addMember
        case .changeMember: .changeMember
        case .setRoles: .setRoles
        case .freezeMember: .freezeMember
        case .unfreezeMember: .unfreezeMember
        case .removeMember: .removeMember
        case .replaceKey: .replaceKey
        case .setPolicy: .setPolicy
        case .freezeContract: .freezeContract
        case .unfreezeContract: .unfreezeContract
        case .addValidator: .addValidator
        case .removeValidator: .removeValidator
        case .replaceValidator: .replaceValidator
        case .rotateValidator: .rotateValidator
        case .setParameters: .setParameters
        case .setRules: .setRules
        case .deployContract: .deployContract
        case .upgradeContract: .upgradeContract
        case .retireContract: .retireContract
        case .setTemplate: .setTemplate
        case .dropTemplate: .dropTemplate
        }
    }
}

extension ActClass {
    /// One word, as `acts of members` names it.
    package var word: String {
        switch self {
        case .organizations: "organizations"
        case .members: "members"
        case .offices: "offices"
        case .freezes: "freezes"
        case .policies: "policies"
        case .contracts: "contracts"
        case .committee: "committee"
        case .validatorKeys: "validatorKeys"
        case .parameters: "parameters"
        }
    }
}

/// Something a member may want to do, as people write it.
///
/// `call evidence.deposit`, `read evidence`, `read evidence/title`, `write evidence.deposit/title`,
/// `propose set-policy`, `approve 4f3c…` (the proposal's 64 digits).
/// - Spec: PERM-20.
package enum ActPhrase: Hashable, Sendable {
    case act(Act)
    case propose(ActName)
    case approve(MotionID)

    /// - Returns: nil for what is none of these.
    package init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2 else { return nil }
        let object = String(words[1])
        switch words[0] {
        case "call":
            guard let (contract, method) = ActPhrase.method(object) else { return nil }
            self = .act(.call(contract, method))
        case "read":
            let parts = object.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let contract = ActPhrase.name(parts[0]) else { return nil }
            let field = parts.count > 1 ? ActPhrase.name(parts[1]) : nil
            guard parts.count == 1 || field != nil else { return nil }
            self = .act(.read(contract, field: field))
        case "write":
            let parts = object.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let (contract, method) = ActPhrase.method(String(parts[0])),
                let field = ActPhrase.name(parts[1])
            else { return nil }
            self = .act(.write(contract, method: method, field: field))
        case "propose":
            guard let name = ActName(rawValue: object) else { return nil }
            self = .propose(name)
        case "approve":
            guard let id = MotionID(hex: object) else { return nil }
            self = .approve(id)
        default: return nil
        }
    }

    package var text: String {
        switch self {
        case .act(.call(let contract, let method)): "call \(contract.text).\(method.text)"
        case .act(.read(let contract, let field)): "read \(contract.text)" + (field.map { "/\($0.text)" } ?? "")
        case .act(.write(let contract, let method, let field)):
            "write \(contract.text).\(method.text)/\(field.text)"
        case .propose(let name): "propose \(name.rawValue)"
        case .approve(let id): "approve \(id.hex)"
        }
    }

    /// The last full stop parts a contract from its method.
    private static func method(_ text: String) -> (Label, Label)? {
        guard let stop = text.lastIndex(of: "."), let contract = name(text[..<stop]),
            let method = name(text[text.index(after: stop)...])
        else { return nil }
        return (contract, method)
    }

    private static func name(_ text: Substring) -> Label? {
        guard let label = Label(String(text)), !label.isEmpty else { return nil }
        return label
    }
}

extension Resource {
    /// As people write it: `calls`, `reads`, `calls evidence`, `reads evidence`, `method evidence.deposit`,
    /// `reads evidence/title`, `writes evidence/title`, `acts policies`.
    /// - Returns: nil for what is none of these.
    /// - Spec: PERM-20.
    package init?(phrase text: String) {
        let words = text.split(separator: " ")
        guard let first = words.first, words.count <= 2 else { return nil }
        guard words.count == 2 else {
            switch first {
            case "calls": self = .calls
            case "reads": self = .reads
            default: return nil
            }
            return
        }
        if first == "acts" {
            guard let kind = ActClass.allCases.first(where: { $0.word == words[1] }) else { return nil }
            self = .acts(kind)
            return
        }
        let sign: Character = first == "method" ? "." : "/"
        let stop = words[1].lastIndex(of: sign)
        let name = stop.map { words[1][..<$0] } ?? words[1]
        guard let contract = Label(String(name)), !contract.isEmpty else { return nil }
        let rest = stop.map { String(words[1][words[1].index(after: $0)...]) }
        let member = rest.flatMap { Label($0) }
        switch (first, member) {
        case ("calls", nil) where rest == nil: self = .contractCalls(contract)
        case ("reads", nil) where rest == nil: self = .contractReads(contract)
        case ("method", let method?) where !method.isEmpty: self = .method(contract, method)
        case ("reads", let field?) where !field.isEmpty: self = .fieldReads(contract, field)
        case ("writes", let field?) where !field.isEmpty: self = .fieldWrites(contract, field)
        default: return nil
        }
    }

    /// The text `init(phrase:)` reads.
    package var phrase: String {
        switch self {
        case .calls: "calls"
        case .reads: "reads"
        case .contractCalls(let contract): "calls \(contract.text)"
        case .contractReads(let contract): "reads \(contract.text)"
        case .method(let contract, let method): "method \(contract.text).\(method.text)"
        case .fieldReads(let contract, let field): "reads \(contract.text)/\(field.text)"
        case .fieldWrites(let contract, let field): "writes \(contract.text)/\(field.text)"
        case .acts(let kind): "acts \(kind.word)"
        }
    }
}
