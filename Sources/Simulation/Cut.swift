// SPDX-License-Identifier: Apache-2.0
import Bedrock

/// How a drawn world was made smaller: what a shrunk failure is named by, together with its seed.
///
/// As text: `without=1,3 nodes=4 seconds=9 events=5210`, any of them left out.
/// - Spec: SIM-10.
package struct Cut: Hashable, Sendable {
    /// Places of the parts that are left out.
    package var without: [Int] = []
    package var nodes: Int?
    package var observers: Int?
    package var seconds: UInt64?
    package var eventsMax: UInt64?

    package init() {}

    package init?(text: String) {
        for word in text.split(separator: " ") {
            let pair = word.split(separator: "=")
            guard pair.count == 2 else { return nil }
            switch pair[0] {
            case "without": without = pair[1].split(separator: ",").compactMap { Int($0) }
            case "nodes": nodes = Int(pair[1])
            case "observers": observers = Int(pair[1])
            case "seconds": seconds = UInt64(pair[1])
            case "events": eventsMax = UInt64(pair[1])
            default: return nil
            }
        }
    }

    package var text: String {
        var words: [String] = []
        if !without.isEmpty { words.append("without=" + without.map { "\($0)" }.joined(separator: ",")) }
        if let nodes { words.append("nodes=\(nodes)") }
        if let observers { words.append("observers=\(observers)") }
        if let seconds { words.append("seconds=\(seconds)") }
        if let eventsMax { words.append("events=\(eventsMax)") }
        return words.joined(separator: " ")
    }

    /// Leaves parts out by putting nothing in their place: the streams of the others stay what they were.
    package func apply(to plan: inout WorldPlan) {
        for place in without where plan.parts.indices.contains(place) {
            if plan.parts[place] is Twins { plan.twins = max(0, plan.twins - 1) }
            plan.parts[place] = Nothing()
        }
        if let nodes { plan.nodes = nodes }
        if let observers { plan.observers = observers }
        if let seconds { plan.seconds = seconds }
        if let eventsMax { plan.eventsMax = eventsMax }
    }
}

/// Stands where a part was left out.
struct Nothing: FaultSource {
    var name: String { "-" }
    mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? { nil }
}
