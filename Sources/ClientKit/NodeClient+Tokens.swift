// SPDX-License-Identifier: Apache-2.0
import Foundation
import NIOHTTP1

/// A token as a gateway tells its owner of it.
package struct TokenAnswer: Hashable, Sendable {
    package let id: String
    package let account: String
    package let scope: String
    package let created: String
    package let expires: String
    package let revoked: String?
    package let active: Bool
    package let maker: String
    package let note: String
    /// The token itself, where it was just made.
    package let token: String?
}

extension TokenAnswer {
    init(from reader: JSONShape.Reader, isNew: Bool) throws(JSONShape) {
        id = try reader["id"].text()
        account = try reader["account"].text()
        scope = try reader["scope"].text()
        created = try reader["created"].text()
        expires = try reader["expires"].text()
        revoked = try reader["revoked"].orNull { value throws(JSONShape) in try value.text() }
        active = try reader["active"].flag()
        maker = try reader["maker"].text()
        note = try reader["note"].text()
        token = isNew ? try reader["token"].text() : nil
    }
}

// A member's own tokens; each call needs `Options.signer` (TOK-3).
extension NodeClient {
    private struct Wish: Encodable {
        let seconds: UInt64
        let note: String
    }

    package func createToken(seconds: UInt64, note: String) async throws(ClientError) -> TokenAnswer {
        guard let body = try? JSONEncoder().encode(Wish(seconds: seconds, note: note)) else {
            throw .unusable(reason: "the note is no text")
        }
        let request = HTTPTransport.Request(
            method: .POST, path: "/v1/tokens", contentType: "application/json", body: [UInt8](body),
            timeout: transport.options.timeout,
            idempotencyKey: hex((0..<16).map { _ in UInt8.random(in: 0...255) }))
        return try answer(try await transport.send(request).body) { reader throws(JSONShape) in
            try TokenAnswer(from: reader, isNew: true)
        }
    }

    package func tokens() async throws(ClientError) -> [TokenAnswer] {
        try answer(try await transport.get("/v1/tokens").body) { reader throws(JSONShape) in
            try reader["tokens"].list { item throws(JSONShape) in try TokenAnswer(from: item, isNew: false) }
        }
    }

    package func revokeToken(_ id: String) async throws(ClientError) -> TokenAnswer {
        let request = HTTPTransport.Request(
            method: .DELETE, path: "/v1/tokens/\(escape(id))", timeout: transport.options.timeout)
        return try answer(try await transport.send(request).body) { reader throws(JSONShape) in
            try TokenAnswer(from: reader, isNew: false)
        }
    }
}
