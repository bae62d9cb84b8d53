// SPDX-License-Identifier: Apache-2.0
import Storage

/// The state one block sees: the tree at the version before it, and on top what the block has written so far.
///
/// Reads go down to the tree once a key; writes stay here until the block is done. A failed call is undone
/// alone.
/// - Spec: EXEC-2.
struct StateView<Store: KeyValueStore> {
    private let tree: StateTree<Store>
    private var entries: [EntryKey: Entry] = [:]
    /// What to put back if the call in progress fails, newest last; an inner nil means the key was not
    /// written before.
    private var journal: [(key: [UInt8], earlier: [UInt8]??)] = []

    init(_ tree: StateTree<Store>) { self.tree = tree }

    /// Takes over what was read for calls that are likely to ask for it. A wrong guess costs time and changes nothing.
    mutating func take(_ ahead: ReadAhead) {
        for (key, value) in zip(ahead.keys, ahead.values) {
            entries[EntryKey(bytes: key), default: Entry()].stored = .some(value)
        }
    }

    mutating func value(for key: [UInt8]) throws(StoreError) -> [UInt8]? {
        let name = EntryKey(bytes: key)
        let entry = entries[name]
        if let value = entry?.written ?? entry?.stored { return value }
        let value = try tree.value(for: key)
        entries[name] = Entry(stored: .some(value))
        return value
    }

    mutating func write(_ value: [UInt8]?, for key: [UInt8]) {
        let earlier = exchange(&entries[EntryKey(bytes: key), default: Entry()].written, with: .some(value))
        journal.append((key, earlier))
    }

    /// What the block has written under a key: nil where nothing, an inner nil where it deleted it.
    func written(_ key: [UInt8]) -> [UInt8]?? { entries[EntryKey(bytes: key)]?.written }

    /// Makes the writes of the call in progress stay.
    mutating func keepCall() { journal.removeAll(keepingCapacity: true) }

    /// How much the call in progress has written: a place to go back to.
    var mark: Int { journal.count }

    /// Undoes what the call in progress has written since a mark.
    /// - Returns: whether any of the keys is of the kind asked for.
    mutating func undo(to mark: Int, askingOfEach isOfKind: ([UInt8]) -> Bool) -> Bool {
        var wasAsked = false
        while journal.count > mark, let last = journal.popLast() {
            entries[EntryKey(bytes: last.key)]?.written = last.earlier
            wasAsked = wasAsked || isOfKind(last.key)
        }
        return wasAsked
    }

    /// Lets go of what was read and written, so that a copy alone holds it.
    mutating func letGo() {
        entries = [:]
        journal = []
    }

    /// All writes of the block, by key ascending.
    var writes: [(key: [UInt8], value: [UInt8]?)] {
        entries.compactMap { key, entry in entry.written.map { (key: key.bytes, value: $0) } }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }
}

/// Keys a block is likely to read and what they hold in the state before it, read all at once.
package struct ReadAhead: Sendable {
    package let keys: [[UInt8]]
    package let values: [[UInt8]?]

    /// - Parameter values: one a key, in their order.
    package init(keys: [[UInt8]], values: [[UInt8]?]) { (self.keys, self.values) = (keys, values) }
}

/// What is known of one key; nil where nothing is, an inner nil where the key holds nothing.
///
/// It stands outside the view, as its key does: a type within a generic one is generic too, and a dictionary of such
/// is compiled for none in particular (a fifteenth of what executing a block cost, counted).
private struct Entry {
    /// What the tree says.
    var stored: [UInt8]??
    /// What the block has written.
    var written: [UInt8]??
}

/// A key of the state that is hashed as one run of bytes, where an array hashes each byte by itself.
private struct EntryKey: Hashable {
    let bytes: [UInt8]

    func hash(into hasher: inout Hasher) {
        // SAFETY: the bytes are only read, and only within this call.
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}

/// Puts a new value in a place and gives back what stood there.
private func exchange<Value>(_ place: inout Value, with value: Value) -> Value {
    defer { place = value }
    return place
}
