// SPDX-License-Identifier: Apache-2.0
package import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi
import Storage

/// Nodes crash at any boundary between two effects and start again.
package struct Crashes: FaultSource {
    package let mean: Instant.Span
    package let downtime: Instant.Span
    package let lossMax: Int

    package init(mean: Instant.Span, downtime: Instant.Span = .seconds(2), lossMax: Int = 4) {
        self.mean = mean
        self.downtime = downtime
        self.lossMax = lossMax
    }

    package var name: String { "Crashes(\(mean.nanoseconds / Span.millisecond) ms)" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        cluster.lossMax = lossMax
        cluster.restartMean = downtime
        return random.wait(mean: mean)
    }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        let slot = random.below(cluster.nodes.count)
        if cluster.nodes[slot].isUp {
            if random.happens(600) {
                cluster.nodes[slot].effectsLeft = random.below(6)
            } else {
                cluster.crash(slot)
                cluster.restart(slot, after: random.wait(mean: downtime))
            }
        }
        return random.wait(mean: mean)
    }
}

/// All nodes lose power at once.
package struct PowerCuts: FaultSource {
    package let mean: Instant.Span
    package init(mean: Instant.Span) { self.mean = mean }
    package var name: String { "PowerCuts" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        random.wait(mean: mean)
    }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        for slot in cluster.nodes.indices {
            cluster.crash(slot)
            cluster.restart(slot, after: random.wait(mean: .seconds(1)))
        }
        return random.wait(mean: mean)
    }
}

/// A machine stands still and goes on as if nothing had been.
package struct Pauses: FaultSource {
    package let mean: Instant.Span
    package init(mean: Instant.Span) { self.mean = mean }
    package var name: String { "Pauses" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        random.wait(mean: mean)
    }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        let slot = random.below(cluster.nodes.count)
        let length = random.wait(mean: .seconds(2)).nanoseconds
        cluster.nodes[slot].pausedUntil = max(cluster.nodes[slot].pausedUntil, cluster.now + length)
        return random.wait(mean: mean)
    }
}

/// Wall clocks are set wrong, run too fast or slow, jump, or stand still.
package struct ClockFaults: FaultSource {
    package let skewMillisMax: UInt64
    package let mean: Instant.Span

    package init(skewMillisMax: UInt64, mean: Instant.Span) {
        self.skewMillisMax = skewMillisMax
        self.mean = mean
    }

    package var name: String { "ClockFaults(\(skewMillisMax) ms)" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        for slot in cluster.nodes.indices {
            cluster.nodes[slot].clock.skewMillis = skew(&random)
            cluster.nodes[slot].clock.drift = Int64(random.below(401)) - 200
        }
        return random.wait(mean: mean)
    }

    private func skew(_ random: inout SeededRandom) -> Int64 {
        Int64(random.next() % (2 * skewMillisMax + 1)) - Int64(skewMillisMax)
    }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        let slot = random.below(cluster.nodes.count)
        if random.happens(300) {
            let isFrozen = cluster.nodes[slot].clock.frozenAt != nil
            cluster.nodes[slot].clock.frozenAt = isFrozen ? nil : cluster.now
        } else {
            cluster.nodes[slot].clock.skewMillis = skew(&random)
        }
        return random.wait(mean: mean)
    }
}

/// Disks are slow, full for a while, or fail to sync.
package struct DiskFaults: FaultSource {
    package let mean: Instant.Span
    package init(mean: Instant.Span) { self.mean = mean }
    package var name: String { "DiskFaults" }
    private var full: Int?

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        for slot in cluster.nodes.indices where random.happens(250) {
            cluster.nodes[slot].syncing = 100_000...(60 * Span.millisecond)
            cluster.nodes[slot].signing = random.next() % (5 * Span.millisecond)
        }
        return random.wait(mean: mean)
    }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        if let slot = full {
            cluster.nodes[slot].disk.setFull(false)
            full = nil
            return random.wait(mean: mean)
        }
        let slot = random.below(cluster.nodes.count)
        if random.happens(500) {
            cluster.nodes[slot].disk.failNextSync()
            return random.wait(mean: mean)
        }
        cluster.nodes[slot].disk.setFull(true)
        full = slot
        return random.wait(mean: .seconds(2))
    }
}
