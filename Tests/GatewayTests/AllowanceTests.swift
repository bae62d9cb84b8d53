// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Gateway
import KeyCustody
import Ledger
import NIOCore
import ShangMi
import Testing

/// What strangers and members can make a gateway look at, hold and remember.
@Suite struct AllowanceTests {
    @Test("junk in a member's name costs its sender the checks, and no other organisation or address (API-47)")
    func junk() async throws {
        try await Guarded.run { guarded in
            let path = "/v1/chains/main"
            let other = OpenSSLSigner(try PrivateKey.generate())
            await guarded.served.chain.admit(AccountID(other.publicKey), Label(literal: "市局"))
            var junk = try guarded.signed()
            junk[4] = "Jiuding-Signature: \(Hex.encode([UInt8](repeating: 1, count: 64)))"
            var codes: [JSONValue?] = []
            for _ in 0..<(CheckAllowance.organizationPerSecond + 10) {
                codes.append(try await guarded.get(path, headers: junk).json?["code"])
            }
            #expect(codes.prefix(Int(CheckAllowance.organizationPerSecond)).allSatisfy { $0 == .text("JD-3115") })
            #expect(codes.suffix(10).allSatisfy { $0 == .text("JD-3117") })
            #expect(try await guarded.get(path, headers: try guarded.signed(by: other)).status == 200)
            guarded.clock.advance(seconds: 1)
            #expect(try await guarded.get(path, headers: try guarded.signed()).status == 200)
            // Whoever signs truly is never counted here.
            for _ in 0..<(CheckAllowance.organizationPerSecond * 2) {
                #expect(try await guarded.get(path, headers: try guarded.signed()).status == 200)
            }
        }
    }

