// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Execution
import Foundation
package import Ledger
package import ShangMi

/// A file of acts in YAML; what nobody asked for is an error with its line and column, as in a node's configuration.
/// - Spec: GOV-21.
package struct ActFile {
    /// What a file's words are looked up in.
    package struct Place {
        /// From where `+N` counts.
        let tip: Height
        /// Whose validators have names.
        let committee: Committee
        let account: (String) async throws -> AccountID
        let member: (String) async throws -> Member
        /// What the start of published code takes; nil where that is not described.
        let start: (Digest) async throws -> [ContractDescription.Item]?

        package init(
            tip: Height, committee: Committee, account: @escaping (String) async throws -> AccountID,
            member: @escaping (String) async throws -> Member,
            start: @escaping (Digest) async throws -> [ContractDescription.Item]? = { _ in nil }
        ) {
            self.tip = tip
            self.committee = committee
            self.account = account
            self.member = member
            self.start = start
        }
    }

    static let summary = """
        add-organization, change-organization: id, name, credit-code, region, cloud, site
          freeze-organization: id, until, reason; unfreeze-organization, remove-organization: id
          add-member: public-key, name, organization, roles, groups, person, certificate, encryption-key
          change-member: member, name, groups, certificate, encryption-key (what is left out stays; none: taken away)
          set-roles: member, roles; replace-key: member, public-key; remove-member, unfreeze-member: member
          freeze-member: member, until, reason; freeze-contract: contract, until, reason; unfreeze-contract: contract
          set-policy: resource, policy (none: leave it to the wider resource)
          add-validator: public-key, name, organization, failure-domain; remove-validator: validator
          replace-validator: validator and those of add-validator; rotate-validator: validator, public-key
          set-parameters: block-interval-ms, heartbeat-ms, clock-tolerance-ms, block-transactions
          set-rules: version, from
          deploy-contract: contract, code, arguments (by name, as the code's start takes them) or argument (hexadecimal)
          upgrade-contract: contract, code, migrate (true or false); retire-contract: contract
          set-template: template, code, policy; drop-template: template
        """

    let path: String
    let choice: MemberChoice

    func read() async throws -> ProposalDraft {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw Failure(
                .usage, "JD-4032", phrase("\(path) cannot be read", zh: "无法读取 \(path)"),
                fix: phrase("check the path", zh: "请检查路径"))
        }
        let (choice, client, name) = (choice, choice.client, choice.chain)
        let chain = try await Failure.naming { () async throws(ClientError) in try await client.chain(name) }
        let place = Place(tip: chain.height, committee: chain.committee) {
            try await choice.account($0)
        } member: {
            try await choice.member($0).record.member
        } start: {
            await StartArguments.items(of: $0, client, name)
        }
        return try await ActFile.parse([UInt8](bytes), file: path, in: place)
    }

    /// - Throws: `Failure` JD-4032 with file, line and column; whatever looking up a member does.
    package static func parse(_ text: [UInt8], file: String, in place: Place) async throws -> ProposalDraft {
        do {
            return try await draft(ConfigurationSection(file: file, text: text), place)
        } catch let flaw as ConfigurationFlaw {
            throw Failure(
                .usage, "JD-4032", "\(flaw.place): " + phrase(flaw.reason, zh: flaw.reasonZh),
                fix: phrase(
                    "mend that line; the acts and their keys are in `jiuding govern propose --help`",
                    zh: "请改正该行；操作及其键见 jiuding govern propose --help"))
        }
    }

    private static func draft(_ section: ConfigurationSection, _ place: Place) async throws -> ProposalDraft {
        var file = section
        var draft = ProposalDraft([])
        draft.reason = try file.optionalText("reason")
        draft.at = try file.optionalText("at")
        draft.expires = try file.optionalText("expires")
        draft.overrides = try file.value("overrides", default: false, "true or false", zh: " true 或 false") {
            Bool($0)
        }
        for item in try file.neededSections("acts") {
            var item = item
            guard let word = item.names.first, item.names.count == 1, let name = ActName(rawValue: word) else {
                throw item.flaw(
                    "an act is one of \(ActName.allCases.map(\.rawValue).joined(separator: ", "))",
                    zh: "操作应为其中之一：\(ActName.allCases.map(\.rawValue).joined(separator: "、"))")
            }
            var fields = try item.neededSection(word)
            draft.acts.append(try await act(name, &fields, place))
            try fields.end()
            try item.end()
        }
        try file.end()
        return draft
    }

    // MARK: Acts

    private static func act(
        _ name: ActName, _ fields: inout ConfigurationSection, _ place: Place
    ) async throws -> GovernanceAct {
        let tip = place.tip
        switch name {
        case .addOrganization: return .addOrganization(try fields.organization())
        case .changeOrganization: return .changeOrganization(try fields.organization())
        case .freezeOrganization: return .freezeOrganization(try fields.label("id"), try fields.freeze(tip))
        case .unfreezeOrganization: return .unfreezeOrganization(try fields.label("id"))
        case .removeOrganization: return .removeOrganization(try fields.label("id"))
        case .freezeContract: return .freezeContract(try fields.label("contract"), try fields.freeze(tip))
        case .unfreezeContract: return .unfreezeContract(try fields.label("contract"))
        case .setPolicy: return try fields.policy()
        case .deployContract, .upgradeContract, .retireContract, .setTemplate, .dropTemplate:
            return try await contractAct(name, &fields, place)
        case .setRules:
            let version = try fields.value("version", "a number", zh: "数字") { UInt16($0) }
            let from = try fields.value("from", "a height or +N", zh: "高度或 +N") {
                ProposalOptions.height($0, tip: tip)
            }
            return .setRules(RuleVersion(version), from)
        case .addMember, .changeMember, .setRoles, .freezeMember, .unfreezeMember, .removeMember, .replaceKey:
            return try await memberAct(name, &fields, place)
        case .addValidator, .removeValidator, .replaceValidator, .rotateValidator, .setParameters:
            return try committeeAct(name, &fields, place.committee)
        }
    }

    private static func contractAct(
        _ name: ActName, _ fields: inout ConfigurationSection, _ place: Place
    ) async throws -> GovernanceAct {
        switch name {
        case .deployContract:
            let (contract, code) = (try fields.label("contract"), try fields.code())
            return .deployContract(
                ContractDeployment(
                    name: contract, code: code, argument: try fields.argument(try await place.start(code))))
        case .upgradeContract:
            let migrates = try fields.value("migrate", "true or false", zh: " true 或 false") { Bool($0) }
            return .upgradeContract(
                ContractUpgrade(name: try fields.label("contract"), code: try fields.code(), migrates: migrates))
        case .setTemplate:
            return .setTemplate(
                ContractTemplate(
                    name: try fields.label("template"), code: try fields.code(), policy: try fields.writtenPolicy()))
        case .dropTemplate: return .dropTemplate(try fields.label("template"))
        default: return .retireContract(try fields.label("contract"))
        }
    }

    private static func memberAct(
        _ name: ActName, _ fields: inout ConfigurationSection, _ place: Place
    ) async throws -> GovernanceAct {
        if name == .addMember { return .addMember(try fields.member()) }
        let meant = try fields.text("member")
        guard name != .changeMember else {
            return .changeMember(try fields.changed(try await place.member(meant)))
        }
        let account = try await place.account(meant)
        switch name {
        case .setRoles: return .setRoles(account, try fields.roles())
        case .freezeMember: return .freezeMember(account, try fields.freeze(place.tip))
        case .unfreezeMember: return .unfreezeMember(account)
        case .replaceKey: return .replaceKey(account, try fields.key("public-key"))
        default: return .removeMember(account)
        }
    }

    private static func committeeAct(
        _ name: ActName, _ fields: inout ConfigurationSection, _ committee: Committee
    ) throws -> GovernanceAct {
        switch name {
        case .addValidator: return .addValidator(try fields.validator())
        case .replaceValidator: return .replaceValidator(try fields.seat(committee), try fields.validator())
        case .rotateValidator: return .rotateValidator(try fields.seat(committee), try fields.key("public-key"))
        case .setParameters: return .setParameters(try fields.parameters(committee.parameters))
        default: return .removeValidator(try fields.seat(committee))
        }
    }
}

