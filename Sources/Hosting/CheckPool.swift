// SPDX-License-Identifier: Apache-2.0
package import Ledger
import ShangMi

/// Checks submitted transactions on threads of its own, in batches that fill the lanes.
///
/// Each thread has its own checker with its own tables of keys. A batch goes to the next thread in turn;
/// inside, its transactions are checked all together.
package final class CheckPool: Sendable {
    private let workers: [CheckWorker]
    private let turn = TurnCounter()

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
        await workers[turn.next(below: workers.count)].check(transactions)
    }

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
