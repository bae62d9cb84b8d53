// SPDX-License-Identifier: Apache-2.0
internal import CRocksDB

/// The memory allocator of this process, which takes more of the machine than `RocksLimits` counts.
package enum Allocator {
    /// Keeps glibc from giving each of a dozen threads a heap of its own, which hold what they have freed: 497 MiB
    /// resident after 1.2 million transactions, 451 MiB with two heaps (`jiuding bench chain --records 1000000`).
    ///
    /// To be called before threads are made.
    package static func limitArenas() {
        jiuding_limit_arenas(2)
    }
}
