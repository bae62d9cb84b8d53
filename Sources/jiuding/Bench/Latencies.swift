// SPDX-License-Identifier: Apache-2.0

/// Times that were measured one by one, and where they lie.
struct Latencies: Sendable {
    private var sorted: [Double] = []

    init(_ milliseconds: [Double]) { sorted = milliseconds.sorted() }

    var count: Int { sorted.count }

    /// The smallest time that `share` of all do not exceed; NaN where nothing was measured.
    func percentile(_ share: Double) -> Double {
        guard !sorted.isEmpty else { return .nan }
        let rank = Int((Double(sorted.count) * share).rounded(.up))
        return sorted[min(max(rank - 1, 0), sorted.count - 1)]
    }

    var json: JSONText {
        [
            "p50": .decimal(percentile(0.5)), "p95": .decimal(percentile(0.95)),
            "p99": .decimal(percentile(0.99)),
            "max": .decimal(percentile(1)),
        ]
    }

    /// `3.1 / 5.0 / 9.9 / 12.0 ms`
    var line: String {
        guard count > 0 else { return "–" }
        return [0.5, 0.95, 0.99, 1].map { Quantity.oneDecimal(percentile($0)) }.joined(separator: " / ")
            + " ms"
    }
}

extension Duration {
    var asSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
