// SPDX-License-Identifier: Apache-2.0
package import Ledger

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

    /// - Parameter attested: what the final tip attests when a node starts.
    package init(attested: Height, executed: Height) {
        self.executed = executed
        attest(attested)
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
