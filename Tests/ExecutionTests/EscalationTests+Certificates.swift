// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi

// Attacks by way of certificates (CERT-20, CERT-21), of room that all share (GOV-6, GOV-8), and of code.
extension EscalationTests {
    private static func word(
        _ method: Label, _ arguments: [UInt8] = [], by name: String, _ polity: inout Polity
    ) throws -> UInt16 {
        try only(polity.call(MembershipContract.contract, method, arguments, by: Polity.key(name)), &polity)
    }

    /// A member with a certificate, whose key was stolen, and who is told of it as the attack goes on.
    private static func withVictim(_ roles: RoleSet = RoleSet(.orgAdmin)) throws -> (Polity, [UInt8]) {
        let certificate = try Polity.certificate(Polity.key("court.clerk"))
        return (try Polity(members: [Polity.holding("court.clerk", certificate, roles)]), certificate.der)
    }

    static let certificates = [
        Attack("a thief shakes off a revoked certificate by a key announced before", 1834) { _ in
            var (polity, certificate) = try withVictim()
            _ = try word(MembershipContract.announce, Polity.key("mallory").encoded, by: "court.clerk", &polity)
            try polity.run([polity.revocation(of: certificate, by: "court.admin")])
            return try word(MembershipContract.takeOver, by: "mallory", &polity)
        },
        Attack("a thief shakes off a revoked certificate by a key announced after", 1812) { _ in
            var (polity, certificate) = try withVictim()
            try polity.run([polity.revocation(of: certificate, by: "court.admin")])
            return try word(MembershipContract.announce, Polity.key("mallory").encoded, by: "court.clerk", &polity)
        },
        Attack("a thief goes on by a key he delegated to before", 1812) { _ in
            var (polity, certificate) = try withVictim()
            let request = delegation(Deposit.contract, Deposit.method, to: "mallory")
            _ = try word(MembershipContract.delegate, request.encoded, by: "court.clerk", &polity)
            try polity.run([polity.revocation(of: certificate, by: "court.admin")])
            return try deposit(by: "mallory", &polity)
        },
        Attack("an organisation silences its supervisor by taking back the certificate", 1855) { _ in
            var (polity, certificate) = try withVictim(RoleSet(.supervisor))
            return try only(polity.revocation(of: certificate, by: "court.admin"), &polity)
        },
        Attack("an organisation silences the auditor it houses by taking back the certificate", 1855) { _ in
            let certificate = try Polity.certificate(Polity.key("bureau.clerk"))
            let officer = Polity.holding("bureau.clerk", certificate, RoleSet(.auditAdmin), person: "second")
            var polity = try Polity(members: [officer])
            return try only(polity.revocation(of: certificate.der, by: "bureau.security"), &polity)
        },
        Attack("an organisation takes back another's certificate", 1850) { _ in
            var (polity, certificate) = try withVictim()
            return try only(polity.revocation(of: certificate, by: "bank.admin"), &polity)
        },
        Attack("a user takes back his admin's certificate", 1853) { _ in
            var (polity, certificate) = try withVictim()
            return try only(polity.revocation(of: certificate, by: "court.user"), &polity)
        },
        Attack("a member is given a certificate that was taken back", 1812) { _ in
            var (polity, certificate) = try withVictim()
            try polity.run([polity.revocation(of: certificate, by: "court.admin")])
            let same = Polity.holding(
                "court.clerk", try Polity.certificate(Polity.key("court.clerk")), RoleSet(.orgAdmin))
            return try alone([.changeMember(same)], by: "court.admin", &polity)
        },
    ]

    // MARK: Room that all share

    static let rooms = [
        // It fails where others' approvals find room all the same.
        Attack("an admin fills a proposal's approvals with one key after another", 0) { polity in
            let motion = polity.motion([addCompany])
            let id = motion.id(by: Polity.account("court.admin"))
            try polity.run([polity.propose(motion, by: "court.admin")])
            var random = SeededRandom(seed: 5)
            var calls: [SignedTransaction] = []
            var old = Polity.key("bank.admin")
            for _ in 0..<Limits.approvalsMax {
                let next = SM2.ThrowAwaySigner(from: &random).publicKey
                let (membership, governance) = (MembershipContract.contract, GovernanceContract.contract)
                calls += [
                    polity.call(governance, GovernanceContract.approve, id.encoded, by: old),
                    polity.call(membership, MembershipContract.announce, next.encoded, by: old),
                    polity.call(membership, MembershipContract.takeOver, [], by: next),
                ]
                old = next
            }
            let codes = polity.codes(try polity.run(calls))
            guard codes.allSatisfy({ $0 == 0 }) else { return 1 }
            return try only(polity.approve(id, by: "audit.admin"), &polity)
        },
        Attack("an organisation has more than its share of the approvals", 1928) { _ in
            var random = SeededRandom(seed: 6)
            let crowd = (0..<9).map { number in
                Member(
                    key: SM2.ThrowAwaySigner(from: &random).publicKey, name: Polity.label("\(number)"),
                    organization: Polity.label("bank"))
            }
            let policy = try Polity.policy("majority or 9 of role(user)")
            var polity = try Polity(members: crowd, policies: [FoundingPolicy(.acts(.organizations), policy)])
            let motion = polity.motion([addCompany])
            let id = motion.id(by: Polity.account("court.admin"))
            var calls = [polity.propose(motion, by: "court.admin")]
            for member in crowd {
                calls.append(
                    polity.call(
                        GovernanceContract.contract, GovernanceContract.approve, id.encoded, by: member.key))
            }
            return polity.codes(try polity.run(calls)).last ?? 0
        },
        Attack("an organisation fills the agenda with what is due in years", 1913) { polity in
            let acts = (0...Limits.organizationDueProposalsMax).map { _ in
                GovernanceAct.freezeMember(Polity.account("court.user"), freeze())
            }
            let calls = acts.map { act in
                polity.propose(polity.motion([act], due: 5_000_000, expires: 6_000_000), by: "court.admin")
            }
            return polity.codes(try polity.run(calls)).last ?? 0
        },
    ]

    // MARK: Code

    /// A consortium with a contract `box`, and code of another that is on the chain and nobody has deployed.
    private static func withBox() throws -> (polity: Polity, code: Digest) {
        let idle: PaperEngine.Function = { _ throws(PaperEnd) in }
        var polity = try Polity(["box": idle, "other": idle])
        try polity.deploy(paper: "box")
        let other = PaperModule.bytes("other")
        _ = try polity.publish(other)
        return (polity, SM3.hash(other))
    }

    static let contracts = [
        Attack("an admin deploys a contract alone", 0) { _ in
            var (polity, code) = try withBox()
            let deployment = ContractDeployment(name: Polity.label("mine"), code: code, argument: [])
            return try alone([.deployContract(deployment)], by: "court.admin", &polity)
        },
        Attack("an admin puts other code under a contract's name alone", 0) { _ in
            var (polity, code) = try withBox()
            let upgrade = ContractUpgrade(name: Polity.label("box"), code: code, migrates: false)
            return try alone([.upgradeContract(upgrade)], by: "court.admin", &polity)
        },
        Attack("an admin retires a contract alone", 0) { _ in
            var (polity, _) = try withBox()
            return try alone([.retireContract(Polity.label("box"))], by: "court.admin", &polity)
        },
        Attack("an admin lets everybody make contracts of his code alone", 0) { _ in
            var (polity, code) = try withBox()
            let template = ContractTemplate(name: Polity.label("mine"), code: code, policy: .anybody)
            return try alone([.setTemplate(template)], by: "court.admin", &polity)
        },
    ]
}
