// SPDX-License-Identifier: Apache-2.0
package import Bedrock

/// Lengths of time and windows of the voting protocol, with their reasons.
///
/// Local tunables: validators may differ in them and still agree.
package enum Timing {
    /// A view's timer where nothing has failed: several times a slow round with a slow disk.
    package static let viewMillis: UInt64 = 1_000
    /// The longest a timer grows.
    package static let viewMillisMax: UInt64 = 20_000
    /// How far above the current view a ballot is worth remembering (consensus.md 2.17).
    package static let viewsAhead: UInt64 = 8

    /// The timer of a view after `expired` timers ran out since the last finality: half as long again every
    /// second one (CONS-16).
    package static func viewLength(expired: UInt64) -> Instant.Span {
        var millis = viewMillis
        for _ in 0..<min(expired / 2, 16) { millis = min(viewMillisMax, millis * 3 / 2) }
        return .milliseconds(millis)
    }
}
