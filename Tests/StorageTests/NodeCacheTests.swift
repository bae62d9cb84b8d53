// SPDX-License-Identifier: Apache-2.0
import Storage
import Testing

@Suite("The cache of the tree's nodes") struct NodeCacheTests {
    private let small = [UInt8](repeating: 1, count: NodeCache.smallNodeBytes - 1)
    private let large = [UInt8](repeating: 2, count: NodeCache.smallNodeBytes)

    /// The first 64 bits of a path that no other number's shares in its first four nibbles.
    private func head(_ number: Int) -> UInt64 { UInt64(number) << 48 }

    @Test("small nodes are kept up to their bound, large ones up to that of all")
    func bounds() {
        var cache = NodeCache(bytesMax: 100_000, smallBytesMax: 20_000)
        for number in 0..<1_000 { cache.insert(depth: 4, head: head(number), version: 1, bytes: small) }
        cache.trim()
        #expect((20_000..<20_400).contains(cache.byteCount))
        #expect(cache.bytes(depth: 4, head: head(0), version: 1) == small)
        #expect(cache.bytes(depth: 4, head: head(999), version: 1) == nil)
        for number in 0..<1_000 { cache.insert(depth: 3, head: head(number << 4), version: 1, bytes: large) }
        cache.trim()
        #expect((99_000...100_000).contains(cache.byteCount))
        #expect(cache.bytes(depth: 4, head: head(0), version: 1) == nil, "the deepest leave first")
        #expect(cache.bytes(depth: 3, head: head(999 << 4), version: 1) == large)
    }

    @Test("a node that became small is not found as it was")
    func shrunk() {
        var cache = NodeCache(bytesMax: 100_000, smallBytesMax: 0)
        cache.insert(depth: 4, head: head(7), version: 1, bytes: large)
        #expect(cache.bytes(depth: 4, head: head(7), version: 1) == large)
        cache.insert(depth: 4, head: head(7), version: 2, bytes: small)
        #expect(cache.bytes(depth: 4, head: head(7), version: 1) == nil)
        #expect(cache.bytes(depth: 4, head: head(7), version: 2) == nil)
        #expect(cache.byteCount == 0)
    }

    @Test("a node that comes and goes without end takes no room")
    func comingAndGoing() {
        var cache = NodeCache(bytesMax: 100_000, smallBytesMax: 0)
        cache.insert(depth: 4, head: head(1), version: 1, bytes: large)
        for version in 1...20_000 as ClosedRange<UInt64> {
            cache.insert(depth: 4, head: head(7), version: version, bytes: version % 2 == 0 ? small : large)
            if version % 100 == 0 { cache.trim() }
        }
        #expect(cache.arrivalCount < 2_000)
        #expect(cache.bytes(depth: 4, head: head(1), version: 1) == large)
    }
}
