// SPDX-License-Identifier: Apache-2.0
package import Ledger
import ShangMi

/// Which transactions became final lately: of nearly all others it says so without the store being asked.
///
/// Whether a transaction was executed before is asked twice of each, at the door and in a proposal; nearly always it
/// was not. The store answers that from its tables, and the more there are, the longer it takes: 5 µs with three
/// million transactions. Here it is a few words of memory. A *no* is certain for a transaction that could not stand
/// in a block before those remembered, since it was not valid yet; whatever else is asked goes to the store.
///
/// Split block Bloom filters (Putze, Sanders, Singler 2007; as in Parquet), one after the other: the newest four,
/// each of at most a million transactions in 2 MiB. Sixteen bits a transaction: each filter has one in a thousand
/// asked for nothing. The first has 128 KiB, so that a chain where little happens takes little.
package struct RecentFinals: Sendable {
    private static let filtersMax = 4
    private static let firstCapacity = 1 << 16
    private static let capacityMax = 1 << 20

    private struct Filter: Sendable {
        /// All that became final above this height went into this filter or a later one.
        let above: Height
        let capacity: Int
        var count = 0
        /// Blocks of eight words: 512 bits.
        var words: [UInt64]

        init(above height: Height, capacity: Int) {
            (above, self.capacity) = (height, capacity)
            words = [UInt64](repeating: 0, count: capacity * 16 / 64)
        }

        /// Where an identifier's block begins: a power of two of them.
        private func place(_ id: Digest) -> Int {
            Int(truncatingIfNeeded: id.words.0 & UInt64(words.count / 8 - 1)) * 8
        }

        mutating func insert(_ id: Digest) {
            let place = place(id)
            for word in 0..<8 { words[place + word] |= Filter.bit(id, word) }
            count += 1
        }

        func holds(_ id: Digest) -> Bool {
            let place = place(id)
            for word in 0..<8 where words[place + word] & Filter.bit(id, word) == 0 { return false }
            return true
        }

        /// Six bits of the digest choose one in each word.
        private static func bit(_ id: Digest, _ word: Int) -> UInt64 { 1 << (id.words.1 >> UInt64(6 * word) & 63) }
    }

    /// Oldest first, never empty.
    private var filters: [Filter]

    /// - Parameter height: the newest final height; what became final up to it is not known here.
    package init(above height: Height) { filters = [Filter(above: height, capacity: RecentFinals.firstCapacity)] }

    /// Remembers the transactions of a block that became final.
    /// - Parameter height: the block's, one above that of the last.
    package mutating func insert(_ ids: [TransactionID], at height: Height) {
        guard !ids.isEmpty else { return }
        let newest = filters[filters.count - 1]
        if newest.count > 0, newest.count + ids.count > newest.capacity {
            let capacity = min(2 * newest.capacity, RecentFinals.capacityMax)
            filters.append(Filter(above: height.previous ?? .zero, capacity: capacity))
            if filters.count > RecentFinals.filtersMax { filters.removeFirst() }
        }
        for id in ids { filters[filters.count - 1].insert(id.digest) }
    }

    /// True where the transaction is certainly not among those that became final up to now.
    package func lacks(_ id: TransactionID, validFrom: Height) -> Bool {
        // Genesis holds none.
        (validFrom > filters[0].above || filters[0].above == .zero) && !filters.contains { $0.holds(id.digest) }
    }
}
