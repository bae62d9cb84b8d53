// SPDX-License-Identifier: Apache-2.0

/// Strings of bytes in ascending order, under a name made at run time: what `Index` is made of.
///
/// For contracts that interpret a description of themselves; others declare an `Index`.
/// - Spec: KIT-6.
public struct OrderedBytes: Sendable {
    private let name: Text

    public init(_ name: Text) { self.name = name }

    /// - Returns: false where it is there already.
    @discardableResult
    public func insert(_ entry: Bytes) throws(Failure) -> Bool {
        var tree = try OrderedTree(name.bytes)
        return try tree.insert(entry)
    }

    /// - Returns: false where it is not there.
    @discardableResult
    public func remove(_ entry: Bytes) throws(Failure) -> Bool {
        var tree = try OrderedTree(name.bytes)
        return try tree.remove(entry)
    }

    /// Entries with `from <= entry < below`, at most `limit`, behind the last entry of the page before.
    public func page(from: Bytes?, below: Bytes?, limit: UInt64, after cursor: Bytes?) throws(Failure) -> [Bytes] {
        let range = OrderedTree.Range(from: from, below: below, isBackwards: false, limit: limit, after: cursor)
        return try OrderedTree(name.bytes).entries(range)
    }
}
