// SPDX-License-Identifier: Apache-2.0

/// Items in order: a secondary index. The contract inserts and removes; ranges are read in pages.
///
/// An item may stand under several orders, each pair once. A range costs O(log n) node reads and one a sixteenth item.
/// - Spec: KIT-5, KIT-6.
public struct Index<Order: Ordered, Item: Storable>: Sendable {
    let name: StaticString

    public init(_ name: StaticString) { self.name = name }

    /// One entry, and the place to go on after it.
    public struct Entry {
        public let order: Order
        public let item: Item
        /// Hand this to `page(after:)` to go on.
        public let cursor: Bytes
    }

    public func count() throws(Failure) -> UInt64 { try OrderedTree(Bytes(name)).count }

    /// - Returns: false where the item stands under this order already.
    @discardableResult
    public func insert(_ item: Item, under order: Order) throws(Failure) -> Bool {
        var tree = try OrderedTree(Bytes(name))
        return try tree.insert(Index.bytes(order, item))
    }

    /// - Returns: false where the item does not stand under this order.
    @discardableResult
    public func remove(_ item: Item, under order: Order) throws(Failure) -> Bool {
        var tree = try OrderedTree(Bytes(name))
        return try tree.remove(Index.bytes(order, item))
    }

    public func contains(_ item: Item, under order: Order) throws(Failure) -> Bool {
        try OrderedTree(Bytes(name)).contains(Index.bytes(order, item))
    }

    /// Entries with `from <= order < below`, at most `limit`; nil ends are open.
    /// - Parameters:
    ///   - isBackwards: the last entries first.
    ///   - cursor: the last entry of the page before; this page goes on behind it.
    public func page(
        from: Order? = nil, below: Order? = nil, isBackwards: Bool = false, limit: UInt64, after cursor: Bytes? = nil
    ) throws(Failure) -> [Entry] {
        let range = OrderedTree.Range(
            from: from.map { Index.bytes($0) }, below: below.map { Index.bytes($0) }, isBackwards: isBackwards,
            limit: limit, after: cursor)
        var page: [Entry] = []
        for bytes in try OrderedTree(Bytes(name)).entries(range) {
            var reader = Reader(bytes)
            let order = try Order(ordered: &reader)
            let item = try Item(from: &reader)
            page.append(Entry(order: order, item: item, cursor: bytes))
        }
        return page
    }

    private static func bytes(_ order: Order) -> Bytes {
        var writer = Writer()
        order.encodeOrdered(into: &writer)
        return writer.done()
    }

    private static func bytes(_ order: Order, _ item: Item) -> Bytes {
        var writer = Writer()
        order.encodeOrdered(into: &writer)
        item.encode(into: &writer)
        return writer.done()
    }
}
