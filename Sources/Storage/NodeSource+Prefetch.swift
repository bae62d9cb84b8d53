// SPDX-License-Identifier: Apache-2.0
internal import ShangMi

extension NodeSource {
    /// Reads the nodes on some paths into the cache.
    /// - Cost: as reading each of them once, and no memory a path.
    mutating func prefetch(_ paths: [Digest], under root: RootRecord) throws(StoreError) {
        guard let rootVersion = root.nodeVersion, !paths.isEmpty else { return }
        // Sorted, so that the paths through one node are neighbours.
        let paths = paths.sorted()
        var rows = [(version: rootVersion, paths: paths.indices)]
        for depth in 0..<Digest.nibbleCount where !rows.isEmpty {
            let places = rows.map { NodePlace(version: $0.version, path: paths[$0.paths.lowerBound]) }
            let (nodes, missing) = try sought(at: places, depth: depth)
            for index in missing {
                let place = places[index]
                cache.insert(
                    depth: depth, head: place.path.head, version: place.version, bytes: nodes[index], ahead: true)
            }
            var below: [(version: UInt64, paths: Range<Int>)] = []
            for (index, row) in rows.enumerated() {
                var start = row.paths.lowerBound
                while start < row.paths.upperBound {
                    let nibble = paths[start].nibble(depth)
                    var end = start + 1
                    while end < row.paths.upperBound, paths[end].nibble(depth) == nibble { end += 1 }
                    guard
                        let slot = StateNode.slot(
                            nibble, in: nodes[index], depth: depth, version: row.version, head: paths[start].head)
                    else { throw places[index].damaged(depth, "is not a node") }
                    if slot.kind == .inner { below.append((version: slot.version, paths: start..<end)) }
                    start = end
                }
            }
            rows = below
        }
        cache.trim()
    }
}
