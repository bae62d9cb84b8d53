// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Testing

/// Attempts to gain a right one does not have, each by its name; every one must fail, and say why.
@Suite struct EscalationTests {
    /// One attempt: what is done, and the code it must meet.
    struct Attack: Sendable, CustomTestStringConvertible {
        let name: String
        let code: UInt16
        let attempt: @Sendable (inout Polity) throws -> UInt16
        var testDescription: String { name }

        init(_ name: String, _ code: UInt16, _ attempt: @escaping @Sendable (inout Polity) throws -> UInt16) {
            (self.name, self.code, self.attempt) = (name, code, attempt)
        }
    }

    @Test("no privilege escalation succeeds (GOV-3, GOV-6, GOV-10, PERM-8, MEMB-4, MEMB-5)", arguments: all)
    func attack(_ attack: Attack) throws {
        var polity = try Polity()
        #expect(try attack.attempt(&polity) == attack.code)
    }

    @Test("there are at least forty named attacks")
    func count() {
        #expect(EscalationTests.all.count >= 40)
        #expect(Set(EscalationTests.all.map(\.name)).count == EscalationTests.all.count)
    }

    static let all =
        strangers + ownRights + otherOrganizations + approvals + offices + policies + keys + committees + persons
        + certificates + rooms + contracts

    /// The code of the only transaction of a block.
    static func only(_ transaction: SignedTransaction, _ polity: inout Polity) throws -> UInt16 {
        try polity.run([transaction]).outcomes[0].code.value
    }

    /// What a proposal by one alone meets; 0 where it was taken and waits for others.
    static func alone(
        _ acts: [GovernanceAct], by name: String, _ polity: inout Polity
    ) throws -> UInt16 {
        let motion = polity.motion(acts)
        let id = motion.id(by: Polity.account(name))
        let outcome = try polity.run([polity.propose(motion, by: name)])
        guard outcome.outcomes[0].code.isSuccess else { return outcome.outcomes[0].code.value }
        try polity.run()
        let status = try polity.reader.read { try $0.motion(id)?.status }
        return status == .open ? 0 : 1
    }

    /// An approval by one of what another proposed.
    static func approval(
        of acts: [GovernanceAct], by name: String, from proposer: String = "court.admin", _ polity: inout Polity
    ) throws -> UInt16 {
        let motion = polity.motion(acts)
        let id = motion.id(by: Polity.account(proposer))
        let outcome = try polity.run([polity.propose(motion, by: proposer), polity.approve(id, by: name)])
        return outcome.outcomes[1].code.value
    }

    static func deposit(by name: String, _ polity: inout Polity) throws -> UInt16 {
        try only(polity.deposit(by: name), &polity)
    }

    static func freeze(_ text: String = "lost") -> GovernanceAct.Freeze {
        GovernanceAct.Freeze(reason: Polity.label(text))
    }

    static let mallory = Polity.member("mallory", "court", RoleSet(.orgAdmin))
    static let addCompany = GovernanceAct.addOrganization(Polity.organization("company"))

    // MARK: Strangers

    private static let strangers = [
        Attack("a stranger deposits", 1205) { try deposit(by: "mallory", &$0) },
        Attack("a stranger proposes himself as a member", 1205) { polity in
            let motion = polity.motion([.addMember(mallory)])
            return try only(polity.propose(motion, by: "mallory"), &polity)
        },
        Attack("a stranger approves", 1205) { try approval(of: [addCompany], by: "mallory", &$0) },
        Attack("a stranger takes over a member that never announced him", 1834) { polity in
            let call = polity.call(
                MembershipContract.contract, MembershipContract.takeOver, [], by: Polity.key("mallory"))
            return try only(call, &polity)
        },
        Attack("a stranger delegates to himself", 1205) { polity in
            let request = delegation(Deposit.contract, Deposit.method, to: "mallory")
            let call = polity.call(
                MembershipContract.contract, MembershipContract.delegate, request.encoded, by: Polity.key("mallory"))
            return try only(call, &polity)
        },
        Attack("a stranger says he is a ready validator", 1925) { polity in
            let call = polity.call(
                CommitteeContract.contract, CommitteeContract.ready, Height(0).encoded, by: Polity.key("mallory"))
            return try only(call, &polity)
        },
        Attack("a validator's key acts as a member's", 1205) { polity in
            let motion = polity.motion([addCompany])
            let call = polity.call(
                GovernanceContract.contract, GovernanceContract.propose, motion.encoded, by: Polity.validatorKey(0))
            return try only(call, &polity)
        },
    ]

