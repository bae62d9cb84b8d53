// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Testing

/// The bytes of governance: every value survives, no other bytes are taken, every list has an end.
@Suite struct GovernanceBytesTests {
    private static func survives<Value: Canonical & Equatable>(_ value: Value) {
        let bytes = value.encoded
        #expect((try? Value(decoding: bytes)) == value)
        for cut in 0..<bytes.count { #expect((try? Value(decoding: Array(bytes.prefix(cut)))) == nil) }
        #expect((try? Value(decoding: bytes + [0])) == nil)
    }

    /// One of each act.
    static let acts: [GovernanceAct] = [
        .addOrganization(Polity.organization("a")), .changeOrganization(Organization(id: Polity.label("b"))),
        .freezeOrganization(Polity.label("a"), .init(until: Height(7), reason: Polity.label("r"))),
        .unfreezeOrganization(Polity.label("a")), .removeOrganization(Polity.label("a")),
        .addMember(Polity.member("mallory", "court", RoleSet(.user, .auditAdmin), groups: ["h", "g"], person: "p")),
        .changeMember(Polity.member("mallory", "court", .none)), .setRoles(.zero, RoleSet(.supervisor)),
        .freezeMember(.zero, .init(reason: Polity.label("冻结"))), .unfreezeMember(.zero), .removeMember(.zero),
        .replaceKey(.zero, Polity.key("mallory")), .setPolicy(.calls, nil), .setPolicy(.acts(.freezes), .majority),
        .setPolicy(.method(Polity.label("c"), Polity.label("m")), .forbidden),
        .freezeContract(Polity.label("c"), .init(reason: Polity.label("r"))), .unfreezeContract(Polity.label("c")),
        .addValidator(Polity.validator(1, "a", cloud: "c")), .removeValidator(Polity.key("twin")),
        .replaceValidator(Polity.key("twin"), Polity.validator(1, "a", cloud: "c")),
        .rotateValidator(Polity.key("twin"), Polity.key("mallory")), .setParameters(ConsensusParameters()),
        .setRules(RuleVersion(2), Height(9)),
        .deployContract(ContractDeployment(name: Polity.label("c"), code: SM3.hash([1]), argument: [1, 2])),
        .upgradeContract(ContractUpgrade(name: Polity.label("c"), code: SM3.hash([2]), migrates: true)),
        .retireContract(Polity.label("c")),
        .setTemplate(ContractTemplate(name: Polity.label("t"), code: SM3.hash([3]), policy: .majority)),
        .dropTemplate(Polity.label("t")),
    ]

    @Test("every act, proposal and record survives its bytes, and no part of them is one (GOV-1, GOV-2)")
    func bytes() {
        for act in Self.acts { Self.survives(act) }
        Self.survives(
            Motion(
                Self.acts, due: Height(4), expires: Height(90), overrides: true, reason: Polity.label("why"), salt: 9))
        let motion = Motion([Self.acts[0]], expires: Height(9))
        for status in [
            MotionStatus.open, .decided(Height(1)), .effective(Height(2)), .revoked(Height(3)),
            .void(Height(4), .lastAdmin),
        ] {
            let record = MotionRecord(
                motion: motion, proposer: Polity.account("twin"), organization: Polity.label("a"), proposed: Height(1),
                status: status, approvals: [Polity.account("twin"), .zero])
            Self.survives(record)
            #expect(status.isClosed == ![.open, .decided(Height(1))].contains(status))
        }
        for standing in [Standing.active, .removed, .frozen(until: Height(Height.max), reason: Polity.label("r"))] {
            Self.survives(standing)
            Self.survives(
                MemberRecord(member: Polity.member("twin", "a", .none), standing: standing, successor: .zero))
            Self.survives(
                OrganizationRecord(organization: Polity.organization("a"), standing: standing, admins: [.zero]))
        }
        Self.survives(
            DelegationRequest(
                key: Polity.key("twin"),
                delegation: Delegation(
                    contract: Polity.label("c"), methods: [Polity.label("b"), Polity.label("a")], until: Height(3),
                    calls: .max)))
    }

    @Test("every resource survives its bytes and has words in two languages (PERM-1)")
    func resources() {
        let (contract, name) = (Polity.label("c"), Polity.label("m"))
        let all: [Resource] =
            [
                .calls, .reads, .contractCalls(contract), .contractReads(contract), .method(contract, name),
                .fieldReads(contract, name), .fieldWrites(contract, name),
            ] + ActClass.allCases.map { .acts($0) }
        for resource in all {
            Self.survives(resource)
            #expect(!resource.english.isEmpty && !resource.chinese.isEmpty)
        }
        #expect(Set(all.map(\.encoded)).count == all.count)
        for act in Self.acts { #expect(act.english.isEmpty == false && act.chinese.isEmpty == false) }
    }

    @Test("proposals without acts, with too many, or too long are none (GOV-1)")
    func bounds() {
        #expect((try? Motion(decoding: Motion([], expires: Height(9)).encoded)) == nil)
        let many = Array(repeating: Self.acts[3], count: Limits.proposalActsMax)
        #expect((try? Motion(decoding: Motion(many, expires: Height(9)).encoded)) != nil)
        #expect((try? Motion(decoding: Motion(many + [Self.acts[3]], expires: Height(9)).encoded)) == nil)
        let long = Polity.label(String(repeating: "x", count: 255))
        let wide = GovernanceAct.setPolicy(
            .calls,
            .quota(
                .any, of: .named((0..<3).map { Polity.label("\($0)" + String(repeating: "x", count: 250)) }),
                by: .everyone))
        let freeze = GovernanceAct.freezeContract(long, .init(reason: long))
        let heavy = Array(repeating: wide, count: 24) + Array(repeating: freeze, count: 8)
        #expect(Motion(heavy, expires: Height(9)).encoded.count < Limits.proposalBytesMax)
        #expect((try? Motion(decoding: Motion(heavy, expires: Height(9)).encoded)) != nil)
        let twice = Delegation(
            contract: long, methods: [long, long], until: Height(3), calls: 1)
        #expect((try? Delegation(decoding: twice.encoded)) == nil)
        #expect(
            (try? Delegation(decoding: Delegation(contract: long, methods: [], until: Height(3), calls: 1).encoded))
                == nil)
    }

    @Test("the digest of a proposal names its proposer and every byte (GOV-1)")
    func identity() {
        let motion = Motion([Self.acts[0]], expires: Height(9))
        let ids = [
            motion.id(by: .zero), motion.id(by: Polity.account("twin")),
            Motion([Self.acts[0]], expires: Height(9), salt: 1).id(by: .zero),
            Motion([Self.acts[0]], expires: Height(9), overrides: true).id(by: .zero),
            Motion([Self.acts[1]], expires: Height(9)).id(by: .zero),
        ]
        #expect(Set(ids).count == ids.count)
    }
}
