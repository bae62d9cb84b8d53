// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// One thread that runs an actor's jobs in order.
///
/// A chain waits for disks and signing devices. On the shared pool, which has as many threads as cores, that would
/// stop every request of every door; here it stops its own chain only.
package final class WorkThread: SerialExecutor {
    private struct Inbox {
        var jobs: [UnownedJob] = []
        var isClosed = false
    }

    private let inbox = Mutex(Inbox())
    private let arrivals = DispatchSemaphore(value: 0)

    package init(name: String) {
        let thread = Thread { [self] in
            // From inside, or the kernel is not told: `top` and `bench chain` go by these names.
            Thread.current.name = name
            run()
        }
        thread.start()
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        inbox.withLock { $0.jobs.append(job) }
        arrivals.signal()
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }

    /// Ends the thread after the jobs it has.
    package func close() {
        inbox.withLock { $0.isClosed = true }
        arrivals.signal()
    }

    private func run() {
        while true {
            arrivals.wait()
            let (jobs, isClosed) = inbox.withLock { inbox in
                defer { inbox.jobs.removeAll(keepingCapacity: true) }
                return (inbox.jobs, inbox.isClosed)
            }
            // One signal stands for at least one job; the surplus ones find an empty inbox and go round.
            for job in jobs { unsafe job.runSynchronously(on: asUnownedSerialExecutor()) }
            if isClosed, jobs.isEmpty { return }
        }
    }
}
