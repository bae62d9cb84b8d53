// SPDX-License-Identifier: Apache-2.0
package import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi
import Storage

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
