// SPDX-License-Identifier: Apache-2.0

/// How far a piece of work has come, how fast it goes, and when it will be done. Pure: the caller brings the time.
///
/// The rate is taken over the last few seconds and not since the start, so that the estimate follows what happens now.
package struct ProgressMeter: Sendable {
    /// What is counted: files by number, data by bytes.
    package enum Unit: Sendable { case items, bytes }

    /// How long the rate looks back, in seconds.
    package static let windowSeconds = 5.0

    package let unit: Unit
    package private(set) var total: Double
    package private(set) var done: Double = 0
    private var samples: [(time: Double, done: Double)] = []

    package init(unit: Unit, total: Double, at start: Double) {
        self.unit = unit
        self.total = total
        samples = [(start, 0)]
    }

    package mutating func advance(by amount: Double, at time: Double) {
        done += amount
        // A bound on the samples: no more than ten a second are kept.
        if let last = samples.last, samples.count > 1, time - last.time < 0.1 { samples.removeLast() }
        samples.append((time, done))
        while samples.count > 2, time - samples[1].time > ProgressMeter.windowSeconds { samples.removeFirst() }
    }

    /// Adds work that turned out to be needed, or takes away what is not.
    package mutating func extend(by amount: Double) { total = max(done, total + amount) }

    package var fraction: Double { total > 0 ? min(1, done / total) : 1 }

    /// Per second; nil until there is something to measure.
    package var rate: Double? {
        guard let first = samples.first, let last = samples.last, last.time - first.time > 0.05 else { return nil }
        return (last.done - first.done) / (last.time - first.time)
    }

    package var secondsLeft: Double? {
        guard let rate, rate > 0 else { return nil }
        return max(0, total - done) / rate
    }

    /// One line of at most `columns` columns: `hashing [#####-----]  50%  1.2 GiB of 2.4 GiB  310 MiB/s  4 s left`.
    package func line(label: String, columns: Int) -> String {
        var facts = "\(Int(fraction * 100))%"
        facts = String(repeating: " ", count: 4 - facts.count) + facts
        facts += "  " + phrase("\(amount(done)) of \(amount(total))", zh: "\(amount(done))／\(amount(total))")
        if let rate { facts += "  \(amount(rate))/s" }
        if let left = secondsLeft, done < total {
            facts += "  " + phrase("\(Quantity.duration(left)) left", zh: "剩余 \(Quantity.duration(left))")
        }
        let room = columns - TextWidth.columns(label) - TextWidth.columns(facts) - 4
        guard room >= 8 else { return "\(label) \(facts)" }
        let width = min(room, 40)
        let filled = Int(Double(width) * fraction)
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled)
        return "\(label) [\(bar)] \(facts)"
    }

    private func amount(_ value: Double) -> String {
        switch unit {
        case .items: String(Int(value.rounded()))
        case .bytes: Quantity.bytes(UInt64(max(0, value)))
        }
    }
}
