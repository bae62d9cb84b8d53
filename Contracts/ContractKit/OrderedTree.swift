// SPDX-License-Identifier: Apache-2.0

/// A B+ tree in key/value state: strings of bytes in ascending order. Reads and writes O(log n) nodes an operation.
///
/// Deterministic: its shape follows from the operations alone. Not generic, so that a contract carries it once.
/// - Spec: KIT-6.
struct OrderedTree {
    let name: Bytes
    private(set) var root: UInt64 = 1
    private var height: UInt64 = 1
    private(set) var count: UInt64 = 0
    private var lastNode: UInt64 = 1

    /// Reads the tree's head; an absent one is an empty tree.
    init(_ name: Bytes) throws(Failure) {
        self.name = name
        guard let head: [UInt64] = try Slot.read(Slot.key(name, Slot.hash, .empty)) else { return }
        guard head.count == 4 else { throw .stateMismatch }
        root = head[0]
        height = head[1]
        count = head[2]
        lastNode = head[3]
    }

    private func save() throws(Failure) {
        try Slot.write(Slot.key(name, Slot.hash, .empty), [root, height, count, lastNode].encoded)
    }

    private func slot(_ node: UInt64) throws(Failure) -> Bytes { try Slot.key(name, Slot.tilde, node.encoded) }

    func load(_ node: UInt64) throws(Failure) -> TreeNode {
        if let found: TreeNode = try Slot.read(slot(node)) { return found }
        // Only the root of an empty tree is not there.
        if count == 0 { return TreeNode() }
        throw .stateMismatch
    }

    private func save(_ node: TreeNode, as number: UInt64) throws(Failure) {
        try Slot.write(slot(number), node.encoded)
    }

    private mutating func newNode() -> UInt64 {
        lastNode += 1
        return lastNode
    }

    func contains(_ key: Bytes) throws(Failure) -> Bool {
        var node = try load(root)
        while !node.isLeaf { node = try load(node.entries[node.childPlace(for: key)].child) }
        let place = node.place(of: key)
        return place < node.count && node.entries[place].key == key
    }

    /// - Returns: false where it is there already.
    mutating func insert(_ key: Bytes) throws(Failure) -> Bool {
        if key.count > Host.keyBytesMax { throw .keyTooLong }
        if try contains(key) { return false }
        if let upper = try insert(key, below: root) {
            let top = TreeNode([TreeNode.Entry(.empty, root), upper])
            root = newNode()
            height += 1
            try save(top, as: root)
        }
        count += 1
        try save()
        return true
    }

    /// - Returns: the new right neighbour and its lower bound, where the node had to be split.
    private mutating func insert(
        _ key: Bytes, below number: UInt64
    ) throws(Failure) -> TreeNode.Entry? {
        var node = try load(number)
        if node.isLeaf {
            node.insert(TreeNode.Entry(key), at: node.place(of: key))
        } else {
            let place = node.childPlace(for: key)
            guard let upper = try insert(key, below: node.entries[place].child) else { return nil }
            node.insert(upper, at: place + 1)
        }
        guard node.count > TreeNode.most else {
            try save(node, as: number)
            return nil
        }
        let upper = node.split()
        let upperNumber = newNode()
        try save(node, as: number)
        try save(upper, as: upperNumber)
        return TreeNode.Entry(upper.entries[0].key, upperNumber)
    }

    /// - Returns: false where it is not there.
    mutating func remove(_ key: Bytes) throws(Failure) -> Bool {
        if try !contains(key) { return false }
        _ = try remove(key, below: root)
        let top = try load(root)
        if !top.isLeaf, top.count == 1 {
            try Slot.remove(slot(root))
            root = top.entries[0].child
            height -= 1
        }
        count -= 1
        try save()
        return true
    }

    /// - Returns: true where the node has too few left, and its parent has to even it out with a neighbour.
    private mutating func remove(_ key: Bytes, below number: UInt64) throws(Failure) -> Bool {
        var node = try load(number)
        if node.isLeaf {
            node.remove(at: node.place(of: key))
            try save(node, as: number)
        } else {
            let place = node.childPlace(for: key)
            if try remove(key, below: node.entries[place].child) {
                try evenOut(&node, at: place == 0 ? 0 : place - 1)
                try save(node, as: number)
            }
        }
        return node.count < TreeNode.least
    }

    /// Joins the children at `place` and `place + 1`, or, where one node cannot hold both, halves them anew.
    private mutating func evenOut(_ parent: inout TreeNode, at place: Int) throws(Failure) {
        let left = parent.entries[place].child
        let right = parent.entries[place + 1].child
        var joined = try load(left)
        joined.join(try load(right))
        if joined.count > TreeNode.most {
            let upper = joined.split()
            parent.setBound(upper.entries[0].key, at: place + 1)
            try save(upper, as: right)
        } else {
            parent.remove(at: place + 1)
            try Slot.remove(slot(right))
        }
        try save(joined, as: left)
    }
}
