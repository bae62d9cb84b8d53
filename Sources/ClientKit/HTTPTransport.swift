// SPDX-License-Identifier: Apache-2.0
import NIOHTTP1

/// Sends requests to one node over kept-open connections, and tries again what broke.
actor HTTPTransport {
    struct Request: Sendable {
        var method: HTTPMethod = .GET
        var path: String
        var contentType: String?
        var body: [UInt8] = []
        var timeout: Duration
    }

    struct Response: Sendable {
        let status: Int
        let contentType: String
        let retryAfter: Int?
        let body: [UInt8]
    }

    let address: NodeAddress
    nonisolated let options: NodeClient.Options

    init(address: NodeAddress, options: NodeClient.Options) {
        self.address = address
        self.options = options
    }

    nonisolated func get(_ path: String) async throws(ClientError) -> Response {
        try await send(Request(path: path, timeout: options.timeout))
    }

    func send(_ request: Request) async throws(ClientError) -> Response {
        throw .unreachable(node: address.text, reason: "not built yet")
    }

    func close() {}
}
