// SPDX-License-Identifier: Apache-2.0

/// Some pairs of a store in memory, in order of their keys, each key once.
///
/// Beside each key stand the eight bytes that follow what all keys here share, as a number. Nearly every comparison of
/// a search is then one of numbers that lie side by side, instead of bytes somewhere in memory: waiting for those was
/// most of what a look-up cost.
struct MemoryChunk: Sendable {
    private(set) var pairs: [StoredPair]
    /// The head of each pair's key, in the same order.
    private var heads: [UInt64] = []
    /// How many bytes at the front all keys share, at least.
    private var shared = 0

    init(_ pairs: [StoredPair]) {
        self.pairs = pairs
        takeHeads()
    }

    /// The place of the first pair whose key is not below `key`.
    func place(of key: [UInt8]) -> Int {
        guard let first = pairs.first?.key else { return 0 }
        let common = MemoryChunk.sharedCount(key, first, upTo: shared)
        if common < shared { return MemoryChunk.precedes(first, key, from: common) ? pairs.count : 0 }
        let head = MemoryChunk.head(of: key, from: shared)
        var (low, high) = (0, pairs.count)
        while low < high {
            let middle = (low + high) / 2
            let isBelow =
                heads[middle] == head
                ? MemoryChunk.precedes(pairs[middle].key, key, from: shared) : heads[middle] < head
            if isBelow { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// True where the pair at `place`, as `place(of:)` gives it, has this key.
    func holds(_ key: [UInt8], at place: Int) -> Bool { place < pairs.count && pairs[place].key == key }

    mutating func replace(at place: Int, by pair: StoredPair) { pairs[place] = pair }

    mutating func insert(_ pair: StoredPair, at place: Int) {
        pairs.insert(pair, at: place)
        let neighbour = pairs[place == 0 ? pairs.count - 1 : 0].key
        if MemoryChunk.sharedCount(pair.key, neighbour, upTo: shared) < shared {
            takeHeads()
        } else {
            heads.insert(MemoryChunk.head(of: pair.key, from: shared), at: place)
        }
    }

    mutating func remove(at place: Int) {
        pairs.remove(at: place)
        heads.remove(at: place)
    }

    /// Cuts the upper half off.
    mutating func split() -> MemoryChunk {
        let upper = MemoryChunk(Array(pairs[(pairs.count / 2)...]))
        pairs.removeLast(upper.pairs.count)
        takeHeads()
        return upper
    }

    /// In order, what the first and the last share all share.
    private mutating func takeHeads() {
        guard let first = pairs.first?.key, let last = pairs.last?.key else { return (heads, shared) = ([], 0) }
        shared = MemoryChunk.sharedCount(first, last, upTo: first.count)
        heads = pairs.map { MemoryChunk.head(of: $0.key, from: shared) }
    }

    // MARK: Keys

    /// The next eight bytes of a key as a big-endian number; zeros stand for those it does not have.
    private static func head(of key: [UInt8], from start: Int) -> UInt64 {
        var head: UInt64 = 0
        for index in start..<min(start + 8, max(start, key.count)) {
            head |= UInt64(key[index]) << UInt64(56 - 8 * (index - start))
        }
        return head
    }

    /// How many bytes at the front two keys share, at most `limit`.
    private static func sharedCount(_ left: [UInt8], _ right: [UInt8], upTo limit: Int) -> Int {
        let end = min(limit, left.count, right.count)
        var index = 0
        while index < end, left[index] == right[index] { index += 1 }
        return index
    }

    /// As `lexicographicallyPrecedes`, where the keys are known to share their first `start` bytes.
    static func precedes(_ left: [UInt8], _ right: [UInt8], from start: Int = 0) -> Bool {
        let (left, right) = (left.span, right.span)
        let end = min(left.count, right.count)
        var index = start
        while index < end {
            if left[index] != right[index] { return left[index] < right[index] }
            index += 1
        }
        return left.count < right.count
    }
}
