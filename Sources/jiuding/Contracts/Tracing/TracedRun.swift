// SPDX-License-Identifier: Apache-2.0
import Execution
import ShangMi

/// One run of a contract's code while a transaction is traced: what it asked the chain, and how it ended.
struct TracedRun: Sendable {
    /// An import it called.
    struct Step: Sendable {
        let function: HostFunction
        /// The key, name or text it meant.
        let subject: [UInt8]
        /// Of `put` and `emit`, what was put or told.
        let value: [UInt8]?
        let answer: HostAnswer
        /// What the run had left before it, in the engine's units.
        let gasBefore: Int64
        /// Gas it took, with what a called contract used.
        let gas: UInt64
        /// The run a `call` led to, by its number; nil where it led to none.
        let inner: Int?
    }

    let contract: String
    let method: String
    /// Of the instrumented bytes.
    let program: Digest
    /// Runs around it.
    let depth: Int
    /// In the engine's units.
    let gasGiven: Int64
    var steps: [Step] = []
    var end: ContractRun?

    var gasUsed: UInt64 {
        let left = max(0, end?.gasLeft ?? 0)
        return UInt64(max(0, gasGiven - left) / ContractPrices.fine)
    }

    var hasFailed: Bool { end.map { $0.end != .returned } ?? true }
}
