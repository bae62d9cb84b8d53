// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Testing

/// MEMB-12: what is checked of the key by which others address a member.
@Suite struct EncryptionKeyTests {
    private static func member(_ name: String, encryption: SM2.PublicKey?) -> Member {
        Member(
            key: Polity.key(name), name: Polity.label(name), organization: Polity.label("court"),
            roles: RoleSet(.user), encryptionKey: encryption)
    }

    @Test("a member's two keys are two, when it is admitted, changed, founded, or takes another key (MEMB-12)")
    func two() throws {
        var polity = try Polity()
        let name = "court.clerk"
        let same = EncryptionKeyTests.member(name, encryption: Polity.key(name))
        #expect(try polity.pass([.addMember(same)]).refusal == 1854)
        #expect(throws: Polity.Unfit.self) { try Polity(members: [same]) }
        let good = EncryptionKeyTests.member(name, encryption: Polity.key("twin"))
        #expect(try polity.pass([.addMember(good)]).isEffective)
        #expect(try polity.pass([.changeMember(same)]).refusal == 1854)
        // Its own encryption key does not become the one it signs with.
        let announce = polity.call(
            MembershipContract.contract, MembershipContract.announce, Polity.key("twin").encoded, by: Polity.key(name))
        let takeOver = polity.call(
            MembershipContract.contract, MembershipContract.takeOver, [], by: Polity.key("twin"))
        #expect(polity.codes(try polity.run([announce, takeOver])) == [0, 1854])
    }

    @Test("nobody's encryption key is one that another member signs with, or signed with once (MEMB-12)")
    func others() throws {
        var polity = try Polity()
        let name = "court.clerk"
        let borrowed = EncryptionKeyTests.member(name, encryption: Polity.key("bank.user"))
        #expect(try polity.pass([.addMember(borrowed)]).refusal == 1854)
        #expect(throws: Polity.Unfit.self) { try Polity(members: [borrowed]) }
        #expect(try polity.pass([.removeMember(Polity.account("bank.user"))]).isEffective)
        #expect(try polity.pass([.addMember(borrowed)]).refusal == 1854)
    }

    @Test(
        "it is changed like a name, goes with the member to its next signing key, and is a point of the curve (MEMB-12)"
    )
    func rotation() throws {
        var polity = try Polity()
        let name = "court.clerk"
        for key in ["mallory", "twin"] {
            let member = EncryptionKeyTests.member(name, encryption: Polity.key(key))
            let isKnown = try polity.reader.read { try $0.member(Polity.account(name)) } != nil
            #expect(try polity.pass([isKnown ? .changeMember(member) : .addMember(member)]).isEffective)
            let found = try #require(try polity.reader.read { try $0.member(Polity.account(name)) })
            #expect(found.member.encryptionKey == Polity.key(key))
        }
        let announce = polity.call(
            MembershipContract.contract, MembershipContract.announce, Polity.key("new.user").encoded,
            by: Polity.key(name))
        let takeOver = polity.call(
            MembershipContract.contract, MembershipContract.takeOver, [], by: Polity.key("new.user"))
        #expect(polity.codes(try polity.run([announce, takeOver])) == [0, 0])
        let heir = try #require(try polity.reader.read { try $0.member(Polity.account("new.user")) })
        #expect(heir.member.encryptionKey == Polity.key("twin"))
        var bytes = EncryptionKeyTests.member(name, encryption: Polity.key("twin")).encoded
        bytes[bytes.count - 1] ^= 1
        #expect(throws: DecodeError.self) { try Member(decoding: bytes) }
    }
}
