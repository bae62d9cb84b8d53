// SPDX-License-Identifier: Apache-2.0
import Gateway

// How much organisations may ask of a node's gateway.
extension NodeConfiguration {
    /// - Spec: API-45, NODE-2.
    static func limits(_ section: ConfigurationSection?) throws(ConfigurationFlaw) -> GatewayLimits {
        var limits = GatewayLimits()
        guard var section else { return limits }
        func bound(_ key: String, _ max: Int) throws(ConfigurationFlaw) -> Int? {
            let found: Int = try section.value(key, default: 0, "1 to \(max)", zh: " 1 到 \(max)") { text in
                Int(text).flatMap { (1...max).contains($0) ? $0 : nil }
            }
            return found == 0 ? nil : found
        }
        limits.organizationPerSecond = try bound("organization-per-second", 1_000_000)
        limits.organizationPerDay = try bound("organization-per-day", 1_000_000_000)
        limits.strangersPerSecond = try bound("strangers-per-second", 1_000_000)
        limits.strangersPerDay = try bound("strangers-per-day", 1_000_000_000)
        try section.end()
        return limits
    }
}
