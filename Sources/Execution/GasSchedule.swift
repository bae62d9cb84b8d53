// SPDX-License-Identifier: Apache-2.0
import Ledger

/// What work costs. Part of the rules: two machines must charge the same (EXEC-7).
///
/// One unit is about 10 ns of one core; the figures need only be right to a factor, their sum bounds a
/// block's time.
package enum GasSchedule {
    package static let transaction: UInt64 = 200
    package static let argumentByte: UInt64 = 1
    package static let read: UInt64 = 100
    package static let write: UInt64 = 200
    package static let writtenByte: UInt64 = 1
    package static let event: UInt64 = 50
}

/// Counts what a transaction uses and says when it is too much.
struct GasMeter {
    private(set) var used: UInt64 = 0
    private let limit: UInt64

    init(limit: UInt64) { self.limit = limit }

    mutating func charge(_ amount: UInt64) throws(CallFailure) {
        used += amount
        // All gas is charged where it runs out, so that no engine's counting at the edge can matter.
        if used > limit {
            used = limit
            throw .result(.outOfGas)
        }
    }

    var total: Gas { Gas(used) }
}