extension ConfigurationSection {
    fileprivate mutating func label(_ key: String) throws(ConfigurationFlaw) -> Ledger.Label {
        try value(key, "at most 255 bytes of plain text", zh: "至多 255 字节的文本") { Ledger.Label($0) }
    }

    private mutating func optionalLabel(_ key: String) throws(ConfigurationFlaw) -> Ledger.Label? {
        try names.contains(key) ? label(key) : nil
    }

    private mutating func labels(_ key: String) throws(ConfigurationFlaw) -> [Ledger.Label] {
        var labels: [Ledger.Label] = []
        for text in try texts(key) {
            guard let label = Ledger.Label(text) else { throw flaw("\(text) is no name", zh: "\(text) 不是名称") }
            labels.append(label)
        }
        return labels
    }

    fileprivate mutating func key(_ key: String) throws(ConfigurationFlaw) -> SM2.PublicKey {
        try value(key, "a public key as `jiuding key show` prints it", zh: "公钥（jiuding key show 所示）") {
            MemberChoice.key($0)
        }
    }

    private mutating func digest(_ key: String) throws(ConfigurationFlaw) -> Digest? {
        guard names.contains(key) else { return nil }
        return try value(key, "64 hexadecimal digits", zh: " 64 位十六进制数") { Digest(hex: $0) }
    }

