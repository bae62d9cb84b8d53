// SPDX-License-Identifier: Apache-2.0
import ClientKit
import Gateway
import KeyCustody
import Ledger
import ShangMi
import Testing

/// A gateway on a real loopback port for the length of a test.
struct Served {
    let port: Int
    let chain: FakeChain
    let server: GatewayServer
    let member: OpenSSLSigner

    static let token = "t0ken"

    var url: String { "http://127.0.0.1:\(port)" }

    /// A client that does not try again: a test wants to see the first answer.
    func client(attempts: Int = 1, token: String? = nil) throws -> NodeClient {
        var options = NodeClient.Options()
        options.attempts = attempts
        options.token = token
        return try NodeClient(url, options: options)
    }

    func deposit(_ seed: Int) throws -> SignedTransaction {
        let wallet = Wallet(chain: chain.id, signer: member)
        return try wallet.deposit(Served.form(seed), tip: .zero)
    }

    /// Waits until the gateway's figures contain `line`: what another connection did has arrived then.
    func until(_ line: String) async throws {
        let get = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        for _ in 0..<1_000 {
            if await (try RawConnection.open(port, sending: get)).rest().contains(line + "\n") { return }
        }
        Issue.record("the gateway never said \(line)")
    }

    static func form(_ seed: Int) -> Deposit {
        Deposit(
            businessType: Label(literal: "contract"), title: Label("合同 \(seed)")!,
            digest: SM3.hash([UInt8]("\(seed)".utf8)), size: 1234,
            mediaType: Label(literal: "application/pdf"),
            capture: .upload)
    }

    static func run(
        bounds change: (inout GatewayBounds) -> Void = { _ in }, instant: Bool = false, isPublic: Bool = true,
        audit: (any AuditAccess)? = nil,
        configure: (inout GatewayConfiguration) -> Void = { _ in },
        _ body: (Served) async throws -> Void
    ) async throws {
        let chain = try FakeChain(isPublic: isPublic)
        let member = OpenSSLSigner(try PrivateKey.generate())
        var configuration = GatewayConfiguration(version: "0.0-test")
        configuration.port = 0
        configuration.admit(token: token, signer: member)
        change(&configuration.bounds)
        configure(&configuration)
        let access: any ChainAccess = instant ? InstantChain(real: chain) : chain
        let server = GatewayServer(configuration: configuration, node: FakeNode(chains: [access], audit: audit))
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let running = Task {
            try await server.run { told.yield($0) }
            told.finish()
        }
        var iterator = ports.makeAsyncIterator()
        guard let port = await iterator.next() else {
            try await running.value
            return
        }
        do {
            try await body(Served(port: port, chain: chain, server: server, member: member))
        } catch {
            running.cancel()
            throw error
        }
        running.cancel()
        _ = await running.result
    }
}
