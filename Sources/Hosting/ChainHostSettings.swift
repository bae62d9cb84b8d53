// SPDX-License-Identifier: Apache-2.0
package import Execution
package import Ledger
package import Replication
package import ShangMi
package import Storage
package import Transport

/// Everything a chain's host is told by whoever composes the process.
package struct ChainHostSettings<Store: KeyValueStore>: Sendable {
    package let spec: ChainSpec
    package let directory: String
    /// The validator's key, nil for an observer.
    package let signer: (any Signer)?
    /// Where peers are; nil for a chain that has none.
    package let network: PeerNetwork?
    /// Opens the chain's store; called again after a failure that may heal.
    package let openStore: @Sendable () throws(StoreError) -> Store
    package let mempool: Mempool.Bounds
    package let stateCacheBytes: Int
    /// Heights whose state stays readable and provable behind the tip.
    package let stateHeightsKept: UInt64
    /// How long blocks stay in the store, and where they go.
    package let retention: BlockRetention
    /// Runs contracts; one for all chains of a process. Nil where the machine has no library for it.
    package let engine: (any ContractEngine)?

    package init(
        spec: ChainSpec, directory: String, signer: (any Signer)?, mempool: Mempool.Bounds = Mempool.Bounds(),
        stateCacheBytes: Int = 72 << 20, stateHeightsKept: UInt64 = 32, retention: BlockRetention = .everything,
        network: PeerNetwork? = nil, engine: (any ContractEngine)? = nil,
        openStore: @escaping @Sendable () throws(StoreError) -> Store
    ) {
        self.spec = spec
        self.directory = directory
        self.signer = signer
        self.mempool = mempool
        self.stateCacheBytes = stateCacheBytes
        self.stateHeightsKept = stateHeightsKept
        self.retention = retention
        self.network = network
        self.engine = engine
        self.openStore = openStore
    }
}
