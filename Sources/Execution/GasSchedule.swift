// SPDX-License-Identifier: Apache-2.0
package import Ledger

/// What work costs. Part of the rules: two machines must charge the same (EXEC-7).
///
/// One unit is about 10 ns of one core; the figures need only be right to a factor, their sum bounds a
/// block's time.
package enum GasSchedule {
    package static let transaction: UInt64 = 200
    package static let argumentByte: UInt64 = 1
    package static let read: UInt64 = 100
    /// A read of one record of many that are asked for one after the other: who has a voice, who approved. Most are met
    /// again in the same call or block.
    package static let readInList: UInt64 = 50
    package static let write: UInt64 = 200
    package static let writtenByte: UInt64 = 1
    package static let event: UInt64 = 50
    /// A record of the platform is taken apart: so many of its bytes for one unit.
    package static let bytesDecoded: UInt64 = 4
    /// A policy's text is read: each byte.
    package static let policyByte: UInt64 = 10
    /// A policy looks at a voice: each of its clauses.
    package static let voice: UInt64 = 3

    /// The most a transaction may use, read from its bytes alone: so a block's gas is bounded before anybody executes
    /// it, and whoever makes or judges one reckons the same (EXEC-9).
    package static func ceiling(of body: Transaction) -> UInt64 {
        ceiling(of: body.contract, body.method, argumentBytes: body.arguments)
    }

    static func ceiling(of contract: Label, _ method: Label, argumentBytes arguments: [UInt8]) -> UInt64 {
        if contract == GovernanceContract.contract { return Limits.transactionGasMax }
        // Who takes a certificate back may leave a consortium that nobody governs: all who have a voice are looked at.
        if contract == MembershipContract.contract, method == MembershipContract.revokeCertificate {
            return Limits.transactionGasMax
        }
        if Platform.owns(contract) { return 30_000 + 2 * UInt64(arguments.count) }
        let base = 5_000 + 2 * UInt64(arguments.count)
        // What its sender puts aside for the contract stands in the bytes, so it needs no execution either (CTR-15).
        return takesPurse(contract) ? base + PursedArguments.purse(in: arguments) : base
    }

    /// Whether arguments of calls of a contract begin with a purse (CTR-15).
    package static func takesPurse(_ contract: Label) -> Bool {
        !Platform.owns(contract) && contract != Deposit.contract
    }
}

/// Counts what a transaction uses and says when it is too much.
struct GasMeter {
    private(set) var used: UInt64 = 0
    private let limit: UInt64

    var left: UInt64 { limit - used }

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

extension Payload {
    /// Whether its transactions together can use no more gas than a block may (EXEC-9).
    package var fitsItsGas: Bool {
        var sum: UInt64 = 0
        for transaction in transactions { sum += GasSchedule.ceiling(of: transaction.body) }
        return sum <= Limits.blockGasMax
    }
}
