// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Foundation
import Gateway
import Glibc
import KeyCustody
import Ledger
import ShangMi
import Testing

@Suite struct TokenTests {
    @Test("a token ends when it says, and when it is revoked; an unknown one never was (TOK-4, API-40)")
    func life() async throws {
        try await Guarded.run { guarded in
            let (short, _) = try guarded.token(lasting: 10)
            let (long, record) = try guarded.token(lasting: 1_000)
            #expect(try await guarded.get(token: short).status == 200)
            guarded.clock.advance(seconds: 10)
            #expect(try await guarded.get(token: short).json?["code"] == .text("JD-3111"))
            #expect(try await guarded.get(token: long).status == 200)
            try guarded.book.revoke(record.id, of: nil, at: guarded.clock.now)
            #expect(try await guarded.get(token: long).json?["code"] == .text("JD-3112"))
            for wrong in ["", " ", "jdt1-", long + "0", String(long.dropLast()), String(repeating: "a", count: 8_000)] {
                let answer = try await guarded.get(token: wrong)
                #expect(answer.status == 401 && answer.json?["code"] == .text("JD-3107"))
            }
        }
        // Where anybody may read, credentials that do not hold are still refused.
        try await Guarded.run(isPublic: true) { guarded in
            let statuses = [try await guarded.get().status, try await guarded.get(token: "nope").status]
            #expect(statuses == [200, 401])
        }
    }

    @Test("the file has digests and no token, and survives only as it was written (TOK-1, TOK-2)")
    func file() throws {
        let path = NSTemporaryDirectory() + "tokens-\(UInt64.random(in: 0 ... .max))"
        defer { for end in ["", ".lock"] { try? FileManager.default.removeItem(atPath: path + end) } }
        let (book, now) = (TokenBook(path), Timestamp(1_763_000_000_000))
        let account = AccountID(SM3.hash([1]))
        let made = try (0..<3).map { _ in
            try book.create(
                for: account, .read, lasting: 1_000, at: now, by: Label(literal: "m"), note: Label(literal: "n"))
        }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        for (token, record) in made {
            #expect(bytes.range(of: Data(token.utf8)) == nil && bytes.range(of: Data(record.digest.bytes)) != nil)
            #expect(bytes.range(of: Data(Hex.decode(String(token.dropFirst(5)))!)) == nil)
            #expect(token.hasPrefix("jdt1-") && token.utf8.count == 69 && TokenBook.digest(of: token) == record.digest)
        }
        #expect(try TokenBook(path).all() == made.map(\.record))
        #expect(Array(bytes.prefix(5)) == [0x4a, 0x44, 0x54, 0x4b, 1])
        for place in stride(from: 0, to: bytes.count, by: 7) {
            var flipped = bytes
            flipped[place] ^= 1
            try flipped.write(to: URL(fileURLWithPath: path))
            #expect(throws: TokenError.damaged(path: path)) { try TokenBook(path).all() }
        }
        let mode = try FileManager.default.attributesOfItem(atPath: path + ".lock")[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
    }

    @Test("a member has so many and no more; what ended long ago is forgotten; an id too short names none (TOK-4)")
    func bounds() throws {
        let path = NSTemporaryDirectory() + "tokens-\(UInt64.random(in: 0 ... .max))"
        defer { for end in ["", ".lock"] { try? FileManager.default.removeItem(atPath: path + end) } }
        let book = TokenBook(path)
        func make(_ account: UInt8, at millis: UInt64) throws -> TokenRecord {
            try book.create(
                for: AccountID(SM3.hash([account])), .read, lasting: 1_000, at: Timestamp(millis),
                by: Label(literal: "m"),
                note: Label(literal: "")
            ).record
        }
        let first = try make(1, at: 0)
        for _ in 1..<TokenBook.perMemberMax { _ = try make(1, at: 0) }
        #expect(throws: TokenError.full(limit: TokenBook.perMemberMax)) { try make(1, at: 0) }
        _ = try make(2, at: 0)
        #expect(throws: TokenError.unknown(id: "0")) { try book.revoke("0", of: nil, at: Timestamp(5)) }
        #expect(throws: TokenError.unknown(id: first.id)) {
            try book.revoke(first.id, of: AccountID(SM3.hash([2])), at: Timestamp(5))
        }
        #expect(try book.revoke(first.id, of: nil, at: Timestamp(5)).revoked == Timestamp(5))
        #expect(try book.revoke(first.id, of: nil, at: Timestamp(6)).revoked == Timestamp(5))
        _ = try make(1, at: 2_000 + TokenBook.keptMillis)
        #expect(try book.all().count == 1)
    }

