// SPDX-License-Identifier: Apache-2.0
import Storage

/// The state one block sees: the tree at the version before it, and on top what the block has written so far.
///
/// Reads go down to the tree once a key; writes stay here until the block is done. A failed call is undone
/// alone.
/// - Spec: EXEC-2.
struct StateView<Store: KeyValueStore> {
    private let tree: StateTree<Store>
    /// What the tree says, as far as it was asked; an inner nil means that it holds nothing.
    private var known: [[UInt8]: [UInt8]?] = [:]
    private var written: [[UInt8]: [UInt8]?] = [:]
    /// What to put back if the call in progress fails, newest last; an inner nil means the key was not
    /// written before.
    private var journal: [(key: [UInt8], earlier: [UInt8]??)] = []

    init(_ tree: StateTree<Store>) { self.tree = tree }

    /// Reads keys that calls are likely to ask for, all at once. A wrong guess costs time and changes nothing.
    mutating func prefetch(_ keys: [[UInt8]]) throws(StoreError) {
        for (key, value) in zip(keys, try tree.values(for: keys)) { known[key] = .some(value) }
    }

    mutating func value(for key: [UInt8]) throws(StoreError) -> [UInt8]? {
        if let value = written[key] { return value }
        if let value = known[key] { return value }
        let value = try tree.value(for: key)
        known[key] = .some(value)
        return value
    }

    mutating func write(_ value: [UInt8]?, for key: [UInt8]) {
        journal.append((key, written[key]))
        written[key] = .some(value)
    }

    /// What the block has written under a key: nil where nothing, an inner nil where it deleted it.
    func written(_ key: [UInt8]) -> [UInt8]?? { written[key] }

    /// Makes the writes of the call in progress stay.
    mutating func keepCall() { journal.removeAll(keepingCapacity: true) }

    /// Undoes the writes of the call in progress.
    mutating func undoCall() {
        while let last = journal.popLast() { written[last.key] = last.earlier }
    }

    /// All writes of the block, by key ascending.
    var writes: [(key: [UInt8], value: [UInt8]?)] {
        written.keys.sorted { $0.lexicographicallyPrecedes($1) }.map { ($0, written[$0] ?? nil) }
    }
}
