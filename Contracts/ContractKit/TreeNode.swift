// SPDX-License-Identifier: Apache-2.0

/// A node of the ordered tree: up to 16 entries, or up to 16 children with the smallest entry each may hold.
/// - Spec: KIT-6.
struct TreeNode: Storable {
    static let most = 16
    static let least = 8

    /// Entries of a leaf; of an inner node, a lower bound for each child. Ascending.
    var keys: [Bytes] = []
    /// Numbers of the children; empty in a leaf.
    var children: [UInt64] = []

    var isLeaf: Bool { children.isEmpty }

    init() {}

    func encode(into writer: inout Writer) {
        writer.put(keys)
        writer.put(children)
    }

    init(from reader: inout Reader) throws(Failure) {
        keys = try reader.take()
        children = try reader.take()
        guard keys.count <= TreeNode.most, children.isEmpty || children.count == keys.count else { throw .malformed }
    }

    static var shape: Shape {
        .record("node", [Shape.Part("keys", .list(.bytes)), Shape.Part("children", .list(.number))])
    }

    /// The first place whose key is not below `key`.
    func place(of key: Bytes) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle].precedes(key) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The place of the child that may hold `key`.
    func child(for key: Bytes) -> Int {
        let place = place(of: key)
        if place < keys.count, keys[place] == key { return place }
        return place == 0 ? 0 : place - 1
    }

    /// Takes the upper half away.
    mutating func split() -> TreeNode {
        var upper = TreeNode()
        let half = keys.count / 2
        upper.keys = [Bytes](keys[half...])
        keys.removeLast(keys.count - half)
        if !isLeaf {
            upper.children = [UInt64](children[half...])
            children.removeLast(children.count - half)
        }
        return upper
    }
}
