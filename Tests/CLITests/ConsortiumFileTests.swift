// SPDX-License-Identifier: Apache-2.0
import Foundation
import Ledger
import ShangMi
import Testing
import jiuding

/// FOUND-1, FOUND-2, FOUND-5: what organisations agree on, as they write it.
@Suite struct ConsortiumFileTests {
    private static let whole = """
        consortium: 1
        chain: main
        founded: 2026-12-01T08:00:00+08:00
        rules: 1
        parameters:
          block-interval: 20
          heartbeat: 30000
          clock-tolerance: 400
          block-transactions: 100
        waive: [committee, clouds, admins, identities]
        organizations:
          - id: a
            name: 甲局
            credit-code: 11350100MB0000017M
            region: 350100
            cloud: 移动云
            site: 一号
            validators:
              - name: a-1
                addresses: [10.0.0.1:8700, "[::1]:8700"]
                listen: 0.0.0.0:8700
                gateway: 127.0.0.1:8600
              - name: a-2
                cloud: 电信云
                site: 二号
            observers:
              - name: a-3
                addresses: 10.0.0.3:8700
            members:
              - name: 张
                roles: [orgAdmin, systemAdmin]
                groups: [y, x]
                person: 甲
              - name: machine
          - id: b
            cloud: 联通云
            members:
              - name: watcher
                roles: supervisor
        """

    private func read(_ text: String) throws -> Consortium {
        try ConsortiumFile.parse([UInt8](text.utf8), file: "consortium.yaml")
    }

    @Test("every key of the table is read, with its default where it has one (FOUND-1)")
    func everyKey() throws {
        let read = try read(ConsortiumFileTests.whole)
        #expect(read.name.text == "main" && read.founded == Timestamp(1_796_083_200_000) && read.rules == .first)
        #expect(read.parameters.blockIntervalMillis == 20 && read.parameters.heartbeatMillis == 30_000)
        #expect(read.parameters.clockToleranceMillis == 400 && read.parameters.blockTransactionsMax == 100)
        #expect(read.waivers == [.committee, .clouds, .admins, .identities] && read.parties.count == 2)
        let first = read.parties[0]
        #expect(first.organization.name.text == "甲局" && first.organization.creditCode?.text == "11350100MB0000017M")
        #expect(first.organization.region?.value == 350_100 && first.organization.site.text == "一号")
        #expect(first.nodes.map(\.name.text) == ["a-1", "a-2", "a-3"])
        #expect(first.nodes.map(\.isValidator) == [true, true, false])
        #expect(first.nodes.map(\.domain.text) == ["移动云/一号", "电信云/二号", "移动云/一号"])
        #expect(first.nodes[0].addresses.map(\.text) == ["10.0.0.1:8700", "[::1]:8700"])
        #expect(first.nodes[0].listen?.text == "0.0.0.0:8700" && first.nodes[0].gateway?.text == "127.0.0.1:8600")
        #expect(first.nodes[1].addresses.isEmpty && first.nodes[1].gateway == nil)
        #expect(first.seats[0].roles == RoleSet(.orgAdmin, .systemAdmin) && first.seats[1].roles == RoleSet(.user))
        // One for each node, behind those that are named (FOUND-19).
        #expect(first.seats.map(\.name.text) == ["张", "machine", "anchor-a-1", "anchor-a-2", "anchor-a-3"])
        #expect(first.seats[2].roles == .none && first.seats[2].groups == [AnchorSeat.group])
        #expect(read.parties[1].seats.map(\.name.text) == ["watcher"])
        let person = Consortium.person(Label(literal: "甲"), name: read.name, founded: read.founded)
        #expect(first.seats[0].person == person && first.seats[1].person == nil)
        #expect(read.parties[1].organization.name.text == "b" && read.parties[1].organization.creditCode == nil)
        #expect(read.flaw == nil)
    }

    @Test("spaces, comments, line ends and the form of a time do not make another agreement; a letter does (FOUND-2)")
    func meaning() throws {
        let plain = try read(ConsortiumFileTests.whole)
        let dressed = "# hello\n" + ConsortiumFileTests.whole.replacing("\n", with: "\r\n")
        #expect(try read(dressed).digest == plain.digest)
        let later = ConsortiumFileTests.whole.replacing("2026-12-01T08:00:00+08:00", with: "2026-12-01T00:00:00Z")
        #expect(try read(later).digest == plain.digest)
        #expect(try read(ConsortiumFileTests.whole.replacing("甲局", with: "乙局")).digest != plain.digest)
    }

