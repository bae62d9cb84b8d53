// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Replication

/// How long finality takes on a network whose links all have one delay, in simulated time.
/// - Spec: SIM-11.
package struct LatencyProbe: Sendable {
    package let nodes: Int
    package let delayMillis: UInt64

    package init(nodes: Int, delayMillis: UInt64) {
        self.nodes = nodes
        self.delayMillis = delayMillis
    }

    package struct Result: Sendable {
        /// From a proposal's leaving to its block being final at the node that proposed it; the middle and the worst.
        package let finalMiddle: UInt64
        package let finalWorst: UInt64
        /// From one proposal to the next, in the middle.
        package let period: UInt64
        /// From submission to finality, in the middle.
        package let submitted: UInt64
        /// The longest wait for a final block, anywhere, after a leader has crashed before its view.
        package let viewChange: UInt64
    }

    /// Runs two worlds: one in which nothing fails, one in which a leader crashes as soon as it has proposed.
    package func measure() -> Result {
        var calm = World(plan(crashes: false))
        let steady = calm.run().timings
        var hurt = World(plan(crashes: true))
        let broken = hurt.run().timings
        return Result(
            finalMiddle: steady.finalities.percentile(50), finalWorst: steady.finalities.max() ?? 0,
            period: steady.periods.percentile(50), submitted: steady.submissions.percentile(50),
            viewChange: broken.recovery)
    }

    private func plan(crashes: Bool) -> WorldPlan {
        var plan = WorldPlan(seed: 1, nodes: nodes) {
            SteadyLinks(delay: .milliseconds(delayMillis))
            Deposits(perBurst: 1, pause: .milliseconds(nodes > 19 ? 300 : max(20, delayMillis)))
            if crashes { LeaderCrash(after: .seconds(2)) }
        }
        plan.seconds = nodes > 19 ? (crashes ? 4 : 2) : 6
        plan.hasSecondAct = false
        plan.blockIntervalMillis = 1
        return plan
    }
}

/// When proposals left, when blocks became final, for `LatencyProbe`. All in nanoseconds.
package struct Timings: Sendable {
    private var proposed: [BlockID: UInt64] = [:]
    private var wished: [TransactionID: UInt64] = [:]
    private var lastProposal: UInt64?
    private var crashedAt: UInt64?
    package private(set) var finalities: [UInt64] = []
    package private(set) var submissions: [UInt64] = []
    package private(set) var periods: [UInt64] = []
    package private(set) var recovery: UInt64 = 0
    private var lastFinal: UInt64?
    /// What steps of replicas took on this machine, in the order taken.
    var steps: [UInt64] = []

    mutating func propose(_ block: BlockID, at now: UInt64) {
        proposed[block] = now
        if let lastProposal { periods.append(now - lastProposal) }
        lastProposal = now
    }

    mutating func finish(_ block: BlockID, at now: UInt64) {
        if let began = proposed.removeValue(forKey: block) { finalities.append(now - began) }
    }

    /// A block is final somewhere for the first time; after a crash the longest wait for one is the recovery.
    mutating func advance(at now: UInt64) {
        if let crashedAt, now > crashedAt, let lastFinal { recovery = max(recovery, now - max(lastFinal, crashedAt)) }
        lastFinal = now
    }

    mutating func wish(_ id: TransactionID, at now: UInt64) { wished[id] = now }

    mutating func settle(_ ids: [TransactionID], at now: UInt64) {
        for id in ids {
            if let began = wished.removeValue(forKey: id) { submissions.append(now - began) }
        }
    }

    mutating func crash(at now: UInt64) { crashedAt = now }
}

extension Collection<UInt64> {
    /// What so many of a hundred do not exceed; 0 where there is nothing.
    func percentile(_ share: Int) -> UInt64 { isEmpty ? 0 : sorted()[count * share / 100] }
}

/// Every link takes the same time, always; disks and hosts take next to none.
struct SteadyLinks: FaultSource {
    let delay: Instant.Span
    var name: String { "SteadyLinks(\(delay.nanoseconds / Span.millisecond) ms)" }

    mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        cluster.network.changeAll { link, _ in
            link.latency = delay.nanoseconds
            link.jitter = 0
        }
        for node in cluster.nodes { node.syncing = 0...1 }
        cluster.asBytes = 0
        return nil
    }
}

/// The leader of the current view loses power, once.
struct LeaderCrash: FaultSource {
    let after: Instant.Span
    var name: String { "LeaderCrash" }

    mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? { after }

    mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        guard let voter = cluster.nodes[0].replica?.voter else { return nil }
        let leader = voter.committee.leader(of: voter.view.next).value
        cluster.timings.crash(at: cluster.now)
        cluster.crash(leader)
        return nil
    }
}
