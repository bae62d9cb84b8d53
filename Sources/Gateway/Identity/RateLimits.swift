// SPDX-License-Identifier: Apache-2.0
import Ledger
import Synchronization

/// How much an organisation may ask: per second, with a second's worth at once, and per day.
package struct GatewayLimits: Hashable, Sendable {
    /// Nil is no bound.
    package var organizationPerSecond: Int?
    package var organizationPerDay: Int?
    /// All callers together of whom nobody knows an organisation.
    package var strangersPerSecond: Int?
    package var strangersPerDay: Int?

    package init() {}
}

/// Counts requests an organisation, in a bucket that fills by the second and in a day's account.
///
/// Names of organisations come from the chain alone, so there are few of them; strangers share one account.
/// - Spec: API-45.
final class RateLimits: Sendable {
    private static let dayMillis: UInt64 = 86_400_000

    private struct Account {
        /// Thousandths of a request that may be made at once.
        var room: UInt64
        var filled: UInt64
        var day: UInt64
        var used: UInt64 = 0
    }

    private let limits: GatewayLimits
    private let accounts: Mutex<[String: Account]> = Mutex([:])

    init(_ limits: GatewayLimits) { self.limits = limits }

    /// - Parameter organization: empty for strangers.
    func take(_ organization: String, at time: Timestamp) throws(Problem) {
        let rate = organization.isEmpty ? limits.strangersPerSecond : limits.organizationPerSecond
        let quota = organization.isEmpty ? limits.strangersPerDay : limits.organizationPerDay
        guard rate != nil || quota != nil else { return }
        let now = time.value
        let day = now / RateLimits.dayMillis
        let who = organization.isEmpty ? "callers without an organisation" : organization
        try accounts.withLock { (accounts) throws(Problem) in
            let full = UInt64(rate ?? 0) * 1_000
            var account = accounts[organization] ?? Account(room: full, filled: now, day: day)
            defer { accounts[organization] = account }
            if account.day != day { (account.day, account.used) = (day, 0) }
            if let quota, account.used >= UInt64(quota) {
                var problem = Problem(.dayUsed, "\(who) made \(quota) requests on this day")
                problem.retryAfter = Int((RateLimits.dayMillis - now % RateLimits.dayMillis) / 1_000 + 1)
                throw problem
            }
            if let rate {
                // A clock that was set back fills nothing.
                let since = now > account.filled ? now - account.filled : 0
                account.room = min(full, account.room + min(since, 1_000) * UInt64(rate))
                account.filled = now
                guard account.room >= 1_000 else {
                    throw Problem(.rateUsed, "\(who) may make \(rate) requests a second")
                }
                account.room -= 1_000
            }
            account.used += 1
        }
    }
}
