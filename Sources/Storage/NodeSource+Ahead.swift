// SPDX-License-Identifier: Apache-2.0
internal import ShangMi

/// The nodes met on one walk down many paths, kept for the walks of the same block that follow: no look-up each, and
/// nothing put into the cache that would leave it with the block.
///
/// By depth, and in each by path. A version's nodes never change, so what is here is right for as long as it is kept.
struct NodesAhead: Sendable {
    struct Node: Sendable {
        /// The bits of its path that name it (`NodeCache.name`).
        let name: UInt64
        let version: UInt64
        let bytes: [UInt8]
    }

    private var levels: [[Node]] = []

    /// - Parameter level: the nodes one level below the last, by name ascending.
    mutating func append(_ level: [Node]) { levels.append(level) }

    /// Goes through one level from left to right.
    func reader(depth: Int) -> Reader {
        Reader(nodes: depth < levels.count && depth <= NodeCache.depthMax ? levels[depth] : [], depth: depth)
    }

    struct Reader {
        fileprivate let nodes: [Node]
        fileprivate let depth: Int
        private var next = 0

        fileprivate init(nodes: [Node], depth: Int) { (self.nodes, self.depth) = (nodes, depth) }

        /// - Parameter head: of a path not left of the one asked for before; nil is the answer for what lies left.
        mutating func bytes(head: UInt64, version: UInt64) -> [UInt8]? {
            guard next < nodes.count else { return nil }
            let name = NodeCache.name(head, depth)
            while next < nodes.count, nodes[next].name < name { next += 1 }
            guard next < nodes.count, nodes[next].name == name, nodes[next].version == version else { return nil }
            return nodes[next].bytes
        }
    }
}

extension NodeSource {
    /// Follows many paths down one version of the tree, as `ends`, and keeps the nodes on the way for the walks that
    /// follow; those read from the store that are worth it go into the cache.
    /// - Cost: as reading each of the nodes once.
    mutating func walkAhead(_ paths: [Digest], under root: RootRecord) throws(StoreError) -> [Slot?] {
        ahead = NodesAhead()
        var ends = [Slot?](repeating: nil, count: paths.count)
        guard let rootVersion = root.nodeVersion, !paths.isEmpty else { return ends }
        // Sorted, so that the paths through one node are neighbours.
        let order = paths.indices.sorted { paths[$0] < paths[$1] }
        var found = NodesAhead()
        var rows = [(version: rootVersion, paths: order.indices)]
        for depth in 0..<Digest.nibbleCount where !rows.isEmpty {
            let places = rows.map { NodePlace(version: $0.version, path: paths[order[$0.paths.lowerBound]]) }
            let (nodes, missing) = try sought(at: places, depth: depth)
            for index in missing {
                let place = places[index]
                cache.insert(depth: depth, head: place.path.head, version: place.version, bytes: nodes[index])
            }
            var level: [NodesAhead.Node] = []
            level.reserveCapacity(rows.count)
            var below: [(version: UInt64, paths: Range<Int>)] = []
            for (index, row) in rows.enumerated() {
                let head = places[index].path.head
                level.append(
                    .init(name: NodeCache.name(head, depth), version: row.version, bytes: nodes[index]))
                var start = row.paths.lowerBound
                while start < row.paths.upperBound {
                    let nibble = paths[order[start]].nibble(depth)
                    var end = start + 1
                    while end < row.paths.upperBound, paths[order[end]].nibble(depth) == nibble { end += 1 }
                    guard
                        let slot = StateNode.slot(
                            nibble, in: nodes[index], depth: depth, version: row.version,
                            head: paths[order[start]].head)
                    else { throw places[index].damaged(depth, "is not a node") }
                    switch slot.kind {
                    case .empty: break
                    case .leaf: for place in start..<end { ends[order[place]] = slot }
                    case .nested:
                        for place in start..<end {
                            let path = paths[order[place]]
                            guard
                                let end = StateNode.end(
                                    of: path, in: nodes[index], depth: depth, version: row.version)
                            else { throw places[index].damaged(depth, "is not a node") }
                            if end.kind == .leaf { ends[order[place]] = end }
                        }
                    case .inner: below.append((version: slot.version, paths: start..<end))
                    }
                    start = end
                }
            }
            found.append(level)
            rows = below
        }
        cache.trim()
        ahead = found
        return ends
    }
}
