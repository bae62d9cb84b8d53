// SPDX-License-Identifier: Apache-2.0
package import Ledger
import Storage

/// Up to which height this node can prove receipts: a final header attests it, and everything that header attests was
/// executed here as well.
///
/// Where the others are quicker, headers attest to what this node has no history of yet, and the path of an older
/// height in a history that is not all here is unknown too. So what counts is the newest header whose whole history is
/// here, not the lower of the two heights.
package struct ProvableHeights: Hashable, Sendable {
    /// The highest height with a proof.
    package private(set) var newest: Height = .zero
    private var executed: Height
    /// What headers attest beyond what was executed, ascending; as long as this node is behind.
    private var ahead: [Height] = []

    package init(executed: Height) { self.executed = executed }

    /// What a node can prove when it starts.
    /// - Cost: a read for each of the newest executed blocks that have no certificate of their own, few in a row.
    init<Store: KeyValueStore>(in blocks: BlockStore<Store>, executed: Height) throws(StoreError) {
        self.init(executed: executed)
        guard let tip = try blocks.finalTip() else { return }
        var next: Height? = min(tip.header.height, executed)
        while let height = next, let record = try blocks.finalRecord(at: height) {
            next = record.isAboutItself ? nil : height.previous
            if record.isAboutItself { attest(record.header.execHeight) }
        }
        if tip.isAboutItself { attest(tip.header.execHeight) }
    }

    /// A header with a finality certificate of its own attests everything up to a height.
    package mutating func attest(_ height: Height) {
        if height <= executed {
            newest = max(newest, height)
        } else if height > ahead.last ?? .zero {
            ahead.append(height)
        }
    }

    /// All heights up to this one have been executed here.
    package mutating func execute(_ height: Height) {
        executed = max(executed, height)
        let reached = ahead.prefix { $0 <= executed }
        if let last = reached.last { newest = max(newest, last) }
        ahead.removeFirst(reached.count)
    }
}

extension FinalRecord {
    /// Whether the certificate is the header's own, and not that of a block above.
    fileprivate var isAboutItself: Bool { certificate.block == header.id }
}
