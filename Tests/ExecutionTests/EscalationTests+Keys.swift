// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi

// Attacks by way of keys and of the committee.
extension EscalationTests {
    // MARK: Keys

    static func delegation(_ contract: Label, _ method: Label, to name: String) -> DelegationRequest {
        DelegationRequest(
            key: Polity.key(name),
            delegation: Delegation(contract: contract, methods: [method], until: Height(50), calls: 2))
    }

    private static func delegate(
        _ contract: Label, _ method: Label, by name: String, _ polity: inout Polity
    ) throws -> UInt16 {
        let request = delegation(contract, method, to: "court.delegate")
        let call = polity.call(
            MembershipContract.contract, MembershipContract.delegate, request.encoded, by: Polity.key(name))
        return try only(call, &polity)
    }

    private static func announce(_ next: String, by name: String, _ polity: inout Polity) throws -> UInt16 {
        let call = polity.call(
            MembershipContract.contract, MembershipContract.announce, Polity.key(next).encoded, by: Polity.key(name))
        return try only(call, &polity)
    }

    static let keys = [
        Attack("governance is delegated", 1836) {
            try delegate(GovernanceContract.contract, GovernanceContract.approve, by: "court.admin", &$0)
        },
        Attack("a delegated key approves in its member's name", 1805) { polity in
            _ = try delegate(Deposit.contract, Deposit.method, by: "court.admin", &polity)
            return try approval(of: [addCompany], by: "court.delegate", from: "bank.admin", &polity)
        },
        Attack("a delegated key delegates further", 1805) { polity in
            _ = try delegate(Deposit.contract, Deposit.method, by: "court.user", &polity)
            let request = delegation(Deposit.contract, Deposit.method, to: "mallory")
            let call = polity.call(
                MembershipContract.contract, MembershipContract.delegate, request.encoded,
                by: Polity.key("court.delegate"))
            return try only(call, &polity)
        },
        Attack("a delegated key calls another method", 1805) { polity in
            _ = try delegate(Deposit.contract, Deposit.method, by: "court.user", &polity)
            let note = Annotation(digest: SM3.hash([1]), text: [0x6e])
            let call = polity.call(
                Deposit.contract, EvidenceNote.method, note.encoded, by: Polity.key("court.delegate"))
            return try only(call, &polity)
        },
        Attack("a delegated key calls a third time of two", 1807) { polity in
            _ = try delegate(Deposit.contract, Deposit.method, by: "court.user", &polity)
            let calls = (0..<3).map { _ in polity.deposit(by: "court.delegate") }
            return try polity.run(calls).outcomes[2].code.value
        },
        Attack("a delegated key acts after its last height", 1806) { polity in
            _ = try delegate(Deposit.contract, Deposit.method, by: "court.user", &polity)
            try polity.idle(until: 51)
            return try deposit(by: "court.delegate", &polity)
        },
        Attack("a delegated key outlives its frozen member", 1801) { polity in
            _ = try delegate(Deposit.contract, Deposit.method, by: "court.user", &polity)
            try polity.pass([.freezeMember(Polity.account("court.user"), freeze())])
            return try deposit(by: "court.delegate", &polity)
        },
        Attack("a member shakes off a freeze by a new key", 1801) { polity in
            let announcement = polity.call(
                MembershipContract.contract, MembershipContract.announce, Polity.key("new.user").encoded,
                by: Polity.key("court.user"))
            try polity.run([announcement])
            try polity.pass([.freezeMember(Polity.account("court.user"), freeze())])
            let takeOver = polity.call(
                MembershipContract.contract, MembershipContract.takeOver, [], by: Polity.key("new.user"))
            try polity.run([takeOver])
            return try deposit(by: "new.user", &polity)
        },
        Attack("the old key acts after the new one took over", 1802) { polity in
            let announcement = polity.call(
                MembershipContract.contract, MembershipContract.announce, Polity.key("new.user").encoded,
                by: Polity.key("court.user"))
            let takeOver = polity.call(
                MembershipContract.contract, MembershipContract.takeOver, [], by: Polity.key("new.user"))
            try polity.run([announcement, takeOver])
            return try deposit(by: "court.user", &polity)
        },
        Attack("a removed key is admitted again", 1828) { polity in
            try polity.pass([.removeMember(Polity.account("court.user"))])
            return try alone(
                [.addMember(Polity.member("court.user", "court", RoleSet(.user)))], by: "court.admin", &polity)
        },
        // It fails where the owner is admitted all the same: 1 is what `alone` says of a proposal that took effect.
        Attack("a member sits on the key another organisation means to admit", 1) { polity in
            let squat = polity.call(
                MembershipContract.contract, MembershipContract.announce, Polity.key("new.user").encoded,
                by: Polity.key("court.user"))
            try polity.run([squat])
            return try alone([.addMember(Polity.member("new.user", "bank", RoleSet(.user)))], by: "bank.admin", &polity)
        },
        Attack("a member delegates to the key another organisation means to admit", 1) { polity in
            let request = DelegationRequest(
                key: Polity.key("new.user"),
                delegation: Delegation(
                    contract: Deposit.contract, methods: [Deposit.method], until: Height(polity.height + 50), calls: 9))
            let squat = polity.call(
                MembershipContract.contract, MembershipContract.delegate, request.encoded, by: Polity.key("court.user"))
            try polity.run([squat])
            return try alone([.addMember(Polity.member("new.user", "bank", RoleSet(.user)))], by: "bank.admin", &polity)
        },
        Attack("a thief announces a key of his own after governance replaced the stolen one", 1839) { polity in
            let act = GovernanceAct.replaceKey(Polity.account("court.user"), Polity.key("new.user"))
            try polity.pass([act], [])
            return try announce("mallory", by: "court.user", &polity)
        },
        Attack("a thief's key takes over that he announced before governance replaced the stolen one", 1834) { polity in
            _ = try announce("mallory", by: "court.user", &polity)
            let act = GovernanceAct.replaceKey(Polity.account("court.user"), Polity.key("new.user"))
            try polity.pass([act], [])
            let takeOver = polity.call(
                MembershipContract.contract, MembershipContract.takeOver, [], by: Polity.key("mallory"))
            return try only(takeOver, &polity)
        },
        Attack("a member announces many keys, to bring them past the door", 1834) { polity in
            for name in ["mallory", "stranger", "new.user"] { _ = try announce(name, by: "court.user", &polity) }
            let calls = ["mallory", "stranger", "new.user"].map {
                polity.call(MembershipContract.contract, MembershipContract.takeOver, [], by: Polity.key($0))
            }
            return try polity.codes(polity.run(calls)) == [1834, 1834, 0] ? 1834 : 0
        },
        Attack("a removed member's announced key takes over", 1834) { polity in
            _ = try announce("mallory", by: "court.user", &polity)
            try polity.pass([.removeMember(Polity.account("court.user"))], [])
            let takeOver = polity.call(
                MembershipContract.contract, MembershipContract.takeOver, [], by: Polity.key("mallory"))
            return try only(takeOver, &polity)
        },
        Attack("a member announces another member's key as its own", 1828) { polity in
            let call = polity.call(
                MembershipContract.contract, MembershipContract.announce, Polity.key("bank.admin").encoded,
                by: Polity.key("court.user"))
            return try only(call, &polity)
        },
    ]

    // MARK: The committee

    static let committees = [
        Attack("an admin seats a validator alone", 0) {
            try alone([.addValidator(Polity.validator(9, "court", cloud: "c9"))], by: "court.admin", &$0)
        },
        Attack("a committee of four shrinks to three", 1404) {
            try alone([.removeValidator(Polity.validatorKey(0))], by: "court.admin", &$0)
        },
        Attack("a validator of no organisation", 1922) {
            try alone([.addValidator(Polity.validator(9, "company", cloud: "c9"))], by: "court.admin", &$0)
        },
        Attack("one cloud gets a hold on the chain", 1918) {
            try alone(
                [.replaceValidator(Polity.validatorKey(0), Polity.validator(9, "court", cloud: "c1"))],
                by: "court.admin", &$0)
        },
        Attack("one key votes twice", 1920) {
            try alone([.addValidator(Polity.validator(1, "court", cloud: "c9"))], by: "court.admin", &$0)
        },
        Attack("a validator that is not there is removed", 1919) {
            try alone([.removeValidator(Polity.validatorKey(9))], by: "court.admin", &$0)
        },
        Attack("rules go backwards", 1923) {
            try alone([.setRules(.first, Height(90))], by: "court.admin", &$0)
        },
    ]
}