    fileprivate mutating func roles() throws(ConfigurationFlaw) -> RoleSet {
        var roles = RoleSet.none
        for word in try texts("roles") {
            guard let role = MemberRole(word: word) else {
                let known = MemberRole.allCases.map(\.word)
                throw flaw(
                    "\(word) is no role; roles are \(known.joined(separator: ", "))",
                    zh: "没有角色 \(word)；角色有 \(known.joined(separator: "、"))")
            }
            roles = roles.union(RoleSet(role))
        }
        return roles
    }

    fileprivate mutating func freeze(_ tip: Height) throws(ConfigurationFlaw) -> GovernanceAct.Freeze {
        let until = try value("until", default: Height(Height.max), "a height or +N", zh: "高度或 +N") {
            ProposalOptions.height($0, tip: tip)
        }
        return GovernanceAct.Freeze(until: until, reason: try label("reason"))
    }

    fileprivate mutating func organization() throws(ConfigurationFlaw) -> Organization {
        let (id, name) = (try label("id"), try optionalLabel("name"))
        let code = try value("credit-code", "18 characters with a right check character", zh: " 18 位且校验位正确") {
            CreditCode($0)
        }
        let region = try value("region", "six digits of a region", zh: "六位行政区划代码") { RegionCode($0) }
        let empty = Ledger.Label(literal: "")
        return Organization(
            id: id, name: name, creditCode: code, region: region, cloud: try optionalLabel("cloud") ?? empty,
            site: try optionalLabel("site") ?? empty)
    }

    fileprivate mutating func member() throws(ConfigurationFlaw) -> Member {
        Member(
            key: try key("public-key"), name: try label("name"), organization: try label("organization"),
            roles: names.contains("roles") ? try roles() : RoleSet(.user), groups: try labels("groups"),
            person: try digest("person"), certificate: try digest("certificate"),
            encryptionKey: names.contains("encryption-key") ? try key("encryption-key") : nil)
    }

    /// A member with what is named here changed.
    fileprivate mutating func changed(_ old: Member) throws(ConfigurationFlaw) -> Member {
        Member(
            key: old.key, name: try optionalLabel("name") ?? old.name, organization: old.organization,
            roles: old.roles, groups: names.contains("groups") ? try labels("groups") : old.groups,
            person: old.person,
            certificate: try takenAway("certificate") ? nil : try digest("certificate") ?? old.certificate,
            encryptionKey: try takenAway("encryption-key")
                ? nil : names.contains("encryption-key") ? try key("encryption-key") : old.encryptionKey)
    }

    /// Whether a key's value says that there shall be none.
    private mutating func takenAway(_ key: String) throws(ConfigurationFlaw) -> Bool {
        var copy = self
        guard names.contains(key), try copy.text(key) == PolicyWords.none else { return false }
        self = copy
        return true
    }

    fileprivate mutating func validator() throws(ConfigurationFlaw) -> Validator {
        Validator(
            key: try key("public-key"), name: try label("name"), organization: try label("organization"),
            failureDomain: try label("failure-domain"))
    }