    // MARK: More than one's role gives

    private static let ownRights = [
        Attack("a user proposes", 1901) { try alone([addCompany], by: "court.user", &$0) },
        Attack("a user makes himself an admin", 1901) {
            try alone([.setRoles(Polity.account("court.user"), RoleSet(.orgAdmin))], by: "court.user", &$0)
        },
        Attack("a user approves what admins decide", 1908) { try approval(of: [addCompany], by: "court.user", &$0) },
        Attack("an audit administrator proposes", 1901) { try alone([addCompany], by: "bureau.auditor", &$0) },
        Attack("an audit administrator writes business data", 1809) { try deposit(by: "bureau.auditor", &$0) },
        Attack("a system administrator writes business data", 1809) { try deposit(by: "bureau.system", &$0) },
        Attack("a supervisor writes business data", 1809) { polity in
            var polity = try Polity(members: [Polity.member("new.user", "audit", RoleSet(.supervisor))])
            return try deposit(by: "new.user", &polity)
        },
        Attack("a security administrator admits a member alone", 0) {
            try alone([.addMember(Polity.member("mallory", "bureau", RoleSet(.user)))], by: "bureau.security", &$0)
        },
        Attack("an admin calls a contract of the platform that has no methods", 1202) { polity in
            let call = polity.call(
                PermissionsContract.contract, Polity.label("setPolicy"), [], by: Polity.key("court.admin"))
            return try only(call, &polity)
        },
        Attack("an admin freezes himself to stand aside later", 1914) {
            try alone([.freezeMember(Polity.account("court.admin"), freeze())], by: "court.admin", &$0)
        },
        Attack("an admin removes himself", 1914) {
            try alone([.removeMember(Polity.account("court.admin"))], by: "court.admin", &$0)
        },
    ]

    // MARK: Into another organisation

    private static let otherOrganizations = [
        Attack("an admin admits a member to another organisation alone", 0) {
            try alone([.addMember(Polity.member("mallory", "bank", RoleSet(.user)))], by: "court.admin", &$0)
        },
        Attack("an admin freezes another organisation's admin alone", 0) {
            try alone([.freezeMember(Polity.account("bank.admin"), freeze())], by: "court.admin", &$0)
        },
        Attack("an admin gives another organisation's user a role alone", 0) {
            try alone([.setRoles(Polity.account("bank.user"), RoleSet(.orgAdmin))], by: "court.admin", &$0)
        },
        Attack("an admin replaces the key of another organisation's member alone", 0) {
            try alone([.replaceKey(Polity.account("bank.admin"), Polity.key("mallory"))], by: "court.admin", &$0)
        },
        Attack("an admin expels another organisation alone", 0) { _ in
            var polity = try Polity(members: [Polity.member("new.admin", "company", RoleSet(.orgAdmin))])
            return try alone([.removeOrganization(Polity.label("company"))], by: "court.admin", &polity)
        },
        Attack("an organisation with validators is expelled", 1917) {
            try alone([.removeOrganization(Polity.label("bank"))], by: "court.admin", &$0)
        },
        Attack("an admin freezes another organisation alone", 0) {
            try alone([.freezeOrganization(Polity.label("bank"), freeze())], by: "court.admin", &$0)
        },
        Attack("an admin moves a member to his own organisation by changing it", 1829) {
            try alone([.changeMember(Polity.member("bank.user", "court", RoleSet(.user)))], by: "court.admin", &$0)
        },
        Attack("a change of name gives a role along the way", 1829) {
            try alone([.changeMember(Polity.member("court.user", "court", RoleSet(.orgAdmin)))], by: "court.admin", &$0)
        },
        Attack("a change of name makes another person of an officer", 1829) {
            let other = Polity.member("bureau.auditor", "bureau", RoleSet(.auditAdmin), person: "nobody")
            return try alone([.changeMember(other)], by: "bureau.admin", &$0)
        },
        Attack("an organisation comes twice under one credit code, for two votes", 1824) {
            try alone([addCompany, .addOrganization(Polity.organization("company-2"))], by: "court.admin", &$0)
        },
        Attack("an organisation without a credit code", 1821) {
            let nameless = Polity.organization("nameless", code: "91350100M000100Y44")
            return try alone([.addOrganization(nameless)], by: "court.admin", &$0)
        },
        Attack("an organisation with a false credit code", 1203) { polity in
            // No value of ours has one: its bytes are made by hand.
            var bytes = polity.motion([addCompany]).encoded
            let code = Array("91350100M000100Y43".utf8)
            let place = bytes.indices.first { bytes[$0...].starts(with: code) }
            guard let place else { return 0 }
            bytes[place + code.count - 1] = 0x34
            let call = polity.call(
                GovernanceContract.contract, GovernanceContract.propose, bytes, by: Polity.key("court.admin"))
            return try only(call, &polity)
        },
        Attack("the name of an organisation that is there is taken again", 1822) {
            try alone([.addOrganization(Polity.organization("bank"))], by: "court.admin", &$0)
        },
        Attack("an admin rotates another organisation's validator alone", 0) {
            try alone(
                [.rotateValidator(Polity.validatorKey(2), Polity.validatorKey(9))], by: "court.admin", &$0)
        },
    ]

