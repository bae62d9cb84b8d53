// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import Replication
import Testing

/// How a node that has no vote follows.
@Suite struct ObserverTests {
    private func site() throws -> PocketNetwork {
        var network = try PocketNetwork(validators: 4, observers: 1)
        for other in 0..<4 {
            try network.link(other, to: 4)
            try network.link(4, to: other)
        }
        try network.run(millis: 2_500)
        return network
    }

    @Test("an observer has what became final within a tenth of a second and the way there (SYNC-1, SYNC-11)")
    func prompt() throws {
        var network = try site()
        // Not at the same moment of each second: a summary a second would help by chance.
        for number in 0..<12 {
            try network.run(millis: 270)
            try network.submit(deposits: number..<number + 1, at: number % 4)
            var waited = 0
            while try !network.has(number, 0) {
                try network.run(millis: 10)
                waited += 10
                try #require(waited < 2_000, "deposit \(number) is final among validators")
            }
            // Told after 100 ms at most, one way of 10 ms each for the news, the question and the blocks.
            try network.run(millis: 150)
            #expect(try network.has(number, 4), "deposit \(number)")
        }
        try network.expectSameBooks(upTo: network.nodes[0].replica.finalHeight.value, of: [0, 4])
    }

    @Test("however many blocks become final, an observer is told ten times a second and once more a second (SYNC-11)")
    func bounded() throws {
        var network = try site()
        var told = 0
        network.passes = { from, to, message in
            if from == 0 && to == 4, case .summary = message { told += 1 }
            return true
        }
        let before = network.nodes[0].replica.finalHeight.value
        for number in 0..<60 {
            try network.submit(deposits: number..<number + 1, at: 0)
            try network.run(millis: 50)
        }
        #expect(network.nodes[0].replica.finalHeight.value > before + 45, "there was more news than may be told")
        #expect(told >= 25)
        #expect(told <= 3 * 11 + 2)
    }
}

/// How a node that was away knows that it has much to fetch.
@Suite struct CatchingUpTests {
    @Test("a validator far behind says so until it is near, and is not made to by one liar (HOST-11)")
    func saysSo() throws {
        var network = try PocketNetwork(validators: 4)
        try network.submit(deposits: 0..<1, at: 0)
        try network.run(millis: 1_000)
        network.stop(3)
        var number = 1
        while network.nodes[0].replica.finalHeight.value < 200 {
            try network.submit(deposits: number..<number + 1, at: number % 3)
            try network.run(millis: 60)
            number += 1
        }
        #expect(!network.nodes[0].replica.isCatchingUp)
        try network.start(3)
        var saidSo = false
        for _ in 0..<300 where network.nodes[3].replica.finalHeight.value < 150 {
            try network.run(millis: 10)
            saidSo = saidSo || network.nodes[3].replica.isCatchingUp
        }
        #expect(saidSo)
        try network.run(millis: 3_000)
        #expect(!network.nodes[3].replica.isCatchingUp)
        try network.expectSameBooks(upTo: network.nodes[0].replica.finalHeight.value, of: [0, 3])

        network.lie = { from, _, message in
            guard from == 0, case .summary(let told) = message else { return message }
            return .summary(
                Summary(
                    epoch: told.epoch, view: told.view, finality: told.finality, finalHeight: Height(1_000_000),
                    executedHeight: told.executedHeight, clock: told.clock, instance: told.instance,
                    isHello: told.isHello, heard: told.heard))
        }
        for _ in 0..<50 {
            try network.run(millis: 100)
            #expect(!network.nodes[3].replica.isCatchingUp)
        }
    }
}
