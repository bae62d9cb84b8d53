// SPDX-License-Identifier: Apache-2.0

/// What one atomic write does, in order: where a key appears twice, the later operation holds.
package struct WriteBatch: Sendable {
    /// A put, or a delete where `value` is nil.
    package struct Operation: Hashable, Sendable {
        package let key: [UInt8]
        package let value: [UInt8]?
        /// Whether this deletes what was put exactly once (`deleteOnce`).
        package let isOnce: Bool

        init(key: [UInt8], value: [UInt8]?, isOnce: Bool = false) {
            (self.key, self.value, self.isOnce) = (key, value, isOnce)
        }
    }

    package private(set) var operations: [Operation] = []
    /// The bytes of all keys and values: what a caller bounds its batches by.
    package private(set) var byteCount = 0

    package init() {}

    init(_ operations: [Operation]) {
        self.operations = operations
        byteCount = operations.reduce(0) { $0 + $1.key.count + ($1.value?.count ?? 0) }
    }

    package var isEmpty: Bool { operations.isEmpty }

    package mutating func put(_ key: [UInt8], _ value: [UInt8]) {
        operations.append(Operation(key: key, value: value))
        byteCount += key.count + value.count
    }

    package mutating func delete(_ key: [UInt8]) {
        operations.append(Operation(key: key, value: nil))
        byteCount += key.count
    }

    /// Deletes a key that holds something and was put exactly once since it last held nothing.
    ///
    /// Cheaper than `delete`: the put and this one leave no trace of each other where they meet. Where the key was
    /// put over, or holds nothing, what it holds afterwards is undefined (STORE-9).
    package mutating func deleteOnce(_ key: [UInt8]) {
        operations.append(Operation(key: key, value: nil, isOnce: true))
        byteCount += key.count
    }

    /// The operations' places by their keys; those on one key in the order they were given in, so that nothing else
    /// changes.
    /// - Cost: some 15 ns times the logarithm of the count, an operation.
    package var orderOfKeys: [Int] {
        // Two words tell nearly all keys apart, without following a reference.
        var places = operations.indices.map { place in
            let key = operations[place].key
            return (high: WriteBatch.word(key, 0), low: WriteBatch.word(key, 8), place: place)
        }
        places.sort { a, b in
            if a.high != b.high { return a.high < b.high }
            if a.low != b.low { return a.low < b.low }
            let (left, right) = (operations[a.place].key, operations[b.place].key)
            return left == right ? a.place < b.place : left.lexicographicallyPrecedes(right)
        }
        return places.map(\.place)
    }

    /// Eight bytes of a key as a number, with zeros where it is shorter.
    private static func word(_ key: [UInt8], _ start: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in start..<start + 8 { word = word << 8 | (index < key.count ? UInt64(key[index]) : 0) }
        return word
    }

    /// Adds all of another batch after this one's operations.
    package mutating func append(_ other: WriteBatch) {
        operations.append(contentsOf: other.operations)
        byteCount += other.byteCount
    }
}
