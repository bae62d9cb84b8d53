// SPDX-License-Identifier: Apache-2.0

/// A repeatable stream of numbers: the same seed gives the same stream on every machine, for ever.
///
/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, and good enough for schedules and test data. Never for
/// keys.
package struct SeededRandom: RandomNumberGenerator, Hashable, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        // Wrapping is the algorithm's arithmetic modulo 2^64.
        state = state &+ 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `bound` - 1.
    package mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "a draw needs at least one outcome")
        // The bias of the remainder is below 2^-32 for every bound in use here.
        return Int(next() % UInt64(bound))
    }

    package mutating func bytes(count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 56) }
    }

    /// A second stream that shares nothing with this one: one per fault source, so that adding a fault moves
    /// no other.
    package mutating func split() -> SeededRandom { SeededRandom(seed: next()) }
}
