// SPDX-License-Identifier: Apache-2.0
import ContractKit

extension Traceability {
    static func find(_ name: Text) throws(Failure) -> Item? { try items.get(name) }

    static func past(_ name: Text, _ start: UInt64) throws(Failure) -> [Passage] {
        try history.entries(of: name, from: start, limit: 100)
    }

    /// The items that were made, not split or merged, which this one goes back to.
    static func origin(_ name: Text) throws(Failure) -> [Text] {
        var roots: [Text] = []
        for ancestor in try ancestors(of: name) where try items.get(ancestor, or: unknown).parents.isEmpty {
            roots.append(ancestor)
        }
        return roots
    }

    static func descendants(_ name: Text) throws(Failure) -> [Text] {
        _ = try items.get(name, or: unknown)
        var seen = [name]
        var next = 0
        while next < seen.count {
            for child in try children.entries(of: seen[next], from: 0, limit: UInt64(visitsMax))
            where !seen.contains(child) {
                if seen.count >= visitsMax { throw tooMany }
                seen.append(child)
            }
            next += 1
        }
        seen.removeFirst()
        return seen
    }

    /// Why the item, or anything it goes back to, is recalled.
    static func recallReasons(_ name: Text) throws(Failure) -> [Text] {
        var reasons: [Text] = []
        for ancestor in try ancestors(of: name) {
            if let reason = try recalls.get(ancestor) { reasons.append(reason) }
        }
        return reasons
    }

    static func held(_ organization: Text, _ after: Bytes?) throws(Failure) -> [Holding] {
        let first = Pair(organization, Text(""))
        let last = Pair(organization + "\u{1}", Text(""))
        var found: [Holding] = []
        for entry in try heldBy.page(from: first, below: last, limit: 100, after: after)
        where entry.order.first == organization {
            found.append(Holding(item: entry.order.second, cursor: entry.cursor))
        }
        return found
    }

    /// The item and all it goes back to, nearest first.
    private static func ancestors(of name: Text) throws(Failure) -> [Text] {
        var seen = [name]
        var next = 0
        while next < seen.count {
            for parent in try items.get(seen[next], or: unknown).parents where !seen.contains(parent) {
                if seen.count >= visitsMax { throw tooMany }
                seen.append(parent)
            }
            next += 1
        }
        return seen
    }
}
