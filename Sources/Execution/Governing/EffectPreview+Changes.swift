// SPDX-License-Identifier: Apache-2.0
package import Ledger
import ShangMi
package import Storage

// What acts change of what there is: values before and after, and who then decides.
extension EffectPreview {
    /// What the state says of those a proposal is about.
    package struct Register: Hashable, Sendable {
        /// Those that the proposal changes, as they are.
        package let organizations: [Label: Organization]
        package let members: [AccountID: Member]
        /// Organisations with a voice (GOV-4), where the proposal takes that from one.
        package let electors: [Label]

        package init(
            organizations: [Label: Organization] = [:], members: [AccountID: Member] = [:], electors: [Label]
        ) {
            self.organizations = organizations
            self.members = members
            self.electors = electors
        }
    }

    /// One act in words; where it changes values, what they are and what they become, as far as that is known.
    static func words(of act: GovernanceAct, on committee: Committee, knowing register: Register?) -> Line {
        switch act {
        case .setParameters(let next):
            let changes = Value.changes(committee.parameters.values, next.values)
            return line(act, changes)
        case .changeOrganization(let next):
            return line(act, Value.changes(register?.organizations[next.id]?.values, next.values))
        case .changeMember(let next):
            return line(act, Value.changes(register?.members[next.account]?.values, next.values))
        default: return Line(act.english, act.chinese)
        }
    }

    private static func line(_ act: GovernanceAct, _ changes: [(english: String, chinese: String)]) -> Line {
        guard !changes.isEmpty else {
            return Line("\(act.english): nothing is different", "\(act.chinese)：没有变化")
        }
        return Line(
            "\(act.english): " + changes.map(\.english).joined(separator: "; "),
            "\(act.chinese)：" + changes.map(\.chinese).joined(separator: "；"))
    }

    /// How many organisations are a majority once some are frozen or have left.
    static func majority(after motion: Motion, among electors: [Label]) -> Line? {
        let lost = motion.acts.compactMap(\.silenced)
        let left = electors.filter { !lost.contains($0) }.count
        guard left < electors.count else { return nil }
        let (old, new) = (electors.count / 2 + 1, left / 2 + 1)
        return Line(
            "a majority is then \(new) of \(left) organisations; now it is \(old) of \(electors.count)",
            "此后 \(left) 个机构中 \(new) 个构成多数；目前为 \(electors.count) 个中的 \(old) 个")
    }
}

/// One thing that a record says.
private struct Value {
    let name: String
    let nameZh: String
    let text: String

    init(_ name: String, _ nameZh: String, _ text: String) {
        self.name = name
        self.nameZh = nameZh
        self.text = text.isEmpty ? "-" : text
    }

    /// Values that differ; all of the new ones where the old are not known.
    static func changes(_ old: [Value]?, _ new: [Value]) -> [(english: String, chinese: String)] {
        guard let old else { return new.map { ("\($0.name) \($0.text)", "\($0.nameZh) \($0.text)") } }
        return zip(old, new).filter { $0.text != $1.text }.map {
            ("\($0.name) \($0.text) -> \($1.text)", "\($0.nameZh) \($0.text) -> \($1.text)")
        }
    }
}

extension GovernanceAct {
    /// The organisation that has no voice after it.
    fileprivate var silenced: Label? {
        switch self {
        case .freezeOrganization(let id, _), .removeOrganization(let id): id
        default: nil
        }
    }
}

extension ConsensusParameters {
    fileprivate var values: [Value] {
        [
            Value("shortest time between blocks", "最短出块间隔", "\(blockIntervalMillis) ms"),
            Value("heartbeat", "空闲出块间隔", "\(heartbeatMillis) ms"),
            Value("tolerance of clocks", "时钟容差", "\(clockToleranceMillis) ms"),
            Value("transactions of a block", "每块交易数", "\(blockTransactionsMax)"),
        ]
    }
}

extension Organization {
    fileprivate var values: [Value] {
        [
            Value("name", "名称", name.text), Value("credit code", "统一社会信用代码", creditCode?.text ?? ""),
            Value("region", "行政区划", region?.text ?? ""), Value("cloud", "云", cloud.text),
            Value("site", "机房", site.text),
        ]
    }
}

extension Member {
    fileprivate var values: [Value] {
        [
            Value("name", "名称", name.text),
            Value("groups", "组", groups.map(\.text).joined(separator: ", ")),
            Value("certificate", "证书", certificate.map { String($0.hex.prefix(12)) } ?? ""),
            Value("encryption key", "加密密钥", encryptionKey.map { String(AccountID($0).hex.prefix(12)) } ?? ""),
        ]
    }
}

extension ConsortiumReader {
    /// What a preview of a proposal says more of where the state is known.
    /// - Cost: a read for each act that changes an organisation or a member; the electorate's where one loses its
    ///   voice.
    package mutating func register(for motion: Motion) throws(StoreError) -> EffectPreview.Register {
        var organizations: [Label: Organization] = [:]
        var members: [AccountID: Member] = [:]
        for act in motion.acts {
            switch act {
            case .changeOrganization(let home): organizations[home.id] = try organization(home.id)?.organization
            case .changeMember(let next): members[next.account] = try member(next.account)?.member
            default: continue
            }
        }
        let silences = motion.acts.contains { $0.silenced != nil }
        return EffectPreview.Register(
            organizations: organizations, members: members,
            electors: silences ? try electorate().organizations : [])
    }
}
