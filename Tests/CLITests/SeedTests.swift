// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Testing
import jiuding

/// SEED-1 to SEED-3: the organisation tree and the responsibility matrix that come with the program.
@Suite struct SeedTests {
    @Test(
        "the tree has every unit the plan names, each under one that is there, with a code that is well formed (SEED-1)"
    )
    func tree() throws {
        let units = SeedUnit.all
        #expect(Set(units.map(\.id)).count == units.count && units.count == 35)
        #expect(Set(units.map(\.placeholder)).count == units.count)
        for (place, unit) in units.enumerated() {
            #expect(CreditCode(unit.placeholder.text) != nil && RegionCode(unit.region) != nil)
            let above = units[..<place].contains { $0.id == unit.parent }
            #expect(above || unit.kind == .city, "\(unit.id) stands after the unit above it")
            #expect(Label(unit.id) != nil)
        }
        let wanted = [
            "保密局", "网信办", "大数据局", "政务办", "市场监管", "金融", "税务", "住房保障", "资源规划", "医保", "卫健", "人防", "交通",
            "工信", "教育", "人社", "商务", "航空港", "金水区",
        ]
        for word in wanted { #expect(units.contains { $0.name.contains(word) }, "\(word)") }
    }

    @Test("every task is led by a unit of the tree, supervisors write nothing, and nobody has two parts (SEED-2)")
    func matrix() throws {
        #expect(SeedTask.all.count == 9)
        for task in SeedTask.all {
            let named = SeedTask.Part.allCases.flatMap { task.units($0) }
            #expect(!task.lead.isEmpty && Set(named).count == named.count, "\(task.id)")
            for id in named { #expect(SeedUnit.named(id) != nil, "\(id)") }
        }
        #expect(SeedTask.Part.supervisor.roles.roles == [.supervisor])
    }

    @Test(
        "a task's policy opens a contract to its units, and to no other whatever its role (SEED-3)",
        arguments: SeedTask.all)
    func policy(task: SeedTask) throws {
        let policy = task.policy()
        #expect(try Policy(policy.text) == policy)
        var random = SeededKeys()
        for unit in SeedUnit.all {
            for role in MemberRole.allCases {
                let member = Member(
                    key: random.next(), name: try #require(Label("m")), organization: try #require(Label(unit.id)),
                    roles: RoleSet(role))
                let voice = Subject(account: member.account, member: member).voice
                let allowed = policy.allows(Ballots([voice], concerned: member.organization, electorate: []))
                let isInside = task.lead.contains(unit.id) || task.responsible.contains(unit.id)
                let mayCall = [.orgAdmin, .operator, .developer, .user].contains(role)
                #expect(allowed == (isInside && mayCall), "\(unit.id) as \(role.word)")
            }
        }
        let text = task.acts(contract: Deposit.contract)
        #expect(text.contains("resource: calls evidence") && text.contains(policy.text))
    }

    /// One key serves all: nothing here is signed.
    private struct SeededKeys {
        private let key: SM2.PublicKey

        init() {
            var random = SeededRandom(seed: 9)
            key = SM2.ThrowAwaySigner(from: &random).publicKey
        }

        mutating func next() -> SM2.PublicKey { key }
    }
}
