// SPDX-License-Identifier: Apache-2.0

extension OrderedTree {
    /// Which entries to give: from `low` up to below `high`, in order or backwards, at most `limit`.
    struct Range {
        private(set) var low: Bytes
        /// Nil: no upper end.
        private(set) var high: Bytes?
        let isBackwards: Bool
        let limit: Int

        /// A cursor comes from outside: it may narrow the range, never widen it. At most 1,000 entries are a page.
        init(from: Bytes?, below: Bytes?, isBackwards: Bool, limit: UInt64, after cursor: Bytes?) {
            low = from ?? .empty
            high = below
            self.isBackwards = isBackwards
            self.limit = Int(truncatingIfNeeded: limit < 1000 ? limit : 1000)
            guard let cursor else { return }
            if isBackwards {
                if let high, !cursor.precedes(high) { return }
                high = cursor
            } else {
                // The smallest string above an entry is that entry and a zero.
                var next = Writer()
                next.raw(cursor)
                next.byte(0)
                let bound = next.done()
                if low.precedes(bound) { low = bound }
            }
        }
    }

    /// Entries with `low <= entry < high`; reads O(log n + limit) nodes.
    func entries(_ range: Range) throws(Failure) -> [Bytes] {
        var found: [Bytes] = []
        if range.limit > 0, count > 0 { try walk(root, range, into: &found) }
        return found
    }

    private func walk(_ number: UInt64, _ range: Range, into found: inout [Bytes]) throws(Failure) {
        let node = try load(number)
        var first = node.isLeaf ? node.place(of: range.low) : node.childPlace(for: range.low)
        var last = node.count - 1
        if let high = range.high {
            while last >= first, !node.entries[last].key.precedes(high) { last -= 1 }
        }
        while first <= last, found.count < range.limit {
            let place = range.isBackwards ? last : first
            if range.isBackwards { last -= 1 } else { first += 1 }
            if node.isLeaf {
                found.append(node.entries[place].key)
            } else {
                try walk(node.entries[place].child, range, into: &found)
            }
        }
    }
}
