// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Testing

/// PERM-3 to PERM-6: the language of policies, its one text form, and what it counts.
@Suite struct PolicyTests {
    @Test(
        "what people write becomes one canonical text, which reads as itself (PERM-3)",
        arguments: [
            ("any", "any of members"), ("ANY", "any of members"), ("Forbidden", "forbidden"), ("self", "self"),
            ("ALL", "all of orgs by role(orgAdmin)"), ("MAJORITY", "majority of orgs by role(orgAdmin)"),
            ("any of role( user,operator )", "any of role(operator, user)"),
            ("2 of org(court, bank, bureau) by role(orgAdmin)", "2 of 3 org(bank, bureau, court) by role(orgAdmin)"),
            ("2 of 3 org(bureau, court, bank) by role(orgAdmin)", "2 of 3 org(bank, bureau, court) by role(orgAdmin)"),
            ("3 of orgs", "3 of orgs"), ("2 of role(securityAdmin)", "2 of role(securityAdmin)"),
            ("any of group(\"night shift\", 值班)", "any of group(\"night shift\", 值班)"),
            ("any of org(\"12\", \"or\", \"\")", "any of 3 org(\"\", \"12\", \"or\")"),
            ("self by role(orgAdmin) OR majority", "self by role(orgAdmin) or majority of orgs by role(orgAdmin)"),
            ("(any or self) and forbidden", "(any of members or self) and forbidden"),
            ("(any and self) or forbidden", "any of members and self or forbidden"),
            ("((any))", "any of members"), ("any or (self or forbidden)", "any of members or self or forbidden"),
            ("majority of org(a, b) by group(g)", "majority of org(a, b) by group(g)"),
            ("any of members by org(a)", "any of members by org(a)"),
            ("any of org(\"a\\\"b\\\\c\")", "any of org(\"a\\\"b\\\\c\")"),
        ])
    func texts(_ written: String, _ canonical: String) throws {
        // `any of 3 org(…)` is not canonical: the total stands behind a number only.
        let canonical = canonical.replacingOccurrence(of: "any of 3 org", by: "any of org")
        let policy = try Policy(written)
        #expect(policy.text == canonical)
        #expect(try Policy(canonical) == policy && Policy(canonical: Array(canonical.utf8)) == policy)
        if written != canonical { #expect(Policy(canonical: Array(written.utf8)) == nil) }
    }

    @Test(
        "what is no policy says why and where (PERM-4)",
        arguments: [
            ("", 0), ("any of", 6), ("any of role()", 12), ("any of role(king)", 12), ("2 of", 4), ("0 of orgs", 0),
            ("all of role(user)", 0), ("majority of members", 0), ("2 of 4 org(a, b, c)", 5), ("4 of org(a, b)", 0),
            ("any or", 6), ("(any", 4), ("any)", 3), ("any any", 4), ("any of org(a", 12), ("any of org(\"a)", 11),
            ("any; drop", 3), ("not any", 0), ("any of org(a,)", 13), ("99999 of orgs", 0), ("any by role(user)", 4),
            ("forbidden of orgs", 10), ("2 of 3 orgs", 7),
        ])
    func errors(_ text: String, _ position: Int) throws {
        let error = try #require(throws: PolicyError.self) { try Policy(text) }
        #expect(error.position == position, "\(text): \(error.english)")
        #expect(!error.english.isEmpty && error.chinese.unicodeScalars.contains { $0.value > 0x4e00 })
    }

    @Test("length, depth, clauses and names are bounded (PERM-4)")
    func bounds() throws {
        let deep = Limits.policyDepthMax
        _ = try Policy(String(repeating: "(", count: deep) + "any" + String(repeating: ")", count: deep))
        let problems: [(String, PolicyError.Problem)] = [
            (String(repeating: "(", count: deep + 1) + "any" + String(repeating: ")", count: deep + 1), .tooDeep),
            (Array(repeating: "any", count: Limits.policyClausesMax + 1).joined(separator: " or "), .tooManyClauses),
            ("any" + String(repeating: " ", count: Limits.policyBytesMax), .tooLong),
            (
                "any of org(" + (0...Limits.policyNamesMax).map { "o\($0)" }.joined(separator: ",") + ")",
                .tooManyNames
            ),
        ]
        for (text, problem) in problems {
            #expect(throws: PolicyError.self) { try Policy(text) }
            #expect((try? Policy(text)) == nil)
            do throws(PolicyError) { _ = try Policy(text) } catch { #expect(error.problem == problem) }
        }
    }

    @Test("ten thousand drawn policies print and read back (PERM-3)")
    func roundTrip() throws {
        var random = SeededRandom(seed: 12)
        for _ in 0..<10_000 {
            let policy = PolicyTests.draw(&random, depth: 3)
            let again = try Policy(policy.text)
            #expect(again.text == policy.text && Policy(canonical: Array(policy.text.utf8)) == again)
        }
    }

    private static func draw(_ random: inout SeededRandom, depth: Int) -> Policy {
        let circles: [Policy.Circle] = [
            .everyone, .roles(RoleSet(.orgAdmin)), .roles(RoleSet(.user, .auditor)), .groups([Polity.label("g h")]),
            .organizations([Polity.label("a"), Polity.label("majority")]),
        ]
        let names = [Polity.label("a"), Polity.label("b\"")]
        switch random.below(depth == 0 ? 5 : 7) {
        case 0: return .forbidden
        case 1: return .own(by: random.pick(circles))
        case 2:
            return .quota(
                random.happens(500) ? .any : .count(1 + random.below(9)), of: .members(circles[1]), by: .everyone)
        case 3: return .quota(random.pick([.all, .majority, .count(3)]), of: .organizations, by: random.pick(circles))
        case 4:
            return .quota(random.pick([.all, .majority, .any, .count(2)]), of: .named(names), by: random.pick(circles))
        case 5: return .either([draw(&random, depth: depth - 1), draw(&random, depth: depth - 1)])
        default: return .every([draw(&random, depth: depth - 1), draw(&random, depth: depth - 1)])
        }
    }

    // MARK: What is counted

    /// Who says yes, as `home.name` of a polity, to an act that concerns `court`.
    struct Row: Sendable, CustomTestStringConvertible {
        let policy: String
        let voices: [String]
        let isAllowed: Bool
        var testDescription: String { "\(policy) with \(voices.joined(separator: ", "))" }

        init(_ policy: String, _ voices: [String], _ isAllowed: Bool) {
            (self.policy, self.voices, self.isAllowed) = (policy, voices, isAllowed)
        }
    }

    static let rows: [Row] = [
        Row("any", [], false), Row("any", ["court.user"], true),
        Row("forbidden", ["court.admin", "bank.admin"], false),
        Row("any of role(user)", ["court.user"], true), Row("any of role(user)", ["court.admin"], false),
        Row("any of role(user, orgAdmin)", ["court.admin"], true),
        Row("any of org(court)", ["court.user"], true), Row("any of org(court)", ["bank.user"], false),
        Row("any of org(court, bank)", ["bank.user"], true),
        Row("any of org(court) by role(orgAdmin)", ["court.user"], false),
        Row("any of org(court) by role(orgAdmin)", ["court.admin"], true),
        Row("2 of role(user)", ["court.user"], false), Row("2 of role(user)", ["court.user", "bank.user"], true),
        Row("2 of role(user)", ["court.user", "court.user"], false),
        Row("2 of role(auditAdmin)", ["bureau.auditor", "twin"], false),
        Row("any of group(night)", ["bank.clerk"], true), Row("any of group(night)", ["bank.user"], false),
        Row("any of group(day, night)", ["bank.clerk"], true),
        Row("self", ["court.user"], true), Row("self", ["bank.admin"], false),
        Row("self by role(orgAdmin)", ["court.user"], false), Row("self by role(orgAdmin)", ["court.deputy"], true),
        Row("majority", ["court.admin", "bank.admin"], false),
        Row("majority", ["court.admin", "bank.admin", "bureau.admin"], true),
        Row("majority", ["court.admin", "court.deputy", "bank.admin", "bank.deputy"], false),
        Row("majority", ["court.user", "bank.user", "bureau.user", "audit.user"], false),
        Row("majority of orgs", ["court.user", "bank.user", "bureau.user"], true),
        Row("all", ["court.admin", "bank.admin", "bureau.admin"], false),
        Row("all", ["court.admin", "bank.admin", "bureau.admin", "audit.admin"], true),
        Row("2 of 3 org(bureau, court, bank) by role(orgAdmin)", ["court.admin", "bank.deputy"], true),
        Row("2 of 3 org(bureau, court, bank) by role(orgAdmin)", ["court.admin", "audit.admin"], false),
        Row("2 of 3 org(bureau, court, bank) by role(orgAdmin)", ["court.admin", "court.deputy"], false),
        Row("majority of org(court, bank, bureau)", ["court.user", "bank.user"], true),
        Row("majority of org(court, bank)", ["court.user"], false),
        Row("all of org(court, nowhere)", ["court.user", "bank.user"], false),
        Row("any of role(user) and any of role(orgAdmin)", ["court.user"], false),
        Row("any of role(user) and any of role(orgAdmin)", ["court.user", "bank.admin"], true),
        Row("any of role(auditor) or self", ["court.user"], true),
        Row("(any of role(auditor) or self) and any of org(bank)", ["court.user"], false),
        Row("(any of role(auditor) or self) and any of org(bank)", ["court.user", "bank.user"], true),
        Row("3 of orgs", ["court.user", "bank.user", "bureau.user"], true), Row("5 of orgs", ["court.user"], false),
        Row("forbidden or self", ["court.user"], true), Row("forbidden and any", ["court.user"], false),
    ]

    @Test("the table of policies (PERM-5, PERM-6)", arguments: rows)
    func table(_ row: Row) throws {
        var voices: [Voice] = []
        for name in row.voices {
            let home = name == "twin" ? "bureau" : String(name.prefix { $0 != "." })
            let roles: RoleSet =
                name.hasSuffix("user") || name.hasSuffix("clerk")
                ? RoleSet(.user)
                : name == "twin" || name.hasSuffix("auditor") ? RoleSet(.auditAdmin) : RoleSet(.orgAdmin)
            let isAuditor = roles.contains(.auditAdmin)
            let member = Polity.member(
                name, home, roles, groups: name.hasSuffix("clerk") ? ["night"] : [], person: isAuditor ? "one" : nil)
            voices.append(Voice(account: member.account, member: member))
        }
        let ballots = Ballots(
            voices, concerned: Polity.label("court"), electorate: Polity.homes.map(Polity.label).sorted())
        #expect(try Policy(row.policy).allows(ballots) == row.isAllowed)
    }
}

/// What voices come to where persons speak in several organisations.
@Suite struct RepresentationTests {
    /// The most organisations that can each have a person of its own among the voices, tried in every way.
    private static func most(_ voices: ArraySlice<Voice>, _ homes: Set<Label>, _ persons: Set<Digest>) -> Int {
        guard let first = voices.first else { return homes.count }
        let without = most(voices.dropFirst(), homes, persons)
        guard let person = first.member.person, !persons.contains(person), !homes.contains(first.member.organization)
        else { return without }
        return max(
            without, most(voices.dropFirst(), homes.union([first.member.organization]), persons.union([person])))
    }

    @Test("a person speaks for one organisation, and as many as can be are spoken for (PERM-5, PERM-6)")
    func matching() throws {
        var random = SeededRandom(seed: 11)
        let names = Polity.homes.flatMap { ["\($0).admin", "\($0).deputy", "\($0).user"] }
        for _ in 0..<600 {
            var voices: [Voice] = []
            var before = 0
            for place in 0..<(1 + random.below(9)) {
                let person = random.pick(["p", "q", "r", "s"])
                let home = random.pick(Polity.homes)
                let member = Polity.member(names[place], home, RoleSet(.orgAdmin), person: person)
                voices.append(Voice(account: member.account, member: member))
                let ballots = Ballots(
                    voices, concerned: nil, electorate: Polity.homes.map(Polity.label).sorted())
                let expected = Self.most(voices[...], [], [])
                let found = try (1...4).last { try Policy("\($0) of orgs").allows(ballots) } ?? 0
                #expect(
                    found == expected && found >= before, "\(voices.map { ($0.member.organization, $0.member.person) })"
                )
                before = found
            }
        }
    }
}

extension String {
    fileprivate func replacingOccurrence(of old: String, by new: String) -> String {
        hasPrefix(old) ? new + dropFirst(old.count) : self
    }
}
