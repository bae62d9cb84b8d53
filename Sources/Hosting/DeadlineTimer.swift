// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Replication

/// Wakes a host at the earliest of its replica's deadlines. Late perhaps, never early (HOST-4).
struct DeadlineTimer {
    private var armed: [Deadline: Bedrock.Instant] = [:]
    private var sleeper: Task<Void, Never>?
    private var sleepsUntil: Bedrock.Instant?

    /// Arms a deadline; one that was armed before is replaced.
    mutating func arm(
        _ deadline: Deadline, at instant: Bedrock.Instant, wake: @escaping @Sendable () async -> Void
    ) {
        // Views only rise: the timers of those left behind can do nothing any more.
        if case .view = deadline { armed = armed.filter { if case .view = $0.key { false } else { true } } }
        armed[deadline] = instant
        schedule(wake)
    }

    /// Takes out what has come due.
    mutating func due(at now: Bedrock.Instant) -> [Deadline] {
        sleepsUntil = nil
        let passed = armed.filter { $0.value <= now }.sorted { $0.value < $1.value }
        for entry in passed { armed[entry.key] = nil }
        return passed.map(\.key)
    }

    /// Sleeps until the earliest deadline, unless it does already.
    mutating func schedule(_ wake: @escaping @Sendable () async -> Void) {
        guard let earliest = armed.values.min() else { return }
        if let sleepsUntil, sleepsUntil <= earliest { return }
        sleeper?.cancel()
        sleepsUntil = earliest
        sleeper = Task {
            let span = earliest.since(HostClock.instant)
            // One nanosecond more, so that a clock read rounded down never wakes it early.
            try? await Task.sleep(for: .nanoseconds(span.nanoseconds + 1))
            if !Task.isCancelled { await wake() }
        }
    }

    mutating func cancelAll() {
        sleeper?.cancel()
        sleepsUntil = nil
        armed = [:]
    }
}
