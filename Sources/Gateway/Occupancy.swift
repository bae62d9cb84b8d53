// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Counts what strangers make the door hold at this moment, and says when it is enough.
///
/// The one place of this target with a lock: a few additions a request.
/// - Spec: API-20, API-21.
final class Occupancy: Sendable {
    /// What is counted, and bounded.
    enum Kind: Int, CaseIterable { case connections, surplus, requests, submissions, streams, bodyBytes }

    /// What was asked for and how it ended, for the metrics.
    struct Tally: Hashable {
        let operation: String
        let status: Int
    }

    private struct State {
        var held = [Int](repeating: 0, count: Kind.allCases.count)
        var draining = false
        var answered: [Tally: Int] = [:]
        var transactions = 0
    }

    private let state = Mutex(State())
    private let bounds: [Int]

    init(_ bounds: GatewayBounds) {
        self.bounds = [
            bounds.connectionsMax, bounds.surplusMax, bounds.requestsMax, bounds.submissionsMax, bounds.streamsMax,
            bounds.bodyBytesMax,
        ]
    }

    /// Takes `amount` of a kind; false, and nothing taken, where that would exceed the bound.
    func take(_ kind: Kind, _ amount: Int = 1) -> Bool {
        state.withLock { state in
            guard state.held[kind.rawValue] + amount <= bounds[kind.rawValue] else { return false }
            state.held[kind.rawValue] += amount
            return true
        }
    }

    func give(_ kind: Kind, _ amount: Int = 1) { state.withLock { $0.held[kind.rawValue] -= amount } }

    func held(_ kind: Kind) -> Int { state.withLock { $0.held[kind.rawValue] } }

    /// True once the door is closing: connections end with their next answer.
    var isDraining: Bool { state.withLock { $0.draining } }

    func startDraining() { state.withLock { $0.draining = true } }

    func note(operation: String, status: Int) {
        state.withLock { $0.answered[Tally(operation: operation, status: status), default: 0] += 1 }
    }

    func note(transactions: Int) { state.withLock { $0.transactions += transactions } }

    /// The door's own figures, sorted by name so that two readings compare.
    var metrics: [Metric] {
        let (held, answered, transactions) = state.withLock { ($0.held, $0.answered, $0.transactions) }
        var metrics = Kind.allCases.map { kind in
            Metric(
                "jiuding_gateway_\(kind)_held".replacingCapitals, help: "Held by the gateway now.",
                kind: .gauge,
                value: Double(held[kind.rawValue]))
        }
        metrics.append(
            Metric(
                "jiuding_gateway_transactions_total", help: "Transactions received.", kind: .counter,
                value: Double(transactions)))
        for (tally, count) in answered.sorted(by: {
            ($0.key.operation, $0.key.status) < ($1.key.operation, $1.key.status)
        }) {
            metrics.append(
                Metric(
                    "jiuding_gateway_answers_total", help: "Requests answered.", kind: .counter,
                    labels: [
                        .init(name: "operation", value: tally.operation),
                        .init(name: "status", value: "\(tally.status)"),
                    ],
                    value: Double(count)))
        }
        return metrics
    }
}

extension String {
    /// `bodyBytes` as `body_bytes`: what Prometheus expects of a name.
    fileprivate var replacingCapitals: String {
        reduce(into: "") { text, character in
            text += character.isUppercase ? "_\(character.lowercased())" : "\(character)"
        }
    }
}
