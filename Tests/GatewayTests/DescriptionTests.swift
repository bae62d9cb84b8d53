// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Gateway
import KeyCustody
import Ledger
import ShangMi
import Testing

/// An answer taken apart, without any of the code under test but the client's JSON reader.
struct PlainAnswer {
    let status: Int
    let headers: [String: String]
    let body: [UInt8]

    init(_ text: [UInt8]) throws {
        let end = try #require(
            text.indices.dropLast(3).first { Array(text[$0..<($0 + 4)]) == [13, 10, 13, 10] })
        let lines = String(decoding: text[..<end], as: UTF8.self).split(separator: "\r\n")
        status = try #require(Int(lines[0].split(separator: " ")[1]))
        headers = lines.dropFirst().reduce(into: [:]) { headers, line in
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts[1].drop { $0 == " " }.description
        }
        body = Array(text[(end + 4)...])
    }

    var json: JSONValue? { try? JSONValue(parsing: body) }
    var text: String { String(decoding: body, as: UTF8.self) }
}

extension JSONValue {
    subscript(key: String) -> JSONValue? {
        guard case .object(let fields) = self else { return nil }
        return fields.first { $0.key == key }?.value
    }

    var fields: [Field] {
        guard case .object(let fields) = self else { return [] }
        return fields
    }

    var string: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }
}

