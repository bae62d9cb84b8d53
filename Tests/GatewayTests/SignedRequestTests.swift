// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Gateway
import KeyCustody
import Ledger
import ShangMi
import Testing

/// A signed request is good for what was signed, once, for a minute.
@Suite struct SignedRequestTests {
    @Test("a time beyond all times is refused like any other nonsense (API-42)", arguments: [UInt64.max, 1 << 62])
    func endOfTime(_ time: UInt64) async throws {
        try await Guarded.run { guarded in
            let headers = try guarded.signed().map { $0.hasPrefix("Jiuding-Time") ? "Jiuding-Time: \(time)" : $0 }
            #expect(try await guarded.get(headers: headers).status == 400)
            #expect(try await guarded.get(headers: try guarded.signed()).status == 200, "the gateway lives on")
        }
    }

    @Test("what was signed for another gateway is not taken by this one (API-42)")
    func anotherGateway() async throws {
        try await Guarded.run(names: ["other:8600"]) { guarded in
            let answer = try await guarded.get(headers: try guarded.signed())
            #expect(answer.status == 401 && answer.json?["code"] == .text("JD-3115"))
        }
        try await Guarded.run(names: ["other:8600", "x"]) { guarded in
            let answer = try await guarded.get(headers: try guarded.signed())
            #expect(answer.status == 200)
        }
    }

