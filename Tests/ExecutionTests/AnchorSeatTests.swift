// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Testing

/// FOUND-19: what the member that anchors a node's audit log may do.
@Suite struct AnchorSeatTests {
    @Test("an anchor's key deposits evidence and calls nothing else; for all others nothing changes (FOUND-19)")
    func onlyThat() throws {
        let anchor = Polity.member("court.spare", "court", .none, groups: [AnchorSeat.group.text])
        #expect(AnchorSeat.policies(for: [Polity.member("court.user", "court", RoleSet(.user))]).isEmpty)
        let policies = AnchorSeat.policies(for: [anchor])
        let policy = try #require(policies.first)
        #expect(Policy(canonical: policy.text) != nil && policies.count == 1)
        #expect(policy.resource == Resource.method(Deposit.contract, Deposit.method).encoded)
        var polity = try Polity(members: [anchor], policies: policies)
        let key = Polity.key("court.spare")
        let membership = MembershipContract.contract
        let calls = [
            polity.deposit(by: "court.spare"), polity.deposit(by: "court.user"), polity.deposit(by: "bureau.auditor"),
            polity.call(Deposit.contract, EvidenceNote.method, [], by: key),
            polity.propose(polity.motion([.setPolicy(.reads, .anybody)]), by: "court.spare"),
        ]
        let codes = polity.codes(try polity.run(calls))
        #expect(codes == [0, 0, 1809, 1809, 1901])
        // Its key is changed as any member's is.
        let announced = polity.call(membership, MembershipContract.announce, Polity.key("twin").encoded, by: key)
        #expect(polity.codes(try polity.run([announced])) == [0])
    }
}