    @Test("two books of one file see each other's changes, and writers take turns (TOK-5)")
    func beside() async throws {
        try await Guarded.run { guarded in
            let other = TokenBook(guarded.book.path)
            let (token, record) = try guarded.token()
            #expect(try await guarded.get(token: token).status == 200)
            try other.revoke(record.id, of: nil, at: guarded.clock.now)
            try await Task.sleep(for: .milliseconds(600))
            #expect(try await guarded.get(token: token).json?["code"] == .text("JD-3112"))
            let now = guarded.clock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        let book = TokenBook(other.path)
                        for _ in 0..<10 {
                            _ = try book.create(
                                for: AccountID(SM3.hash([UInt8(writer)])), .read, lasting: 1_000, at: now,
                                by: Label(literal: "m"), note: Label(literal: ""))
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try other.all().count == 41)
        }
    }

    @Test(
        "what cannot be read says nothing of a token: 503, and once it can be read again all is as before (TOK-7)"
    )
    func unreadable() async throws {
        try await Guarded.run { guarded in
            let (token, _) = try guarded.token()
            #expect(try await guarded.get(token: token).status == 200)
            let (path, aside) = (guarded.book.path, guarded.book.path + ".aside")
            try FileManager.default.moveItem(atPath: path, toPath: aside)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            try await Task.sleep(for: .milliseconds(600))
            for _ in 0..<2 {
                let answer = try await guarded.get(token: token)
                #expect(answer.status == 503 && answer.headers["retry-after"] == "1")
            }
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.moveItem(atPath: aside, toPath: path)
            try await Task.sleep(for: .milliseconds(600))
            #expect(try await guarded.get(token: token).status == 200)
        }
    }

    @Test(
        "asked again with the same key the first token ends and one is left; another caller's word is another (TOK-6)"
    )
    func again() async throws {
        try await Guarded.run { guarded in
            let (path, wish) = ("/v1/tokens", #"{"seconds":60}"#)
            func make(_ word: String?, by signer: OpenSSLSigner? = nil) async throws -> (token: String, id: String) {
                let headers = try guarded.signed("POST", path, by: signer, body: [UInt8](wish.utf8))
                let made = try await guarded.served.call(
                    "POST", path, headers: headers + (word.map { ["Idempotency-Key: \($0)"] } ?? []),
                    type: "application/json", body: [UInt8](wish.utf8))
                return (try #require(made.json?["token"]?.string), try #require(made.json?["id"]?.string))
            }
            let other = OpenSSLSigner(try PrivateKey.generate())
            await guarded.served.chain.admit(AccountID(other.publicKey))
            let foreign = try await make("one", by: other)
            let first = try await make("one")
            let second = try await make("one")
            let third = try await make("two")
            _ = try await make(nil)
            #expect(try await guarded.get(token: first.token).json?["code"] == .text("JD-3112"))
            for token in [foreign, second, third] { #expect(try await guarded.get(token: token.token).status == 200) }
            #expect(try guarded.book.all().count { $0.account == guarded.member && $0.revoked == nil } == 3)
            #expect(
                guarded.notes.all.filter { $0.kind == .tokenRevoked }.map(\.object).allSatisfy { $0.contains(first.id) }
            )
        }
    }

    @Test("a process that holds the tokens stops nobody for good (TOK-5)")
    func held() async throws {
        try await Guarded.run { guarded in
            let (token, record) = try guarded.token()
            // SAFETY: the path is a C string for the time of the call.
            let other = unsafe open(guarded.book.path + ".lock", O_RDWR)
            #expect(other >= 0 && flock(other, LOCK_EX) == 0)
            #expect(throws: TokenError.busy(path: guarded.book.path)) {
                try guarded.book.revoke(record.id, of: nil, at: guarded.clock.now)
            }
            #expect(try await guarded.get(token: token).status == 200)
            close(other)
            try guarded.book.revoke(record.id, of: nil, at: guarded.clock.now)
        }
    }

    @Test("a member makes, lists and revokes its own by signed requests; a token begets none (TOK-3)")
    func own() async throws {
        try await Guarded.run { guarded in
            let path = "/v1/tokens"
            func make(_ text: String, _ headers: [String]) async throws -> PlainAnswer {
                try await guarded.served.call(
                    "POST", path, headers: headers, type: "application/json", body: [UInt8](text.utf8))
            }
            let wish = #"{"seconds":60,"note":"ci"}"#
            let made = try await make(wish, try guarded.signed("POST", path, body: [UInt8](wish.utf8)))
            let token = try #require(made.json?["token"]?.string)
            let id = try #require(made.json?["id"]?.string)
            #expect(made.status == 201 && made.json?["scope"] == .text("read"))
            #expect(try await guarded.get(token: token).status == 200)
            #expect(try await make(wish, ["Authorization: Bearer \(token)"]).status == 401)
            #expect(try await make(wish, []).status == 401)
            for wrong in [#"{"seconds":0}"#, #"{"seconds":31708801}"#, #"{"seconds":-1}"#, "{}"] {
                #expect(
                    try await make(wrong, try guarded.signed("POST", path, body: [UInt8](wrong.utf8))).status == 400)
            }
            let listed = try await guarded.get(path, headers: try guarded.signed("GET", path))
            #expect(listed.text.contains(id) && !listed.text.contains(token))
            let other = OpenSSLSigner(try PrivateKey.generate())
            await guarded.served.chain.admit(AccountID(other.publicKey), Label(literal: "市局"))
            let one = "\(path)/\(id)"
            let foreign = try await guarded.served.call(
                "DELETE", one, headers: try guarded.signed("DELETE", one, by: other))
            #expect(foreign.status == 404)
            let ended = try await guarded.served.call("DELETE", one, headers: try guarded.signed("DELETE", one))
            #expect(ended.status == 200 && ended.json?["active"] == .flag(false))
            #expect(try await guarded.get(token: token).json?["code"] == .text("JD-3112"))
            #expect(guarded.notes.all.filter { $0.kind == .tokenMade || $0.kind == .tokenRevoked }.count == 2)
        }
    }
}

