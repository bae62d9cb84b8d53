// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HummingbirdCore
import Ledger
import Synchronization

/// A member's own tokens, made by a request that the member's key signed.
/// - Spec: API-40, TOK-3, TOK-4.
enum TokenOperations {
    static let all: [Operation] = [create, list, revoke]

    static let lastingMaxSeconds: UInt64 = 366 * 86_400

    private struct Form: Decodable {
        let seconds: UInt64
        let note: String?
    }

    /// The member behind the request, where its own key signed it: a token begets no tokens.
    private static func member(_ call: Call) throws(Problem) -> (AccountID, TokenBook) {
        guard let book = call.door.configuration.tokens else {
            throw Problem(.notFound, "this gateway keeps no tokens")
        }
        guard let account = call.caller.account, call.caller.proof == .signature else {
            throw Problem(.unauthorised, "this operation needs a request signed with the member's key")
        }
        return (account, book)
    }

    private static func problem(_ error: TokenError) -> Problem {
        switch error {
        case .full(let limit): Problem(.tokensFull, "\(limit) tokens are in force")
        case .unknown(let id): Problem(.notFound, "no token \(Problem.quoted(id)) of this member")
        case .unwritable, .unreadable, .damaged: Problem(.gatewayInternal, error.description)
        case .busy: Problem(.refusedForNow, error.description)
        }
    }

    private static let create = Operation(
        "createToken", .post, "/v1/tokens", summary: "Makes a token to read with, for the member whose key signed this",
        parameters: [
            .init(
                name: "Idempotency-Key", place: .header, type: "string",
                description: "Asked again with the same key, the token made before ends and another takes its place")
        ],
        intake: .init(contentType: "application/json", bytesMax: 4_096, schema: "TokenWish"),
        answers: [.init(status: 201, contentType: "application/json", description: "The token, shown this once")],
        problems: [400, 404, 413, 415, 422]
    ) { call in
        let (account, book) = try member(call)
        let form = try await call.json(Form.self)
        guard (1...lastingMaxSeconds).contains(form.seconds) else {
            throw Problem(.malformedRequest, "seconds is not 1 to \(lastingMaxSeconds)")
        }
        let note = try Call.label(form.note ?? "", "note")
        let word = call.request.headers[.idempotencyKey]
        guard word?.utf8.count ?? 0 <= 255 else {
            throw Problem(.malformedRequest, "Idempotency-Key is longer than 255 bytes")
        }
        let key = word.map { MadeTokens.Key(account: account, word: $0) }
        let now = call.door.configuration.clock()
        let (memory, maker) = (call.door.madeTokens, try Call.label(account.hex, "maker"))
        let made: (token: String, record: TokenRecord, ended: String?)
        do {
            made = try await book.onDisk { book in
                // Whoever asks again did not get the answer, and with it the token: nobody can use it, so it ends.
                let ended = key.flatMap { memory.id(for: $0) }
                if let ended { _ = try? book.revoke(ended, of: account, at: now) }
                let made = try book.create(
                    for: account, .read, lasting: form.seconds * 1_000, at: now, by: maker, note: note)
                if let key { memory.note(made.record.id, for: key) }
                return (made.token, made.record, ended)
            }
        } catch let error as TokenError { throw problem(error) }
        let home = await call.organization()
        if let ended = made.ended { call.tell(nil, kind: .tokenRevoked, organization: home, object: ended) }
        call.tell(nil, kind: .tokenMade, organization: home, object: made.record.id)
        return Call.json(201) { writer in
            writer.object { writer in
                writer.field("token", made.token)
                write(made.record, &writer, call)
            }
        }
    }

    private static let list = Operation(
        "listTokens", .get, "/v1/tokens", summary: "The tokens of the member whose key signed this",
        answers: [
            .init(status: 200, contentType: "application/json", description: "Everything but the tokens themselves")
        ],
        problems: [404]
    ) { call in
        let (account, book) = try member(call)
        let records: [TokenRecord]
        do { records = try await book.onDisk { try $0.all() } } catch let error as TokenError { throw problem(error) }
        return Call.json { writer in
            writer.object { writer in
                writer.field("tokens", list: records.filter { $0.account == account }) { writer, record in
                    writer.object { writer in write(record, &writer, call) }
                }
            }
        }
    }

    private static let revoke = Operation(
        "revokeToken", .delete, "/v1/tokens/{id}", summary: "Ends a token of the member whose key signed this",
        parameters: [.init(name: "id", place: .path, type: "string", description: "The token's identifier")],
        answers: [.init(status: 200, contentType: "application/json", description: "The token as it is now")],
        problems: [404]
    ) { call in
        let (account, book) = try member(call)
        let record: TokenRecord
        do {
            let (id, now) = (try call.path("id"), call.door.configuration.clock())
            record = try await book.onDisk { try $0.revoke(id, of: account, at: now) }
        } catch let error as TokenError { throw problem(error) }
        call.tell(nil, kind: .tokenRevoked, organization: await call.organization(), object: record.id)
        return Call.json { writer in
            writer.object { writer in write(record, &writer, call) }
        }
    }

    private static func write(_ record: TokenRecord, _ writer: inout JSONWriter, _ call: Call) {
        writer.field("id", record.id)
        writer.field("account", record.account.hex)
        writer.field("scope", record.scope.word)
        writer.field("created", time: record.created)
        writer.field("expires", time: record.expires)
        writer.field("revoked", record.revoked) { $0.value($1) }
        writer.field("active", record.isActive(at: call.door.configuration.clock()))
        writer.field("maker", record.maker.text)
        writer.field("note", record.note.text)
    }
}

/// Which token a caller's `Idempotency-Key` led to, so that asking again does not leave two. The newest few; what is
/// forgotten by a restart leaves a token that is listed, and that nobody holds.
/// - Spec: TOK-6.
final class MadeTokens: Sendable {
    struct Key: Hashable, Sendable {
        let account: AccountID
        let word: String
    }

    private struct State {
        var ids: [Key: String] = [:]
        var order: [Key] = []
    }

    private static let bound = 1_024
    private let state = Mutex(State())

    func id(for key: Key) -> String? { state.withLock { $0.ids[key] } }

    func note(_ id: String, for key: Key) {
        state.withLock { state in
            if state.ids.updateValue(id, forKey: key) == nil { state.order.append(key) }
            guard state.order.count > MadeTokens.bound else { return }
            state.ids[state.order.removeFirst()] = nil
        }
    }
}
