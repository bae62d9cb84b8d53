// SPDX-License-Identifier: Apache-2.0
internal import ShangMi

/// The newest nodes of the tree, in memory, bounded in bytes; where room is short the deepest nodes leave
/// first.
///
/// Every read and write passes through the upper levels, so they are worth more than any node below them.
/// Within one level the node that came in first leaves first. Nodes deeper than `depthMax` are never kept: an
/// honest tree has none there.
/// - Cost: a look-up is one dictionary access on a 64-bit key.
struct NodeCache: Sendable {
    /// Nibbles that fit the 64-bit key of one level.
    static let depthMax = 15
    /// What a node costs beside its bytes: the array's header, the dictionary's and the queue's places.
    private static let overheadBytes = 112

    private struct Entry: Sendable {
        var version: UInt64
        var bytes: [UInt8]
    }

    private struct Level: Sendable {
        var entries: [UInt64: Entry] = [:]
        /// Keys in order of arrival; those before `first` have left.
        var arrivals: [UInt64] = []
        var first = 0
    }

    private var levels = [Level](repeating: Level(), count: depthMax + 1)
    private(set) var byteCount = 0
    private let bytesMax: Int

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// The bits of a path that name a node at `depth`.
    private static func name(_ head: UInt64, _ depth: Int) -> UInt64 {
        depth == 0 ? 0 : head & ~(UInt64.max >> UInt64(4 * depth))
    }

    /// The node that `version` wrote at the first `depth` nibbles of `head`, where it is kept.
    func bytes(depth: Int, head: UInt64, version: UInt64) -> [UInt8]? {
        guard depth <= NodeCache.depthMax, let entry = levels[depth].entries[NodeCache.name(head, depth)],
            entry.version == version
        else { return nil }
        return entry.bytes
    }

    mutating func insert(depth: Int, head: UInt64, version: UInt64, bytes: [UInt8]) {
        guard depth <= NodeCache.depthMax else { return }
        let name = NodeCache.name(head, depth)
        let old = levels[depth].entries.updateValue(Entry(version: version, bytes: bytes), forKey: name)
        byteCount += bytes.count
        if let old {
            byteCount -= old.bytes.count
        } else {
            byteCount += NodeCache.overheadBytes
            levels[depth].arrivals.append(name)
        }
    }

    mutating func remove(depth: Int, head: UInt64) {
        guard depth <= NodeCache.depthMax else { return }
        if let old = levels[depth].entries.removeValue(forKey: NodeCache.name(head, depth)) {
            byteCount -= old.bytes.count + NodeCache.overheadBytes
        }
    }

    /// Lets nodes go until the bound holds again.
    mutating func trim() {
        for depth in levels.indices.reversed() {
            while byteCount > bytesMax, levels[depth].first < levels[depth].arrivals.count {
                let name = levels[depth].arrivals[levels[depth].first]
                levels[depth].first += 1
                if let old = levels[depth].entries.removeValue(forKey: name) {
                    byteCount -= old.bytes.count + NodeCache.overheadBytes
                }
            }
            if levels[depth].first > 1024, levels[depth].first * 2 > levels[depth].arrivals.count {
                levels[depth].arrivals.removeFirst(levels[depth].first)
                levels[depth].first = 0
            }
        }
    }
}
