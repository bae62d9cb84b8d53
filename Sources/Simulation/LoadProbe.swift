// SPDX-License-Identifier: Apache-2.0
import Bedrock

/// What a chain carries under steady load, with all validators or with one of them gone, and what a step costs.
/// - Spec: SIM-12.
package struct LoadProbe: Sendable {
    package let nodes: Int
    package let isOneDown: Bool

    package init(nodes: Int, isOneDown: Bool) {
        self.nodes = nodes
        self.isOneDown = isOneDown
    }

    package struct Result: Sendable {
        /// Transactions made final, a simulated second.
        package let rate: UInt64
        /// From submission to finality, in nanoseconds: the middle of the first and of the last half of the run.
        package let early: UInt64
        package let late: UInt64
        /// What `Replica.step` took by the machine's clock, in nanoseconds: the middle and the worst of a hundred.
        package let stepMiddle: UInt64
        package let stepWorst: UInt64
    }

    private static let seconds: UInt64 = 20

    /// - Parameter stopwatch: the machine's clock, in nanoseconds.
    package func measure(_ stopwatch: @escaping () -> UInt64) -> Result {
        let isLarge = nodes > 19
        var plan = WorldPlan(seed: 1, nodes: nodes) {
            SteadyLinks(delay: .milliseconds(5))
            Deposits(perBurst: isLarge ? 1 : 4, pause: .milliseconds(isLarge ? 500 : 10))
            if isOneDown { StandingLoss(after: .milliseconds(10)) }
        }
        plan.seconds = isLarge ? 3 : LoadProbe.seconds
        plan.hasSecondAct = false
        plan.blockIntervalMillis = 10
        var world = World(plan, stopwatch: stopwatch)
        let timings = world.run().timings
        let half = timings.submissions.count / 2
        return Result(
            rate: UInt64(timings.submissions.count) / plan.seconds,
            early: timings.submissions[..<half].percentile(50), late: timings.submissions[half...].percentile(50),
            stepMiddle: timings.steps.percentile(50), stepWorst: timings.steps.percentile(99))
    }
}

/// One validator loses power and stays away.
struct StandingLoss: FaultSource {
    let after: Instant.Span
    var name: String { "StandingLoss" }

    mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? { after }

    mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        cluster.crash(cluster.nodes.count - 1)
        return nil
    }
}
