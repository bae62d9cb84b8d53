// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// One thread that runs an actor's jobs in order.
///
/// A chain waits for disks and signing devices. On the shared pool, which has as many threads as cores, that
/// would stop every request of every door; here it stops its own chain only.
package final class WorkThread: SerialExecutor {
    private struct Inbox {
        var jobs: [UnownedJob] = []
        var isClosed = false
        var hasThread = true
    }

    private let inbox = Mutex(Inbox())
    private let arrivals = DispatchSemaphore(value: 0)
    private let name: String

    package init(name: String) {
        self.name = name
        startThread()
    }

    private func startThread() {
        let thread = Thread { [self] in
            // From inside, or the kernel is not told: `top` and `bench chain` go by these names.
            Thread.current.name = name
            run()
        }
        thread.start()
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let hasThread = inbox.withLock { inbox in
            inbox.jobs.append(job)
            defer { inbox.hasThread = true }
            return inbox.hasThread
        }
        // Whoever calls a closed actor must be answered too, not wait for ever: a late job gets a thread for
        // itself.
        if !hasThread { startThread() }
        arrivals.signal()
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    /// Ends the thread after the jobs it has.
    package func close() {
        inbox.withLock { $0.isClosed = true }
        arrivals.signal()
    }

    private func run() {
        var isEnding = false
        while true {
            if !isEnding { arrivals.wait() }
            let jobs = inbox.withLock { inbox in
                isEnding = inbox.isClosed
                if inbox.isClosed, inbox.jobs.isEmpty { inbox.hasThread = false }
                defer { inbox.jobs.removeAll(keepingCapacity: true) }
                return inbox.jobs
            }
            if isEnding, jobs.isEmpty { return }
            // One signal stands for at least one job; the surplus ones find an empty inbox and go round.
            for job in jobs { unsafe job.runSynchronously(on: asUnownedSerialExecutor()) }
        }
    }
}
