// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Replication
import Storage
import Testing

/// What a committee does in the turns of a validator that is not there.
@Suite struct AbsentLeaderTests {
    @Test("a crashed leader costs one timer, later ones none, and back again it votes (CONS-16, CONS-22)")
    func crashedLeader() throws {
        var network = try PocketNetwork(validators: 4)
        try network.submit(deposits: 0..<1, at: 0)
        try network.run(millis: 1_000)
        network.stop(3)
        for number in 1..<40 {
            try network.submit(deposits: number..<number + 1, at: number % 3)
            try network.run(millis: 500)
        }
        try network.run(millis: 3_000)
        for number in 0..<40 { #expect(try network.has(number, 0), "deposit \(number)") }
        try network.start(3)
        try network.run(millis: 3_000)
        try network.expectSameBooks(upTo: network.nodes[0].replica.finalHeight.value, of: [0, 1, 2, 3])
        network.stop(0)
        try network.submit(deposits: 50..<51, at: 1)
        try network.run(millis: 6_000)
        #expect(try network.has(50, 3), "the validator that came back is one of the quorum")
    }

    @Test("a leader whose links have ended is not waited for, and leads again when it is linked again (CONS-22)")
    func killedLeader() throws {
        var network = try PocketNetwork(validators: 4)
        try network.submit(deposits: 0..<1, at: 0)
        try network.run(millis: 1_000)
        try network.kill(3)
        for number in 1..<40 {
            try network.submit(deposits: number..<number + 1, at: number % 3)
            try network.run(millis: 200)
            #expect(try network.has(number, (number + 1) % 3), "deposit \(number) is final before any timer ran out")
        }
        try network.start(3)
        for other in 0..<3 {
            try network.link(other, to: 3)
            try network.link(3, to: other)
        }
        try network.run(millis: 3_000)
        let before = network.nodes[0].replica.finalHeight
        for number in 40..<60 {
            try network.submit(deposits: number..<number + 1, at: 0)
            try network.run(millis: 200)
        }
        let store = BlockStore(network.nodes[0].store)
        var leaders: Set<ValidatorIndex> = []
        for height in before.value + 1...network.nodes[0].replica.finalHeight.value {
            if let record = try store.finalRecord(at: Height(height)) { leaders.insert(record.header.proposer) }
        }
        #expect(leaders.count == 4)
        try network.expectSameBooks(upTo: network.nodes[0].replica.finalHeight.value, of: [0, 1, 2, 3])
    }

    @Test("parted from too many, a node suspects nobody: it may be its own cable (CONS-22)")
    func ownCable() throws {
        var network = try PocketNetwork(validators: 4)
        try network.submit(deposits: 0..<1, at: 0)
        try network.run(millis: 1_000)
        for other in 1..<4 { try network.kill(other) }
        try network.submit(deposits: 1..<2, at: 0)
        try network.run(millis: 300)
        #expect(network.nodes[0].safety?.nullified == nil, "it gave the view up at once")
        try network.run(millis: 2_000)
        #expect(network.nodes[0].safety?.nullified != nil, "its timer does not run")
    }

    @Test("while a validator catches up nobody waits for it in its turns (CONS-22)")
    func catchingUp() throws {
        var network = try PocketNetwork(validators: 4)
        try network.submit(deposits: 0..<1, at: 0)
        try network.run(millis: 1_000)
        try network.kill(3)
        var number = 1
        while network.nodes[0].replica.finalHeight.value < 400 {
            try network.submit(deposits: number..<number + 1, at: number % 3)
            try network.run(millis: 60)
            number += 1
        }
        // Ranges come, but slowly: it is behind for long and advances all the time.
        network.lateness = { to, message in
            guard to == 3, case .blocks = message else { return 0 }
            return 200
        }
        try network.start(3)
        for other in 0..<3 {
            try network.link(other, to: 3)
            try network.link(3, to: other)
        }
        try network.run(millis: 300)
        var turns = 0
        while network.nodes[3].replica.finalHeight.value + 64 < network.nodes[0].replica.finalHeight.value {
            try network.submit(deposits: number..<number + 1, at: number % 3)
            try network.run(millis: 150)
            #expect(try network.has(number, number % 3), "deposit \(number) is final before any timer ran out")
            (number, turns) = (number + 1, turns + 1)
        }
        #expect(turns > 4, "it was behind in a turn of its own")
        try network.run(millis: 3_000)
        try network.expectSameBooks(upTo: network.nodes[0].replica.finalHeight.value, of: [0, 3])
    }

    @Test(
        "a validator that says it is far behind is passed over by the others, whatever it says of its turns (CONS-22)")
    func saysItIsBehind() throws {
        var network = try PocketNetwork(validators: 4)
        try network.submit(deposits: 0..<1, at: 0)
        try network.run(millis: 1_000)
        try network.kill(3)
        var number = 1
        while network.nodes[0].replica.finalHeight.value < 100 {
            try network.submit(deposits: number..<number + 1, at: number % 3)
            try network.run(millis: 60)
            number += 1
        }
        // It gets nothing it asks for, and of what it says only the summaries arrive.
        network.passes = { from, to, message in
            if case .blocks = message { return to != 3 }
            if case .summary = message { return true }
            return from != 3
        }
        try network.start(3)
        for other in 0..<3 {
            try network.link(other, to: 3)
            try network.link(3, to: other)
        }
        try network.run(millis: 300)
        for turn in 0..<12 {
            try network.submit(deposits: number..<number + 1, at: number % 3)
            try network.run(millis: 150)
            #expect(try network.has(number, number % 3), "deposit \(turn) waited for a timer")
            number += 1
        }
    }
}
