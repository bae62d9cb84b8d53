// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi

// Attacks by way of persons: an organisation says freely who its members are, and may copy another's word.
extension EscalationTests {
    /// The court has a third admin who is known as a person.
    private static func withJanus(_ extra: [Member] = []) throws -> Polity {
        try Polity(members: [Polity.member("new.admin", "court", RoleSet(.orgAdmin), person: "janus")] + extra)
    }

    private static func admit(
        _ name: String, _ home: String, _ roles: RoleSet, _ person: String, _ polity: inout Polity
    ) throws -> UInt16 {
        try alone([.addMember(Polity.member(name, home, roles, person: person))], by: "\(home).admin", &polity)
    }

    /// What became of a proposal after approvals: 0 while it is open, 1 once it took effect, else the refusal of one.
    private static func result(
        of acts: [GovernanceAct], by proposer: String, _ approvers: [String], _ polity: inout Polity
    ) throws -> UInt16 {
        let motion = polity.motion(acts)
        let id = motion.id(by: Polity.account(proposer))
        var calls = [polity.propose(motion, by: proposer)]
        for name in approvers { calls.append(polity.approve(id, by: name)) }
        let codes = polity.codes(try polity.run(calls))
        if let refusal = codes.first(where: { $0 != 0 }) { return refusal }
        try polity.run()
        return try polity.reader.read { try $0.motion(id)?.status } == .open ? 0 : 1
    }

    static let persons = [
        Attack("one person approves with the keys of two organisations, to be two of them", 0) { _ in
            var polity = try withJanus([Polity.member("twin", "audit", RoleSet(.orgAdmin), person: "janus")])
            return try result(of: [addCompany], by: "bank.admin", ["new.admin", "twin"], &polity)
        },
        Attack("one person proposes and approves with two keys of one organisation", 1910) { _ in
            var polity = try withJanus([Polity.member("twin", "court", RoleSet(.orgAdmin), person: "janus")])
            return try result(of: [addCompany], by: "bank.admin", ["new.admin", "twin"], &polity)
        },
        // Three organisations of four speak, and the proposal takes effect: 1.
        Attack("an organisation copies the person of another's admin, to speak before him", 1) { _ in
            var polity = try withJanus()
            guard try admit("twin", "bank", RoleSet(.orgAdmin), "janus", &polity) == 1 else { return 9 }
            return try result(of: [addCompany], by: "bureau.admin", ["twin", "bank.admin", "new.admin"], &polity)
        },
        Attack("an organisation copies the person of another's admin, whose proposals then leave it alone", 0) { _ in
            var polity = try withJanus()
            guard try admit("twin", "bank", RoleSet(.user), "janus", &polity) == 1 else { return 9 }
            return try alone([.freezeMember(Polity.account("twin"), freeze())], by: "new.admin", &polity)
        },
        Attack("an organisation uses up the keys of another's admin", 1) { _ in
            var polity = try withJanus()
            let names = ["bank.spare", "bank.clerk", "bank.delegate", "audit.spare", "audit.clerk", "audit.delegate"]
            for name in names + ["twin", "stranger"] {
                guard try admit(name, "bank", RoleSet(.user), "janus", &polity) == 1 else { return 9 }
            }
            return try admit("new.user", "court", RoleSet(.user), "janus", &polity)
        },
        Attack("a person gets a ninth key in one organisation", 1833) { _ in
            var polity = try withJanus()
            let names = ["court.spare", "court.clerk", "court.delegate", "audit.spare", "audit.clerk", "stranger"]
            for name in names + ["twin"] {
                guard try admit(name, "court", RoleSet(.user), "janus", &polity) == 1 else { return 9 }
            }
            return try admit("new.user", "court", RoleSet(.user), "janus", &polity)
        },
        Attack("an organisation gives its user the name of the auditor it houses, to speak before him", 1) { polity in
            let policy = try Policy("any of role(user) and any of role(auditAdmin)")
            try polity.pass([.setPolicy(.acts(.contracts), policy)])
            guard try admit("new.user", "bureau", RoleSet(.user), "auditor", &polity) == 1 else { return 9 }
            let acts = [GovernanceAct.freezeContract(Deposit.contract, freeze())]
            return try result(of: acts, by: "court.admin", ["new.user", "bureau.auditor"], &polity)
        },
        Attack("an organisation gives its user the name of the officer it houses, who then leaves it alone", 0) {
            polity in
            guard try admit("new.user", "bureau", RoleSet(.user), "security", &polity) == 1 else { return 9 }
            let policy = try Policy("any of role(auditAdmin)")
            try polity.pass([.setPolicy(.acts(.freezes), policy)])
            return try alone([.freezeMember(Polity.account("new.user"), freeze())], by: "bureau.security", &polity)
        },
        Attack("a person keeps one office and takes another elsewhere, with everybody's consent", 1830) { polity in
            let second = Polity.member("new.user", "bank", RoleSet(.systemAdmin), person: "auditor")
            return try result(of: [.addMember(second)], by: "bank.admin", ["court.admin", "bureau.admin"], &polity)
        },
        Attack("a person takes an office with a key, and a second office by its roles later", 1830) { polity in
            guard try admit("new.user", "bank", RoleSet(.user), "auditor", &polity) == 1 else { return 9 }
            let act = GovernanceAct.setRoles(Polity.account("new.user"), RoleSet(.securityAdmin))
            return try result(of: [act], by: "bank.admin", ["court.admin", "bureau.admin"], &polity)
        },
    ]
}
