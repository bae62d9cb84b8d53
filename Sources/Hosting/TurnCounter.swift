// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Counts round and round, from any thread.
final class TurnCounter: Sendable {
    private let count = Atomic<Int>(0)

    func next(below bound: Int) -> Int {
        // Wrapping after 2^63 turns is harmless: only the remainder is used.
        Int(UInt(bitPattern: count.wrappingAdd(1, ordering: .relaxed).oldValue) % UInt(bound))
    }
}
