// SPDX-License-Identifier: Apache-2.0
import Storage

/// The state one block sees: the tree at the version before it, and on top what the block has written so far.
///
/// Reads go down to the tree once a key; writes stay here until the block is done. A failed call is undone
/// alone.
/// - Spec: EXEC-2.
struct StateView<Store: KeyValueStore> {
    /// What is known of one key; nil where nothing is, an inner nil where the key holds nothing.
    private struct Entry {
        /// What the tree says.
        var stored: [UInt8]??
        /// What the block has written.
        var written: [UInt8]??
    }

    private let tree: StateTree<Store>
    private var entries: [[UInt8]: Entry] = [:]
    /// What to put back if the call in progress fails, newest last; an inner nil means the key was not
    /// written before.
    private var journal: [(key: [UInt8], earlier: [UInt8]??)] = []

    init(_ tree: StateTree<Store>) { self.tree = tree }

    /// Reads keys that calls are likely to ask for, all at once. A wrong guess costs time and changes nothing.
    mutating func prefetch(_ keys: [[UInt8]]) throws(StoreError) {
        for (key, value) in zip(keys, try tree.values(for: keys)) {
            entries[key, default: Entry()].stored = .some(value)
        }
    }

    mutating func value(for key: [UInt8]) throws(StoreError) -> [UInt8]? {
        let entry = entries[key]
        if let value = entry?.written ?? entry?.stored { return value }
        let value = try tree.value(for: key)
        entries[key] = Entry(stored: .some(value))
        return value
    }

    mutating func write(_ value: [UInt8]?, for key: [UInt8]) {
        let earlier = exchange(&entries[key, default: Entry()].written, with: .some(value))
        journal.append((key, earlier))
    }

    /// What the block has written under a key: nil where nothing, an inner nil where it deleted it.
    func written(_ key: [UInt8]) -> [UInt8]?? { entries[key]?.written }

    /// Makes the writes of the call in progress stay.
    mutating func keepCall() { journal.removeAll(keepingCapacity: true) }

    /// Undoes the writes of the call in progress.
    mutating func undoCall() {
        while let last = journal.popLast() { entries[last.key]?.written = last.earlier }
    }

    /// All writes of the block, by key ascending.
    var writes: [(key: [UInt8], value: [UInt8]?)] {
        entries.compactMap { key, entry in entry.written.map { (key: key, value: $0) } }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }
}

/// Puts a new value in a place and gives back what stood there.
private func exchange<Value>(_ place: inout Value, with value: Value) -> Value {
    defer { place = value }
    return place
}
