// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import Replication
import Testing

/// How long a node waits for blocks that somebody claims to have.
@Suite struct LiarRangeTests {
    /// The same summary with another final height.
    private func claim(_ height: Height, _ summary: Summary) -> PeerMessage {
        .summary(
            Summary(
                epoch: summary.epoch, view: summary.view, finality: summary.finality, finalHeight: height,
                executedHeight: summary.executedHeight, clock: summary.clock, instance: summary.instance,
                isHello: summary.isHello, heard: summary.heard))
    }

    @Test(
        "an old range, or one that is refused, holds an observer up for as long as it takes to come (SYNC-1)",
        arguments: [false, true])
    func oldRanges(isOfOtherEpoch: Bool) throws {
        var network = try PocketNetwork(validators: 4, observers: 1)
        for other in 0..<4 {
            try network.link(other, to: 4)
            try network.link(4, to: other)
        }
        var old: FinalRange?
        var (asked, requests) = (false, 0)
        network.passes = { from, to, message in
            if to == 4, from != 3, case .blocks(let range) = message { old = old ?? range }
            guard from == 4, to == 3, case .blocksRequest = message else { return true }
            (asked, requests) = (true, requests + 1)
            return false
        }
        network.lie = { from, to, message in
            guard from == 3, to == 4, case .summary(let summary) = message else { return message }
            return claim(Height(1 << 40), summary)
        }
        try network.submit([network.deposit(100)], at: 0)
        try network.run(millis: 2_500)
        let range = try #require(old)
        let answer = FinalRange(
            epoch: isOfOtherEpoch ? Epoch(7) : range.epoch, blocks: range.blocks, tail: range.tail,
            certificate: range.certificate)
        requests = 0
        func step() throws {
            try network.run(millis: 10)
            if asked { try network.hand(.blocks(answer), from: 3, to: 4) }
            asked = false
        }
        for number in 0..<40 {
            for _ in 0..<17 { try step() }
            try network.submit([network.deposit(number)], at: number % 3)
            for _ in 0..<200 where try !network.has(number, 0) { try step() }
            // As without a liar, and the time its own answer may take.
            for _ in 0..<18 { try step() }
            #expect(try network.has(number, 4), "deposit \(number)")
        }
        #expect((1...5).contains(requests), "less often each time: \(requests) in 15 s")
    }

    @Test("what a peer claimed once and never showed is forgotten when it does not say it again (SYNC-1)")
    func forgottenClaims() throws {
        var network = try PocketNetwork(validators: 4)
        var requests = 0
        network.lie = { from, _, message in
            guard from == 3, case .summary(let summary) = message else { return message }
            return claim(Height(1 << 40), summary)
        }
        network.passes = { _, to, message in
            guard to == 3, case .blocksRequest = message else { return true }
            requests += 1
            return false
        }
        for number in 0..<10 {
            try network.submit([network.deposit(number)], at: number % 3)
            try network.run(millis: 500)
        }
        #expect(requests > 0)
        network.stop(3)
        try network.run(millis: 3_000)
        requests = 0
        for number in 10..<30 {
            try network.submit([network.deposit(number)], at: number % 3)
            try network.run(millis: 3_000)
            let replica = network.nodes[0].replica
            #expect(replica.claimedHeight.value <= replica.finalHeight.value + 2, "\(replica.claimedHeight)")
        }
        #expect(requests == 0)
        #expect(try network.has(29, 0))
    }
}