    @Test("a signature is good for exactly this request: method, path, query, host, body, key (API-42)")
    func exact() async throws {
        try await Guarded.run { guarded in
            func code(_ headers: [String], _ path: String = "/v1/chains/main") async throws -> JSONValue? {
                try await guarded.get(path, headers: headers).json?["code"]
            }
            #expect(try await code(try guarded.signed()) == nil)
            #expect(try await code(try guarded.signed("POST")) == .text("JD-3115"))
            #expect(try await code(try guarded.signed("GET", "/v1/chains/main?x=1")) == .text("JD-3115"))
            #expect(try await code(try guarded.signed("GET", "/v1/chains/main/blocks")) == .text("JD-3115"))
            #expect(try await code(try guarded.signed(host: "y")) == .text("JD-3115"))
            var other = try guarded.signed()
            let colleague = OpenSSLSigner(try PrivateKey.generate())
            other[0] = "Jiuding-Key: \(Hex.encode(colleague.publicKey.bytes))"
            #expect(try await code(other) == .text("JD-3107"))
            await guarded.served.chain.admit(AccountID(colleague.publicKey))
            #expect(try await code(other) == .text("JD-3115"))
            for index in 0..<5 {
                var broken = try guarded.signed()
                broken[index] = broken[index].split(separator: ":")[0] + ": zz"
                #expect(try await code(broken) == .text("JD-3105"), "\(index)")
                broken.remove(at: index)
                #expect(try await code(broken) == .text(index == 4 ? "JD-3107" : "JD-3105"), "\(index)")
            }
            let stranger = OpenSSLSigner(try PrivateKey.generate())
            #expect(try await code(try guarded.signed(by: stranger)) == .text("JD-3107"))
            let question = [UInt8](#"{"contract":"evidence","method":"get","arguments":{"number":"E1-0"}}"#.utf8)
            let path = "/v1/chains/main/call"
            for (body, status) in [(question, 200), (question + [0x20], 401)] {
                let answer = try await guarded.served.call(
                    "POST", path, headers: try guarded.signed("POST", path, body: question), type: "application/json",
                    body: body)
                #expect(answer.status == status)
            }
        }
    }

    @Test("a request serves once; a clock too far off is told by how much and which way (API-43)")
    func replay() async throws {
        try await Guarded.run { guarded in
            guarded.clock.advance(seconds: 300)
            let once = try guarded.signed()
            #expect(try await guarded.get(headers: once).status == 200)
            #expect(try await guarded.get(headers: once).json?["code"] == .text("JD-3114"))
            guarded.clock.advance(seconds: 61)
            #expect(try await guarded.get(headers: once).json?["code"] == .text("JD-3113"))
            let late = try await guarded.get(headers: try guarded.signed(offset: -130_000)).json
            #expect(late?["code"] == .text("JD-3113") && late?["detail"]?.string?.contains("130 s behind") == true)
            let early = try await guarded.get(headers: try guarded.signed(offset: 90_000)).json
            #expect(early?["detail"]?.string?.contains("90 s ahead") == true)
            #expect(try await guarded.get(headers: try guarded.signed(offset: -59_000)).status == 200)
            #expect(try await guarded.get(headers: try guarded.signed(offset: 5_001)).json?["code"] == .text("JD-3113"))
        }
        try await Guarded.run { guarded in
            let before = try await guarded.get(headers: try guarded.signed(offset: -5_000)).json
            #expect(before?["code"] == .text("JD-3113") && before?["detail"]?.string?.contains("began") == true)
        }
    }

    @Test(
        "a request dated ahead is answered when its time has come: a gateway that begins later knows it is old (API-43)"
    )
    func ahead() async throws {
        try await Guarded.run { guarded in
            let request = try guarded.signed(offset: 2_000)
            async let answer = guarded.get(headers: request)
            try await Task.sleep(for: .milliseconds(400))
            #expect(guarded.notes.all.isEmpty)
            guarded.clock.advance(seconds: 2)
            #expect(try await answer.status == 200)
            #expect(try await guarded.get(headers: request).json?["code"] == .text("JD-3114"))
            // Killed and begun again in the very moment it was answered: nothing it took is taken again.
            let after = RequestSignatures(began: Timestamp(guarded.clock.now.value + 1))
            let time = try #require(request[1].split(separator: " ").last.flatMap { UInt64($0) })
            #expect(throws: Problem.self) { try after.check(Timestamp(time), now: guarded.clock.now) }
        }
    }

    @Test("one member that sends without end forgets its own nonces and nobody else's, and none serves twice (API-43)")
    func shares() throws {
        let signatures = RequestSignatures(began: Timestamp(0), noncesMax: 100)
        let now = Timestamp(1_000_000)
        let accounts = (0..<3).map { AccountID(SM3.hash([UInt8($0)])) }
        func request(_ seed: Int, at time: UInt64) -> SignedRequest {
            var nonce = [UInt8](repeating: 0, count: 16)
            for place in 0..<4 { nonce[place] = UInt8(truncatingIfNeeded: seed >> (8 * place)) }
            return SignedRequest(
                method: "GET", host: "x", target: "/", time: Timestamp(time), nonce: nonce, body: .zero)
        }
        for seed in 0..<20 { try signatures.spend(request(seed, at: 990_000), accounts[1], now: now) }
        var sent: [SignedRequest] = []
        for seed in 0..<1_000 {
            let one = request(seed, at: 995_000 + UInt64(seed))
            try signatures.spend(one, accounts[0], now: now)
            sent.append(one)
        }
        // Each is refused for good, whether it is remembered or its time is.
        for one in sent { #expect(throws: Problem.self) { try signatures.spend(one, accounts[0], now: now) } }
        // The others lost nothing: what they sent is known, what they have not sent is taken, however old.
        for seed in 0..<20 {
            #expect(throws: Problem.self) { try signatures.spend(request(seed, at: 990_000), accounts[1], now: now) }
            try signatures.spend(request(seed, at: 950_000), accounts[2], now: now)
        }
        // A minute later the flood is forgotten.
        let later = Timestamp(now.value + 70_000)
        for seed in 0..<50 { try signatures.spend(request(seed, at: later.value - 50_000), accounts[0], now: later) }
    }

    @Test("ClientKit signs each request, those with a body too (API-42)")
    func client() async throws {
        try await Served.run(isPublic: false) { served in
            await served.chain.admit(AccountID(served.member.publicKey))
            var options = NodeClient.Options()
            options.attempts = 1
            options.signer = served.member
            let client = try NodeClient(served.url, options: options)
            for _ in 0..<3 { #expect(try await client.chain("main").height == .zero) }
            _ = try await client.submit([try served.deposit(1)], to: "main", wait: .attested)
            await client.close()
            await #expect(throws: ClientError.self) { try await served.client().chain("main") }
        }
    }
}
