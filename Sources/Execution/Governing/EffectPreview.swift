// SPDX-License-Identifier: Apache-2.0
package import Ledger
import ShangMi

/// What a proposal would do, in plain words: each act, and who could stop the chain afterwards.
///
/// A function of the proposal, the committee in force and the records it is about; it decides nothing.
/// - Spec: GOV-15.
package struct EffectPreview: Hashable, Sendable {
    package struct Line: Hashable, Sendable {
        package let english: String
        package let chinese: String
        /// True where somebody should look twice.
        package let isWarning: Bool

        package init(_ english: String, _ chinese: String, isWarning: Bool = false) {
            self.english = english
            self.chinese = chinese
            self.isWarning = isWarning
        }
    }

    package let lines: [Line]

    /// - Parameters:
    ///   - register: what the state says of those it is about; nil where only the committee is known, and then of what
    ///     organisations and members become, and not of what they were.
    ///   - code: what the code that the proposal names is, where somebody looked at it (GOV-22).
    package init(
        of motion: Motion, on committee: Committee, knowing register: Register? = nil, code: [Line] = []
    ) {
        var lines = motion.acts.map { EffectPreview.words(of: $0, on: committee, knowing: register) }
        if let register, let line = EffectPreview.majority(after: motion, among: register.electors) {
            lines.append(line)
        }
        var draft = CommitteeDraft(committee)
        for act in motion.acts where act.changesCommittee {
            guard let code = draft.apply(act), let stable = StableCode.numbered(Int(code.value)) else { continue }
            lines.append(Line("not possible: \(stable.title)", "不可行：\(stable.titleZh)", isWarning: true))
        }
        if motion.acts.contains(where: \.changesCommittee) {
            do throws(CommitteeRefusal) {
                let next = try draft.finish(overrides: true)
                lines += EffectPreview.stopping(next, after: committee, overrides: motion.overrides)
            } catch {
                let stable = StableCode.numbered(Int(error.code.value))
                lines.append(
                    Line("not possible: \(stable?.title ?? "")", "不可行：\(stable?.titleZh ?? "")", isWarning: true))
            }
        }
        lines += code
        lines.append(EffectPreview.moment(motion))
        self.lines = lines
    }

    /// How many validators, and which clouds alone, could stop the chain.
    static func stopping(_ next: Committee, after old: Committee, overrides: Bool) -> [Line] {
        let (count, enough) = (next.count, next.count - next.quorum + 1)
        let domains = FailureDomains(of: next)
        let clouds = domains.clouds.filter { !$0.isDispensable }.map { $0.name.isEmpty ? "?" : $0.name }
        let names = clouds.joined(separator: ", ")
        let weakens = FailureDomains(of: old).survivesAnyCloud && !domains.survivesAnyCloud
        var lines = [
            clouds.isEmpty
                ? Line(
                    "after this, \(enough) of \(count) validators can stop the chain; no cloud alone could stop it",
                    "此后，\(count) 个验证节点中 \(enough) 个可使链停止；没有单个云可使链停止")
                : Line(
                    "after this, \(enough) of \(count) validators can stop the chain; cloud \(names) alone could stop "
                        + "it",
                    "此后，\(count) 个验证节点中 \(enough) 个可使链停止；云 \(names) 单独即可使链停止", isWarning: weakens)
        ]
        if weakens {
            lines.append(
                overrides
                    ? Line(
                        "the proposal takes it upon itself that one cloud can stop the chain",
                        "提案自行承担单个云可使链停止的风险", isWarning: true)
                    : Line(
                        "this is refused: now no cloud alone can stop the chain (JD-1918)",
                        "将被拒绝：目前没有单个云可使链停止（JD-1918）", isWarning: true))
        }
        return lines
    }

    private static func moment(_ motion: Motion) -> Line {
        let (due, expires) = (motion.due.value, motion.expires.value)
        return due == 0
            ? Line(
                "it takes effect in the block after it is decided, at the latest at height \(expires)",
                "决定后的下一区块生效，最迟高度 \(expires)")
            : Line(
                "it takes effect at height \(due), at the latest at \(expires)", "在高度 \(due) 生效，最迟高度 \(expires)")
    }
}

