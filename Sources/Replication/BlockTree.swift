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
/// At `blocksMax` it is cleared of what no certificate stands on. What is left is bounded by the views since the last
/// finality: one proposal each, empty where execution lags (CONS-15).
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

    /// Forgets what is above a height and on the way down from none of `ends`: room for what matters.
    mutating func keepBranches(of ends: [BlockID], above height: Height) {
        var needed: Set<BlockID> = []
        for end in ends {
            var next = end
            while !needed.contains(next), let known = blocks[next] {
                needed.insert(next)
                next = known.header.parent
            }
        }
        removeAll { $0.header.height > height && !needed.contains($0.id) }
    }

    /// Forgets what is above a height and was never voted for here.
    mutating func keepVotedFor(above height: Height) {
        let kept = kept
        removeAll { $0.header.height > height && !kept.contains($0.id) }
    }

    /// Forgets one block nobody can stand on.
    mutating func remove(_ id: BlockID) { removeAll { $0.id == id } }

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
