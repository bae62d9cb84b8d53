// SPDX-License-Identifier: Apache-2.0

/// What one store may take of the machine, with the reason beside each number.
package struct RocksLimits: Hashable, Sendable {
    /// Blocks of tables kept in memory, with their indexes and filters. Together with the write buffers 168
    /// MiB, so that four validators of a local network fit a machine of 8 GB beside everything else.
    package var blockCacheBytes = 72 << 20
    /// One write buffer. A block of 4,000 records writes some 6 MB: five of them a table, not one table each.
    package var writeBufferBytes = 32 << 20
    /// Two being flushed while one is written.
    package var writeBuffersMax: Int32 = 3
    /// Tables open at once, far below the usual limit of 1,024 descriptors a process.
    package var openFilesMax: Int32 = 256
    /// Flushes and compactions at once: one of each.
    package var backgroundJobsMax: Int32 = 2

    package init() {}
}
