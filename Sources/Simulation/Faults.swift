// SPDX-License-Identifier: Apache-2.0
package import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi
import Storage

// What goes wrong, one value a kind. Rates are drawn when a world is; each deed draws where it strikes.
// - Spec: SIM-4, SIM-5, SIM-6.

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

/// Too few nodes are left for a quorum: then no view may end (A13).
package struct Blackouts: FaultSource {
    package let mean: Instant.Span
    /// Where the farthest validator stood when too few were left.
    private var farthest: (epoch: Epoch, view: View)?

    package init(mean: Instant.Span) { self.mean = mean }
    package var name: String { "Blackouts" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        random.wait(mean: mean)
    }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        if let farthest {
            let reached = highest(cluster)
            // Votes of those that are gone may still complete the view they were cast in, and no other.
            let mayReach = reached.epoch == farthest.epoch ? farthest.view.value + 1 : 1
            let epochs = farthest.epoch.value...(farthest.epoch.value + 1)
            if !epochs.contains(reached.epoch.value) || reached.view.value > mayReach {
                cluster.oracles.violate("A13", "views went on without a quorum", at: cluster.now)
            }
            cluster.coverage.note(.standstillWithoutQuorum)
            cluster.endRetirement(&random)
            self.farthest = nil
            return random.wait(mean: mean)
        }
        let committees = cluster.nodes.compactMap { $0.replica?.committee }
        // Only while all agree on who votes is it plain how many are too few.
        guard let committee = committees.first, committees.allSatisfy({ $0.epoch == committee.epoch }),
            committees.count == cluster.nodes.count
        else { return random.wait(mean: mean) }
        farthest = highest(cluster)
        let honest = cluster.nodes.filter {
            $0.loyalty.isHonest && committee.index(of: $0.signer.publicKey) != nil
        }
        let left = max(0, committee.quorum - 1 - (committee.count - honest.count))
        for node in random.some(honest.count - left, of: honest) {
            cluster.crash(node.slot)
            cluster.nodes[node.slot].isRetired = true
        }
        return .seconds(10)
    }

    private func highest(_ cluster: Cluster) -> (epoch: Epoch, view: View) {
        var best = (epoch: Epoch.zero, view: View.zero)
        for node in cluster.nodes where node.isUp && node.loyalty.isHonest {
            let view = cluster.oracles.view(of: node.slot)
            if view > best { best = view }
        }
        return best
    }
}

/// A validator loses its safety ring now and then; counts as one of the f (SIM-6).
package struct RingLosses: FaultSource {
    package let slot: Int
    package let mean: Instant.Span
    /// With everything else on its disk.
    package let wipes: Bool

    package let downtime: Instant.Span

    package init(slot: Int, mean: Instant.Span, wipes: Bool, downtime: Instant.Span = .seconds(1)) {
        self.slot = slot
        self.mean = mean
        self.wipes = wipes
        self.downtime = downtime
    }

    package var name: String { "RingLosses(\(slot)\(wipes ? ", disk too" : ""))" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        cluster.nodes[slot].mayLoseRing = true
        return random.wait(mean: mean)
    }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        cluster.crash(slot)
        if wipes {
            cluster.wipe(slot)
        } else if random.happens(200) {
            cluster.nodes[slot].disk.rot(&random)
            cluster.coverage.note(.diskRotted)
        } else {
            cluster.nodes[slot].ring.lose()
            cluster.nodes[slot].ringWasLost = true
        }
        cluster.restart(slot, after: random.wait(mean: downtime))
        return random.wait(mean: mean)
    }
}

/// A validator's disk keeps going back to an older image of itself; counts as one of the f.
package struct Rollbacks: FaultSource {
    package let slot: Int
    package let mean: Instant.Span
    private var image: (disk: SimulatedDisk, ring: SimulatedRing)?

    package init(slot: Int, mean: Instant.Span) {
        self.slot = slot
        self.mean = mean
    }

    package var name: String { "Rollbacks(\(slot))" }
    package var outlastsHealing: Bool { true }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        cluster.nodes[slot].loyalty = .deceived
        return random.wait(mean: mean)
    }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        guard let old = image, random.happens(700) else {
            image = (cluster.nodes[slot].disk.image(), cluster.nodes[slot].ring)
            return random.wait(mean: mean)
        }
        cluster.crash(slot)
        cluster.nodes[slot].disk = old.disk.image()
        cluster.nodes[slot].ring = old.ring
        cluster.restart(slot, after: random.wait(mean: .milliseconds(300)))
        return random.wait(mean: mean)
    }
}

/// Two machines with one key, both honest code; counts as one of the f.
package struct Twins: FaultSource {
    package let slot: Int
    package init(slot: Int) { self.slot = slot }
    package var name: String { "Twins(\(slot))" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        let key = cluster.nodes[slot].signer.publicKey
        for other in cluster.nodes where other.signer.publicKey == key {
            cluster.nodes[other.slot].loyalty = .deceived
        }
        return nil
    }
}
