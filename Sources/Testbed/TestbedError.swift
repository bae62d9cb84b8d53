// SPDX-License-Identifier: Apache-2.0
package import Execution
package import Ledger

/// Why a testbed did not do what it was asked.
package enum TestbedError: Error, Hashable {
    /// No chain can be founded on these people and policies, or nobody of that name is among them.
    case unfit(String)
    /// The chain refused what deploying takes.
    case refused(ResultCode, text: String)
    /// A block of that height is not there to go back to, or is there already.
    case unreachable(Height)
    /// More calls than a block takes (EXEC-9).
    case blockFull
    /// This machine's trouble.
    case trouble(ExecutionTrouble)
}