    @Test("addresses are counted each for itself, an IPv6 network as one, and more than fit share one account (API-47)")
    func addresses() throws {
        let now = Timestamp(5_000)
        let allowance = CheckAllowance()
        func fail(_ address: String, at time: Timestamp) throws {
            try allowance.enter(address, at: time)
            allowance.leave(address, isSound: false)
        }
        for _ in 0..<CheckAllowance.addressPerSecond { try fail("10.0.0.1", at: now) }
        #expect(throws: Problem.self) { try fail("10.0.0.1", at: now) }
        try fail("10.0.0.2", at: now)
        try fail("10.0.0.1", at: Timestamp(5_005))
        #expect(throws: Problem.self) { try fail("10.0.0.1", at: Timestamp(5_005)) }
        for place in 0..<(CheckAllowance.accountsMax + 1_000) { try? fail("\(place)", at: now) }
        #expect(throws: Problem.self) { try fail("one more", at: now) }
        try fail("one more", at: Timestamp(7_000))
        let names = try [
            "2001:db8:1:2::9": "2001:db8:1:2::/64", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "::1": "0:0:0:0::/64",
            "1::4:5:6:7:8": "1:0:0:4::/64", "1::": "1:0:0:0::/64", "::3:4:5:6:7:8": "0:0:3:4::/64",
            "::ffff:10.1.2.3": "10.1.2.3", "::ffff:a01:203": "10.1.2.3", "10.1.2.3": "10.1.2.3",
        ].map { try (CheckAllowance.name(of: SocketAddress(ipAddress: $0.key, port: 1)), $0.value) }
        for (found, wanted) in names { #expect(found == wanted) }
        #expect(CheckAllowance.name(of: nil).isEmpty)
    }

    @Test("who signs truly is never too many: a proxy's callers at once, and what failed at once is paid for (API-47)")
    func atOnce() throws {
        let now = Timestamp(5_000)
        let allowance = CheckAllowance()
        // A thousand at once behind one address, none of which has come to anything yet.
        for _ in 0..<CheckAllowance.addressAtOnce { try allowance.enter("10.0.0.1", at: now) }
        #expect(throws: Problem.self) { try allowance.enter("10.0.0.1", at: now) }
        for _ in 0..<CheckAllowance.addressAtOnce { allowance.leave("10.0.0.1", isSound: true) }
        for _ in 0..<CheckAllowance.addressAtOnce { try allowance.enter("10.0.0.1", at: now) }
        for _ in 0..<CheckAllowance.addressAtOnce { allowance.leave("10.0.0.1", isSound: false) }
        // All of it was junk: the seconds it takes at 200 a second are waited for.
        let seconds = UInt64(CheckAllowance.addressAtOnce) / CheckAllowance.addressPerSecond
        #expect(throws: Problem.self) { try allowance.enter("10.0.0.1", at: Timestamp(5_000 + (seconds - 1) * 1_000)) }
        try allowance.enter("10.0.0.1", at: Timestamp(5_000 + (seconds + 1) * 1_000))
    }

    @Test("a proxy that is trusted says where a request came from, nobody else does, and none by default (API-48)")
    func proxies() async throws {
        let trusted = try #require(TrustedProxies(["127.0.0.1", "10.0.0.0/8", "2001:db8::/33"]))
        for text in ["x", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "::/129", "", "10.0.0.1:80"] {
            #expect(TrustedProxies([text]) == nil, "\(text)")
        }
        let cases: [(String, [String], String)] = [
            ("127.0.0.1", ["203.0.113.7"], "203.0.113.7"), ("127.0.0.1", [], "127.0.0.1"),
            ("127.0.0.1", ["1.1.1.1, 203.0.113.7 , 10.9.9.9"], "203.0.113.7"),
            ("127.0.0.1", ["1.1.1.1", "203.0.113.7", "10.9.9.9"], "203.0.113.7"),
            ("127.0.0.1", ["203.0.113.7, unknown"], "127.0.0.1"), ("::ffff:10.0.0.1", ["9.9.9.9"], "9.9.9.9"),
            ("127.0.0.1", ["10.1.1.1, 10.2.2.2"], "10.1.1.1"), ("127.0.0.2", ["203.0.113.7"], "127.0.0.2"),
            ("2001:db8:7fff::1", ["2001:db9::1"], "2001:db9:0:0::/64"),
            ("2001:db8:8000::1", ["2001:db9::1"], "2001:db8:8000:0::/64"),
            ("10.0.0.1", [(0..<100).map { "10.0.1.\($0)" }.joined(separator: ",")], "10.0.1.84"),
        ]
        for (peer, forwarded, wanted) in cases {
            let origin = trusted.origin(try SocketAddress(ipAddress: peer, port: 1), forwarded)
            #expect(CheckAllowance.name(of: origin) == wanted, "\(peer) \(forwarded)")
        }
        #expect(trusted.origin(nil, ["1.1.1.1"]) == nil)
        for (proxies, wanted) in [(TrustedProxies.none, "127.0.0.1"), (trusted, "198.51.100.4")] {
            try await Guarded.run(proxies: proxies) { guarded in
                _ = try await guarded.get(headers: ["X-Forwarded-For: 198.51.100.4"])
                #expect(guarded.notes.all.map(\.address) == [wanted])
            }
        }
    }

    @Test("requests dated ahead wait by member and organisation: nobody takes the places of others (API-43)")
    func waitingPlaces() async throws {
        let clock = TestClock()
        let signatures = RequestSignatures(began: Timestamp(0))
        let time = Timestamp(clock.now.value + 3_000)
        func ask(_ member: UInt8, _ home: String) async -> Bool {
            do throws(Problem) {
                // The other tests of a run may hold the threads for long.
                try await signatures.awaitTime(
                    time, of: AccountID(SM3.hash([member])), in: home, patience: .seconds(600)
                ) { clock.now }
                return true
            } catch { return false }
        }
        let colleagues = UInt8(0)..<20
        let refused = 20 * 20 - RequestSignatures.waitingPerOrganization
        let waiting = await withTaskGroup(of: (member: UInt8, isTaken: Bool).self) { group in
            for member in colleagues { for _ in 0..<20 { group.addTask { (member, await ask(member, "省局")) } } }
            // Who finds no place is told so at once; when all of those have been, the others wait.
            for _ in 0..<refused { #expect(await group.next()?.isTaken == false) }
            for _ in 0...RequestSignatures.waitingPerMember { group.addTask { (100, await ask(100, "市局")) } }
            #expect(await group.next()?.isTaken == false, "the one more than a member may have")
            clock.advance(seconds: 3)
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(waiting.allSatisfy { $0.isTaken })
        let taken = Dictionary(grouping: waiting, by: \.member).mapValues(\.count)
        #expect(colleagues.reduce(0) { $0 + taken[$1, default: 0] } == RequestSignatures.waitingPerOrganization)
        #expect(colleagues.allSatisfy { taken[$0, default: 0] <= RequestSignatures.waitingPerMember })
        #expect(taken[100] == RequestSignatures.waitingPerMember, "another organisation has places of its own")
        #expect(await ask(0, "省局"), "all places are free again")
    }

    @Test("a request dated ahead of a clock that stands still is refused in the end (API-43)")
    func stillClock() async throws {
        let clock = TestClock()
        let signatures = RequestSignatures(began: Timestamp(0))
        let time = Timestamp(clock.now.value + 3_000)
        let account = AccountID(SM3.hash([1]))
        await #expect(throws: Problem.self) {
            try await signatures.awaitTime(time, of: account, in: "省局", patience: .milliseconds(50)) { clock.now }
        }
    }

    @Test("nonces of ever so many members cost no more than those of one: the bound is not looked for at each (API-43)")
    func manyMembers() throws {
        let bound = 4_096
        let signatures = RequestSignatures(began: Timestamp(0), noncesMax: bound)
        let now = Timestamp(1_000_000)
        let began = ContinuousClock.now
        for number in 0..<40_000 {
            var nonce = [UInt8](repeating: 0, count: 16)
            for place in 0..<4 { nonce[place] = UInt8(truncatingIfNeeded: number >> (8 * place)) }
            let request = SignedRequest(
                method: "GET", host: "x", target: "/", time: Timestamp(990_000 + UInt64(number) / 8), nonce: nonce,
                body: .zero)
            let account = AccountID(Digest(words: (UInt64(number % 8_000), 1, 2, 3)))
            // Where a member's were forgotten what is as old is refused.
            try? signatures.spend(request, account, now: now)
        }
        // Looking at all of them each time took a minute.
        #expect(ContinuousClock.now - began < .seconds(5))
    }
}