    // MARK: Approvals that are none

    private static let approvals = [
        Attack("an admin approves twice", 1909) { try approval(of: [addCompany], by: "court.admin", &$0) },
        Attack("two admins of one organisation are no majority", 0) { polity in
            let motion = polity.motion([addCompany])
            let id = motion.id(by: Polity.account("court.admin"))
            try polity.run([polity.propose(motion, by: "court.admin"), polity.approve(id, by: "court.deputy")])
            try polity.run()
            return try polity.reader.read { try $0.motion(id)?.status } == .open ? 0 : 1
        },
        Attack("an approval of acts that were changed after they were shown", 1905) { polity in
            let (shown, meant) = (polity.motion([addCompany]), polity.motion([.addMember(mallory)]))
            let outcome = try polity.run([
                polity.propose(meant, by: "court.admin"),
                polity.approve(shown.id(by: Polity.account("court.admin")), by: "bank.admin"),
            ])
            return outcome.outcomes[1].code.value
        },
        Attack("an approval under another's proposer", 1905) { polity in
            let motion = polity.motion([addCompany])
            let outcome = try polity.run([
                polity.propose(motion, by: "court.admin"),
                polity.approve(motion.id(by: Polity.account("bureau.admin")), by: "bank.admin"),
            ])
            return outcome.outcomes[1].code.value
        },
        Attack("an approval after the proposal expired", 1907) { polity in
            let motion = polity.motion([addCompany], expires: 4)
            let id = motion.id(by: Polity.account("court.admin"))
            try polity.run([polity.propose(motion, by: "court.admin"), polity.approve(id, by: "bank.admin")])
            try polity.idle(until: 4)
            return try only(polity.approve(id, by: "bureau.admin"), &polity)
        },
        Attack("an approval by a member that is frozen", 1801) { polity in
            try polity.pass([.freezeMember(Polity.account("bank.admin"), freeze())])
            return try approval(of: [addCompany], by: "bank.admin", &polity)
        },
        Attack("an approval by a member of a frozen organisation", 1803) { polity in
            try polity.pass([.freezeOrganization(Polity.label("bank"), freeze())], ["bureau.admin", "audit.admin"])
            return try approval(of: [addCompany], by: "bank.admin", &polity)
        },
        Attack("an approval by a member that was removed", 1802) { polity in
            try polity.pass([.removeMember(Polity.account("bank.admin"))])
            return try approval(of: [addCompany], by: "bank.admin", &polity)
        },
        Attack("an approval of a proposal that was revoked", 1906) { polity in
            let motion = polity.motion([addCompany])
            let id = motion.id(by: Polity.account("court.admin"))
            let revocation = polity.call(
                GovernanceContract.contract, GovernanceContract.revoke, id.encoded, by: Polity.key("court.admin"))
            let outcome = try polity.run([
                polity.propose(motion, by: "court.admin"), revocation, polity.approve(id, by: "bank.admin"),
            ])
            return outcome.outcomes[2].code.value
        },
        Attack("another organisation revokes what it does not like", 1912) { polity in
            let motion = polity.motion([addCompany])
            let id = motion.id(by: Polity.account("court.admin"))
            let revocation = polity.call(
                GovernanceContract.contract, GovernanceContract.revoke, id.encoded, by: Polity.key("bank.admin"))
            return try polity.run([polity.propose(motion, by: "court.admin"), revocation]).outcomes[1].code.value
        },
        Attack("a proposal is made again to open what was closed", 1902) { polity in
            let motion = polity.motion([addCompany])
            let outcome = try polity.run([
                polity.propose(motion, by: "court.admin"), polity.propose(motion, by: "court.admin"),
            ])
            return outcome.outcomes[1].code.value
        },
    ]

