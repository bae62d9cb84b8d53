// SPDX-License-Identifier: Apache-2.0
package import Bedrock

/// Something that goes on in a world: what people ask of the chain, or what goes wrong.
///
/// Each has its own stream of random numbers, so that taking one out of a world moves no other (SIM-2).
package protocol WorldPart: Sendable {
    /// Shown in reports, with its parameters.
    var name: String { get }
    /// True where it goes on in the second act.
    var outlastsHealing: Bool { get }
    /// Prepares the world before its first node starts; gives the time until the first deed, nil for none.
    mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span?
    /// Does its next deed; gives the time until the one after, nil for none.
    mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span?
}

extension WorldPart {
    package var outlastsHealing: Bool { false }
    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? { nil }
}

/// What people ask of the chain.
package protocol Workload: WorldPart {}

/// What goes wrong.
package protocol FaultSource: WorldPart {}

/// Lets a world be written as the list of what goes on in it.
@resultBuilder package enum WorldBuilder {
    package static func buildExpression(_ part: any WorldPart) -> [any WorldPart] { [part] }
    package static func buildBlock(_ parts: [any WorldPart]...) -> [any WorldPart] { parts.flatMap { $0 } }
    package static func buildOptional(_ parts: [any WorldPart]?) -> [any WorldPart] { parts ?? [] }
    package static func buildEither(first: [any WorldPart]) -> [any WorldPart] { first }
    package static func buildEither(second: [any WorldPart]) -> [any WorldPart] { second }
    package static func buildArray(_ parts: [[any WorldPart]]) -> [any WorldPart] { parts.flatMap { $0 } }
}

/// Everything a run depends on. Two runs of one plan are the same, event for event.
/// - Spec: SIM-2.
package struct WorldPlan: Sendable {
    package var seed: UInt64
    /// Validators of the founding committee, then nodes that may join it, then those that only watch.
    package var nodes: Int
    package var spares = 0
    package var observers = 0
    /// Second machines with the keys of the last validators.
    package var twins = 0
    /// Runs SM2 instead of the keyed hash.
    package var isReal = false
    /// Length of the first act.
    package var seconds: UInt64 = 30
    package var parts: [any WorldPart]
    /// Stops after so many steps of the agenda.
    package var eventsMax: UInt64 = .max
    package var blockIntervalMillis: UInt64 = 50
    /// Who lags further behind goes on from a snapshot (SYNC-5); nil for a gap no world reaches.
    package var snapshotGap: UInt64?
    /// False for a run that only measures: nothing is healed, nothing demanded.
    package var hasSecondAct = true

    package init(seed: UInt64, nodes: Int, @WorldBuilder _ parts: () -> [any WorldPart]) {
        self.seed = seed
        self.nodes = nodes
        self.parts = parts()
    }

    package var summary: String {
        let snapshots = snapshotGap.map { ", snapshots past \($0)" } ?? ""
        let others =
            "\(spares) spare, \(observers) watching, \(twins) twins, \(seconds) s\(isReal ? ", SM2" : "")\(snapshots)"
        return "n=\(nodes), \(others): " + parts.map(\.name).joined(separator: " ")
    }
}