extension Served {
    func call(
        _ method: String, _ path: String, headers: [String] = [], type: String? = nil, body: [UInt8] = []
    ) async throws -> PlainAnswer {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: x", "Connection: close"] + headers
        if let type { lines.append("Content-Type: \(type)") }
        if method == "POST" { lines.append("Content-Length: \(body.count)") }
        let connection = try await RawConnection.open(port)
        try await connection.send([UInt8]((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
        let answer = await connection.restBytes()
        await connection.close()
        return try PlainAnswer(answer)
    }

    func deposit(
        _ json: String, headers: [String] = ["Authorization: Bearer \(Served.token)"]
    ) async throws -> PlainAnswer {
        try await call(
            "POST", "/v1/evidence", headers: headers, type: "application/json", body: [UInt8](json.utf8))
    }

    static func json(_ seed: Int) -> String {
        """
        {"businessType":"contract","title":"合同","digest":"\(form(seed).digest.hex)","size":1234,
         "mediaType":"application/pdf","capture":"webPage"}
        """
    }
}

@Suite struct DescriptionTests {
    /// One call that works and calls that do not, for every operation.
    private struct Probe {
        let operation: String
        let method: String
        let path: String
        var headers: [String] = []
        var type: String?
        var body: [UInt8] = []
    }

    private var consortiumProbes: [Probe] {
        let somebody = String(repeating: "0", count: 64)
        let draft = #"{"proposal":"AQ==","proposer":"\#(somebody)"}"#
        return [
            Probe(operation: "listMembers", method: "GET", path: "/v1/chains/main/members?limit=2&organization=a"),
            Probe(operation: "listMembers", method: "GET", path: "/v1/chains/main/members?cursor=x"),
            Probe(operation: "getMember", method: "GET", path: "/v1/chains/main/members/\(somebody)"),
            Probe(operation: "getMember", method: "GET", path: "/v1/chains/main/members/x"),
            Probe(operation: "listOrganizations", method: "GET", path: "/v1/chains/main/organizations"),
            Probe(operation: "getOrganization", method: "GET", path: "/v1/chains/main/organizations/none"),
            Probe(operation: "listPolicies", method: "GET", path: "/v1/chains/main/policies"),
            Probe(operation: "listPolicies", method: "GET", path: "/v1/chains/main/policies?cursor=zz"),
            Probe(operation: "listProposals", method: "GET", path: "/v1/chains/main/proposals?open=true"),
            Probe(operation: "getProposal", method: "GET", path: "/v1/chains/main/proposals/\(somebody)"),
            Probe(
                operation: "previewProposal", method: "POST", path: "/v1/chains/main/proposals/preview",
                type: "application/json", body: [UInt8](draft.utf8)),
            Probe(
                operation: "getDecision", method: "GET",
                path: "/v1/chains/main/decision?member=\(somebody)&act=call%20evidence.deposit"),
            Probe(
                operation: "getDecision", method: "GET", path: "/v1/chains/main/decision?member=\(somebody)&act=dance"),
        ]
    }

    private static let contractProbes = [
        Probe(operation: "listContracts", method: "GET", path: "/v1/chains/main/contracts?limit=2"),
        Probe(operation: "listContracts", method: "GET", path: "/v1/chains/main/contracts?limit=0"),
        Probe(operation: "getContract", method: "GET", path: "/v1/chains/main/contracts/desk"),
        Probe(operation: "getContract", method: "GET", path: "/v1/chains/main/contracts/none"),
        Probe(operation: "getCode", method: "GET", path: "/v1/chains/main/codes/\(SM3.hash([2]).hex)"),
        Probe(operation: "getCode", method: "GET", path: "/v1/chains/main/codes/12"),
        Probe(
            operation: "askContract", method: "POST", path: "/v1/chains/main/contracts/desk/ask",
            type: "application/json", body: [UInt8](#"{"method":"say"}"#.utf8)),
        Probe(
            operation: "askContract", method: "POST", path: "/v1/chains/main/contracts/desk/ask",
            type: "application/json", body: [UInt8]("{}".utf8)),
    ]

    private static let tokenProbes = [
        Probe(
            operation: "createToken", method: "POST", path: "/v1/tokens", type: "application/json",
            body: [UInt8](#"{"seconds":60}"#.utf8)),
        Probe(operation: "listTokens", method: "GET", path: "/v1/tokens"),
        Probe(operation: "getAudit", method: "GET", path: "/v1/audit"),
        Probe(operation: "listAuditRows", method: "GET", path: "/v1/audit/acts"),
        Probe(operation: "revokeToken", method: "DELETE", path: "/v1/tokens/0123456789abcdef"),
    ]

    private func probes(_ served: Served, _ receipt: String) throws -> [Probe] {
        let octets = "application/octet-stream"
        let json = "application/json"
        let submission = Submission([try served.deposit(50)]).encoded
        let id = try served.deposit(51).id.hex
        let bearer = ["Authorization: Bearer \(Served.token)"]
        let verification = #"{"receipt":"\#(receipt)","digest":"\#(Served.form(1).digest.hex)","size":1234}"#
        let question = #"{"contract":"evidence","method":"get","arguments":{"number":"E1-0"}}"#
        func post(
            _ operation: String, _ path: String, _ type: String, _ text: String, _ headers: [String] = []
        ) -> Probe {
            Probe(
                operation: operation, method: "POST", path: path, headers: headers, type: type,
                body: [UInt8](text.utf8)
            )
        }
        return [
            Probe(operation: "frontPage", method: "GET", path: "/"),
            Probe(operation: "getNode", method: "GET", path: "/v1/node"),
            Probe(operation: "getHealth", method: "GET", path: "/healthz"),
            Probe(operation: "getReadiness", method: "GET", path: "/readyz"),
            Probe(operation: "getMetrics", method: "GET", path: "/metrics"),
            Probe(operation: "getDescription", method: "GET", path: "/openapi.json"),
            Probe(operation: "listChains", method: "GET", path: "/v1/chains"),
            Probe(operation: "getChain", method: "GET", path: "/v1/chains/main"),
            Probe(operation: "getChain", method: "GET", path: "/v1/chains/none"),
            Probe(operation: "getTrustAnchor", method: "GET", path: "/v1/chains/main/trust"),
            Probe(operation: "listBlocks", method: "GET", path: "/v1/chains/main/blocks?limit=1"),
            Probe(operation: "listBlocks", method: "GET", path: "/v1/chains/main/blocks?limit=x"),
            Probe(operation: "getBlock", method: "GET", path: "/v1/chains/main/blocks/1"),
            Probe(operation: "getBlock", method: "GET", path: "/v1/chains/main/blocks/99"),
            Probe(
                operation: "submitTransactions", method: "POST",
                path: "/v1/chains/main/transactions?wait=attested",
                type: octets, body: submission),
            post("submitTransactions", "/v1/chains/main/transactions", octets, "x"),
            post("submitTransactions", "/v1/chains/main/transactions", json, "x"),
            post("submitTransactions", "/v1/chains/main/transactions?wait=never", octets, "x"),
            Probe(
                operation: "getTransaction", method: "GET",
                path: "/v1/chains/main/transactions/\(id)?proof=true"),
            Probe(operation: "getTransaction", method: "GET", path: "/v1/chains/main/transactions/12"),
            Probe(operation: "getState", method: "GET", path: "/v1/chains/main/state/evidence/00ff"),
            Probe(operation: "getState", method: "GET", path: "/v1/chains/main/state/evidence/00?height=0"),
            post("callContract", "/v1/chains/main/call", json, question),
            post("callContract", "/v1/chains/main/call", json, "{}"),
            post("depositEvidence", "/v1/evidence", json, Served.json(60), bearer),
            post("depositEvidence", "/v1/evidence?wait=final", json, Served.json(61), bearer),
            post("depositEvidence", "/v1/evidence", json, Served.json(60)),
            Probe(
                operation: "listEvidence", method: "GET",
                path: "/v1/evidence?digest=\(Served.form(1).digest.hex)"),
            Probe(operation: "listEvidence", method: "GET", path: "/v1/evidence"),
            Probe(operation: "getEvidence", method: "GET", path: "/v1/evidence/E1-0"),
            Probe(operation: "getEvidence", method: "GET", path: "/v1/evidence/E9-0"),
            post("verifyEvidence", "/v1/evidence/verify", json, verification),
            post("verifyEvidence", "/v1/evidence/verify", json, #"{"receipt":"!","digest":"","size":0}"#),
        ]
    }

    @Test("every operation answers with a status and a content type that the description declares (API-4)")
    func everyOperation() async throws {
        try await Served.run { served in
            let client = try served.client()
            let sent = try await client.submit([try served.deposit(1)], to: "main", wait: .attested)
            guard case .attested(let receipt) = sent[0] else { throw DecodeError.truncated(offset: 0) }
            let stored = try await served.call(
                "GET", "/v1/chains/main/transactions/\(receipt.transaction.id.hex)?proof=true")
            let encoded = try #require(stored.json?["receipt"]?.string)
            let description = try #require(try await served.call("GET", "/openapi.json").json)
            #expect(description["openapi"] == .text("3.1.0"))
            var declared: [String: JSONValue] = [:]
            for path in description["paths"]?.fields ?? [] {
                for method in path.value.fields {
                    declared[try #require(method.value["operationId"]?.string)] = method.value["responses"]
                }
            }
            var called: Set<String> = ["streamBlocks", "streamEvents"]
            for probe in try probes(served, encoded) + consortiumProbes + DescriptionTests.contractProbes
                + DescriptionTests.tokenProbes
            {
                called.insert(probe.operation)
                let answer = try await served.call(
                    probe.method, probe.path, headers: probe.headers, type: probe.type, body: probe.body)
                let responses = try #require(declared[probe.operation], "\(probe.operation)")
                let response = responses["\(answer.status)"]
                #expect(
                    response != nil, "\(probe.operation) answered \(answer.status), which is not declared")
                let type = answer.headers["content-type"]
                if response?["$ref"] != nil {
                    #expect(type == "application/problem+json", "\(probe.operation)")
                    for field in ["type", "title", "detail", "instance", "code", "fix"] {
                        #expect(answer.json?[field]?.string != nil, "\(probe.operation): \(field)")
                    }
                } else {
                    #expect(response?["content"]?.fields.map(\.key) == [type ?? ""], "\(probe.operation)")
                    if type == "application/json" { #expect(answer.json != nil, "\(probe.operation)") }
                }
            }
            #expect(called == Set(declared.keys))
        }
    }

    @Test("figures come in the text format of Prometheus, each name described once (API-15)")
    func metrics() async throws {
        try await Served.run { served in
            _ = try await served.call("GET", "/v1/node")
            let text = try await served.call("GET", "/metrics").text
            #expect(text.contains("jiuding_chain_height{chain=\"main\"} 0\n"))
            #expect(text.contains("jiuding_gateway_answers_total{operation=\"getNode\",status=\"200\"} 1\n"))
            let described = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
            #expect(Set(described).count == described.count && described.count >= 6)
        }
    }

    @Test("readiness follows the chain; liveness does not (API-15)")
    func readiness() async throws {
        try await Served.run { served in
            #expect(try await served.call("GET", "/readyz").status == 200)
            await served.chain.halt("roots differ at height 7")
            let answer = try await served.call("GET", "/readyz")
            #expect(answer.status == 503 && answer.json?["code"] == .text("JD-1110"))
            #expect(answer.json?["detail"]?.string?.contains("roots differ") == true)
            #expect(try await served.call("GET", "/healthz").status == 200)
        }
    }
}

@Suite struct KeylessTests {
    @Test("a caller without a key deposits with a token and gets a receipt that verifies (API-11, API-13)")
    func deposit() async throws {
        try await Served.run { served in
            let answer = try await served.deposit(Served.json(1))
            #expect(answer.status == 201 && answer.json?["number"] == .text("E1-0"))
            let receipt = try #require(answer.json?["receipt"]?.string)
            let form = Served.form(1)
            func verify(_ digest: Digest, _ size: UInt64, _ receipt: String) async throws -> PlainAnswer {
                let body = #"{"receipt":"\#(receipt)","digest":"\#(digest.hex)","size":\#(size)}"#
                return try await served.call(
                    "POST", "/v1/evidence/verify", type: "application/json", body: [UInt8](body.utf8))
            }
            #expect(try await verify(form.digest, 1234, receipt).json?["verified"] == .flag(true))
            let other = try await verify(SM3.hash([0]), 1234, receipt).json
            #expect(other?["verified"] == .flag(false) && other?["code"] == .text("JD-2117"))
            #expect(try await verify(form.digest, 1, receipt).json?["code"] == .text("JD-2118"))
            let cut = try await verify(form.digest, 1234, String(receipt.dropLast(8))).json
            #expect(cut?["code"] == .text("JD-2101"))
        }
    }

    @Test("no token, a wrong token and another scheme are refused (API-11)")
    func tokens() async throws {
        try await Served.run { served in
            for headers in [[], ["Authorization: Bearer nope"], ["Authorization: Basic \(Served.token)"]] {
                let answer = try await served.deposit(Served.json(1), headers: headers)
                #expect(answer.status == 401 && answer.headers["www-authenticate"] == "Bearer")
                #expect(answer.json?["code"] == .text("JD-3107"))
            }
        }
    }

    @Test(
        "the same Idempotency-Key gives the same transaction, another request under it is refused (API-12)"
    )
    func idempotency() async throws {
        try await Served.run { served in
            let headers = ["Authorization: Bearer \(Served.token)", "Idempotency-Key: a-1"]
            let first = try await served.deposit(Served.json(1), headers: headers)
            let second = try await served.deposit(Served.json(1), headers: headers)
            #expect(first.json?["id"] == second.json?["id"] && first.status == 201)
            let third = try await served.deposit(Served.json(2), headers: headers)
            #expect(third.status == 422 && third.json?["code"] == .text("JD-3105"))
            let fresh = try await served.deposit(Served.json(1))
            #expect(fresh.json?["id"] != first.json?["id"] && fresh.json?["repeated"] == .flag(true))
        }
    }
}

@Suite struct StreamTests {
    @Test("blocks stream as they become final, and a stream taken up again misses none (API-14)")
    func blocks() async throws {
        try await Served.run { served in
            try await served.chain.append([])
            let connection = try await RawConnection.open(served.port)
            try await connection.send("GET /v1/chains/main/blocks/stream?from=0 HTTP/1.1\r\nHost: x\r\n\r\n")
            let first = await connection.read(until: "id: 1:0")
            #expect(
                first.contains("text/event-stream")
                    && first.contains("id: 0:0\nevent: block\ndata: {\"height\":0,"))
            try await served.chain.append([])
            #expect(await connection.read(until: "id: 2:0").contains("id: 2:0"))
            await connection.close()
            let again = try await RawConnection.open(served.port)
            try await again.send(
                "GET /v1/chains/main/blocks/stream HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 0:0\r\n\r\n")
            let rest = await again.read(until: "id: 2:0")
            #expect(!rest.contains("id: 0:0") && rest.contains("id: 1:0"))
            await again.close()
        }
    }

    @Test("events of contracts stream with height and index, and are taken up within a block (API-14)")
    func events() async throws {
        try await Served.run { served in
            try await served.chain.append(try (0..<3).map { try served.deposit($0) })
            let connection = try await RawConnection.open(served.port)
            try await connection.send(
                "GET /v1/chains/main/events/stream?contract=evidence HTTP/1.1\r\nHost: x\r\n"
                    + "Last-Event-ID: 1:0\r\n\r\n"
            )
            let text = await connection.read(until: "id: 1:2")
            #expect(
                !text.contains("id: 1:0\n") && text.contains("id: 1:1\n") && text.contains("\"deposited\""))
            await connection.close()
        }
    }

    @Test("a stream that has nothing to say shows that it lives, and streams are bounded (API-14, API-20)")
    func bounded() async throws {
        try await Served.run(bounds: { bounds in
            bounds.streamsMax = 1
            bounds.heartbeat = .milliseconds(50)
        }) { served in
            let path = "/v1/chains/main/blocks/stream"
            // A HEAD takes no place for longer than it takes to answer.
            #expect(try await served.call("HEAD", path).status == 200)
            let connection = try await RawConnection.open(served.port)
            try await connection.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await connection.read(until: ":\n\n").contains("200 OK"))
            #expect(try await served.call("GET", path).status == 429)
            await connection.close()
            var status = 429
            for _ in 0..<100 where status == 429 {
                try await Task.sleep(for: .milliseconds(20))
                let next = try await RawConnection.open(served.port)
                try await next.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                if await next.read(until: "\r\n\r\n").contains(" 200 ") { status = 200 }
                await next.close()
            }
            #expect(status == 200)
        }
    }
}