    // MARK: The three offices

    private static let offices = [
        Attack("the security administrator takes the auditor's office too", 1830) {
            try alone(
                [.setRoles(Polity.account("bureau.security"), RoleSet(.securityAdmin, .auditAdmin))],
                by: "bureau.admin",
                &$0)
        },
        Attack("the security administrator takes the auditor's office with a second key", 1830) {
            let second = Polity.member("new.user", "bureau", RoleSet(.auditAdmin), person: "security")
            return try alone([.addMember(second)], by: "bureau.admin", &$0)
        },
        Attack("the security administrator takes the auditor's office in another organisation", 1830) {
            let second = Polity.member("new.user", "bank", RoleSet(.auditAdmin), person: "security")
            return try alone([.addMember(second)], by: "bank.admin", &$0)
        },
        Attack("an office is held by a key nobody is known behind", 1831) {
            try alone([.addMember(Polity.member("new.user", "bank", RoleSet(.auditAdmin)))], by: "bank.admin", &$0)
        },
        Attack("an organisation gives one of its own an office alone", 0) {
            let officer = Polity.member("new.user", "bank", RoleSet(.auditAdmin), person: "friend")
            return try alone([.addMember(officer)], by: "bank.admin", &$0)
        },
        Attack("an organisation silences the auditor it houses alone", 0) {
            try alone([.freezeMember(Polity.account("bureau.auditor"), freeze())], by: "bureau.admin", &$0)
        },
        Attack("an organisation hands the auditor's key to a friend alone", 0) {
            try alone([.replaceKey(Polity.account("bureau.auditor"), Polity.key("mallory"))], by: "bureau.admin", &$0)
        },
    ]

    // MARK: Policies

    private static let policies = [
        Attack("an admin loosens the policy of policies alone", 0) {
            try alone([.setPolicy(.acts(.policies), .anybody)], by: "court.admin", &$0)
        },
        // The court may carry the first act alone, and not the second.
        Attack("the first act loosens what the second needs", 0) { _ in
            let policy = try Polity.policy("majority or any of org(court) by role(orgAdmin)")
            var polity = try Polity(policies: [FoundingPolicy(.acts(.policies), policy)])
            let loosen = GovernanceAct.setPolicy(.acts(.organizations), .anybody)
            var copy = polity
            guard try alone([loosen], by: "court.admin", &copy) == 1 else { return 2 }
            return try alone(
                [loosen, .freezeOrganization(Polity.label("bank"), freeze())], by: "court.admin", &polity)
        },
        Attack("a policy locks everybody out of policies", 1916) {
            try alone([.setPolicy(.acts(.policies), .forbidden)], by: "court.admin", &$0)
        },
        Attack("a policy asks for more organisations than there are", 1916) {
            try alone([.setPolicy(.acts(.policies), try Polity.policy("5 of orgs"))], by: "court.admin", &$0)
        },
        Attack("a policy hands policies to officers alone", 1916) {
            try alone(
                [.setPolicy(.acts(.policies), try Polity.policy("any of role(auditAdmin)"))], by: "court.admin", &$0)
        },
        Attack("a policy would become impossible when a freeze ends", 1916) {
            try alone(
                [.setPolicy(.acts(.policies), try Polity.policy("all of orgs by role(user)"))], by: "court.admin", &$0)
        },
        Attack("a policy on governance itself", 1841) {
            try alone(
                [.setPolicy(.contractCalls(GovernanceContract.contract), .forbidden)], by: "court.admin", &$0)
        },
        Attack("governance is frozen", 1841) {
            try alone([.freezeContract(GovernanceContract.contract, freeze())], by: "court.admin", &$0)
        },
        Attack("membership is frozen", 1841) {
            try alone([.freezeContract(MembershipContract.contract, freeze())], by: "court.admin", &$0)
        },
        Attack("a frozen contract is called", 1808) { polity in
            try polity.pass([.freezeContract(Deposit.contract, freeze())])
            return try deposit(by: "court.user", &polity)
        },
        Attack("a forbidden method is called by an admin", 1809) { polity in
            try polity.pass([.setPolicy(.method(Deposit.contract, Deposit.method), .forbidden)])
            return try deposit(by: "court.admin", &polity)
        },
        Attack("the last admins of all organisations but one are frozen away", 1915) { polity in
            let acts = ["bank.admin", "bank.deputy"].map { GovernanceAct.freezeMember(Polity.account($0), freeze()) }
            return try alone(acts, by: "court.admin", &polity)
        },
    ]
}
