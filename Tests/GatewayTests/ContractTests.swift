// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Execution
import Gateway
import Ledger
import ShangMi
import Testing

@Suite struct ContractTests {
    private let desk = Label(literal: "desk")

    @Test("contracts are listed and shown with their code and what it says of itself (API-63, API-64)")
    func reads() async throws {
        try await Served.run { served in
            let client = try served.client()
            let page = try await client.contracts("main")
            let listed = try #require(page.elements.first)
            #expect(listed.name == desk && listed.standing == "frozen")
            #expect(listed.record.version == 1 && listed.record.template?.text == "t")
            let shown = try await client.contract("main", desk)
            let code = try #require(shown.code)
            #expect(code.description == Array("{}".utf8) && code.record.migrates && code.digest == SM3.hash([2]))
            #expect(try await client.code("main", code.digest) == code)
            for path in ["contracts/none", "codes/\(SM3.hash([9]).hex)"] {
                let absent = try await served.call("GET", "/v1/chains/main/\(path)")
                #expect(absent.status == 404 && absent.json?["code"] == .text("JD-3102"), "\(path)")
            }
        }
    }

    @Test("a question is answered with bytes, events and gas; a failure with its code and text (API-65)")
    func asks() async throws {
        try await Served.run { served in
            let client = try served.client()
            let told = try await client.ask("main", desk, Label(literal: "say"), [1, 2], gas: 5)
            #expect(told.outcome.output == [1, 2] && told.outcome.gasUsed == Gas(5) && told.height == Height(5))
            #expect(told.outcome.events.map(\.data) == [[7]])
            let failed = try await served.ask(#"{"method":"no"}"#)
            #expect(failed.status == 200 && failed.json?["result"] == .text("JD-10009"))
            #expect(failed.json?["ownCode"] == .number("9") && failed.json?["text"] == .text("because"))
            #expect(failed.json?["answer"] == .null)
            for body in [
                "{}", #"{"method":"say","argument":"!"}"#, #"{"method":"say","gas":10000001}"#,
                #"{"method":"say","gas":-1}"#,
            ] {
                #expect(try await served.ask(body).status == 400, "\(body)")
            }
        }
    }

    @Test("who may not read a contract may not ask it (API-41, API-65)")
    func denied() async throws {
        try await Served.run(isPublic: false) { served in
            let answer = try await served.ask(#"{"method":"say"}"#)
            #expect(answer.status == 401)
        }
    }
}

extension Served {
    fileprivate func ask(_ body: String) async throws -> PlainAnswer {
        try await call(
            "POST", "/v1/chains/main/contracts/desk/ask", type: "application/json", body: [UInt8](body.utf8))
    }
}
