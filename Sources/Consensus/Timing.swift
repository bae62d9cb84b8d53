// SPDX-License-Identifier: Apache-2.0
/// Lengths of time and windows of the voting protocol, with their reasons.
///
/// Local tunables: validators may differ in them and still agree.
package enum Timing {
    /// A view's timer before anything was measured: several times a slow round with a slow disk.
    package static let viewMillis: UInt64 = 1_000
    /// What measuring may shorten or lengthen it to: never below a slow disk's flush, never a pause users notice.
    package static let viewMillisBounds: ClosedRange<UInt64> = 400...4_000
    /// The longest a timer grows by back-off.
    package static let viewMillisMax: UInt64 = 20_000
    /// How far above the current view a ballot is worth remembering (consensus.md 2.17).
    package static let viewsAhead: UInt64 = 8
    /// Pieces of evidence kept against one validator in an epoch.
    package static let accusationsMax = 16

    /// The timer of a view after `expired` timers ran out since the last finality: half as long again every
    /// second one (CONS-16).
    package static func viewMillis(base: UInt64, expired: UInt64) -> UInt64 {
        var millis = base
        for _ in 0..<min(expired / 2, 16) { millis = min(viewMillisMax, millis * 3 / 2) }
        return millis
    }
}
