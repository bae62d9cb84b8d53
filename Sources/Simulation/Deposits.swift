// SPDX-License-Identifier: Apache-2.0
package import Bedrock
import Ledger
import Replication

/// Bursts of deposits of evidence with idle times between; some given to several nodes at once, some too late.
package struct Deposits: Workload {
    package let perBurst: Int
    package let pause: Instant.Span

    package init(perBurst: Int, pause: Instant.Span) {
        self.perBurst = perBurst
        self.pause = pause
    }

    package var name: String { "Deposits(\(perBurst) every \(pause.nanoseconds / Span.millisecond) ms)" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        .milliseconds(200)
    }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        let up = cluster.nodes.filter { $0.isUp && $0.loyalty.isHonest }.map(\.slot)
        guard !up.isEmpty else { return pause }
        let tip = cluster.oracles.ledger.height
        for _ in 0..<(1 + random.below(perBurst)) {
            let isShort = random.happens(50)
            let until = Height(tip.value + (isShort ? random.next() % 6 : 50_000))
            let doors = random.some(random.happens(300) ? 2 : 1, of: up)
            let from = doors.compactMap { cluster.nodes[$0].finalHeight }.min() ?? .zero
            let deposit = cluster.clients.deposit(from: min(from, until), until: until, &random)
            for slot in doors { cluster.submit([deposit], to: slot, isDue: !isShort) }
        }
        return random.wait(mean: pause)
    }
}

/// Submissions the door must refuse, and one transaction given to every node.
package struct OddSubmissions: Workload {
    package let pause: Instant.Span
    package init(pause: Instant.Span) { self.pause = pause }
    package var name: String { "OddSubmissions" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? { pause }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        let up = cluster.nodes.filter(\.isUp).map(\.slot)
        guard !up.isEmpty else { return pause }
        let tip = cluster.oracles.ledger.height
        switch random.below(4) {
        case 0:
            let expired = cluster.clients.deposit(from: .zero, until: tip, &random)
            cluster.submit([expired], to: random.pick(up), isDue: false)
        case 1:
            let wide = cluster.clients.deposit(from: .zero, until: Height(Limits.validityWindowMax + 1), &random)
            cluster.submit([wide], to: random.pick(up), isDue: false)
        case 2:
            let early = cluster.clients.deposit(
                from: Height(tip.value + 50), until: Height(tip.value + 60), &random)
            cluster.submit([early], to: random.pick(up), isDue: false)
        default:
            let deposit = cluster.clients.deposit(from: .zero, until: Height(tip.value + 50_000), &random)
            for slot in up { cluster.submit([deposit], to: slot, isDue: false) }
        }
        return random.wait(mean: pause)
    }
}
