// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Execution
import Gateway
import Ledger
import ShangMi
import Testing

@Suite struct ConsortiumTests {
    @Test("a member, an organisation and policies come with their canonical bytes and read back (API-50, API-51)")
    func reads() async throws {
        try await Served.run { served in
            let client = try served.client()
            let page = try await client.members("main")
            let member = try #require(page.elements.first)
            #expect(page.elements.count == 1 && page.cursor == nil && !member.isActive)
            #expect(member.record.member.account == member.account)
            #expect(try await client.member("main", member.account) == member)
            let answer = try await served.call("GET", "/v1/chains/main/members/\(member.account.hex)")
            #expect(answer.json?["standing"]?["status"] == .text("frozen"))
            #expect(answer.json?["standing"]?["until"] == .number("9"))
            let homes = try await client.organizations("main").elements
            #expect(homes.map(\.record.organization.id.text) == ["市大数据局"] && !homes[0].hasVoice)
            let policies = try await client.policies("main").elements
            #expect(policies.map(\.resource) == ["acts policies", "calls 市大数据局"])
            #expect(policies.map(\.isStandard) == [true, false] && policies[1].policy == "forbidden")
            let absent = try await served.call("GET", "/v1/chains/main/organizations/none")
            #expect(absent.status == 404 && absent.json?["code"] == .text("JD-3102"))
        }
    }

    @Test(
        "a cursor that is none of the list's, an act that is none and a draft that is none are 400 (API-52 to API-54)")
    func nonsense() async throws {
        try await Served.run { served in
            let somebody = String(repeating: "0", count: 64)
            for path in [
                "members?cursor=zz", "policies?cursor=ff", "proposals?cursor=1", "proposals/12",
                "decision?act=read%20x",
                "decision?member=\(somebody)", "decision?member=\(somebody)&act=dance", "members?limit=0",
            ] {
                let answer = try await served.call("GET", "/v1/chains/main/\(path)")
                #expect(answer.status == 400 && answer.json?["code"] == .text("JD-3105"), "\(path)")
            }
            for draft in ["{}", #"{"proposal":"!","proposer":"\#(somebody)"}"#, #"{"proposal":"AQ==","proposer":"x"}"#]
            {
                let answer = try await served.call(
                    "POST", "/v1/chains/main/proposals/preview", type: "application/json", body: [UInt8](draft.utf8))
                #expect(answer.status == 400, "\(draft)")
            }
        }
    }

    @Test("what a client sends as a draft is what the gateway reads, whatever its length (API-53)")
    func drafts() async throws {
        try await Served.run { served in
            let client = try served.client()
            for length in 0..<4 {
                let reason = try #require(Label(String(repeating: "r", count: length)))
                let motion = Motion([.unfreezeContract(reason)], expires: Height(9), reason: reason)
                // The fake has no preview; that it was asked for one says that the draft was read.
                let error = await #expect(throws: ClientError.self) {
                    _ = try await client.preview("main", motion, by: .zero)
                }
                guard case .refused(let problem) = error else { throw DecodeError.truncated(offset: 0) }
                #expect(problem.status == 404 && problem.detail == "nothing is proposed here")
            }
        }
    }
}
