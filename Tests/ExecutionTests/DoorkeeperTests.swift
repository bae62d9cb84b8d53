// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Storage
import Testing

/// POOL-4, MEMB-8: who may leave transactions to wait, as the executed state says.
@Suite struct DoorkeeperTests {
    private static func admits(_ name: String, _ door: inout Doorkeeper<MemoryStore>, _ polity: Polity) throws -> Bool {
        let tree = polity.tree
        return try door.admits(Polity.key(name), at: Height(polity.height - 1)) { () throws(StoreError) in tree }
    }

    @Test("the door follows the state: freezes, ends of freezes, new members, announced and delegated keys (MEMB-8)")
    func follows() throws {
        var polity = try Polity()
        var door = Doorkeeper<MemoryStore>()
        #expect(try Self.admits("court.user", &door, polity) && !Self.admits("mallory", &door, polity))
        #expect(door.knows(Polity.key("court.user")) && !door.knows(Polity.key("mallory")))
        let freeze = GovernanceAct.Freeze(until: Height(8), reason: Polity.label("r"))
        try polity.pass([.freezeMember(Polity.account("court.user"), freeze)])
        #expect(try !Self.admits("court.user", &door, polity))
        try polity.idle(until: 8)
        #expect(try Self.admits("court.user", &door, polity))
        try polity.pass([.addMember(Polity.member("new.user", "court", RoleSet(.user)))], [])
        #expect(try Self.admits("new.user", &door, polity))
        let request = DelegationRequest(
            key: Polity.key("court.delegate"),
            delegation: Delegation(contract: Deposit.contract, methods: [Deposit.method], until: Height(90), calls: 5))
        let membership = MembershipContract.contract
        try polity.run([
            polity.call(membership, MembershipContract.delegate, request.encoded, by: Polity.key("court.user")),
            polity.call(
                membership, MembershipContract.announce, Polity.key("twin").encoded, by: Polity.key("bank.user")),
        ])
        #expect(try Self.admits("court.delegate", &door, polity) && Self.admits("twin", &door, polity))
        try polity.run([polity.call(membership, MembershipContract.takeOver, [], by: Polity.key("twin"))])
        #expect(try Self.admits("twin", &door, polity) && !Self.admits("bank.user", &door, polity))
    }

    @Test("the state is opened once a height, however many newcomers and strangers come (POOL-4)")
    func opened() throws {
        var polity = try Polity()
        var door = Doorkeeper<MemoryStore>()
        var opened = 0
        for height in [0, 0, 1, 1] as [UInt64] {
            if height == 1, polity.height == 1 { try polity.run() }
            let tree = polity.tree
            for name in ["court.user", "mallory", "bank.user", "twin"] {
                _ = try door.admits(Polity.key(name), at: Height(height)) { () throws(StoreError) in
                    opened += 1
                    return tree
                }
            }
        }
        #expect(opened == 2)
    }

    @Test("a remembered state that was pruned meanwhile is opened anew, also within one height (POOL-4)")
    func pruned() throws {
        var polity = try Polity()
        var door = Doorkeeper<MemoryStore>()
        func admits(_ name: String, _ polity: Polity) throws -> Bool {
            try door.admits(Polity.key(name), at: .zero) { () throws(StoreError) in try polity.opened() }
        }
        #expect(try admits("court.user", polity))
        for _ in 0..<3 { try polity.run([polity.deposit(by: "court.user")]) }
        try polity.prune()
        #expect(try admits("bank.user", polity) && !admits("mallory", polity))
    }

    @Test(
        "who may not act is told why and until when: frozen, removed, of a frozen organisation (POOL-4)"
    )
    func obstacles() throws {
        var polity = try Polity()
        var door = Doorkeeper<MemoryStore>()
        func obstacle(_ name: String) throws -> SendingObstacle? {
            let tree = polity.tree
            return try door.obstacle(to: Polity.key(name), at: Height(polity.height - 1)) { () throws(StoreError) in
                tree
            }
        }
        let freeze = GovernanceAct.Freeze(until: Height(80), reason: Polity.label("lost key"))
        try polity.pass([.freezeMember(Polity.account("court.user"), freeze)])
        let frozen = try #require(try obstacle("court.user"))
        #expect(frozen.code == .memberFrozen && frozen.until == Height(80) && frozen.reason.text == "lost key")
        try polity.pass([.freezeOrganization(Polity.label("bank"), GovernanceAct.Freeze(reason: Polity.label("fraud")))]
        )
        let home = try #require(try obstacle("bank.user"))
        #expect(home.code == .organizationFrozen && home.until == nil && home.reason.text == "fraud")
        try polity.pass([.removeMember(Polity.account("audit.user"))], by: "audit.admin", [])
        let removed = try #require(try obstacle("audit.user"))
        #expect(removed.code == .memberRemoved && removed.until == nil && removed.reason.isEmpty)
        #expect(try obstacle("mallory")?.code == .unknownSender && obstacle("bureau.user") == nil)
    }

    @Test("an announced key passes while its announcement holds and is the member's only one (MEMB-9, POOL-4)")
    func announced() throws {
        var polity = try Polity()
        var door = Doorkeeper<MemoryStore>()
        func announce(_ name: String, by member: String) throws -> [UInt16] {
            polity.codes(
                try polity.run([
                    polity.call(
                        MembershipContract.contract, MembershipContract.announce, Polity.key(name).encoded,
                        by: Polity.key(member))
                ]))
        }
        #expect(try announce("twin", by: "bank.user") == [0])
        #expect(try Self.admits("twin", &door, polity) && !door.knows(Polity.key("twin")))
        #expect(try announce("mallory", by: "bank.user") == [0])
        #expect(try !Self.admits("twin", &door, polity) && Self.admits("mallory", &door, polity))
        // The second block's announcement holds at its height and 100 000 more.
        let tree = polity.tree
        func passes(at executed: UInt64) throws -> Bool {
            try door.admits(Polity.key("mallory"), at: Height(executed)) { () throws(StoreError) in tree }
        }
        #expect(try passes(at: 1 + Limits.announcementHeights) && !passes(at: 2 + Limits.announcementHeights))
        #expect(try announce("mallory", by: "court.user") == [1828], "it is still bank.user's")
        #expect(try polity.pass([.removeMember(Polity.account("bank.user"))], by: "bank.admin", []).isEffective)
        #expect(try !Self.admits("mallory", &door, polity))
        #expect(try announce("mallory", by: "court.user") == [0])
    }

    @Test("a candidate for a validator's seat may speak while its proposal lives (COMM-9)")
    func candidates() throws {
        var polity = try Polity()
        var door = Doorkeeper<MemoryStore>()
        let key = Polity.validatorKey(9)
        func admits(_ door: inout Doorkeeper<MemoryStore>) throws -> Bool {
            let tree = polity.tree
            return try door.admits(key, at: Height(polity.height - 1)) { () throws(StoreError) in tree }
        }
        #expect(try !admits(&door))
        let motion = polity.motion([.addValidator(Polity.validator(9, "court", cloud: "c9"))])
        try polity.run([polity.propose(motion, by: "court.admin")])
        #expect(try admits(&door))
        let id = motion.id(by: Polity.account("court.admin"))
        try polity.run([
            polity.call(
                GovernanceContract.contract, GovernanceContract.revoke, id.encoded, by: Polity.key("court.admin"))
        ])
        #expect(try !admits(&door) && !door.knows(key), "no candidate is learnt by heart")
    }
}
