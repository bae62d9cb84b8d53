// SPDX-License-Identifier: Apache-2.0
package import Consensus
package import Ledger
package import ShangMi
package import Storage

/// What is known of a validator's own past votes at a start.
package enum Recollection: Sendable {
    /// A key made together with its ring: it has never voted.
    case fresh
    case intact(SafetyRecord)
    /// The ring is gone, rolled back or damaged: it may have voted, nobody here knows how (CONS-23).
    case lost
}

/// What a restart knows, read from the store and the safety ring before the first step.
package struct Recovered: Sendable {
    package let spec: ChainSpec
    /// The committee in force, and the block its epoch began on.
    package let committee: Committee
    package let epochParent: Header
    /// This node's key: a validator's where it is in the committee. Nil for an observer nobody needs to know.
    package let key: SM2.PublicKey?
    package let recollection: Recollection
    /// The newest final block, nil where only genesis is.
    package let tip: FinalRecord?
    package let executed: ExecutedTip
    /// Bodies above the executed height, final or not, lowest first.
    package let blocks: [Block]
    /// The height whose state this store began with, nil where it holds every block from genesis up.
    package let base: Height?
    /// Names this run; differs from that of every earlier one.
    package let instance: UInt64
}

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