    @Test("who names a node's anchor seat brings its key himself, and no second one is made (FOUND-19)")
    func ownAnchor() throws {
        let text = ConsortiumFileTests.whole.replacing(
            "      - name: machine", with: "      - name: anchor-a-2\n        groups: audit-anchor")
        #expect(text != ConsortiumFileTests.whole)
        let seats = try read(text).parties[0].seats
        #expect(seats.map(\.name.text) == ["张", "anchor-a-2", "anchor-a-1", "anchor-a-3"])
    }

    @Test("a flaw is refused with its line, and nothing is guessed (FOUND-1)")
    func flaws() {
        let text = ConsortiumFileTests.whole
        let cases: [(String, String, String)] = [
            ("consortium: 1", "consortium: 2", ":1:"), ("chain: main", "chain: a/b", ":2:"),
            ("chain: main\n", "", "chain"), ("08:00:00+08:00", "soon", ":3:"), ("rules: 1", "rules: x", ":4:"),
            ("block-interval: 20", "block-interval: 60001", ":6:"), ("heartbeat", "hearbeat", "hearbeat"),
            ("admins, identities", "admins, doubts", "doubts"), ("0000017M", "0000017N", "credit-code"),
            ("region: 350100", "region: 35010", "region"), ("cloud: 移动云", "cloud: a/b", "cloud"),
            ("listen: 0.0.0.0:8700", "listen: here", "listen"),
            ("addresses: 10.0.0.3:8700", "addresses: x", "addresses"),
            ("roles: supervisor", "roles: king", "king"), ("    members:", "    people:", "people"),
            ("name: machine", "name: machine\n        key: abcd", "key"), ("id: b", "id: \"\"", "id"),
        ]
        for (old, new, told) in cases {
            do {
                _ = try read(text.replacing(old, with: new))
                Issue.record("\(new) was taken")
            } catch {
                let failure = error as? Failure
                #expect(failure?.code == "JD-2401" && failure?.exit == .usage, "\(new): \(error)")
                #expect(failure?.sentence.contains(told) == true, "\(new): \(failure?.sentence ?? "")")
            }
        }
    }

    @Test("a key twice, a value of another kind, and what is no such file are refused by the same code (FOUND-1)")
    func shapes() {
        let text = ConsortiumFileTests.whole
        func swapped(_ old: String, _ new: String) -> [UInt8] { [UInt8](text.replacing(old, with: new).utf8) }
        let cases: [(String, [UInt8])] = [
            ("a key twice", swapped("rules: 1", "rules: 1\nrules: 1")),
            ("a list for a name", swapped("chain: main", "chain: [main]")),
            ("a mapping for a name", swapped("chain: main", "chain: {a: b}")),
            ("a word for a section", swapped("parameters:\n", "parameters: fast\nx:\n")),
            (
                "a word for organisations",
                [UInt8]((text.components(separatedBy: "organizations:")[0] + "organizations: all\n").utf8)
            ),
            ("a key twice in an organisation", swapped("site: 一号", "site: 一号\n    site: 三号")),
            ("nothing", []), ("no mapping", [UInt8]("- a\n".utf8)), ("no YAML", [UInt8]("chain: [\n".utf8)),
            ("not UTF-8", [UInt8]("chain: ".utf8) + [0xff, 0xfe]), ("zeros", [UInt8](repeating: 0, count: 64)),
            ("two documents", [UInt8](text.utf8) + [UInt8]("\n---\nconsortium: 1\n".utf8)),
            ("too long", [UInt8](text.utf8) + [UInt8]("\n# ".utf8) + [UInt8](repeating: 0x78, count: 1 << 20)),
            ("too deep", [UInt8](String(repeating: "[", count: 20_000).utf8)),
        ]
        for (what, bytes) in cases {
            do {
                _ = try ConsortiumFile.parse(bytes, file: "consortium.yaml")
                Issue.record("\(what) was taken")
            } catch {
                let failure = error as? Failure
                #expect(failure?.code == "JD-2401" && failure?.exit == .usage, "\(what): \(error)")
            }
        }
    }

    @Test("what looks like a resident identity number is no pseudonym (FOUND-5)")
    func identityNumbers() throws {
        for number in ["350102199003070012", "35010219900307001X", "35010219900307001x"] {
            #expect(throws: Failure.self) {
                try read(ConsortiumFileTests.whole.replacing("person: 甲", with: "person: \"\(number)\""))
            }
        }
        _ = try read(ConsortiumFileTests.whole.replacing("person: 甲", with: "person: officer-350102199003"))
    }

    @Test("the example is an agreement a chain can be founded on, today (FOUND-1, FOUND-3)")
    func example() throws {
        let read = try read(ConsortiumExample.text(founded: Date(timeIntervalSince1970: 1_795_000_123)))
        #expect(read.flaw == nil && read.parties.count == 4 && read.waivers.isEmpty)
        #expect(read.founded.value % 86_400_000 == 0 && read.founded.value <= 1_795_000_123_000)
    }
}
