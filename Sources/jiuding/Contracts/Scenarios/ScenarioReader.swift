// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Execution
import Ledger
import ShangMi
import Testbed

/// Reads a scenario's YAML key by key; what nobody asked for is an error.
struct ScenarioReader {
    private var roles: [(who: String, roles: RoleSet, flaw: ConfigurationFlaw)] = []
    private var caller: String?
    private(set) var policies: [FoundingPolicy] = []
    private(set) var contract: Label?
    private(set) var form: String?
    private(set) var begins = Testbed.founded
    private(set) var start: [JSONValue.Field] = []
    private(set) var steps: [ScenarioFile.Step] = []

    mutating func read(_ file: inout ConfigurationSection) throws(ConfigurationFlaw) {
        if let name = try file.optionalText("contract") {
            guard let label = Label(name), ContractName.fits(label) else {
                throw file.flaw("contract: \(name) is no contract's name", zh: "contract：\(name) 不是合约名")
            }
            contract = label
        }
        form = try file.optionalFile("form")
        begins = try file.value("begins", default: begins, "a time such as 2026-01-01T08:00:00Z", zh: "时间") {
            Timestamp(written: $0)
        }
        if var members = try file.section("members") {
            for name in members.names { try read(member: name, of: &members) }
            try members.end()
        }
        if var rules = try file.section("policies") {
            for resource in rules.names { try read(policy: resource, of: &rules) }
            try rules.end()
        }
        start = try fields("start", of: &file)
        for section in try file.neededSections("steps") { try read(step: section) }
        try file.end()
    }

    /// Those declared, and whoever calls.
    func people() throws(ConfigurationFlaw) -> [TestbedPerson] {
        var people: [TestbedPerson] = []
        for entry in roles {
            let parts = entry.who.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, let home = Label(String(parts[0])), let name = Label(String(parts[1])),
                !home.isEmpty, !name.isEmpty
            else { throw entry.flaw }
            people.append(TestbedPerson(name, of: home, roles: entry.roles))
        }
        return people
    }

    // MARK: Who is there

    private mutating func read(
        member name: String, of members: inout ConfigurationSection
    ) throws(ConfigurationFlaw) {
        var section = try members.neededSection(name)
        var set = RoleSet.none
        for word in try section.texts("roles") {
            guard let role = MemberRole(word: word) else {
                throw section.flaw("roles: \(word) is no role", zh: "roles：没有角色 \(word)")
            }
            set = set.union(RoleSet(role))
        }
        note(name, set.isEmpty ? RoleSet(.user) : set, section)
        try section.end()
    }

    private mutating func note(_ who: String, _ set: RoleSet, _ section: ConfigurationSection) {
        guard !roles.contains(where: { $0.who == who }) else { return }
        let flaw = section.flaw("\(who) is not ORGANISATION/NAME", zh: "\(who) 不是 机构/姓名")
        roles.append((who, set, flaw))
    }

    private mutating func read(
        policy words: String, of section: inout ConfigurationSection
    ) throws(ConfigurationFlaw) {
        let text = try section.text(words)
        guard let resource = Resource(phrase: words) else {
            throw section.flaw(
                "\(words) is none of \(PolicyWords.resources)", zh: "\(words) 应为\(PolicyWords.resourcesZh)")
        }
        do throws(PolicyError) {
            policies.append(FoundingPolicy(resource, try Policy(text)))
        } catch {
            throw section.flaw("\(words), at byte \(error.position): \(error.english)", zh: "\(words)：\(error.chinese)")
        }
    }

    // MARK: Steps

    private static let deeds = ["call", "ask", "mark", "back to", "at", "wait"]

    private mutating func read(step given: ConfigurationSection) throws(ConfigurationFlaw) {
        var section = given
        let found = ScenarioReader.deeds.filter { section.names.contains($0) }
        guard let word = found.first, found.count == 1 else {
            let known = ScenarioReader.deeds.joined(separator: ", ")
            throw section.flaw("a step has exactly one of \(known)", zh: "一个步骤应恰有 \(known) 之一")
        }
        let deed: ScenarioFile.Step.Deed
        var expected = ScenarioFile.Expectation()
        var purse = Testbed.purse
        if word == "call" || word == "ask" {
            if let who = try section.optionalText("as") { caller = who }
            guard let caller else { throw section.flaw("the first call says who calls: as", zh: "首个调用须用 as 说明调用者") }
            note(caller, RoleSet(.user), section)
            deed = try call(&section, word)
            expected = try expectation(&section)
            purse = try section.value(
                "purse", default: purse, "gas, at most \(ContractLimits.purseMax)", zh: "燃料"
            ) { text in UInt64(text).flatMap { $0 <= ContractLimits.purseMax ? $0 : nil } }
        } else {
            deed = try travel(&section, word)
        }
        try section.end()
        steps.append(
            ScenarioFile.Step(
                place: section.place, deed: deed, caller: caller ?? "", purse: purse, expected: expected))
    }

