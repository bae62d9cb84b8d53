// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Testing

/// EXEC-7, EXEC-9: what the platform's calls cost, and the most that a transaction can.
@Suite struct GasTests {
    private static func long(_ letter: String, _ count: Int = Limits.labelBytesMax) -> Label {
        Polity.label(String(repeating: letter, count: count))
    }

    @Test("the largest calls there are stay below their ceilings (EXEC-9)")
    func ceilings() throws {
        let giant = Member(
            key: Polity.key("new.user"), name: Self.long("n"), organization: Polity.label("court"),
            roles: RoleSet(.orgAdmin, .operator),
            groups: ["a", "b", "c", "d", "e", "f", "g", "h"].map { Self.long($0) }, person: SM3.hash([1]),
            certificate: SM3.hash([2]), encryptionKey: Polity.key("stranger"))
        var polity = try Polity(members: [giant])
        let deposit = Deposit(
            businessType: Self.long("b"), title: Self.long("t"), digest: SM3.hash([3]), size: .max,
            mediaType: Self.long("m"), capture: .upload)
        let note = Annotation(
            digest: SM3.hash([3]), text: [UInt8](repeating: 0x6e, count: Limits.noteBytesMax))
        let request = DelegationRequest(
            key: Polity.key("court.delegate"),
            delegation: Delegation(
                contract: Deposit.contract, methods: (0..<16).map { Self.long("abcdefghijklmnop".letter($0)) },
                until: Height(50), calls: 9))
        let membership = MembershipContract.contract
        let calls = [
            polity.call(Deposit.contract, Deposit.method, deposit.encoded, by: giant.key),
            polity.call(Deposit.contract, EvidenceNote.method, note.encoded, by: giant.key),
            polity.call(membership, MembershipContract.delegate, request.encoded, by: giant.key),
            polity.call(
                membership, MembershipContract.undelegate, Polity.account("court.delegate").encoded, by: giant.key),
            polity.call(membership, MembershipContract.announce, Polity.key("twin").encoded, by: giant.key),
            polity.call(membership, MembershipContract.takeOver, [], by: Polity.key("twin")),
        ]
        let outcome = try polity.run(calls)
        #expect(polity.codes(outcome) == [0, 0, 0, 0, 0, 0])
        for (call, result) in zip(calls, outcome.outcomes) {
            #expect(result.gasUsed.value < GasSchedule.ceiling(of: call.body), "\(call.body.method.text)")
        }
    }

    @Test("a payload full of deposits fits the gas of a block, and one of governance does not (EXEC-9)")
    func blocks() {
        let deposits = UInt64(Limits.payloadTransactionsMax) * 5_000 + 2 * UInt64(Limits.payloadBytesMax)
        #expect(deposits <= Limits.blockGasMax)
        let governance = UInt64(Limits.payloadTransactionsMax) * Limits.transactionGasMax
        #expect(governance > Limits.blockGasMax && Limits.blockGasMax >= 50 * Limits.transactionGasMax)
    }

    @Test("reading policies and counting voices costs by their length and number (EXEC-7)")
    func proportion() throws {
        let short = try Policy("majority")
        let long = try Policy("majority or " + (0..<51).map { _ in "any of group(g)" }.joined(separator: " or "))
        #expect(long.text.utf8.count > 900)
        var gas: [UInt64] = []
        for policy in [short, long] {
            var polity = try Polity(policies: [FoundingPolicy(.acts(.contracts), policy)])
            let act = GovernanceAct.freezeContract(Deposit.contract, .init(reason: Polity.label("r")))
            let motion = polity.motion([act])
            let id = motion.id(by: Polity.account("court.admin"))
            let outcome = try polity.run([
                polity.propose(motion, by: "court.admin"), polity.approve(id, by: "bank.admin"),
            ])
            #expect(polity.codes(outcome) == [0, 0])
            gas.append(outcome.outcomes[1].gasUsed.value)
        }
        // Its text is read twice, and its 52 clauses look at two voices.
        let more = UInt64(long.text.utf8.count - short.text.utf8.count) * 2 * GasSchedule.policyByte
        #expect(gas[1] >= gas[0] + more + 51 * 2 * GasSchedule.voice)
    }

