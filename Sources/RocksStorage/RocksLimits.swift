// SPDX-License-Identifier: Apache-2.0
internal import Storage

/// What one store may take of the machine, with the reason beside each number.
package struct RocksLimits: Hashable, Sendable {
    /// Blocks of tables kept in memory, with their indexes and filters.
    package var blockCacheBytes = 72 << 20
    /// One write buffer of the state's nodes. Most live for some heights: those whose end comes before their buffer is
    /// written out are never written. 128 MiB spare a little more and take 100 MiB more memory (docs/benchmarks.md,
    /// Growth).
    package var nodesBufferBytes = 64 << 20
    /// One write buffer of each other family.
    package var writeBufferBytes = 16 << 20
    /// All write buffers together, those on their way to disk too: the family that has waited longest is written out
    /// first. So memory is bounded by this and not by every family's own bound.
    package var buffersBytesMax = 128 << 20
    /// Two being flushed while one is written.
    package var writeBuffersMax: Int32 = 3
    /// The log is kept until every family has written out what it says: at this size those that were slow are made to.
    /// It is what a start after a crash repeats.
    package var logBytesMax = 192 << 20
    /// Tables open at once, far below the usual limit of 1,024 descriptors a process.
    package var openFilesMax: Int32 = 256
    /// Flushes and compactions at once: one of each.
    package var backgroundJobsMax: Int32 = 2
    /// Free bytes without which a store is not opened, however little its log holds.
    package var reserveBytes = 96 << 20

    package init() {}

    func bufferBytes(_ family: StoreFamily) -> Int { family == .nodes ? nodesBufferBytes : writeBufferBytes }
}