@Suite struct LimitTests {
    @Test("an organisation has so many a second, all its members together, and another has its own (API-45)")
    func rate() async throws {
        var limits = GatewayLimits()
        limits.organizationPerSecond = 3
        limits.strangersPerSecond = 1
        try await Guarded.run(limits: limits, isPublic: true) { guarded in
            let second = AccountID(SM3.hash([2]))
            await guarded.served.chain.admit(second)
            let third = AccountID(SM3.hash([3]))
            await guarded.served.chain.admit(third, Label(literal: "市局"))
            let tokens = try [guarded.member, second, third].map { try guarded.token($0).0 }
            for token in [tokens[0], tokens[1], tokens[0]] {
                #expect(try await guarded.get(token: token).status == 200)
            }
            let refused = try await guarded.get(token: tokens[1])
            #expect(refused.status == 429 && refused.json?["code"] == .text("JD-3117"))
            #expect(refused.headers["retry-after"] == "1")
            #expect(try await guarded.get(token: tokens[2]).status == 200)
            #expect(try await guarded.get().status == 200)
            #expect(try await guarded.get().status == 429)
            #expect(try await guarded.get("/healthz").status == 200)
            guarded.clock.advance(seconds: 1)
            for _ in 0..<3 { #expect(try await guarded.get(token: tokens[1]).status == 200) }
            #expect(try await guarded.get(token: tokens[1]).status == 429)
        }
    }

    @Test("many at once get exactly what is theirs, of the second and of the day, over all members (API-45)")
    func crowd() async throws {
        var limits = GatewayLimits()
        (limits.organizationPerSecond, limits.organizationPerDay) = (20, 30)
        try await Guarded.run(limits: limits) { guarded in
            let accounts = (0..<4).map { AccountID(SM3.hash([UInt8($0)])) }
            for account in accounts { await guarded.served.chain.admit(account) }
            let tokens = try accounts.map { try guarded.token($0).0 }
            func storm() async throws -> [Int: Int] {
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<80 {
                        group.addTask { try await guarded.get(token: tokens[number % tokens.count]).status }
                    }
                    var found: [Int: Int] = [:]
                    for try await status in group { found[status, default: 0] += 1 }
                    return found
                }
            }
            #expect(try await storm() == [200: 20, 429: 60])
            guarded.clock.advance(seconds: 1)
            #expect(try await storm() == [200: 10, 429: 70])
            guarded.clock.advance(seconds: 1)
            #expect(try await storm() == [429: 80])
        }
    }

    @Test("a day's quota ends at midnight UTC, and Retry-After says when that is (API-45)")
    func quota() async throws {
        var limits = GatewayLimits()
        limits.organizationPerDay = 2
        try await Guarded.run(limits: limits) { guarded in
            let (token, _) = try guarded.token(lasting: 200_000)
            for _ in 0..<2 { #expect(try await guarded.get(token: token).status == 200) }
            let refused = try await guarded.get(token: token)
            #expect(refused.status == 429 && refused.json?["code"] == .text("JD-3118"))
            let wait = try #require(refused.headers["retry-after"].flatMap { UInt64($0) })
            #expect((1...86_401).contains(wait))
            guarded.clock.advance(seconds: wait - 2)
            #expect(try await guarded.get(token: token).status == 429)
            guarded.clock.advance(seconds: 2)
            #expect(try await guarded.get(token: token).status == 200)
        }
    }
}
