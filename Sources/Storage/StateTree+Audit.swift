// SPDX-License-Identifier: Apache-2.0
internal import Ledger
internal import ShangMi

/// What a walk over a whole version found.
package struct StateAudit: Hashable, Sendable {
    /// The first record that is not what the root commits to.
    package struct Fault: Hashable, Sendable {
        /// The record's place, as nibbles from the root.
        package let place: String
        package let version: UInt64
        package let what: String
    }

    package internal(set) var nodeCount: UInt64 = 0
    /// How many of the nodes have no record of their own: they stand in that of the node above.
    package internal(set) var nestedCount: UInt64 = 0
    package internal(set) var leafCount: UInt64 = 0
    /// Nil where every record was read and matched.
    package internal(set) var fault: Fault?
}

extension StateTree {
    /// Reads every node and leaf of a version, hashes all of it again and compares it with the root.
    ///
    /// - Parameters:
    ///   - version: one whose batch is in the store, and settled if it was adopted before its write.
    ///   - progress: told now and then how far the walk is; returning false ends it there, without a fault.
    /// - Throws: what the store throws. Records that are readable but wrong or missing are the audit's fault.
    /// - Cost: reads the whole version once, depth first, 256 nodes at a time; holds at most some 2 MB.
    /// - Spec: STATE-14.
    package func check(
        version: UInt64, progress: (StateAudit) -> Bool = { _ in true }
    ) throws(StoreError) -> StateAudit {
        let isWritten = !source.unwritten.contains { $0.version <= version }
        precondition(isWritten, "only what is in the store can be audited")
        return try reading(version) { (root) throws(StoreError) in
            var audit = StateAudit()
            guard let nodeVersion = root.nodeVersion else { return audit }
            var walk = StateWalk(source: source)
            walk.open = [.init(version: nodeVersion, digest: root.digest, path: Digest.zero, depth: 0)]
            while !walk.open.isEmpty, audit.fault == nil, progress(audit) { try walk.step(&audit) }
            if audit.fault != nil, let error = try forgotten(version) { throw error }
            return audit
        }
    }
}

/// A node the walk has still to read.
struct WalkNode: Sendable {
    let version: UInt64
    /// What the node above says this one's digest is.
    let digest: Digest
    /// The node's place, filled up with zeros.
    let path: Digest
    let depth: Int
    /// Its bytes where it has no record of its own.
    var nested: [UInt8]?
}

/// A walk over all nodes of one version, depth first, in batches of nodes of one depth.
struct StateWalk<Store: KeyValueStore> {
    private static var batchNodesMax: Int { 256 }

    let source: NodeSource<Store>
    /// Nodes still to be read; the last ones come next.
    var open: [WalkNode] = []

    init(source: NodeSource<Store>) { self.source = source }

    /// Checks the next nodes and their leaves.
    mutating func step(_ audit: inout StateAudit) throws(StoreError) {
        guard let depth = open.last?.depth else { return }
        var nodes: [WalkNode] = []
        while let node = open.last, node.depth == depth, nodes.count < StateWalk.batchNodesMax {
            nodes.append(node)
            open.removeLast()
        }
        let found = try read(nodes)
        var slots = [Slot](repeating: Slot.empty, count: nodes.count * StateNode.width)
        for (index, node) in nodes.enumerated() {
            let bytes = found[index] ?? []
            let isNode = StateNode.decode(
                bytes, depth: depth, version: node.version, head: node.path.head, into: &slots,
                at: index * StateNode.width)
            guard isNode else {
                audit.fault = fault(node, bytes.isEmpty ? "the node is missing" : "the node cannot be read")
                return
            }
        }
        let summaries = NodeHashing.roots(of: slots.map(\.summary))
        for (node, summary) in zip(nodes, summaries) {
            audit.nodeCount += 1
            if node.nested != nil { audit.nestedCount += 1 }
            guard summary.digest == node.digest else {
                audit.fault = fault(node, "the node hashes to \(summary.digest.hex), not \(node.digest.hex)")
                return
            }
        }
        try checkLeaves(nodes, slots, &audit)
        for index in slots.indices.reversed() where slots[index].isNode {
            let node = nodes[index / StateNode.width]
            let slot = slots[index]
            guard depth + 1 < Digest.nibbleCount, slot.version <= node.version else {
                audit.fault = fault(node, "the node points where no node can be")
                return
            }
            let path = node.path.setting(nibble: depth, to: index % StateNode.width)
            open.append(
                WalkNode(
                    version: slot.version, digest: slot.digest, path: path, depth: depth + 1,
                    nested: slot.kind == .nested ? Array((found[index / StateNode.width] ?? [])[slot.place]) : nil))
        }
    }

    /// The bytes of some nodes, of one depth; nil where a record is missing.
    private func read(_ nodes: [WalkNode]) throws(StoreError) -> [[UInt8]?] {
        let own = nodes.filter { $0.nested == nil }
        let keys = own.map { source.layout.node(version: $0.version, depth: $0.depth, path: $0.path) }
        var records = try source.store.values(for: keys)[...]
        return nodes.map { $0.nested ?? records.popFirst().flatMap { $0 } }
    }

    private func checkLeaves(_ nodes: [WalkNode], _ slots: [Slot], _ audit: inout StateAudit)
        throws(StoreError)
    {
        let places = slots.indices.filter { slots[$0].kind == .leaf }
        let found = try source.store.values(for: places.map { source.layout.leaf(slots[$0].address) })
        var leaves: [LeafRecord] = []
        for (place, bytes) in zip(places, found) {
            guard let bytes, let leaf = try? LeafRecord(decoding: bytes) else {
                audit.fault = fault(nodes[place / StateNode.width], "a leaf is missing", slot: place)
                return
            }
            leaves.append(leaf)
        }
        let paths = StatePath.paths(of: leaves.map { $0.key })
        let valueDigests = StatePath.valueDigests(of: leaves.map { $0.value })
        let pairs = paths.indices.map { (left: paths[$0], right: valueDigests[$0]) }
        let digests = SM3.hashPairs(tag: StateRule.leafTag, pairs)
        for (index, place) in places.enumerated() {
            audit.leafCount += 1
            let node = nodes[place / StateNode.width]
            let way = node.path.setting(nibble: node.depth, to: place % StateNode.width)
            let isRight = digests[index] == slots[place].digest && paths[index].head == slots[place].head
            guard isRight, paths[index].shares(nibbles: node.depth + 1, with: way) else {
                audit.fault = fault(node, "a leaf is not the one committed to", slot: place)
                return
            }
        }
    }

    private func fault(_ node: WalkNode, _ what: String, slot: Int? = nil) -> StateAudit.Fault {
        let suffix = slot.map { String($0 % StateNode.width, radix: 16) } ?? ""
        return .init(place: node.path.hex.prefix(node.depth) + suffix, version: node.version, what: what)
    }
}
