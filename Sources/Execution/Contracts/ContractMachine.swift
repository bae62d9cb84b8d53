// SPDX-License-Identifier: Apache-2.0
package import Ledger
package import Storage

/// What contracts run on: the chain they are told they are on, and this machine's engine.
///
/// Nothing of it may change what a run comes to.
package struct ContractMachine: Sendable {
    /// The chain's name, as its specification has it.
    package let chain: Label
    /// None on a machine without an engine's library: what would run a contract is then an `EngineTrouble`.
    package let engine: (any ContractEngine)?

    package init(chain: Label, engine: (any ContractEngine)? = nil) {
        self.chain = chain
        self.engine = engine
    }

    func ready() throws(CallFailure) -> any ContractEngine {
        guard let engine else {
            throw .engine(EngineTrouble(what: "there is no engine for contracts on this machine", heals: false))
        }
        return engine
    }
}

/// Why a block could not be executed on this machine. The block is as good as before: it is executed later, or
/// elsewhere.
/// - Spec: CTR-21.
package enum ExecutionTrouble: Error, Hashable {
    case store(StoreError)
    case engine(EngineTrouble)
}
