// SPDX-License-Identifier: Apache-2.0
import ContractKit
import ContractTesting
import Foundation
import Testing

@Suite("a contract on a test chain")
struct ProbeTests {
    private func chain(_ names: String...) throws -> TestChain {
        let chain = TestChain()
        for name in names { try chain.install(Probe.self, as: name, arguments(Text("first"))) }
        return chain
    }

    private func key(_ name: String, _ rest: [UInt8] = []) -> [UInt8] { Array(name.utf8) + rest }

    @Test("KIT-3: every kind of state lies under the keys the text says, with the values it says")
    func layout() throws {
        let chain = try chain("probe")
        try chain.call("probe", "fill", Text("ab"), UInt64(300))
        let expected: [([UInt8], [UInt8])] = [
            (key("cell"), [5] + Array("first".utf8)), (key("counter"), [1]),
            (key("map/", [2, 0x61, 0x62]), [0xac, 2]),
            (key("set/", [0xac, 2]), [1]), (key("journal#", [2, 0x61, 0x62]), [1]),
            (key("journal/", [2, 0x61, 0x62, 0, 0, 0, 0, 0, 0, 0, 0]), [0xac, 2]), (key("index#"), [4, 1, 1, 1, 1]),
            (key("index~", [1]), [1, 11, 0, 0, 0, 0, 0, 0, 1, 0x2c, 2, 0x61, 0x62, 0]),
        ]
        #expect(chain.state(of: "probe").count == expected.count)
        for (key, value) in expected { #expect(chain.stored("probe", key) == value) }
    }

    @Test("KIT-4: a key or a value longer than the chain takes fails before it gets there")
    func limits() throws {
        let chain = try chain("probe")
        // The key is "map/", a length and the text.
        #expect(chain.failure("probe", "large", UInt64(123)) == nil)
        #expect(chain.failure("probe", "large", UInt64(124)) == .keyTooLong)
        #expect(chain.failure("probe", "insert", UInt64(1), Text("x")) == nil)
    }

    @Test("KIT-7: arguments stand one after the other with nothing behind; unknown methods have a code")
    func calls() throws {
        let chain = try chain("probe")
        try chain.call("probe", "fill", Text("a"), UInt64(9))
        #expect(try chain.call("probe", "peek", bytes: [1, 0x61]) == [9])
        #expect(throws: TestChain.Refusal(failure: .malformed, about: "")) {
            try chain.call("probe", "peek", bytes: [1, 0x61, 0])
        }
        #expect(chain.failure("probe", "peek") == .malformed)
        #expect(chain.failure("probe", "pee") == .unknownMethod && chain.failure("probe", "peeks") == .unknownMethod)
        #expect(throws: TestChain.Refusal(failure: Failure(7), about: "start")) {
            try chain.install(Probe.self, as: "second", arguments(Text("bad")))
        }
        #expect(chain.failure("second", "who") == Failure(1203), "a failed start leaves no contract")
    }

    @Test("KIT-8, KIT-12: a failed call undoes what it wrote and announced, and says what it is about")
    func failures() throws {
        let chain = try chain("probe")
        #expect(throws: TestChain.Refusal(failure: Failure(7), about: "这里")) {
            try chain.call("probe", "fail", bytes: [])
        }
        #expect(chain.events.isEmpty && chain.stored("probe", key("cell")) == [5] + Array("first".utf8))
        try chain.call("probe", "fill", Text("a"), UInt64(9))
        #expect(chain.events == [TestChain.Emitted(contract: "probe", name: "noted", body: [9])])
    }

    @Test("KIT-9: a view that would write fails; a view after it and a change after that still run")
    func views() throws {
        let chain = try chain("probe")
        #expect(chain.failure("probe", "cheat") == .viewWrites)
        #expect(chain.failure("probe", "peek", Text("a")) == Failure(7))
        #expect(chain.failure("probe", "fill", Text("a"), UInt64(1)) == nil)
    }

    @Test("KIT-9: a contract knows who signed, who called, where it is and when")
    func environment() throws {
        let chain = try chain("probe")
        chain.sign(as: "zhang", of: "archive", roles: ["auditor"])
        chain.advance(blocks: 4)
        let expected: [Text] = ["zhang", "archive", "nobody", "probe", "5", "auditor"]
        #expect(try chain.call("probe", "who", answer: [Text].self) == expected)
    }

    @Test("KIT-13: a callee's failure fails the caller unless it looks; what the callee wrote is undone either way")
    func otherContracts() throws {
        let chain = try chain("one", "two")
        #expect(throws: TestChain.Refusal(failure: .calleeFailed, about: "7")) {
            try chain.call("one", "relay", bytes: arguments(Text("two"), Text("fail")))
        }
        #expect(chain.stored("one", key("cell")) == [5] + Array("first".utf8))
        #expect(try chain.call("one", "survive", Text("two"), answer: UInt64.self) == 7)
        #expect(chain.stored("one", key("cell")) == [8] + Array("survived".utf8))
        #expect(chain.stored("two", key("cell")) == [5] + Array("first".utf8) && chain.events.isEmpty)
    }

    @Test("KIT-13: a contract being called cannot be called again; an unknown one has a code")
    func reentry() throws {
        let chain = try chain("one")
        #expect(try chain.call("one", "survive", Text("one"), answer: UInt64.self) == 2632)
        #expect(try chain.call("one", "survive", Text("none"), answer: UInt64.self) == 1203)
    }

    @Test("KIT-9: a migration runs where the upgrade asks for it, and an undeclared one fails")
    func migration() throws {
        let chain = try chain("probe")
        try chain.upgrade("probe", to: Probe.self, migrating: true)
        #expect(chain.stored("probe", key("cell")) == [8] + Array("migrated".utf8))
        #expect(throws: TestChain.Refusal(failure: .notNow, about: "")) {
            try chain.upgrade("probe", to: Bare.self, migrating: true)
        }
        try chain.upgrade("probe", to: Bare.self, migrating: false)
        #expect(chain.failure("probe", "who") == .unknownMethod)
        #expect(throws: TestChain.Refusal(failure: .malformed, about: "")) {
            try chain.install(Bare.self, as: "bare", [0])
        }
    }

    /// Nothing but a name.
    private struct Bare: Contract {
        static func declare(_ contract: inout Declaration) throws(Failure) {
            contract.title("bare", version: 1, zh: "", en: "")
        }
    }

    @Test("KIT-10, KIT-11: the description says all the table says, in one form")
    func description() throws {
        let text = try Description(of: Probe.self).json(built: "b")
        let json = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(json["name"] as? String == "probe" && json["version"] as? Int == 3 && json["kit"] as? Int == 1)
        #expect(json["title"] as? [String: String] == ["zh": "探针 \"一\"", "en": "Probe \\ one"])
        #expect(json["migrates"] as? Bool == true)
        let methods = try #require(json["methods"] as? [[String: Any]])
        #expect(methods.count == 10 && methods[0]["kind"] as? String == "change")
        #expect((methods[0]["arguments"] as? [[String: Any]])?.map { $0["type"] as? String } == ["text", "number"])
        let state = try #require(json["state"] as? [[String: Any]])
        #expect(state.map { $0["holds"] as? String } == ["cell", "counter", "map", "set", "journal", "index"])
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
        let again = try JSONSerialization.data(withJSONObject: json, options: options)
        #expect(String(decoding: again, as: UTF8.self) == text)
    }
}