    @Test("names in a policy's lists and in its voices are paid for by their number and length (EXEC-7)")
    func names() throws {
        let few = try Policy("majority or any of group(g0)")
        let many = try Policy("majority or any of group(\((0..<32).map { "g\($0)" }.joined(separator: ", ")))")
        let groups = ["a", "b", "c", "d", "e", "f", "g", "h"].map { String(repeating: $0, count: 255) }
        let talker = Polity.member("bank.spare", "bank", RoleSet(.orgAdmin), groups: groups)
        var gas: [UInt64] = []
        for (policy, approver) in [(few, "bank.admin"), (many, "bank.admin"), (few, "bank.spare")] {
            var polity = try Polity(members: [talker], policies: [FoundingPolicy(.acts(.contracts), policy)])
            let act = GovernanceAct.freezeContract(Deposit.contract, .init(reason: Polity.label("r")))
            let motion = polity.motion([act])
            let id = motion.id(by: Polity.account("court.admin"))
            let outcome = try polity.run([
                polity.propose(motion, by: "court.admin"), polity.approve(id, by: approver),
            ])
            #expect(polity.codes(outcome) == [0, 0])
            gas.append(outcome.outcomes[1].gasUsed.value)
        }
        let text = UInt64(many.text.utf8.count - few.text.utf8.count) * 2 * GasSchedule.policyByte
        // 32 names are four times eight; two voices are looked at, and the approver's own once more before.
        #expect(gas[1] >= gas[0] + text + 4 * 3 * GasSchedule.voice, "\(gas)")
        #expect(gas[2] >= gas[0] + 8 * 255 / GasSchedule.bytesDecoded, "\(gas)")
    }

    /// As many admins as there can be, whose records and certificates are as long as they can be.
    private static let crowd: [Member] = {
        var random = SeededRandom(seed: 8)
        var crowd: [Member] = []
        for home in 0..<(Limits.organizationsMax - Polity.homes.count) {
            for number in 0..<Limits.organizationAdminsMax {
                crowd.append(
                    Member(
                        key: SM2.ThrowAwaySigner(from: &random).publicKey, name: long("n"),
                        organization: Polity.label("o\(home)"), roles: RoleSet(.orgAdmin),
                        groups: (0..<8).map { long("abcdefgh".letter($0)) },
                        person: SM3.hash([UInt8(home), UInt8(number), 1]),
                        certificate: SM3.hash([UInt8(home), UInt8(number)])))
            }
        }
        return crowd
    }()

    private static func longest() throws -> Policy {
        try Policy("majority or " + (0..<51).map { _ in "any of group(g)" }.joined(separator: " or "))
    }

    @Test("in the largest consortium an act is always affordable, whatever policies say (EXEC-7, GOV-12)")
    func largest() throws {
        // It would be met by a majority, so that approvals fill the list first: 64 organisations send eight each.
        let long = try Self.longest()
        var polity = try Polity(members: Self.crowd, policies: [FoundingPolicy(.acts(.policies), long)])
        let motion = polity.motion([.setPolicy(.acts(.offices), long)])
        let id = motion.id(by: Polity.account("court.admin"))
        var calls = [polity.propose(motion, by: "court.admin")]
        let filling = Self.crowd.prefix(Limits.approvalsMax - 1)
        for member in filling + Self.crowd.suffix(600) {
            calls.append(
                polity.call(GovernanceContract.contract, GovernanceContract.approve, id.encoded, by: member.key))
        }
        calls.append(
            polity.call(
                GovernanceContract.contract, GovernanceContract.withdraw, id.encoded, by: Self.crowd[2_000].key))
        let outcome = try polity.run(calls)
        let codes = Set(polity.codes(outcome))
        #expect(codes == [0, 1928] && outcome.outcomes.last?.code.isSuccess == true)
        let most = outcome.outcomes.map(\.gasUsed.value).max() ?? 0
        #expect(most < Limits.transactionGasMax * 9 / 10, "\(most) gas")
        try polity.run()
        let record = try #require(try polity.reader.read { try $0.motion(id) })
        #expect(record.status.isEffective && record.approvals.count >= Limits.approvalsMax - 1)
    }

    @Test("in the largest consortium a certificate is taken back at once, an admin's too (EXEC-9, CERT-20)")
    func largestRevocation() throws {
        let certificate = try Polity.certificate(Polity.key("court.clerk"))
        let clerk = Polity.holding("court.clerk", certificate, RoleSet(.orgAdmin))
        var polity = try Polity(
            members: Self.crowd + [clerk], policies: [FoundingPolicy(.acts(.policies), try Self.longest())])
        let outcome = try polity.run([polity.revocation(of: certificate.der, by: "court.admin")])
        #expect(polity.codes(outcome) == [0])
        #expect(outcome.outcomes[0].gasUsed.value < Limits.transactionGasMax * 9 / 10)
    }
}

extension String {
    fileprivate func letter(_ place: Int) -> String { String(Array(self)[place]) }
}
