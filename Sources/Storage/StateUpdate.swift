// SPDX-License-Identifier: Apache-2.0
package import ShangMi

/// What one version's writes do to the tree: the new root, the records to put, the records that are now the
/// past's.
package struct StateUpdate: Sendable {
    /// A node that changed: its new bytes, or nil where it is gone.
    struct ChangedNode: Sendable {
        let depth: Int
        let head: UInt64
        let bytes: [UInt8]?
    }

    /// The version this one stands on.
    package let base: UInt64
    package let version: UInt64
    /// The root of the new version; zero for an empty tree.
    package var root: Digest { rootRecord.digest }
    /// Records to write: nodes, leaves, the root and the journal of stale keys.
    package let puts: [StoredPair]
    /// How many records stay only for versions before this one; `StateTree.prune` deletes them when those go.
    package let staleCount: Int

    let rootRecord: RootRecord
    let nodes: [ChangedNode]

    /// Adds the records to the caller's batch.
    package func append(to batch: inout WriteBatch) {
        for pair in puts { batch.put(pair.key, pair.value) }
    }
}
