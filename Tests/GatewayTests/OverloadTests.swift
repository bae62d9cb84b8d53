// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Gateway
import Ledger
import ShangMi
import Testing

/// Too slow, too many, too much: the gateway says so and goes on serving the others.
@Suite(.serialized) struct OverloadTests {
    @Test("a head that trickles in is cut off, however steadily it trickles (API-24)")
    func slowHead() async throws {
        try await Served.run(bounds: { $0.headDeadline = .milliseconds(400) }) { served in
            let connection = try await RawConnection.open(served.port)
            for byte in [UInt8]("GET /healthz HTTP/1.1\r\nHost: x\r\nX: aaaaaaaaaaaaaaaaaaaaaa".utf8) {
                if (try? await connection.send([byte])) == nil { break }
                try await Task.sleep(for: .milliseconds(40))
            }
            _ = await connection.rest()
            #expect(try #require(connection.life) < .seconds(2))
        }
    }

    @Test("a body that trickles in gets 408, however steadily it trickles (API-24)")
    func slowBody() async throws {
        try await Served.run(bounds: { $0.bodyDeadline = .milliseconds(400) }) { served in
            let connection = try await RawConnection.open(served.port)
            try await connection.send(
                "POST /v1/chains/main/call HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 60000\r\n\r\n")
            for _ in 0..<40 {
                if (try? await connection.send(" ")) == nil { break }
                try await Task.sleep(for: .milliseconds(40))
            }
            #expect(await connection.rest().hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test("a kept connection that falls silent is closed (API-24)")
    func idle() async throws {
        try await Served.run(bounds: { $0.idleDeadline = .milliseconds(300) }) { served in
            let get = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
            let connection = try await RawConnection.open(served.port, sending: get)
            #expect(await connection.rest().hasSuffix("ok\n"))
            #expect(try #require(connection.silence) < .seconds(2))
        }
    }

    @Test("submissions beyond the bound get 429 with Retry-After, and the client comes back (API-20)")
    func tooManySubmissions() async throws {
        try await Served.run(bounds: { $0.submissionsMax = 2 }) { served in
            await served.chain.shut()
            let transactions = try (0..<3).map { try served.deposit($0) }
            let client = try served.client()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<2 {
                    group.addTask { _ = try await client.submit([transactions[index]], to: "main") }
                }
                while await served.chain.waitingSubmissions < 2 {
                    try await Task.sleep(for: .milliseconds(5))
                }
                let error = await #expect(throws: ClientError.self) {
                    try await client.submit([transactions[2]], to: "main")
                }
                guard case .refused(let problem) = error else { throw error! }
                #expect(
                    problem.status == 429 && problem.retryAfter == 1 && problem.stable == .tooManyRequests)
                // A client that tries again gets through once there is room; reads were never held up.
                #expect(try await client.status().version == "0.0-test")
                let patient = try served.client(attempts: 4)
                group.addTask { _ = try await patient.submit([transactions[2]], to: "main") }
                try await Task.sleep(for: .milliseconds(50))
                await served.chain.open()
                try await group.waitForAll()
            }
        }
    }

    @Test("bodies beyond the memory for them get 429, and the memory comes back (API-20)")
    func bodyMemory() async throws {
        try await Served.run(bounds: { $0.bodyBytesMax = 100_000 }) { served in
            let slow = try await RawConnection.open(served.port)
            let head =
                "POST /v1/chains/main/transactions HTTP/1.1\r\nHost: x\r\n"
                + "Content-Type: application/octet-stream\r\n"
            try await slow.send(head + "Content-Length: 90000\r\n\r\n")
            try await served.until("jiuding_gateway_body_bytes_held 90000")
            let second = try await RawConnection.open(served.port)
            try await second.send(head + "Content-Length: 90000\r\n\r\n")
            #expect(await second.rest().hasPrefix("HTTP/1.1 429 "))
            try await slow.send([UInt8](repeating: 0, count: 90_000))
            #expect(await slow.read(until: "}").hasPrefix("HTTP/1.1 400 "))
            try await served.until("jiuding_gateway_body_bytes_held 0")
            let third = try await RawConnection.open(served.port)
            try await third.send(head + "Content-Length: 90000\r\nConnection: close\r\n\r\n")
            try await third.send([UInt8](repeating: 0, count: 90_000))
            #expect(await third.rest().hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test("one connection too many is told so, and there is room again once one goes (API-20)")
    func connectionCap() async throws {
        try await Served.run(bounds: { $0.connectionsMax = 3 }) { served in
            let get = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
            var held: [RawConnection] = []
            for _ in 0..<3 {
                let connection = try await RawConnection.open(served.port)
                try await connection.send(get)
                _ = await connection.read(until: "ok")
                held.append(connection)
            }
            // A surplus connection is heard if it asks at once.
            let extra = try await RawConnection.open(served.port, sending: get)
            let answer = await extra.rest()
            #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.contains("Retry-After"))
            await held[0].close()
            // The server sees the close in its own time.
            var next = ""
            for _ in 0..<200 where !next.hasPrefix("HTTP/1.1 200 ") {
                next = await (try RawConnection.open(served.port, sending: get)).read(until: "ok")
            }
            #expect(next.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("ten thousand idle connections, or as many as the system allows, leave the others served (API-20)")
    func manyIdle() async throws {
        let room = OpenFiles.raise()
        // Both ends of each connection are in this process.
        let count = min(10_000, (room - 512) / 2)
        try await Served.run(bounds: { bounds in
            bounds.connectionsMax = 12_000
            bounds.headDeadline = .seconds(120)
        }) { served in
            var idle: [RawConnection] = []
            for start in stride(from: 0, to: count, by: 100) {
                let size = min(100, count - start)
                idle += try await withThrowingTaskGroup(of: RawConnection.self) { group in
                    for _ in 0..<size { group.addTask { try await RawConnection.open(served.port) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            let client = try served.client()
            let clock = ContinuousClock()
            let took = try await clock.measure {
                for seed in 0..<20 {
                    _ = try await client.submit([try served.deposit(seed)], to: "main", wait: .final)
                    _ = try await client.chain("main")
                }
            }
            print("idle connections: \(count); 40 calls beside them took \(took)")
            let open = idle.filter { $0.isOpen }.count
            #expect(open == count)
            for connection in idle { await connection.close() }
        }
    }

    @Test("draining finishes what is under way, turns readiness false and closes connections (API-25)")
    func draining() async throws {
        try await Served.run { served in
            await served.chain.shut()
            let transaction = try served.deposit(1)
            let client = try served.client()
            async let answers = client.submit([transaction], to: "main", wait: .final)
            while await served.chain.waitingSubmissions < 1 { try await Task.sleep(for: .milliseconds(5)) }
            async let left = served.server.drain(within: .seconds(60))
            var answer = ""
            for _ in 0..<200 where !answer.contains("JD-1111") {
                let get = "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                answer = await (try RawConnection.open(served.port, sending: get)).rest()
            }
            #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.contains("JD-1111"))
            await served.chain.open()
            #expect(try await answers.count == 1)
            #expect(await left == 0)
        }
    }
}
