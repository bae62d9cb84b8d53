// SPDX-License-Identifier: Apache-2.0

/// Parts of a store by how their records live, so that tidying one rewrites no other.
///
/// A key's family follows from its first bytes; families are ranges of keys, so a scan passes from one to the next.
/// - Spec: DATA-13.
package enum StoreFamily: String, CaseIterable, Sendable {
    /// All that is in no other: few records, or appended in order.
    case general = "default"
    /// Blocks: large, written in order of height, deleted never or in that order.
    case bodies
    /// Leaves of the state tree: written in order of versions, deleted only where a value is replaced.
    case leaves
    /// Nodes, roots and journals of the state tree, most of which live for some heights.
    case nodes
    /// Places of transactions and secondary indexes: small, spread evenly, never deleted.
    case index

    /// Where each range of keys begins, in order; each goes on to the next one's beginning.
    private static let ranges: [(start: [UInt8], family: StoreFamily)] = {
        var starts: [[UInt8]] = [[]]
        for first in UInt8.min..<UInt8.max { starts.append([first + 1]) }
        for kind in UInt8.min..<UInt8.max { starts.append([Keyspace.state, kind + 1]) }
        starts.sort { $0.lexicographicallyPrecedes($1) }
        var ranges: [(start: [UInt8], family: StoreFamily)] = []
        for start in starts where ranges.last?.family != StoreFamily(of: start) {
            ranges.append((start, StoreFamily(of: start)))
        }
        return ranges
    }()

    /// The place among all families.
    package var place: Int {
        switch self {
        case .general: 0
        case .bodies: 1
        case .leaves: 2
        case .nodes: 3
        case .index: 4
        }
    }

    package init(of key: [UInt8]) {
        guard let first = key.first else {
            self = .general
            return
        }
        switch first {
        case Keyspace.body: self = .bodies
        case Keyspace.transaction, Keyspace.index: self = .index
        case Keyspace.state where key.count > 1: self = StoreFamily.ofState[Int(key[1])]
        default: self = .general
        }
    }

    /// By the letter after the state's byte.
    private static let ofState: [StoreFamily] = (0...UInt8.max).map { letter in
        switch Character(UnicodeScalar(letter)) {
        case "N", "J", "R": .nodes
        case "L": .leaves
        default: .general
        }
    }

    /// A range of keys that lies in one family; `end` is nil for no upper end.
    package struct Part: Hashable, Sendable {
        package let family: StoreFamily
        package let start: [UInt8]
        package let end: [UInt8]?
    }

    /// Cuts a range of keys where families change, in order.
    package static func parts(from start: [UInt8], to end: [UInt8]?) -> [Part] {
        var parts: [Part] = []
        for (index, range) in ranges.enumerated() {
            let next = index + 1 < ranges.count ? ranges[index + 1].start : nil
            if let next, !start.lexicographicallyPrecedes(next) { continue }
            if let end, !range.start.lexicographicallyPrecedes(end) { break }
            let low = start.lexicographicallyPrecedes(range.start) ? range.start : start
            let high = next.map { next in end.map { $0.lexicographicallyPrecedes(next) ? $0 : next } ?? next } ?? end
            if let high, !low.lexicographicallyPrecedes(high) { continue }
            parts.append(Part(family: range.family, start: low, end: high))
        }
        return parts
    }
}
