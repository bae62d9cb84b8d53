// SPDX-License-Identifier: Apache-2.0

extension OrderedTree {
    /// Which entries to give: from `low` up to below `high`, in order or backwards, at most `limit`.
    struct Range {
        var low = Bytes.empty
        /// Nil: no upper end.
        var high: Bytes?
        var isBackwards = false
        var limit = 100
    }

    /// Entries with `low <= entry < high`; reads O(log n + limit) nodes.
    func entries(_ range: Range) throws(Failure) -> [Bytes] {
        var found: [Bytes] = []
        if range.limit > 0, count > 0 { try walk(root, range, into: &found) }
        return found
    }

    private func walk(_ number: UInt64, _ range: Range, into found: inout [Bytes]) throws(Failure) {
        let node = try load(number)
        var first = node.isLeaf ? node.place(of: range.low) : node.child(for: range.low)
        var last = node.keys.count - 1
        if let high = range.high {
            while last >= first, !node.keys[last].precedes(high) { last -= 1 }
        }
        while first <= last, found.count < range.limit {
            let place = range.isBackwards ? last : first
            if range.isBackwards { last -= 1 } else { first += 1 }
            if node.isLeaf {
                found.append(node.keys[place])
            } else {
                try walk(node.children[place], range, into: &found)
            }
        }
    }
}
