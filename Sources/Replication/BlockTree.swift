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
    var id: BlockID { block.id }
}

/// The blocks above the executed tip: those not final yet, which may branch, and the final ones still to be
/// executed.
///
/// Bounded: at most `blocksMax`; execution lag and voting windows keep it far smaller.
struct BlockTree: Sendable {
    static let blocksMax = 160
    private var blocks: [BlockID: KnownBlock] = [:]
    /// Blocks whose bodies are durable here.
    private var kept: Set<BlockID> = []
    /// In how many blocks kept here each transaction stands: most are in none, and one look says so.
    private var holders: [TransactionID: Int] = [:]

    subscript(id: BlockID) -> KnownBlock? { blocks[id] }

    var count: Int { blocks.count }
    var isFull: Bool { blocks.count >= BlockTree.blocksMax }

    mutating func insert(_ block: KnownBlock) {
        guard blocks.updateValue(block, forKey: block.block.id) == nil else { return }
        for id in block.ids { holders[id, default: 0] += 1 }
    }

    mutating func markKept(_ id: BlockID) { kept.insert(id) }

    func isKept(_ id: BlockID) -> Bool { kept.contains(id) }

    /// Forgets everything at or below a height.
    mutating func prune(upTo height: Height) { removeAll { $0.header.height <= height } }

    /// Forgets everything above a height.
    mutating func prune(above height: Height) { removeAll { $0.header.height > height } }

    /// Forgets what is above a height and not on the way down from `id`: room for what matters.
    mutating func keepBranch(of id: BlockID, above height: Height) {
        var branch: Set<BlockID> = []
        var next = id
        while let known = blocks[next] {
            branch.insert(next)
            next = known.header.parent
        }
        removeAll { $0.header.height > height && !branch.contains($0.id) }
    }

    private mutating func removeAll(where isGone: (KnownBlock) -> Bool) {
        // Hash order decides only in which order blocks are forgotten; what is left is the same.
        let gone = blocks.values.filter(isGone)
        for block in gone {
            blocks[block.id] = nil
            kept.remove(block.id)
            for id in block.ids {
                guard let count = holders[id] else { continue }
                holders[id] = count == 1 ? nil : count - 1
            }
        }
    }

    /// Forgets what lies at a height beside the one block that became final there.
    mutating func keepOnly(_ id: BlockID, at height: Height) {
        removeAll { $0.header.height == height && $0.id != id }
    }

    /// The way from a block down to the block `base` at `height`.
    enum Branch {
        /// Newest first; empty where the block is the base itself.
        case whole([KnownBlock])
        /// This one is not here.
        case missing(BlockID)
        /// It passes another block at that height.
        case elsewhere
    }

    func branch(from id: BlockID, to base: BlockID, at height: Height) -> Branch {
        var path: [KnownBlock] = []
        var next = id
        while next != base {
            guard let known = blocks[next] else { return .missing(next) }
            guard known.header.height > height else { return .elsewhere }
            path.append(known)
            next = known.header.parent
            if known.header.height.value == height.value + 1, next != base { return .elsewhere }
        }
        return .whole(path)
    }

    /// The lowest block above a height on the way down from `id`, nil where one is missing.
    func lowest(on id: BlockID, above height: Height) -> KnownBlock? {
        var next = id
        var lowest: KnownBlock?
        while let known = blocks[next], known.header.height > height {
            lowest = known
            next = known.header.parent
        }
        return lowest?.header.height == height.next ? lowest : nil
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
