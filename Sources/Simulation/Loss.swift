// SPDX-License-Identifier: Apache-2.0
package import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi
import Storage

// What goes wrong with links. Rates are drawn when a world is; each deed draws where it strikes (SIM-4).

/// Messages are lost, doubled and overtake each other.
package struct Loss: FaultSource {
    package let lost: Int
    package let doubled: Int
    package let jitter: Instant.Span

    /// - Parameters:
    ///   - lost: in a thousand messages; so is `doubled`.
    package init(lost: Int, doubled: Int, jitter: Instant.Span) {
        self.lost = lost
        self.doubled = doubled
        self.jitter = jitter
    }

    package var name: String { "Loss(\(lost), \(doubled), \(jitter.nanoseconds / Span.millisecond) ms)" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        cluster.network.changeAll { link, _ in
            link.lost = lost
            link.doubled = doubled
            link.jitter = jitter.nanoseconds
        }
        return nil
    }
}

/// Links are slow, each in its own way.
package struct SlowLinks: FaultSource {
    package let latencyMax: Instant.Span
    package init(latencyMax: Instant.Span) { self.latencyMax = latencyMax }
    package var name: String { "SlowLinks(\(latencyMax.nanoseconds / Span.millisecond) ms)" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        cluster.network.changeAll { link, random in
            link.latency = random.within(Span.millisecond...latencyMax.nanoseconds)
        }
        return nil
    }
}

/// One link never works, in one direction or both.
package struct BrokenLink: FaultSource {
    package init() {}
    package var name: String { "BrokenLink" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        let ends = random.some(2, of: Array(0..<cluster.validatorSlots))
        guard ends.count == 2 else { return nil }
        cluster.network[ends[0], ends[1]].isBroken = true
        if random.happens(500) { cluster.network[ends[1], ends[0]].isBroken = true }
        return nil
    }
}

/// Nodes are cut off from each other for a while.
package struct Partitions: FaultSource {
    package enum Kind: Sendable, CaseIterable {
        /// Two sides that hear nothing of each other.
        case bothWays
        /// One side hears the other and is not heard.
        case oneWay
        /// One link goes up and down.
        case flapping
    }

    package let kind: Kind
    package let mean: Instant.Span
    private var isCut = false

    package init(_ kind: Kind, mean: Instant.Span) {
        self.kind = kind
        self.mean = mean
    }

    package var name: String { "Partitions(\(kind))" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        random.wait(mean: mean)
    }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        isCut.toggle()
        guard isCut else {
            cluster.network.changeAll { link, _ in link.isCut = false }
            for first in cluster.nodes.indices {
                for second in 0..<first { cluster.link(first, second) }
            }
            return random.wait(mean: mean)
        }
        let all = Array(cluster.nodes.indices)
        var sides = [random.some(1 + random.below(all.count - 1), of: all)]
        if kind == .flapping { sides = [random.some(1, of: all)] }
        let others = all.filter { !sides[0].contains($0) }
        let targets = kind == .flapping ? [random.pick(others)] : others
        for from in sides[0] {
            for to in targets {
                cluster.network[from, to].isCut = true
                if kind != .oneWay { cluster.network[to, from].isCut = true }
            }
        }
        let length = kind == .flapping ? Instant.Span.milliseconds(400) : .seconds(1 + random.next() % 8)
        return random.wait(mean: length)
    }
}
