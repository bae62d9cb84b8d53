// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Testing
import jiuding

/// GOV-21: what organisations decide, as they write it in a file.
@Suite struct ActFileTests {
    private static let keys: [SM2.PublicKey] = {
        var random = SeededRandom(seed: 61)
        return (0..<6).map { _ in SM2.ThrowAwaySigner(from: &random).publicKey }
    }()

    private static func hex(_ number: Int) -> String { "04" + Hex.encode(keys[number].encoded) }

    private static func label(_ text: String) -> Label {
        guard let label = Label(text) else { preconditionFailure("a test's label is plain") }
        return label
    }

    private struct Nobody: Error {}

    private static let carol = Member(key: keys[5], name: label("carol"), organization: label("a"))

    /// - Parameters:
    ///   - carol: as the chain knows her.
    ///   - start: what the start of any code takes.
    private func parse(
        _ text: [UInt8], carol: Member? = nil, start: [ContractDescription.Item]? = nil
    ) async throws -> ProposalDraft {
        let validators = (0..<4).map { number in
            Validator(
                key: Self.keys[number], name: Self.label("node-\(number)"), organization: Self.label("a"),
                failureDomain: Self.label("c\(number)"))
        }
        let committee = try #require(
            Committee(epoch: .zero, validators: validators, parameters: ConsensusParameters()))
        let carol = carol ?? Self.carol
        let place = ActFile.Place(tip: Height(1_000), committee: committee) { name in
            guard name == "carol" || name == carol.account.hex else { throw Nobody() }
            return carol.account
        } member: { _ in
            carol
        } start: { _ in
            start
        }
        return try await ActFile.parse(text, file: "acts.yaml", in: place)
    }

    private func parse(_ text: String) async throws -> ProposalDraft { try await parse([UInt8](text.utf8)) }

    private static let code = SM3.hash([7])

    /// A file with one act of each name.
    private static let whole = """
        reason: a test
        at: 2000
        expires: +50000
        overrides: true
        acts:
          - add-organization: {id: b, name: 乙局, credit-code: 11350100MB0000017M, region: 350100, cloud: 移动云, site: 一号}
          - change-organization: {id: b, credit-code: 11350100MB0000017M, region: 350100}
          - freeze-organization: {id: b, until: +10, reason: looked at}
          - unfreeze-organization: {id: b}
          - remove-organization: {id: b}
          - add-member: {public-key: "\(hex(4))", name: dan, organization: a, roles: [orgAdmin, user], groups: [y, x]}
          - change-member: {member: carol, groups: [z]}
          - set-roles: {member: carol, roles: user}
          - freeze-member: {member: carol, reason: lost}
          - unfreeze-member: {member: carol}
          - remove-member: {member: carol}
          - replace-key: {member: carol, public-key: "\(hex(4))"}
          - set-policy: {resource: calls evidence, policy: "ANY of role( user )"}
          - set-policy: {resource: reads, policy: none}
          - freeze-contract: {contract: evidence, until: 1500, reason: key ceremony}
          - unfreeze-contract: {contract: evidence}
          - add-validator: {public-key: "\(hex(4))", name: node-4, organization: a, failure-domain: c4}
          - remove-validator: {validator: node-3}
          - replace-validator: {validator: node-2, public-key: "\(hex(4))", name: n, organization: a, failure-domain: c}
          - rotate-validator: {validator: node-1, public-key: "\(hex(4))"}
          - set-parameters: {block-interval-ms: 20}
          - set-rules: {version: 2, from: +100}
          - deploy-contract: {contract: box, code: "\(code.hex)", argument: "0a0b"}
          - upgrade-contract: {contract: box, code: "\(code.hex)", migrate: true}
          - retire-contract: {contract: box}
          - set-template: {template: boxes, code: "\(code.hex)", policy: "ANY of role( user )"}
          - drop-template: {template: boxes}
        """

    @Test("every act is read with its fields, and heights from now on (GOV-21)")
    func everyAct() async throws {
        let draft = try await parse(Self.whole)
        #expect(draft.reason == "a test" && draft.at == "2000" && draft.expires == "+50000" && draft.overrides)
        #expect(Set(draft.acts.map(\.name)) == Set(ActName.allCases), "an act is not in this test")
        #expect(draft.acts.count == ActName.allCases.count + 1)
        let carol = AccountID(Self.keys[5])
        #expect(
            draft.acts[2]
                == .freezeOrganization(Self.label("b"), .init(until: Height(1_010), reason: Self.label("looked at"))))
        #expect(draft.acts[7] == .setRoles(carol, RoleSet(.user)))
        #expect(draft.acts[8] == .freezeMember(carol, .init(reason: Self.label("lost"))), "without an end")
        #expect(draft.acts[12] == .setPolicy(.contractCalls(Self.label("evidence")), try Policy("any of role(user)")))
        #expect(draft.acts[13] == .setPolicy(.reads, nil))
        #expect(
            draft.acts[14]
                == .freezeContract(
                    Self.label("evidence"), .init(until: Height(1_500), reason: Self.label("key ceremony"))))
        #expect(draft.acts[17] == .removeValidator(Self.keys[3]))
        #expect(draft.acts[19] == .rotateValidator(Self.keys[1], Self.keys[4]))
        #expect(draft.acts[20] == .setParameters(ConsensusParameters(blockIntervalMillis: 20)))
        #expect(draft.acts[21] == .setRules(RuleVersion(2), Height(1_100)))
        let box = Self.label("box")
        #expect(
            draft.acts[22]
                == .deployContract(ContractDeployment(name: box, code: Self.code, argument: [0x0a, 0x0b])))
        #expect(draft.acts[23] == .upgradeContract(ContractUpgrade(name: box, code: Self.code, migrates: true)))
        #expect(draft.acts[24] == .retireContract(box))
        #expect(
            draft.acts[25]
                == .setTemplate(
                    ContractTemplate(
                        name: Self.label("boxes"), code: Self.code, policy: try Policy("any of role(user)"))))
        #expect(draft.acts[26] == .dropTemplate(Self.label("boxes")))
        guard case .addMember(let dan) = draft.acts[5], case .changeMember(let changed) = draft.acts[6] else {
            Issue.record("\(draft.acts[5]), \(draft.acts[6])")
            return
        }
        #expect(
            dan.key == Self.keys[4] && dan.roles == RoleSet(.orgAdmin, .user) && dan.groups.map(\.text) == ["x", "y"])
        #expect(changed.account == carol && changed.name.text == "carol" && changed.groups.map(\.text) == ["z"])
    }

    @Test(
        "the fields programs are told of an act are those of a file: written into one they are the act again (GOV-21)")
    func again() async throws {
        let draft = try await parse(Self.whole)
        for act in draft.acts {
            let file: JSONText = ["acts": [.object([.init(key: act.name.rawValue, value: act.fields)])]]
            do {
                let read = try await parse(file.compact)
                #expect(read.acts == [act], "\(file.compact)")
            } catch { Issue.record("\(file.compact): \(error)") }
        }
    }

    @Test("what an act takes away, and a start without bytes, is told and read as that (GOV-21)")
    func takenAway() async throws {
        let rich = Member(
            key: Self.keys[5], name: Self.label("carol"), organization: Self.label("a"), certificate: SM3.hash([1]),
            encryptionKey: Self.keys[4])
        let described = #"{"methods":[],"start":[{"name":"limit","type":"number"}],"events":[],"name":"n","version":1}"#
        let start = try #require(ContractDescription([UInt8](described.utf8))).start
        let acts: [GovernanceAct] = [
            .changeMember(Self.carol), .changeMember(rich),
            .deployContract(ContractDeployment(name: Self.label("box"), code: Self.code)),
        ]
        for act in acts {
            let file: JSONText = ["acts": [.object([.init(key: act.name.rawValue, value: act.fields)])]]
            let read = try await parse([UInt8](file.compact.utf8), carol: rich, start: start)
            #expect(read.acts == [act], "\(file.compact)")
        }
    }

    /// Refused with the code, the place and a word of what is wrong.
    private func refused(_ text: [UInt8], at place: String, _ told: String, _ what: String) async {
        do {
            _ = try await parse(text)
            Issue.record("\(what) was taken")
        } catch {
            let failure = error as? Failure
            #expect(failure?.code == "JD-4032" && failure?.exit == .usage, "\(what): \(error)")
            let sentence = failure?.sentence ?? ""
            #expect(sentence.hasPrefix("acts.yaml\(place)") && sentence.contains(told), "\(what): \(sentence)")
        }
    }

    @Test("what nobody asked for, what is missing, twice or of another kind is refused with its place (GOV-21)")
    func flaws() async {
        let lines = Self.whole.split(separator: "\n", omittingEmptySubsequences: false)
        func line(_ word: String) -> String { "\((lines.firstIndex { $0.contains(word) } ?? -1) + 1)" }
        let cases: [(old: String, new: String, line: String, told: String)] = [
            ("reason: a test", "because: a test", "", "because"),
            ("reason: a test", "reason: a test\nreason: b", "1", "reason"),
            ("reason: a test", "reason: [a, b]", "1", "reason"),
            ("overrides: true", "overrides: perhaps", "4", "overrides"),
            ("acts:", "deeds:", "", "acts"),
            ("- unfreeze-organization:", "- thaw-organization:", line("- unfreeze-org"), "an act is one of"),
            (
                "- unfreeze-organization: {id: b}", "- unfreeze-organization: b", line("- unfreeze-org"),
                "unfreeze-organization"
            ),
            ("- unfreeze-organization: {id: b}", "- unfreeze-organization", line("- unfreeze-org"), ""),
            (
                "- unfreeze-organization: {id: b}", "- {unfreeze-organization: {id: b}, remove-organization: {id: b}}",
                line("- unfreeze-org"), "an act is one of"
            ),
            (
                "unfreeze-organization: {id: b}", "unfreeze-organization: {id: b, colour: red}", line("- unfreeze-org"),
                "colour"
            ),
            ("unfreeze-organization: {id: b}", "unfreeze-organization: {id: b, id: c}", line("- unfreeze-org"), "id"),
            ("unfreeze-organization: {id: b}", "unfreeze-organization: {}", line("- unfreeze-org"), "id"),
            ("unfreeze-organization: {id: b}", "unfreeze-organization: {id: {x: y}}", line("- unfreeze-org"), "id"),
            ("until: +10", "until: soon", line("- freeze-org"), "until"),
            ("until: +10", "until: -1", line("- freeze-org"), "until"),
            ("until: 1500", "until: 99999999999999999999", line("- freeze-con"), "until"),
            (", reason: lost", "", line("- freeze-mem"), "reason"),
            ("0000017M, region: 350100, cloud", "0000017N, region: 350100, cloud", line("- add-org"), "credit-code"),
            ("region: 350100, cloud", "region: 35010, cloud", line("- add-org"), "region"),
            ("roles: [orgAdmin, user]", "roles: [king]", line("- add-member"), "king"),
            ("public-key: \"04", "public-key: \"05", "", "public-key"),
            ("validator: node-3", "validator: node-9", line("- remove-val"), "validator"),
            ("ANY of role( user )", "ANY of roles", line("- set-policy"), "byte"),
            ("resource: calls evidence", "resource: dances", line("- set-policy"), "resource"),
            ("block-interval-ms: 20", "block-interval-ms: 60001", line("- set-par"), "block-interval-ms"),
            ("version: 2", "version: 65536", line("- set-rules"), "version"),
        ]
        for (old, new, line, told) in cases {
            let text = Self.whole.replacing(old, with: new)
            #expect(text != Self.whole, "\(old) is not in the file")
            await refused([UInt8](text.utf8), at: line.isEmpty ? "" : ":\(line):", told, new)
        }
    }

    @Test("what is no such file is refused by the same code: no YAML, no text, empty, too long, endless (GOV-21)")
    func shapes() async {
        let cases: [(String, [UInt8])] = [
            ("nothing", []), ("no mapping", [UInt8]("- a\n- b\n".utf8)), ("a word", [UInt8]("acts".utf8)),
            ("no YAML", [UInt8]("acts: [\n".utf8)), ("tabs", [UInt8]("acts:\n\t- x: {}\n".utf8)),
            ("not UTF-8", [UInt8]("reason: ".utf8) + [0xff, 0xfe, 0x0a]), ("zeros", [UInt8](repeating: 0, count: 64)),
            ("no acts", [UInt8]("acts: {}\n".utf8)), ("acts of a word", [UInt8]("acts: none\n".utf8)),
            ("two documents", [UInt8](Self.whole.utf8) + [UInt8]("\n---\nacts: []\n".utf8)),
            ("too long", [UInt8](Self.whole.utf8) + [UInt8]("\n# ".utf8) + [UInt8](repeating: 0x78, count: 1 << 20)),
            ("too deep", [UInt8]((String(repeating: "[", count: 20_000)).utf8)),
        ]
        for (what, text) in cases { await refused(text, at: "", "", what) }
    }

    @Test("whom nobody knows is told in that name's own words, not as a flaw of the file (GOV-21)")
    func strangers() async {
        await #expect(throws: Nobody.self) { try await parse("acts:\n  - remove-member: {member: dave}\n") }
    }
}
