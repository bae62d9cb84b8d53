// SPDX-License-Identifier: Apache-2.0
package import Ledger
package import ShangMi
package import Storage

extension Recovered {
    /// Reads from a founded store what a replica starts from.
    ///
    /// - Parameters:
    ///   - recollection: what the safety ring holds.
    ///   - instance: a number no earlier run of this node had.
    /// - Throws: `StoreError.corrupt` where the store lacks what a founded one has.
    package static func read<Store: KeyValueStore>(
        from blocks: BlockStore<Store>, spec: ChainSpec, key: SM2.PublicKey?, recollection: Recollection,
        instance: UInt64
    ) throws(StoreError) -> Recovered {
        guard let executed = try blocks.executedTip() else { throw .corrupt(what: "the executed tip is missing") }
        let handover = try blocks.newestHandover()
        return Recovered(
            spec: spec, committee: handover?.committee ?? spec.committee,
            epochParent: handover?.closing ?? spec.genesis, key: key, recollection: recollection,
            tip: try blocks.finalTip(), executed: executed, blocks: try blocks.blocks(above: executed.height),
            base: try blocks.base()?.height, instance: instance)
    }
}
