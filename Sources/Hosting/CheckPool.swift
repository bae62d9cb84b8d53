// SPDX-License-Identifier: Apache-2.0
package import Ledger
import ShangMi

/// Checks submitted transactions on threads of its own, in batches that fill the lanes.
///
/// Each thread has its own checker with its own tables of keys, and a key has its thread: so no two threads make tables
/// of the same key, and what one has learnt of it serves all it sends.
package final class CheckPool: Sendable {
    private let workers: [CheckWorker]

    /// - Parameters:
    ///   - threads: one a core is enough.
    ///   - tableBytesMax: the bound of all large tables together.
    ///   - crowdMax: the bound of all small tables together, 4 KiB each.
    package init(threads: Int, tableBytesMax: Int, crowdMax: Int) {
        precondition(threads > 0, "somebody must check")
        workers = (0..<threads).map { number in
            CheckWorker(
                number: number,
                SM2.Verifier(tableBytesMax: tableBytesMax / threads, crowdMax: crowdMax / threads))
        }
    }

    /// One entry a transaction, nil for a bad signature.
    package func check(_ transactions: [SignedTransaction]) async -> [Verified<SignedTransaction>?] {
        // Hashed with this process's own seed: nobody outside chooses the thread.
        let places = transactions.map { Int(UInt(bitPattern: $0.body.sender.hashValue) % UInt(workers.count)) }
        guard let first = places.first else { return [] }
        // A few together fill the lanes of one thread better than those of several.
        if workers.count == 1 || transactions.count < CheckPool.splitMin * workers.count {
            return await workers[first].check(transactions)
        }
        var checked = [Verified<SignedTransaction>?](repeating: nil, count: transactions.count)
        await withTaskGroup(of: ([Int], [Verified<SignedTransaction>?]).self) { group in
            for (place, worker) in workers.enumerated() {
                let mine = places.indices.filter { places[$0] == place }
                if mine.isEmpty { continue }
                group.addTask { (mine, await worker.check(mine.map { transactions[$0] })) }
            }
            for await (mine, verdicts) in group {
                for (index, verdict) in zip(mine, verdicts) { checked[index] = verdict }
            }
        }
        return checked
    }

    /// Transactions a thread from which on a batch is split: two runs of the lanes.
    private static let splitMin = 16

    package func close() { for worker in workers { worker.thread.close() } }
}

/// One thread of the pool.
private actor CheckWorker {
    nonisolated let thread: WorkThread
    private var checker: SignatureChecker<SM2.Verifier>

    init(number: Int, _ verifier: SM2.Verifier) {
        thread = WorkThread(name: "check-\(number)")
        checker = SignatureChecker(verifier)
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    func check(_ transactions: [SignedTransaction]) -> [Verified<SignedTransaction>?] {
        checker.check(transactions)
    }
}
