// SPDX-License-Identifier: Apache-2.0
import Ledger
import Logging
import Storage

extension ChainHost {
    /// Before a chain is opened whose store an older release wrote: people would be told that there are no members. It
    /// takes time, so the log says what it is about.
    /// - Spec: DATA-12.
    func completeRegister(_ blocks: BlockStore<Store>, _ tree: StateTree<Store>) throws(StoreError) {
        guard try !blocks.isRegisterWhole() else { return }
        let log = log
        log.notice("making the lists of members, policies and proposals of a store that has none")
        var told = 0
        let leaves = try blocks.completeRegister(of: tree) { leaves in
            guard leaves >= told + 1_000_000 else { return }
            told = leaves
            log.notice("making the lists", metadata: ["entries": "\(leaves)"])
        }
        log.notice("the lists are made", metadata: ["entries": "\(leaves ?? 0)"])
    }
}
