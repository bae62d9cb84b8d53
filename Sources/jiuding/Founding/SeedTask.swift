// SPDX-License-Identifier: Apache-2.0
package import Execution
package import Ledger

/// A row of the responsibility matrix (职责矩阵): who leads a task, who takes part, and which roles that brings on a
/// chain for it.
/// - Spec: SEED-2, SEED-3.
package struct SeedTask: Hashable, Sendable {
    /// What a unit is within a task.
    package enum Part: String, CaseIterable, Sendable {
        case lead, responsible, supervisor

        /// Roles a unit's people get by default.
        package var roles: RoleSet {
            switch self {
            case .lead: RoleSet(.orgAdmin, .operator, .developer, .user)
            case .responsible: RoleSet(.orgAdmin, .user)
            case .supervisor: RoleSet(.supervisor)
            }
        }

        package var english: String { rawValue }

        package var chinese: String {
            switch self {
            case .lead: "牵头单位"
            case .responsible: "责任单位"
            case .supervisor: "监管单位"
            }
        }
    }

    package let id: String
    package let name: String
    package let english: String
    package let lead: [String]
    package let responsible: [String]

    /// Cipher and network security watch every task and write in none.
    package static let supervisors = ["secrecy", "cyberspace"]

    package func units(_ part: Part) -> [String] {
        switch part {
        case .lead: lead
        case .responsible: responsible
        case .supervisor: SeedTask.supervisors
        }
    }

    /// The part of a unit; nil for one outside the task.
    package func part(of unit: String) -> Part? { Part.allCases.first { units($0).contains(unit) } }

    package static func named(_ id: String) -> SeedTask? { all.first { $0.id == id } }

    /// Who may call a contract that serves the task: whoever may call anything, of a unit within the task. To let in
    /// another unit takes another policy, and with it the approval of the organisations (GOV-3).
    package func policy() -> Policy {
        let units = (lead + responsible).joined(separator: ", ")
        return (try? Policy("any of role(orgAdmin, operator, developer, user) and any of org(\(units))")) ?? .forbidden
    }

    /// A file of acts (GOV-21) that opens a contract to the task's units alone.
    package func acts(contract: Label) -> String {
        """
        # \(name) \(english)
        reason: \(name)
        acts:
          - set-policy:
              resource: calls \(contract.text)
              policy: "\(policy().text)"

        """
    }

    private init(_ id: String, _ name: String, _ english: String, lead: [String], _ responsible: [String]) {
        (self.id, self.name, self.english) = (id, name, english)
        (self.lead, self.responsible) = (lead, responsible)
    }

    private static let places = SeedUnit.all.filter { $0.kind == .zone || $0.kind == .district }.map(\.id)

    package static let all: [SeedTask] = [
        SeedTask("base", "区块链公共基础平台", "Base platform", lead: ["bigdata"], ["services", "industry"]),
        SeedTask("sharing", "数据共享子链", "Data sharing chain", lead: ["bigdata"], ["services"] + places),
        SeedTask("management", "管理服务平台", "Management platform", lead: ["bigdata"], ["services"]),
        SeedTask(
            "licence", "电子证照链", "Electronic licences", lead: ["services", "bigdata"],
            ["market", "health", "transport", "education", "labour"] + places),
        SeedTask("finance", "金融服务链", "Financial services", lead: ["finance"], ["bigdata", "market", "tax"]),
        SeedTask(
            "tax", "税务服务链", "Tax services", lead: ["tax"],
            ["housing", "planning", "labour", "insurance", "health", "civildefence"]),
        SeedTask(
            "coldchain", "冷链食品监管链", "Cold-chain food", lead: ["market"], ["commerce", "transport", "health"] + places),
        SeedTask("medical", "智慧医疗链", "Healthcare", lead: ["health"], ["insurance", "market"]),
        SeedTask("trading", "数据交易链", "Data trading", lead: ["bigdata"], ["finance", "market", "commerce"]),
    ]
}
