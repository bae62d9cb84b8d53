// SPDX-License-Identifier: Apache-2.0
import Ledger

/// A block and the identifiers of its transactions, computed once.
///
/// A class, and never changed: it is handed about once a transaction, and copying a struct of its size would count
/// every reference in it each time (14 % of a node's time, measured).
final class KnownBlock: Sendable {
    let block: Block
    let ids: [TransactionID]
    /// The same identifiers for asking whether one is among them; never iterated.
    let members: Set<TransactionID>

    init(_ block: Block, ids: [TransactionID]) {
        self.block = block
        self.ids = ids
        members = Set(ids)
    }

    var header: Header { block.header }
}

/// The blocks above the executed tip: those not final yet, which may branch, and the final ones still to be
/// executed.
///
/// Bounded: at most `blocksMax`; execution lag and voting windows keep it far smaller.
struct BlockTree: Sendable {
    static let blocksMax = 64
    private var blocks: [BlockID: KnownBlock] = [:]
    /// In how many blocks kept here each transaction stands: most are in none, and one look says so.
    private var holders: [TransactionID: Int] = [:]

    subscript(id: BlockID) -> KnownBlock? { blocks[id] }

    var isFull: Bool { blocks.count >= BlockTree.blocksMax }

    mutating func insert(_ block: KnownBlock) {
        guard blocks.updateValue(block, forKey: block.block.id) == nil else { return }
        for id in block.ids { holders[id, default: 0] += 1 }
    }

    /// Forgets everything at or below a height.
    mutating func prune(upTo height: Height) { removeAll { $0.header.height <= height } }

    private mutating func removeAll(where isGone: (KnownBlock) -> Bool) {
        // Hash order decides only in which order blocks are forgotten; what is left is the same.
        let gone = blocks.values.filter(isGone)
        for block in gone {
            blocks[block.block.id] = nil
            for id in block.ids {
                guard let count = holders[id] else { continue }
                holders[id] = count == 1 ? nil : count - 1
            }
        }
    }

    /// Forgets what lies at a height beside the one block that became final there.
    mutating func keepOnly(_ id: BlockID, at height: Height) {
        removeAll { $0.header.height == height && $0.block.id != id }
    }

    /// The blocks from `id` down to, not including, the one at `height`; newest first. Nil where one is
    /// missing.
    func branch(from id: BlockID, downTo height: Height) -> [KnownBlock]? {
        var path: [KnownBlock] = []
        var next = id
        while let known = blocks[next], known.header.height > height {
            path.append(known)
            next = known.header.parent
        }
        guard let last = path.last else { return nil }
        return last.header.height == height.next ? path : nil
    }

    /// The block on the branch of `id`, among those still kept here, that holds a transaction.
    func block(with transaction: TransactionID, onBranchOf id: BlockID) -> KnownBlock? {
        guard holders[transaction] != nil else { return nil }
        var next = id
        while let known = blocks[next] {
            if known.members.contains(transaction) { return known }
            next = known.header.parent
        }
        return nil
    }

    func contains(_ transaction: TransactionID, onBranchOf id: BlockID) -> Bool {
        block(with: transaction, onBranchOf: id) != nil
    }
}