extension GovernanceAct {
    package var english: String {
        switch self {
        case .addOrganization(let home): "admit the organisation \(home.id.text) (\(home.name.text))"
        case .changeOrganization(let home): "change the organisation \(home.id.text)"
        case .freezeOrganization(let id, let freeze): "freeze the organisation \(id.text) \(freeze.english)"
        case .unfreezeOrganization(let id): "end the freeze of the organisation \(id.text)"
        case .removeOrganization(let id): "the organisation \(id.text) leaves the consortium"
        case .addMember(let member):
            "admit \(member.name.text) of \(member.organization.text) with: \(member.roles.words)"
        case .changeMember(let member): "change the member \(member.account.short)"
        case .setRoles(let account, let roles): "give \(account.short) the roles: \(roles.words)"
        case .freezeMember(let account, let freeze): "freeze the member \(account.short) \(freeze.english)"
        case .unfreezeMember(let account): "end the freeze of the member \(account.short)"
        case .removeMember(let account): "remove the member \(account.short)"
        case .replaceKey(let account, let key): "let \(AccountID(key).short) take the place of \(account.short)"
        case .setPolicy(let resource, let policy):
            policy.map { "\(resource.english) take: \($0.text)" } ?? "\(resource.english) have no policy of their own"
        case .freezeContract(let name, let freeze): "freeze the contract \(name.text) \(freeze.english)"
        case .unfreezeContract(let name): "end the freeze of the contract \(name.text)"
        case .addValidator(let validator): "seat \(validator.name.text) of \(validator.organization.text)"
        case .removeValidator(let key): "unseat the validator \(AccountID(key).short)"
        case .replaceValidator(let key, let validator):
            "seat \(validator.name.text) of \(validator.organization.text) in place of \(AccountID(key).short)"
        case .rotateValidator(let key, let next):
            "validator \(AccountID(key).short) votes with \(AccountID(next).short)"
        case .setParameters: "change the parameters of consensus"
        case .setRules(let version, let height):
            "rules \(version.value) hold from height \(height.value)"
                + (version > .newest ? "; nodes that do not know them stop there" : "")
        case .deployContract(let deployment):
            "deploy the contract \(deployment.name.text) with the code \(deployment.code.short)"
        case .upgradeContract(let upgrade):
            "the contract \(upgrade.name.text) goes on with the code \(upgrade.code.short)"
                + (upgrade.migrates ? ", which first migrates its data" : ", its data as they are")
        case .retireContract(let name): "retire the contract \(name.text) for good"
        case .setTemplate(let template):
            "members may make contracts of the template \(template.name.text), code \(template.code.short), by: "
                + template.policy.text
        case .dropTemplate(let name): "no more contracts are made of the template \(name.text)"
        }
    }

    package var chinese: String {
        switch self {
        case .addOrganization(let home): "接纳机构 \(home.id.text)（\(home.name.text)）"
        case .changeOrganization(let home): "变更机构 \(home.id.text) 的登记信息"
        case .freezeOrganization(let id, let freeze): "冻结机构 \(id.text)，\(freeze.chinese)"
        case .unfreezeOrganization(let id): "解冻机构 \(id.text)"
        case .removeOrganization(let id): "机构 \(id.text) 退出联盟"
        case .addMember(let member): "接纳 \(member.organization.text) 的 \(member.name.text)，角色：\(member.roles.words)"
        case .changeMember(let member): "变更成员 \(member.account.short)"
        case .setRoles(let account, let roles): "将 \(account.short) 的角色设为：\(roles.words)"
        case .freezeMember(let account, let freeze): "冻结成员 \(account.short)，\(freeze.chinese)"
        case .unfreezeMember(let account): "解冻成员 \(account.short)"
        case .removeMember(let account): "移除成员 \(account.short)"
        case .replaceKey(let account, let key): "由 \(AccountID(key).short) 接替 \(account.short)"
        case .setPolicy(let resource, let policy):
            policy.map { "\(resource.chinese)的策略设为：\($0.text)" } ?? "\(resource.chinese)不再单设策略"
        case .freezeContract(let name, let freeze): "冻结合约 \(name.text)，\(freeze.chinese)"
        case .unfreezeContract(let name): "解冻合约 \(name.text)"
        case .addValidator(let validator): "增加验证者 \(validator.organization.text) 的 \(validator.name.text)"
        case .removeValidator(let key): "移除验证者 \(AccountID(key).short)"
        case .replaceValidator(let key, let validator):
            "以 \(validator.organization.text) 的 \(validator.name.text) 更换验证者 \(AccountID(key).short)"
        case .rotateValidator(let key, let next): "验证者 \(AccountID(key).short) 换用密钥 \(AccountID(next).short)"
        case .setParameters: "变更共识参数"
        case .setRules(let version, let height):
            "自高度 \(height.value) 起适用规则版本 \(version.value)"
                + (version > .newest ? "；不识别该版本的节点将在此停止" : "")
        case .deployContract(let deployment):
            "部署合约 \(deployment.name.text)，代码 \(deployment.code.short)"
        case .upgradeContract(let upgrade):
            "合约 \(upgrade.name.text) 升级为代码 \(upgrade.code.short)" + (upgrade.migrates ? "，并先迁移数据" : "，数据不变")
        case .retireContract(let name): "注销合约 \(name.text)，不可恢复"
        case .setTemplate(let template):
            "允许成员以模板 \(template.name.text)（代码 \(template.code.short)）创建合约，条件：\(template.policy.text)"
        case .dropTemplate(let name): "不再以模板 \(name.text) 创建合约"
        }
    }
}

extension GovernanceAct.Freeze {
    private var isForGood: Bool { until.value == Height.max }
    fileprivate var english: String {
        (isForGood ? "until it is ended" : "until height \(until.value)") + ": \(reason.text)"
    }
    fileprivate var chinese: String { (isForGood ? "直至解冻" : "至高度 \(until.value)") + "：\(reason.text)" }
}

extension RoleSet {
    fileprivate var words: String { roles.map(\.word).joined(separator: ", ") }
}

extension Digest {
    fileprivate var short: String { String(hex.prefix(12)) }
}

extension AccountID {
    fileprivate var short: String { String(hex.prefix(12)) }
}
