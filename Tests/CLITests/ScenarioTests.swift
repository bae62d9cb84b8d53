// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Execution
import Ledger
import Testbed
import Testing
import jiuding

@Suite struct ScenarioTests {
    private func file(_ text: String) throws -> ScenarioFile { try ScenarioFile([UInt8](text.utf8), path: "s.yaml") }

    /// What reading a file is refused with.
    private func refusal(_ text: String) -> String {
        do {
            _ = try file(text)
            return ""
        } catch { return (error as? Failure).map { "\($0.code) \($0.sentence)" } ?? "\(error)" }
    }

    @Test("a scenario's steps, people and expectations are read with their lines (KIT-22)")
    func reading() throws {
        let story = try file(
            """
            begins: 2026-01-02T00:00:00Z
            members:
              bank/admin: {roles: [orgAdmin, auditor]}
            start: {operator: bank}
            steps:
              - {as: shop/li, call: open, with: {account: sm3(a), count: 3}, gas: 9000}
              - wait: 20 s
              - {at: 100}
              - {call: open, fails: exists}
              - mark: here
              - back to: here
            """)
        #expect(story.people.map { "\($0.organization.text)/\($0.name.text)" } == ["bank/admin", "shop/li"])
        #expect(story.people[0].roles == RoleSet(.orgAdmin, .auditor))
        #expect(story.steps.map(\.place) == [6, 7, 8, 9, 10, 11].map { "s.yaml:\($0)" })
        #expect(story.steps[0].expected.gasMax == 9_000 && story.steps[3].expected.failure == "exists")
        #expect(story.steps[3].caller == "shop/li")
        guard case .call(_, _, let arguments, _) = story.steps[0].deed, case .wait(20_000) = story.steps[1].deed,
            case .height(Height(100)) = story.steps[2].deed
        else { throw TestError() }
        #expect(arguments[0].value == .text("623476ac18f65a2909e43c7fec61b49c7e764a91a18ccb82f1917a29c86c5e88"))
        #expect(arguments[1].value == .text("3"))
    }

    private struct TestError: Error {}

    @Test("what is unknown, missing or meaningless is refused with its line and column (KIT-22)")
    func refusals() {
        #expect(refusal("steps: []\nsteep: 1").hasPrefix("JD-4038 s.yaml:2:"))
        #expect(refusal("begins: now\nsteps: []").contains("s.yaml:1:"))
        #expect(refusal("steps:\n  - {call: a}").contains("as"))
        #expect(refusal("steps:\n  - {as: a/b, call: x, ask: y}").contains("s.yaml:2:"))
        #expect(refusal("steps:\n  - {as: nobody, call: x}").contains("ORGANISATION/NAME"))
        #expect(refusal("steps:\n  - {as: a/b, call: x, fail: 1}").contains("fail"))
        #expect(refusal("steps:\n  - {wait: soon}").contains("s.yaml:2:"))
        #expect(refusal("members: {a/b: {roles: [king]}}\nsteps: []").contains("king"))
        #expect(refusal("policies: {method a.b: any or}\nsteps: []").contains("byte"))
    }
}
