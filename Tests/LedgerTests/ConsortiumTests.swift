// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Testing

/// FOUND-2 to FOUND-5: what organisations may agree on before a chain is founded.
@Suite struct ConsortiumTests {
    @Test("an agreement's digest is of its meaning: any part changed is another agreement (FOUND-2)")
    func digests() throws {
        let plain = Ceremony.agreement()
        let others = [
            Ceremony.agreement(name: "other"), Ceremony.agreement(waivers: .clouds),
            Ceremony.agreement(parameters: ConsensusParameters(heartbeatMillis: 5_000)),
            Ceremony.agreement { index, party in
                Ceremony.party(
                    index, cloud: Ceremony.clouds[index], seats: index == 0 ? [Ceremony.seat("b", .orgAdmin)] : nil)
            },
            Ceremony.agreement(clouds: Ceremony.clouds.reversed()),
        ]
        #expect(Set(([plain] + others).map(\.digest)).count == 6)
        for one in [plain] + others {
            #expect(try Consortium(decoding: one.encoded) == one)
        }
        #expect(throws: DecodeError.self) { try Consortium(decoding: plain.encoded + [0]) }
    }

    @Test("what no chain can be founded on is refused with its own code before a key is made (FOUND-3)")
    func agreementFlaws() {
        func with(_ place: Int, _ party: Consortium.Party) -> Consortium {
            Ceremony.agreement { index, plain in index == place ? party : plain }
        }
        let clouds = Ceremony.clouds
        let first = Ceremony.node("node-0", cloud: clouds[1], address: "10.0.0.0:8700")
        let many = (0..<9).map { Ceremony.seat("admin-\($0)", .orgAdmin) }
        let cases: [(Consortium, Int)] = [
            (with(1, Ceremony.party(1, id: "org-0", cloud: clouds[1])), 2402),
            (with(1, Ceremony.party(1, code: Ceremony.codes[0], cloud: clouds[1])), 2402),
            (with(1, Ceremony.party(1, cloud: clouds[1], nodes: [first])), 2402),
            (
                with(
                    1,
                    Ceremony.party(
                        1, cloud: clouds[1], nodes: [Ceremony.node("n", cloud: "x", address: "10.0.0.0:8700")])),
                2402
            ),
            (
                with(
                    1,
                    Ceremony.party(
                        1, cloud: clouds[1], seats: [Ceremony.seat("a", .orgAdmin), Ceremony.seat("a", .user)])),
                2402
            ),
            (with(1, Ceremony.party(1, cloud: clouds[1], seats: [])), 2403),
            (with(1, Ceremony.party(1, cloud: clouds[1], seats: many)), 2403),
            (with(1, Ceremony.party(1, cloud: clouds[1], nodes: [], seats: [])), 2407),
            (Ceremony.agreement(clouds: Array(clouds.prefix(3))), 2405),
            (Ceremony.agreement(clouds: ["移动云", "移动云", "电信云", "联通云"]), 2406),
            (Ceremony.agreement(parameters: ConsensusParameters(heartbeatMillis: 10)), 2407),
            (Ceremony.agreement(parameters: ConsensusParameters(clockToleranceMillis: 10)), 2407),
            (Ceremony.agreement(parameters: ConsensusParameters(blockTransactionsMax: 0)), 2407),
            (Ceremony.agreement(rules: RuleVersion(9_999)), 2407), (Ceremony.agreement(rules: RuleVersion(0)), 2407),
            (Ceremony.agreement(name: "a/b"), 2409), (Ceremony.agreement(name: ".a"), 2409),
            (with(0, Ceremony.party(0, id: "../x", cloud: clouds[0])), 2409),
            (with(0, Ceremony.party(0, cloud: clouds[0], seats: [Ceremony.seat("../admin", .orgAdmin)])), 2409),
        ]
        for (index, (consortium, code)) in cases.enumerated() {
            #expect(consortium.flaw?.code.number == code, "case \(index): \(String(describing: consortium.flaw))")
        }
        #expect(Ceremony.agreement().flaw == nil)
        let unnamed = Ceremony.agreement { index, party in
            Consortium.Party(
                organization: Organization(id: party.id, cloud: party.organization.cloud), nodes: party.nodes,
                seats: party.seats)
        }
        #expect(unnamed.flaw?.code.number == 2408)
    }

    @Test("three offices in one person's hands, with one key or several, or in nobody's: refused (FOUND-3)")
    func offices() {
        func officers(_ seats: [Consortium.Seat]) -> Int? {
            Ceremony.agreement { index, plain in
                index == 0
                    ? Ceremony.party(0, cloud: Ceremony.clouds[0], seats: [Ceremony.seat("a", .orgAdmin)] + seats)
                    : plain
            }.flaw?.code.number
        }
        #expect(officers([Ceremony.seat("s", .systemAdmin)]) == 2404, "nobody knows who that is")
        #expect(officers([Ceremony.seat("s", .systemAdmin, .auditAdmin, person: 1)]) == 2404)
        #expect(
            officers([Ceremony.seat("s", .systemAdmin, person: 1), Ceremony.seat("t", .securityAdmin, person: 1)])
                == 2404)
        #expect(
            officers([Ceremony.seat("s", .systemAdmin, person: 1), Ceremony.seat("t", .securityAdmin, person: 2)])
                == nil)
        #expect(officers((0..<9).map { Ceremony.seat("u\($0)", .user, person: 1) }) == 2407, "nine keys of one person")
    }

    @Test("a waiver allows what it names and nothing else (FOUND-4)")
    func waivers() {
        let three = Array(Ceremony.clouds.prefix(3))
        #expect(
            Ceremony.agreement(clouds: three, waivers: .committee).flaw?.code.number == 2406, "no cloud may go of three"
        )
        #expect(Ceremony.agreement(clouds: three, waivers: [.committee, .clouds]).flaw == nil)
        #expect(
            Ceremony.agreement(clouds: [], waivers: [.committee, .clouds, .admins, .identities]).flaw?.code.number
                == 2407)
        let adminless = Ceremony.agreement(waivers: .admins) { index, party in
            Consortium.Party(organization: party.organization, nodes: party.nodes, seats: [])
        }
        #expect(adminless.flaw == nil)
    }

    @Test("a pseudonym is another digest on another chain (FOUND-5)")
    func persons() {
        let (name, time) = (Label(literal: "main"), Timestamp(5))
        let one = Consortium.person(Label(literal: "甲"), name: name, founded: time)
        #expect(one == Consortium.person(Label(literal: "甲"), name: name, founded: time))
        let others = [
            Consortium.person(Label(literal: "乙"), name: name, founded: time),
            Consortium.person(Label(literal: "甲"), name: Label(literal: "tax"), founded: time),
            Consortium.person(Label(literal: "甲"), name: name, founded: Timestamp(6)),
        ]
        #expect(!others.contains(one) && Set(others).count == 3)
    }
}