    private func call(
        _ section: inout ConfigurationSection, _ word: String
    ) throws(ConfigurationFlaw) -> ScenarioFile.Step.Deed {
        let method = try section.text(word)
        let hex = try section.optionalText("bytes")
        let bytes = hex.flatMap { Hex.decode($0) }
        guard (hex == nil) == (bytes == nil) else { throw section.flaw("bytes are hexadecimal", zh: "bytes 应为十六进制") }
        return .call(
            method: method, isQuestion: word == "ask", arguments: try fields("with", of: &section), hex: bytes)
    }

    private func travel(
        _ section: inout ConfigurationSection, _ word: String
    ) throws(ConfigurationFlaw) -> ScenarioFile.Step.Deed {
        switch word {
        case "mark": return .mark(try section.text(word))
        case "back to": return .back(try section.text(word))
        case "wait":
            return .wait(
                milliseconds: try section.value(word, "a span such as 500 ms, 20 s, 5 m, 2 h or 3 d", zh: "时长") {
                    ScenarioReader.span($0)
                })
        default:
            return try section.value(word, "a height, or a time such as 2026-01-01T08:00:00Z", zh: "高度或时间") { text in
                if let height = UInt64(text), height <= Limits.proposalHeightsMax { return .height(Height(height)) }
                return Timestamp(written: text).map { .moment($0) }
            }
        }
    }

    /// Milliseconds of `20 s`.
    static func span(_ text: String) -> UInt64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text[digits.endIndex...].trimmingPrefix(" ")
        let units: [String: UInt64] = ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let number = UInt64(digits), let size = units[String(unit)], number <= 1 << 40 else { return nil }
        return number * size
    }

    private func expectation(
        _ section: inout ConfigurationSection
    ) throws(ConfigurationFlaw) -> ScenarioFile.Expectation {
        var expected = ScenarioFile.Expectation()
        expected.failure = try section.optionalText("fails")
        expected.answer = try section.anything("answer").map { ScenarioReader.resolved($0) }
        if let events = try section.anything("events") {
            guard let list = events.elements else { throw section.flaw("events are a list", zh: "events 应为列表") }
            expected.events = list.map { ScenarioReader.resolved($0) }
        }
        if section.names.contains("gas") {
            expected.gasMax = try section.value("gas", "the most gas it may use", zh: "燃料上限") { UInt64($0) }
        }
        return expected
    }

    private func fields(
        _ key: String, of section: inout ConfigurationSection
    ) throws(ConfigurationFlaw) -> [JSONValue.Field] {
        guard let value = try section.anything(key) else { return [] }
        guard case .object(let fields) = ScenarioReader.resolved(value) else {
            throw section.flaw("\(key) holds arguments by name", zh: "\(key) 应按名称给出参数")
        }
        return fields
    }

    // MARK: Values nobody wants to write out

    /// `sm3(TEXT)` is the digest of a text, `account(ORGANISATION/NAME)` the account of somebody in the story.
    static func resolved(_ value: JSONValue) -> JSONValue {
        switch value {
        case .text(let text):
            if let inner = inside(text, "sm3") { return .text(SM3.hash(Array(inner.utf8)).hex) }
            guard let inner = inside(text, "account") else { return value }
            let parts = inner.split(separator: "/").compactMap { Label(String($0)) }
            return parts.count == 2 ? .text(TestbedPerson(parts[1], of: parts[0]).account.hex) : value
        case .list(let values): return .list(values.map { resolved($0) })
        case .object(let fields):
            return .object(fields.map { JSONValue.Field(key: $0.key, value: resolved($0.value)) })
        default: return value
        }
    }

    private static func inside(_ text: String, _ word: String) -> String? {
        guard text.hasPrefix("\(word)("), text.hasSuffix(")") else { return nil }
        return String(text.dropFirst(word.count + 1).dropLast())
    }
}
