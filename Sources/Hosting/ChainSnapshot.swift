// SPDX-License-Identifier: Apache-2.0
package import Ledger
package import Replication
package import Storage

/// How far a height has got.
package enum ChainStage: Hashable, Sendable {
    case final
    case executed
    case attested
}

/// Where a chain stood at one moment.
package struct ChainSnapshot: Sendable {
    /// Nil while the chain is stopped.
    package let tip: Header?
    /// The committee in force; nil likewise.
    package let committee: Committee?
    package let executed: ExecutedTip?
    package let attested: Height
    /// Up to which height receipts and state can be proven here.
    package let provable: Height
    package let view: View
    package let waiting: Int
    /// Whether the chain runs here and keeps step with its quorum (SYNC-10).
    package let isInStep: Bool
    /// How far this node's clock is from the middle of the validators'; nil where too few were heard.
    package let clockSkewMillis: Int64?
    package let failure: HostFailure?
    package let isStarved: Bool
    package let counters: HostCounters
    package let disk: DiskForecast
    /// What became of old blocks; nil where all stay, and while the chain is stopped.
    package let keeping: BlockKeeperReport?
}

/// What a host has done since the process started.
package struct HostCounters: Hashable, Sendable {
    package private(set) var blocks: UInt64 = 0
    package private(set) var finalized: UInt64 = 0
    package private(set) var submitted: UInt64 = 0
    /// Transactions executed since genesis.
    package internal(set) var executed: UInt64 = 0
    /// Messages of peers that were not taken in, by cause (PEER-4).
    package private(set) var refused: [MessageRefusal: UInt64] = [:]

    mutating func count(block transactions: Int) {
        blocks += 1
        finalized += UInt64(transactions)
    }

    mutating func count(refused cause: MessageRefusal) { refused[cause, default: 0] += 1 }

    mutating func count(submitted transactions: Int) { submitted += UInt64(transactions) }
}

/// Reads one chain's past beside the chain itself, as of the moment it was asked for.
package struct ChainReader<Store: KeyValueStore>: Sendable {
    package let blocks: BlockStore<Store>
    package let proofs: ProofBuilder<Store>
    package let tree: StateTree<Store>
    package let executed: ExecutedTip
}

/// Callers that wait for a height to get somewhere.
struct StageWaiters {
    private struct Entry {
        let number: UInt64
        let height: Height
        let stage: ChainStage
        let continuation: CheckedContinuation<Bool, Never>
    }

    private var entries: [Entry] = []
    private var count: UInt64 = 0

    mutating func nextNumber() -> UInt64 {
        count += 1
        return count
    }

    mutating func add(
        _ number: UInt64, _ height: Height, _ stage: ChainStage,
        _ continuation: CheckedContinuation<Bool, Never>
    ) {
        entries.append(Entry(number: number, height: height, stage: stage, continuation: continuation))
    }

    mutating func reach(_ height: Height, _ stage: ChainStage) {
        for entry in entries where entry.stage == stage && entry.height <= height {
            entry.continuation.resume(returning: true)
        }
        entries.removeAll { $0.stage == stage && $0.height <= height }
    }

    mutating func abandon(_ number: UInt64) {
        for entry in entries where entry.number == number { entry.continuation.resume(returning: false) }
        entries.removeAll { $0.number == number }
    }

    mutating func abandonAll() {
        for entry in entries { entry.continuation.resume(returning: false) }
        entries = []
    }
}
