// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Gateway
import KeyCustody
import Ledger
import NIOCore
import ShangMi
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite(.serialized) struct ThroughputTests {
    /// Many transactions at the price of one signature: the door does not check them.
    static func many(_ count: Int, _ served: Served) throws -> [SignedTransaction] {
        let one = try served.deposit(1)
        return (0..<count).map { salt in
            let body = Transaction(
                chain: one.body.chain, validFrom: one.body.validFrom, validUntil: one.body.validUntil,
                contract: one.body.contract, method: one.body.method, arguments: one.body.arguments,
                salt: UInt64(salt), sender: one.body.sender)
            return SignedTransaction(body, signature: one.signature)
        }
    }

    @Test("the door alone takes batches of 500 faster than a chain can (API-5)")
    func batches() async throws {
        try await Served.run(instant: true) { served in
            let batch = Submission(try Self.many(500, served)).encoded
            let head =
                "POST /v1/chains/main/transactions HTTP/1.1\r\nHost: x\r\n"
                + "Content-Type: application/octet-stream\r\n"
                + "Content-Length: \(batch.count)\r\n\r\n"
            let connection = try await RawConnection.open(served.port)
            let request = [UInt8](head.utf8) + batch
            let rounds = 40
            let clock = ContinuousClock()
            var cpu = CPUClock()
            let took = try await clock.measure {
                for _ in 0..<rounds {
                    try await connection.send(request)
                    _ = await connection.read(until: "]}")
                }
            }
            let seconds = Double(took.components.attoseconds) * 1e-18 + Double(took.components.seconds)
            let perSecond = Double(rounds * 500) / seconds
            let cpuMicros = cpu.lap() / Double(rounds * 500) * 1e6
            print(
                "door: \(Int(perSecond)) tx/s in batches of 500, \(batch.count / 500) B each,"
                    + " \(cpuMicros) us CPU each"
            )
            #expect(perSecond > 500)
        }
    }

    @Test("a client reads the results of its batches as fast as they come (API-34)")
    func client() async throws {
        try await Served.run(instant: true) { served in
            let transactions = try Self.many(5_000, served)
            let client = try served.client()
            let clock = ContinuousClock()
            let took = try await clock.measure {
                for start in stride(from: 0, to: transactions.count, by: 500) {
                    let answers = try await client.submit(
                        Array(transactions[start..<(start + 500)]), to: "main")
                    #expect(answers.count == 500)
                }
            }
            print("client and door: 5000 transactions in \(took)")
        }
    }
}

/// CPU time of this process, all threads.
struct CPUClock {
    private var last = CPUClock.now

    private static var now: Double {
        var time = timespec()
        // SAFETY: the call writes into `time`, which outlives it, and keeps no pointer.
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    mutating func lap() -> Double {
        let now = CPUClock.now
        defer { last = now }
        return now - last
    }
}
