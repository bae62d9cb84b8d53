// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Gateway
import Ledger
import ShangMi
import Testing

/// What a stranger sees who uses the gateway as it is not meant to be used. All over a real socket.
@Suite struct HardeningTests {
    private static let get = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

    /// Sends text on a new connection and gives everything that comes back until the other side closes.
    private func talk(_ served: Served, _ text: String) async throws -> String {
        let connection = try await RawConnection.open(served.port)
        try await connection.send(text)
        let answer = await connection.rest()
        await connection.close()
        return answer
    }

    private func post(
        _ type: String, length: String, _ body: String = "", path: String = "/v1/chains/main/transactions"
    ) -> String {
        "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Type: \(type)\r\n\(length)\r\n"
            + "Connection: close\r\n\r\n\(body)"
    }

    // MARK: Bodies

    @Test("a body that says it is too large is refused before any of it is read (API-21)")
    func declaredTooLarge() async throws {
        try await Served.run { served in
            let answer = try await talk(
                served, post("application/octet-stream", length: "Content-Length: 999999999999"))
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
            #expect(answer.contains("JD-3104") && answer.lowercased().contains("connection: close"))
        }
    }

    @Test("a chunked body is refused at the first byte too many (API-21)")
    func chunkedTooLarge() async throws {
        try await Served.run { served in
            let connection = try await RawConnection.open(served.port)
            try await connection.send(
                "POST /v1/evidence/verify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n")
            let chunk = "10000\r\n" + String(repeating: " ", count: 65_536) + "\r\n"
            // The gateway closes long before all of these are sent.
            for _ in 0..<64 { if (try? await connection.send(chunk)) == nil { break } }
            #expect(await connection.rest().hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test("a chunked submission is taken (API-5)")
    func chunked() async throws {
        try await Served.run { served in
            let body = Submission([try served.deposit(1)]).encoded
            let connection = try await RawConnection.open(served.port)
            try await connection.send(
                "POST /v1/chains/main/transactions?wait=final HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    + "Content-Type: application/octet-stream; charset=binary\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n"
            )
            for byte in body.prefix(3) { try await connection.send([0x31, 13, 10, byte, 13, 10]) }
            let rest = Array(body.dropFirst(3))
            try await connection.send([UInt8]("\(String(rest.count, radix: 16))\r\n".utf8) + rest + [13, 10])
            try await connection.send("0\r\n\r\n")
            let answer = await connection.rest()
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains("\"status\":\"final\""))
        }
    }

    @Test("another content type than the operation's is refused (API-21)")
    func contentType() async throws {
        try await Served.run { served in
            for type in ["application/json", "text/plain", "", "application/octet-stream2", ";"] {
                let answer = try await talk(served, post(type, length: "Content-Length: 2", "{}"))
                #expect(answer.hasPrefix("HTTP/1.1 415 ") && answer.contains("JD-3103"), "\(type)")
            }
        }
    }

    @Test("bytes that are no submission are refused with the offset, whatever they are (API-5)")
    func malformedSubmission() async throws {
        try await Served.run { served in
            let good = Submission([try served.deposit(1), try served.deposit(2)]).encoded
            var random = SeededRandom(seed: 7)
            let client = try served.client()
            for round in 0..<60 {
                var bytes = round == 0 ? [] : round == 1 ? [0xff, 0xff, 0xff, 0xff, 0xff] : good
                if round > 1 { bytes.removeLast(random.below(good.count - 1) + 1) }
                if round > 30 { bytes = random.bytes(count: 40) }
                let connection = try await RawConnection.open(served.port)
                try await connection.send(
                    post("application/octet-stream", length: "Content-Length: \(bytes.count)"))
                if !bytes.isEmpty { try await connection.send(bytes) }
                let answer = await connection.rest()
                // A cut between two transactions leaves a good, shorter submission.
                #expect(answer.hasPrefix("HTTP/1.1 400 ") || answer.hasPrefix("HTTP/1.1 200 "), "\(answer)")
            }
            #expect(try await client.status().version == "0.0-test")
        }
    }

    @Test("JSON that is not what it should be is refused by field (API-10)")
    func malformedJSON() async throws {
        try await Served.run { served in
            for body in [
                "", "{", "[]", "{\"contract\":1}", "{\"contract\":\"evidence\",\"method\":\"get\"}", "\u{0}",
                "{\"contract\":\"evidence\",\"method\":\"get\",\"arguments\":{\"number\":\"E-1\"}}",
                #"{"contract":"evidence","method":"byDepositor","arguments":{"depositor":"00","limit":-1}}"#,
                String(repeating: "[", count: 60_000),
            ] {
                let text = post(
                    "application/json", length: "Content-Length: \(body.utf8.count)", body,
                    path: "/v1/chains/main/call"
                )
                let answer = try await talk(served, text)
                #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(body.prefix(40)): \(answer.prefix(80))")
            }
        }
    }

    // MARK: Heads

    @Test("a head that is malformed or leaves its body's end in doubt gets one clear answer (API-22)")
    func malformedHeads() async throws {
        try await Served.run { served in
            for head in [
                "GARBAGE\r\n\r\n", "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
                "GET /\u{1} HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET / HTTP/1.1\r\nBad Header: x\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}",
                "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                "GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
            ] {
                let answer = try await talk(served, head)
                #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(head): \(answer)")
                #expect(answer.contains("JD-3105"), "\(head)")
            }
        }
    }

    @Test("a head beyond its bound is refused (API-22)")
    func oversizedHead() async throws {
        try await Served.run { served in
            let long = "GET / HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 40_000))\r\n\r\n"
            let first = try await talk(served, long)
            #expect(first.hasPrefix("HTTP/1.1 431 "))
            let many = (0..<500).map { "X\($0): y\r\n" }.joined()
            let second = try await talk(served, "GET / HTTP/1.1\r\nHost: x\r\n\(many)\r\n")
            #expect(second.hasPrefix("HTTP/1.1 431 "))
        }
    }

    @Test("unknown paths, methods and chains are told apart, and 405 says what is allowed (API-4)")
    func unknown() async throws {
        try await Served.run { served in
            func status(_ line: String) async throws -> String {
                try await talk(served, "\(line) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            }
            #expect(try await status("GET /v2/nothing").hasPrefix("HTTP/1.1 404 "))
            #expect(try await status("GET /v1/chains/none").contains("JD-3101"))
            #expect(try await status("GET /v1/chains/main/blocks/99").contains("JD-3102"))
            #expect(try await status("GET /v1/chains/main/blocks/x").hasPrefix("HTTP/1.1 400 "))
            #expect(
                try await status("GET /v1/chains/main/blocks/99999999999999999999").hasPrefix("HTTP/1.1 400 ")
            )
            #expect(try await status("GET /v1/chains/main/blocks?limit=0").hasPrefix("HTTP/1.1 400 "))
            #expect(try await status("GET /v1/chains/main/blocks?from=1&from=2").hasPrefix("HTTP/1.1 400 "))
            #expect(try await status("GET /v1/chains/%zz").hasPrefix("HTTP/1.1 400 "))
            #expect(try await status("GET /v1/chains/main/state/evidence/zz").hasPrefix("HTTP/1.1 400 "))
            let wrong = try await status("DELETE /v1/chains/main")
            #expect(wrong.hasPrefix("HTTP/1.1 405 ") && wrong.contains("Allow: GET, HEAD"))
            #expect(try await status("PROPFIND /v1/evidence").contains("Allow: POST, GET, HEAD"))
            #expect(try await status("BREW /v1/evidence").hasPrefix("HTTP/1.1 400 "))
        }
    }

    // MARK: HTTP as it is spoken

    @Test("pipelined requests are answered in order on one connection (API-23)")
    func pipelining() async throws {
        try await Served.run { served in
            let last = "GET /v1/node HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            let answer = try await talk(served, String(repeating: Self.get, count: 50) + last)
            #expect(answer.components(separated: "HTTP/1.1 200 OK") == 51)
            #expect(answer.hasSuffix("}") && answer.contains("\"node-0\""))
        }
    }

    @Test("HTTP/1.0 is answered and the connection closed; HEAD has a GET's head and no body (API-23)")
    func oldAndHead() async throws {
        try await Served.run { served in
            let old = try await talk(served, "GET /healthz HTTP/1.0\r\n\r\n")
            #expect(old.contains(" 200 OK") && old.hasSuffix("ok\n") && !old.contains("chunked"))
            let head = try await talk(
                served, "HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(
                head.contains(" 200 OK") && head.contains("Content-Length: 3") && head.hasSuffix("\r\n\r\n"))
            #expect(head.contains("Jiuding-Version: 0.0-test"))
            let proxied = try await talk(
                served, "GET http://x:1/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(proxied.contains(" 200 OK") && proxied.hasSuffix("ok\n"))
        }
    }

    @Test("leave to continue is given for a body that may come and not for one that is too large (API-23)")
    func expectContinue() async throws {
        try await Served.run { served in
            let connection = try await RawConnection.open(served.port)
            try await connection.send(
                "POST /v1/chains/main/transactions HTTP/1.1\r\nHost: x\r\n"
                    + "Content-Type: application/octet-stream\r\n"
                    + "Expect: 100-continue\r\nContent-Length: 1\r\nConnection: close\r\n\r\n")
            #expect(await connection.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 100 Continue"))
            try await connection.send([0])
            #expect(await connection.rest().hasPrefix("HTTP/1.1 400 "))
        }
    }
}

extension String {
    /// How often `text` occurs.
    func components(separated text: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: text) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
