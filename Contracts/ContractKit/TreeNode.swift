// SPDX-License-Identifier: Apache-2.0

/// A node of the ordered tree: up to 16 entries in ascending order.
///
/// In a leaf an entry is what the tree holds; in an inner node it is a lower bound and the child it is the bound of.
/// - Spec: KIT-6.
struct TreeNode: Storable {
    struct Entry: Storable {
        var key: Bytes
        /// The child's number; 0 in a leaf.
        var child: UInt64

        init(_ key: Bytes, _ child: UInt64 = 0) {
            self.key = key
            self.child = child
        }

        func encode(into writer: inout Writer) {
            writer.put(key)
            writer.put(child)
        }

        init(from reader: inout Reader) throws(Failure) {
            key = try reader.take()
            child = try reader.take()
        }

        static var shape: Shape { .record("entry", [Shape.Part("key", .bytes), Shape.Part("child", .number)]) }
    }

    static let most = 16
    static let least = 8

    private(set) var entries: [Entry]

    var isLeaf: Bool { entries.isEmpty || entries[0].child == 0 }
    var count: Int { entries.count }

    init(_ entries: [Entry] = []) { self.entries = entries }

    func encode(into writer: inout Writer) { writer.put(entries) }

    init(from reader: inout Reader) throws(Failure) {
        entries = try reader.take()
        guard count <= TreeNode.most else { throw .malformed }
    }

    static var shape: Shape { .list(Entry.shape) }

    /// The first place whose key is not below `key`.
    func place(of key: Bytes) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].key.precedes(key) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The place of the child that may hold `key`.
    func childPlace(for key: Bytes) -> Int {
        let place = place(of: key)
        if place < count, entries[place].key == key { return place }
        return place == 0 ? 0 : place - 1
    }

    // What follows builds arrays by appending alone: the standard ways in and out of the middle are a kilobyte each.

    mutating func insert(_ entry: Entry, at place: Int) {
        let former = entries
        entries = []
        for index in 0..<former.count {
            if index == place { entries.append(entry) }
            entries.append(former[index])
        }
        if place == former.count { entries.append(entry) }
    }

    mutating func remove(at place: Int) {
        let former = entries
        entries = []
        for index in 0..<former.count where index != place { entries.append(former[index]) }
    }

    mutating func setBound(_ key: Bytes, at place: Int) { entries[place].key = key }

    /// Takes what another node holds behind what this one does.
    mutating func join(_ other: TreeNode) {
        for entry in other.entries { entries.append(entry) }
    }

    /// Takes the upper half away.
    mutating func split() -> TreeNode {
        let former = entries
        let half = former.count / 2
        var upper: [Entry] = []
        entries = []
        for index in 0..<former.count {
            if index < half { entries.append(former[index]) } else { upper.append(former[index]) }
        }
        return TreeNode(upper)
    }
}
