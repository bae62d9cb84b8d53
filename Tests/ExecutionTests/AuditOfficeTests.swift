// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import Testing

/// PERM-11: whose office it is to read a node's logs.
@Suite struct AuditOfficeTests {
    @Test("supervisors and audit administrators may, and nobody else whatever he is; frozen they may not (PERM-11)")
    func roles() throws {
        var polity = try Polity(members: [
            Polity.member("court.spare", "court", RoleSet(.supervisor)),
            Polity.member("court.clerk", "court", RoleSet(.auditor, .developer, .operator, .user)),
        ])
        func judged(_ name: String) throws -> (code: UInt16, reason: String) {
            try polity.reader.read { reader in
                let (code, reason) = AuditOffice.judge(
                    try reader.subject(Polity.account(name)), at: Height(polity.height))
                return (code.value, reason)
            }
        }
        let answers = try ["court.spare", "bureau.auditor"].map { try judged($0).code }
        #expect(answers == [0, 0])
        for name in ["court.admin", "court.user", "court.clerk", "bureau.system", "bureau.security"] {
            #expect(try judged(name).code == 1809, "\(name)")
        }
        #expect(try judged("mallory").code == 1205 && judged("court.clerk").reason.contains("but operator"))
        let freeze = GovernanceAct.Freeze(until: Height(90), reason: Polity.label("under inquiry"))
        try polity.pass([.freezeMember(Polity.account("court.spare"), freeze)])
        let frozen = try judged("court.spare")
        #expect(frozen.code == 1801 && frozen.reason.contains("until height 90: under inquiry"))
        #expect(AuditOffice.roles.intersection(.offices) == AuditOffice.roles, "all organisations together give them")
    }

    @Test("a key that one of them delegated may not (PERM-11, MEMB-10)")
    func delegated() throws {
        var polity = try Polity(members: [
            Polity.member("court.spare", "court", RoleSet(.supervisor, .user))
        ])
        let request = DelegationRequest(
            key: Polity.key("court.delegate"),
            delegation: Delegation(contract: Deposit.contract, methods: [Deposit.method], until: Height(90), calls: 5))
        let call = polity.call(
            MembershipContract.contract, MembershipContract.delegate, request.encoded, by: Polity.key("court.spare"))
        #expect(polity.codes(try polity.run([call])) == [0])
        let code = try polity.reader.read { reader in
            AuditOffice.judge(try reader.subject(Polity.account("court.delegate")), at: Height(polity.height)).code
        }
        #expect(code.value == 1805)
    }
}