    fileprivate mutating func seat(_ committee: Committee) throws(ConfigurationFlaw) -> SM2.PublicKey {
        let names = committee.validators.map(\.name.text)
        return try value(
            "validator", "one of \(names.joined(separator: ", "))", zh: "其中之一：\(names.joined(separator: "、"))"
        ) { committee.key(of: $0) }
    }

    fileprivate mutating func code() throws(ConfigurationFlaw) -> Digest {
        try value("code", "64 hexadecimal digits", zh: " 64 位十六进制数") { Digest(hex: $0) }
    }

    /// The start's argument: as bytes, or by name.
    fileprivate mutating func argument(_ items: [ContractDescription.Item]?) throws(ConfigurationFlaw) -> [UInt8] {
        if names.contains("argument") {
            return try value("argument", "hexadecimal digits or none", zh: "十六进制数或 none") {
                $0 == PolicyWords.none ? [] : Hex.decode($0)
            }
        }
        var words: [String] = []
        if var given = try section("arguments") {
            for name in given.names { words.append("\(name)=\(try given.text(name))") }
        }
        guard items != nil || !words.isEmpty else { return [] }
        guard let items else { throw flaw("the code describes no arguments; give argument", zh: "代码没有自述；请用 argument") }
        do throws(ContractShape.Mismatch) {
            return try ContractDescription.encode(words, for: items)
        } catch {
            throw flaw("arguments: \(error.reason)", zh: "初始化参数 \(error.reason)")
        }
    }

    fileprivate mutating func writtenPolicy() throws(ConfigurationFlaw) -> Policy {
        try policy(try text("policy"))
    }

    private func policy(_ text: String) throws(ConfigurationFlaw) -> Policy {
        do throws(PolicyError) {
            return try Policy(text)
        } catch {
            throw flaw(
                "policy, at byte \(error.position): \(error.english)", zh: "策略第 \(error.position) 字节：\(error.chinese)")
        }
    }

    fileprivate mutating func policy() throws(ConfigurationFlaw) -> GovernanceAct {
        let resource = try value("resource", PolicyWords.resources, zh: PolicyWords.resourcesZh) {
            Resource(phrase: $0)
        }
        let text = try text("policy")
        return .setPolicy(resource, text == PolicyWords.none ? nil : try policy(text))
    }

    fileprivate mutating func parameters(
        _ old: ConsensusParameters
    ) throws(ConfigurationFlaw) -> ConsensusParameters {
        ConsensusParameters(
            blockIntervalMillis: try millis("block-interval-ms", old.blockIntervalMillis, max: 60_000),
            heartbeatMillis: try millis("heartbeat-ms", old.heartbeatMillis, max: 86_400_000),
            clockToleranceMillis: try millis("clock-tolerance-ms", old.clockToleranceMillis, max: 60_000),
            blockTransactionsMax: Int(
                try millis(
                    "block-transactions", UInt64(old.blockTransactionsMax), max: UInt64(Limits.payloadTransactionsMax)))
        )
    }

    private mutating func millis(_ key: String, _ old: UInt64, max: UInt64) throws(ConfigurationFlaw) -> UInt64 {
        try value(key, default: old, "a number up to \(max)", zh: "不超过 \(max) 的数") { text in
            UInt64(text).flatMap { $0 <= max ? $0 : nil }
        }
    }
}

extension Committee {
    /// A validator's key by its name, account or public key.
    func key(of text: String) -> SM2.PublicKey? {
        validators.first {
            $0.name.text == text || AccountID($0.key).hex == text || $0.key == MemberChoice.key(text)
        }?.key
    }
}

/// Words of policies and resources on the command line and in files.
enum PolicyWords {
    /// Takes a policy away.
    static let none = "none"
    static let resources =
        "calls, reads, calls CONTRACT, reads CONTRACT, method CONTRACT.METHOD, reads CONTRACT/FIELD, "
        + "writes CONTRACT/FIELD or acts CLASS (\(classes))"
    static let resourcesZh =
        " calls、reads、calls 合约、reads 合约、method 合约.方法、reads 合约/字段、writes 合约/字段 或 acts 类别（\(classes)）"
    static let classes = ActClass.allCases.map(\.word).joined(separator: ", ")
}
