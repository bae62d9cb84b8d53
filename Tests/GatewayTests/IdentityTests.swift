// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Foundation
import Gateway
import KeyCustody
import Ledger
import ShangMi
import Synchronization
import Testing

/// A gateway whose chain is for members only, with tokens of its own, a clock a test may set, and what it told the log.
struct Guarded: Sendable {
    let served: Served
    let book: TokenBook
    let clock: TestClock
    let notes: Notes

    static func run(
        limits: GatewayLimits = GatewayLimits(), isPublic: Bool = false,
        bounds: (inout GatewayBounds) -> Void = { _ in }, names: Set<String>? = nil,
        proxies: TrustedProxies = .none, audit: (any AuditAccess)? = nil,
        _ body: (Guarded) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "tokens-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (book, clock, notes) = (TokenBook(folder + "/tokens"), TestClock(), Notes())
        let configure = { (configuration: inout GatewayConfiguration) in
            configuration.tokens = book
            configuration.limits = limits
            configuration.names = names
            configuration.proxies = proxies
            configuration.clock = { clock.now }
            configuration.witness = { notes.add($0) }
        }
        try await Served.run(bounds: bounds, isPublic: isPublic, audit: audit, configure: configure) { served in
            await served.chain.admit(AccountID(served.member.publicKey))
            try await body(Guarded(served: served, book: book, clock: clock, notes: notes))
        }
    }

    var member: AccountID { AccountID(served.member.publicKey) }

    func token(_ account: AccountID? = nil, lasting seconds: UInt64 = 60) throws -> (String, TokenRecord) {
        let made = try book.create(
            for: account ?? member, .read, lasting: seconds * 1_000, at: clock.now, by: Label(literal: "operator:t"),
            note: Label(literal: ""))
        return (made.token, made.record)
    }

    func get(_ path: String = "/v1/chains/main", token: String? = nil, headers: [String] = []) async throws
        -> PlainAnswer
    {
        try await served.call("GET", path, headers: headers + (token.map { ["Authorization: Bearer \($0)"] } ?? []))
    }

    /// The headers of a signed request; each part may be something else than what is sent.
    func signed(
        _ method: String = "GET", _ target: String = "/v1/chains/main", by signer: OpenSSLSigner? = nil,
        host: String = "x",
        offset: Int64 = 0, nonce: [UInt8]? = nil, body: [UInt8] = []
    ) throws -> [String] {
        let pen = signer ?? served.member
        let request = SignedRequest(
            method: method, host: host, target: target,
            time: Timestamp(UInt64(Int64(clock.now.value) + offset)),
            nonce: nonce ?? (0..<16).map { _ in .random(in: 0...255) }, body: SM3.hash(body))
        return [
            "Jiuding-Key: \(Hex.encode(pen.publicKey.bytes))", "Jiuding-Time: \(request.time.value)",
            "Jiuding-Nonce: \(Hex.encode(request.nonce))", "Jiuding-Digest: \(request.body.hex)",
            "Jiuding-Signature: \(Hex.encode(try pen.sign(request.message).encoded))",
        ]
    }
}

final class TestClock: Sendable {
    private let state = Mutex<UInt64>(1_763_000_000_000)
    var now: Timestamp { Timestamp(state.withLock { $0 }) }
    func advance(seconds: UInt64) { state.withLock { $0 += seconds * 1_000 } }
}

final class Notes: Sendable {
    private let state = Mutex<[AccessNote]>([])
    var all: [AccessNote] { state.withLock { $0 } }
    func add(_ note: AccessNote) { state.withLock { $0.append(note) } }
}

@Suite struct ReadRightsTests {
    @Test(
        "without credentials a chain for members is not read, by any operation of its path; health is (API-40, API-41)")
    func strangers() async throws {
        try await Guarded.run { guarded in
            for path in [
                "/v1/chains/main", "/v1/chains/main/blocks", "/v1/chains/main/blocks/0", "/v1/chains/main/trust",
                "/v1/chains/main/blocks/stream", "/v1/chains/main/events/stream", "/v1/chains/main/state/evidence/00",
                "/v1/evidence/E1-0", "/v1/evidence?digest=\(SM3.hash([1]).hex)",
            ] {
                let answer = try await guarded.get(path)
                #expect(answer.status == 401 && answer.json?["code"] == .text("JD-3107"), "\(path)")
            }
            for path in ["/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/node"] {
                #expect(try await guarded.get(path).status == 200, "\(path)")
            }
            #expect(try await guarded.get("/v1/chains").text == #"{"chains":[]}"#)
            let sent = try await guarded.served.client().submit([try guarded.served.deposit(1)], to: "main")
            #expect(sent.count == 1)
        }
    }

