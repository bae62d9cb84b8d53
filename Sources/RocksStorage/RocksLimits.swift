// SPDX-License-Identifier: Apache-2.0
internal import Storage

/// What one store may take of the machine, with the reason beside each number.
package struct RocksLimits: Hashable, Sendable {
    /// Blocks of tables kept in memory, with their indexes and filters.
    package var blockCacheBytes = 72 << 20
    /// One write buffer of the state's nodes. Most nodes live for some heights: those whose end comes before their
    /// buffer is written out are never written.
    package var nodesBufferBytes = 24 << 20
    /// What that grows to with the state: the more nodes there are, the more often each written one is merged again,
    /// and the more it spares to hold those back that live for tens of heights (docs/benchmarks.md, Growth).
    package var nodesBufferBytesMax = 384 << 20
    /// Bytes of nodes in tables above which the buffer grows with them: some 4 million records.
    package var nodesFewBytes = 288 << 20
    /// One write buffer of each other family, at least.
    package var writeBufferBytes = 12 << 20
    /// Two being flushed while one is written.
    package var writeBuffersMax: Int32 = 3
    /// Tables open at once, far below the usual limit of 1,024 descriptors a process.
    package var openFilesMax: Int32 = 256
    /// Flushes and compactions at once: one of each.
    package var backgroundJobsMax: Int32 = 2
    /// Free bytes without which a store is not opened, however little its log holds.
    package var reserveBytes = 96 << 20

    package init() {}

    /// Write buffers where tables hold `bytes` of nodes and the disk has `free` bytes.
    ///
    /// All families are written out where one is, so the others' must not be full before the nodes': they take less
    /// than three eighths as much. The log holds what buffers hold, and after a crash opening writes it out again: all
    /// generations together stay below half of what is free.
    func buffers(forNodesOf bytes: UInt64, free: UInt64) -> Buffers {
        let few = UInt64(nodesFewBytes)
        let grown = bytes > few ? Int(min(bytes - few, UInt64(nodesBufferBytesMax), free / 16)) : 0
        let nodes = max(nodesBufferBytes, grown)
        return Buffers(nodes: nodes, others: max(writeBufferBytes, nodes / 8 * 3))
    }

    /// Sizes of one write buffer, in bytes.
    struct Buffers: Hashable, Sendable {
        var nodes: Int
        var others: Int

        func bytes(_ family: StoreFamily) -> Int { family == .nodes ? nodes : others }
    }
}
