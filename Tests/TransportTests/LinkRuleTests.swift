// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Testing
import Transport

/// Which link stays, when to dial again, how much is too much.
@Suite struct LinkRuleTests {
    private let small = AccountID(Digest(words: (1, 0, 0, 0)))
    private let large = AccountID(Digest(words: (2, 0, 0, 0)))

    private func verdict(
        _ me: AccountID, _ peer: AccountID, old: (LinkRole, UInt64, silent: UInt64), new: (LinkRole, UInt64)
    ) -> LinkRule.Verdict {
        LinkRule.verdict(
            me: me, peer: peer, old: .init(role: old.0, instance: old.1, silence: .milliseconds(old.silent)),
            new: .init(role: new.0, instance: new.1, silence: .milliseconds(0)))
    }

    @Test("LINK-2: of two links dialled at once both ends keep the one the smaller account dialled, in either order")
    func doubles() {
        #expect(verdict(small, large, old: (.dialer, 9, 0), new: (.listener, 9)) == .oldStays(.duplicate))
        #expect(verdict(small, large, old: (.listener, 9, 0), new: (.dialer, 9)) == .newStays)
        #expect(verdict(large, small, old: (.dialer, 9, 0), new: (.listener, 9)) == .newStays)
        #expect(verdict(large, small, old: (.listener, 9, 0), new: (.dialer, 9)) == .oldStays(.duplicate))
    }

    @Test("LINK-2: the same run dialling again takes the place of its first link")
    func again() {
        #expect(verdict(small, large, old: (.listener, 9, 0), new: (.listener, 9)) == .newStays)
    }

    @Test("LINK-2: another run of the same key is a twin while the first speaks, and its successor once it is silent")
    func twins() {
        for role in [LinkRole.dialer, .listener] {
            #expect(verdict(small, large, old: (.listener, 9, 2_999), new: (role, 8)) == .oldStays(.twin))
        }
        #expect(verdict(small, large, old: (.listener, 9, 3_000), new: (.listener, 8)) == .newStays)
    }

    @Test("LINK-3: a node is dialled again after longer and longer waits, up to ten seconds, its addresses in turn")
    func backOff() {
        var plan = DialPlan([NodeAddress(host: "a", port: 1), NodeAddress(host: "b", port: 2)])
        #expect((0..<4).map { _ in plan.nextAddress()?.host } == ["a", "b", "a", "b"])
        let waits = (0..<9).map { _ in plan.failed(for: nil, chance: 500).nanoseconds / 1_000_000 }
        #expect(waits == [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000])
        plan.ended(after: .seconds(9))
        #expect(plan.failed(for: nil, chance: 0) == .milliseconds(8_000))
        plan.ended(after: .seconds(10))
        #expect(plan.failed(for: nil, chance: 1_000) == .milliseconds(120))
        #expect(plan.failed(for: .twin, chance: 500) == .seconds(10))
        #expect(!DialPlan([]).canDial)
    }

    @Test(
        "LINK-8: a link at the allowed pace is never paused; at twice that it is, and closed after half a minute of it")
    func meter() {
        var fair = InboundMeter(at: Instant(nanoseconds: 0))
        let pace = Int(InboundMeter.bytesPerSecond)
        // A thousand reads a second, for two minutes.
        for milli in UInt64(1)...120_000 {
            #expect(fair.took(pace / 1_000 - 10, at: Instant(nanoseconds: milli * 1_000_000)) == .fine)
        }
        var flood = InboundMeter(at: Instant(nanoseconds: 0))
        var (now, paused): (UInt64, UInt64) = (0, 0)
        var firstPause: UInt64?
        var verdict = InboundMeter.Verdict.fine
        while verdict != .flooding, now < 200_000_000_000 {
            now += 1_000_000
            verdict = flood.took(pace / 500, at: Instant(nanoseconds: now))
            guard case .pause(let span) = verdict else { continue }
            firstPause = firstPause ?? now
            // Reads of the same moment say nothing new.
            #expect(flood.took(pace / 500, at: Instant(nanoseconds: now)) == .fine)
            now += span.nanoseconds
            paused += span.nanoseconds
        }
        #expect(verdict == .flooding)
        // Four seconds' worth on top of what drains: at twice the pace that is after four seconds.
        #expect(firstPause.map { (3_900_000_000...4_200_000_000).contains($0) } == true)
        #expect((29_000_000_000...31_000_000_000).contains(paused))
    }

    @Test("An address is host and port, in brackets where it is IPv6")
    func addresses() {
        #expect(NodeAddress("node-a.example:7001") == NodeAddress(host: "node-a.example", port: 7001))
        #expect(NodeAddress("[::1]:7001")?.description == "[::1]:7001")
        for bad in ["", "a", ":1", "a:0", "a:65536", "a:-1", "::1:70", "a b:1", "a:1x", "[]:1"] {
            #expect(NodeAddress(bad) == nil, "\(bad)")
        }
    }
}
