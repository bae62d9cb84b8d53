// SPDX-License-Identifier: Apache-2.0
internal import ShangMi

/// The newest nodes of the tree, in memory, bounded in bytes; where room is short the deepest nodes leave
/// first.
///
/// Every read and write passes through the upper levels, so they are worth more than any node below them.
/// Within one level the node that came in first leaves first. Nodes deeper than `depthMax` are never kept: an
/// honest tree has none there.
///
/// Beyond `smallBytesMax` in all, nodes of few slots are not kept: they are many, each of few writes' ways, and take
/// more to remember than they hold. So the cache grows with the state where that spares most: a tree of two million
/// leaves, of which the lowest nodes have two, takes some 70 MB; one of ten million, of which they have ten, some 650.
/// - Cost: a look-up is one dictionary access on a 64-bit key.
package struct NodeCache: Sendable {
    /// Nibbles that fit the 64-bit key of one level.
    package static let depthMax = 15
    /// What a node costs beside its bytes: the array's header, the dictionary's and the queue's places.
    private static let overheadBytes = 112

    /// A node below this is small: of four leaves or fewer.
    package static let smallNodeBytes = 192

    private struct Entry: Sendable {
        var version: UInt64
        var bytes: [UInt8]
    }

    private struct Level: Sendable {
        var entries: [UInt64: Entry] = [:]
        /// Keys in order of arrival; those before `first` have left.
        var arrivals: [UInt64] = []
        var first = 0

        /// Keys that left by another way than `trim`, or came twice, take no more room than those that are here.
        mutating func tidy() {
            let isLong = arrivals.count - first > 2 * entries.count + 1024
            guard isLong || (first > 1024 && first * 2 > arrivals.count) else { return }
            arrivals.removeFirst(first)
            first = 0
            guard isLong else { return }
            var seen = Set<UInt64>(minimumCapacity: entries.count)
            // The last arrival of a key counts: what is there now came with it.
            arrivals = arrivals.reversed().filter { entries[$0] != nil && seen.insert($0).inserted }.reversed()
        }
    }

    private var levels = [Level](repeating: Level(), count: depthMax + 1)
    /// What all nodes take, with what it takes to remember them.
    package private(set) var byteCount = 0
    private let bytesMax: Int
    private let smallBytesMax: Int

    /// - Parameter smallBytesMax: up to here small nodes are kept too.
    package init(bytesMax: Int, smallBytesMax: Int = 64 << 20) {
        self.bytesMax = bytesMax
        self.smallBytesMax = smallBytesMax
    }

    /// The nodes down to `depth`, to be read beside this one: what others share costs a copy once this changes. Its own
    /// count of bytes begins at zero.
    package func upper(through depth: Int) -> NodeCache {
        var cache = NodeCache(bytesMax: bytesMax, smallBytesMax: smallBytesMax)
        for depth in 0...min(depth, NodeCache.depthMax) { cache.levels[depth] = levels[depth] }
        return cache
    }

    /// How many keys are remembered in order of arrival.
    package var arrivalCount: Int { levels.reduce(0) { $0 + $1.arrivals.count - $1.first } }

    /// The bits of a path that name a node at `depth`.
    static func name(_ head: UInt64, _ depth: Int) -> UInt64 {
        depth == 0 ? 0 : head & ~(UInt64.max >> UInt64(4 * depth))
    }

    /// The node that `version` wrote at the first `depth` nibbles of `head`, where it is kept.
    package func bytes(depth: Int, head: UInt64, version: UInt64) -> [UInt8]? {
        guard depth <= NodeCache.depthMax, let entry = levels[depth].entries[NodeCache.name(head, depth)],
            entry.version == version
        else { return nil }
        return entry.bytes
    }

    package mutating func insert(depth: Int, head: UInt64, version: UInt64, bytes: [UInt8]) {
        guard depth <= NodeCache.depthMax else { return }
        if bytes.count < NodeCache.smallNodeBytes, byteCount >= smallBytesMax {
            return remove(depth: depth, head: head)
        }
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

    package mutating func remove(depth: Int, head: UInt64) {
        guard depth <= NodeCache.depthMax else { return }
        if let old = levels[depth].entries.removeValue(forKey: NodeCache.name(head, depth)) {
            byteCount -= old.bytes.count + NodeCache.overheadBytes
        }
    }

    /// Lets nodes go until the bound holds again.
    package mutating func trim() {
        for depth in levels.indices.reversed() {
            while byteCount > bytesMax, levels[depth].first < levels[depth].arrivals.count {
                let name = levels[depth].arrivals[levels[depth].first]
                levels[depth].first += 1
                if let old = levels[depth].entries.removeValue(forKey: name) {
                    byteCount -= old.bytes.count + NodeCache.overheadBytes
                }
            }
            levels[depth].tidy()
        }
    }
}