    @Test("a member reads with a token and with a signature; a stranger's, a frozen one's are refused by name (API-41)")
    func members() async throws {
        try await Guarded.run { guarded in
            let (token, _) = try guarded.token()
            #expect(try await guarded.get(token: token).status == 200)
            #expect(try await guarded.get("/v1/chains", token: token).text.contains("\"main\""))
            #expect(try await guarded.get(headers: try guarded.signed()).status == 200)
            let stranger = AccountID(SM3.hash([9]))
            let (foreign, _) = try guarded.token(stranger)
            let unknown = try await guarded.get(token: foreign)
            #expect(unknown.status == 403 && unknown.json?["code"] == .text("JD-1205"))
            await guarded.served.chain.admit(guarded.member, Label(literal: "省局"), .memberFrozen)
            let frozen = try await guarded.get(token: token)
            #expect(frozen.status == 403 && frozen.json?["code"] == .text("JD-1801"))
            #expect(try await guarded.get(headers: try guarded.signed()).status == 403)
        }
    }

    @Test("a contract narrower than its chain is not read by another way, whatever the query says (API-41)")
    func narrow() async throws {
        try await Guarded.run { guarded in
            let transaction = try guarded.served.deposit(1)
            try await guarded.served.chain.append([transaction])
            try await guarded.served.chain.append([])
            await guarded.served.chain.narrow(Deposit.contract)
            let (token, _) = try guarded.token()
            #expect(try await guarded.get("/v1/chains/main/blocks/1", token: token).status == 200)
            for path in [
                "/v1/chains/main/transactions/\(transaction.id.hex)", "/v1/chains/main/state/evidence/00",
                "/v1/chains/main/events/stream?contract=evidence", "/v1/evidence/E1-0", "/v1/evidence/E1-0?contract=x",
            ] {
                let answer = try await guarded.get(path, token: token)
                #expect(answer.status == 403 && answer.json?["code"] == .text("JD-1809"), "\(path)")
            }
            let question = [UInt8](#"{"contract":"evidence","method":"get","arguments":{"number":"E1-0"}}"#.utf8)
            let asked = try await guarded.served.call(
                "POST", "/v1/chains/main/call", headers: ["Authorization: Bearer \(token)"], type: "application/json",
                body: question)
            #expect(asked.status == 403)
            await guarded.served.chain.narrow(Call.wholeChain)
            #expect(try await guarded.get("/v1/chains/main/blocks/1?contract=open", token: token).status == 403)
        }
    }

    private enum Call { static let wholeChain = Label(literal: "") }

    @Test("every read and every denial is told, with who, where, what and why (API-46)")
    func told() async throws {
        try await Guarded.run { guarded in
            let (token, _) = try guarded.token()
            _ = try await guarded.get("/v1/chains/main/state/evidence/00", token: token)
            _ = try await guarded.get("/v1/chains/main")
            _ = try await guarded.get("/healthz")
            _ = try await guarded.get("/v1/chains/none", token: token)
            let notes = guarded.notes.all
            #expect(notes.prefix(2).map { $0.code?.label } == [nil, "JD-3107"])
            #expect(notes[0].who == guarded.member.hex && notes[0].organization == "省局" && notes[0].height == 0)
            #expect(notes.prefix(2).map(\.object) == ["getState evidence", "getChain"] && notes[0].chain == "main")
            #expect(notes[1].who.isEmpty && notes.count == 3 && notes[2].code == .unknownChain)
        }
    }

    @Test("which chains somebody was shown is a read of each of them (API-46)")
    func listed() async throws {
        try await Guarded.run { guarded in
            _ = try await guarded.get("/v1/chains", token: try guarded.token().0)
            #expect(guarded.notes.all.map(\.object) == ["listChains"] && guarded.notes.all[0].chain == "main")
            #expect(guarded.notes.all[0].who == guarded.member.hex && guarded.notes.all[0].code == nil)
            _ = try await guarded.get("/v1/chains")
            #expect(guarded.notes.all.count == 1, "a stranger saw none")
        }
    }

    @Test("a denial says who it was, or who somebody claimed to be, of which organisation and from where (API-46)")
    func attributed() async throws {
        try await Guarded.run { guarded in
            let (token, record) = try guarded.token()
            await guarded.served.chain.admit(guarded.member, Label(literal: "省局"), .memberFrozen)
            _ = try await guarded.get(token: token)
            let stranger = OpenSSLSigner(try PrivateKey.generate())
            _ = try await guarded.get("/v1/chains/main/state/any/00", headers: try guarded.signed(by: stranger))
            var junk = try guarded.signed()
            junk[4] = "Jiuding-Signature: \(Hex.encode([UInt8](repeating: 1, count: 64)))"
            _ = try await guarded.get(headers: junk)
            try guarded.book.revoke(record.id, of: nil, at: guarded.clock.now)
            try await Task.sleep(for: .milliseconds(600))
            _ = try await guarded.get(token: token)
            let notes = guarded.notes.all
            #expect(notes.map { $0.code?.label } == ["JD-1801", "JD-3107", "JD-3115", "JD-3112"])
            #expect(notes.allSatisfy { $0.address == "127.0.0.1" })
            #expect(notes.map(\.who) == [guarded.member.hex, "", "", ""])
            let (member, unknown) = (guarded.member.hex, AccountID(stranger.publicKey).hex)
            #expect(notes.map(\.claim) == ["", unknown, member, member])
            #expect(notes.map(\.organization) == ["省局", "", "", ""])
            #expect(notes.map(\.isStranger) == [false, true, true, true] && notes[1].object == "getState")
        }
    }

    @Test("transactions of who may not act are told by sender, with their code, count and address, bounded (API-46)")
    func refusedSenders() async throws {
        try await Guarded.run { guarded in
            let chain = guarded.served.chain
            await chain.admit(guarded.member, Label(literal: "省局"), .memberFrozen)
            await chain.turnAway(guarded.member, .memberFrozen)
            var sent = try (0..<3).map { try guarded.served.deposit($0) }
            let strangers = try (0..<20).map { _ in OpenSSLSigner(try PrivateKey.generate()) }
            for stranger in strangers {
                await chain.turnAway(AccountID(stranger.publicKey), .unknownSenderKey)
                sent.append(try Wallet(chain: chain.id, signer: stranger).deposit(Served.form(9), tip: .zero))
            }
            _ = try await guarded.served.client().submit(sent, to: "main")
            let notes = guarded.notes.all
            #expect(notes.count == 17 && notes[0].who == guarded.member.hex && notes[0].count == 3)
            #expect(notes[0].code == .memberFrozen && notes[0].organization == "省局" && !notes[0].isStranger)
            #expect(notes[1...15].map(\.who) == strangers.prefix(15).map { AccountID($0.publicKey).hex })
            #expect(notes.dropFirst().allSatisfy { $0.code == .unknownSenderKey && $0.isStranger })
            #expect(notes.allSatisfy { $0.address == "127.0.0.1" && $0.chain == "main" })
            #expect(notes[16].who.isEmpty && notes[16].detail.contains("5 more"))
        }
    }

    @Test(
        "streams end soon after the right does: token revoked, member frozen (API-44)", .timeLimit(.minutes(10)),
        arguments: [0, 1, 2])
    func streams(_ way: Int) async throws {
        // Soon is told by heartbeats: how long one takes is for the other tests of a run to say.
        try await Guarded.run(bounds: { ($0.rightsLook, $0.heartbeat) = (.milliseconds(50), .milliseconds(25)) }) {
            guarded in
            let (token, record) = try guarded.token()
            let path = "/v1/chains/main/blocks/stream"
            let headers = way == 2 ? try guarded.signed("GET", path) : ["Authorization: Bearer \(token)"]
            let connection = try await RawConnection.open(guarded.served.port)
            let lines = ["GET \(path) HTTP/1.1", "Host: x", "Connection: close"] + headers
            try await connection.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
            #expect(await connection.read(until: ": from").contains(" 200 "))
            if way == 0 {
                try guarded.book.revoke(record.id, of: nil, at: guarded.clock.now)
            } else {
                await guarded.served.chain.admit(guarded.member, Label(literal: "省局"), .memberFrozen)
            }
            let heard = connection.heardBytes
            _ = await connection.rest()
            // Looks lie two heartbeats apart; one is some eight bytes, the end of the body five.
            #expect(connection.heardBytes - heard <= 4 * 8 + 5)
            #expect(guarded.notes.all.last?.code == (way == 0 ? .tokenRevoked : .memberFrozen))
        }
    }
}
