// SPDX-License-Identifier: Apache-2.0
internal import ShangMi

extension NodeSource {
    /// Reads the nodes on some paths into the cache.
    mutating func prefetch(_ paths: [Digest], under root: RootRecord) throws(StoreError) {
        guard let rootVersion = root.nodeVersion else { return }
        var active = paths.sorted().map { NodePlace(version: rootVersion, path: $0) }
        for depth in 0..<Digest.nibbleCount where !active.isEmpty {
            var places: [NodePlace] = []
            var members: [[Digest]] = []
            for place in active {
                if let last = places.last, last.path.shares(nibbles: depth, with: place.path) {
                    members[members.count - 1].append(place.path)
                    continue
                }
                places.append(place)
                members.append([place.path])
            }
            let nodes = try nodes(at: places, depth: depth)
            active = []
            for (index, place) in places.enumerated() {
                cache.insert(depth: depth, head: place.path.head, version: place.version, bytes: nodes[index])
                for path in members[index] {
                    guard
                        let slot = StateNode.slot(
                            path.nibble(depth), in: nodes[index], depth: depth, version: place.version,
                            head: path.head)
                    else { throw place.damaged(depth, "is not a node") }
                    if slot.kind == .inner { active.append(NodePlace(version: slot.version, path: path)) }
                }
            }
        }
        cache.trim()
    }
}
