// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
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
        /// What the kernel calls the thread that runs now.
        var kernelID: pid_t?
        var givesWay = false
    }

    /// How much less a thread that gives way counts for: a seventieth of the others, and who wakes up goes before it.
    private static let niceness: Int32 = 19
    /// Only who may take it back may give way.
    private static let mayGiveWay: Bool = {
        // CAP_SYS_NICE, capability 23: in a container root need not have it.
        let status = (try? String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        if let line, let held = UInt64(line.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16) {
            if held >> 23 & 1 == 1 { return true }
        }
        var limit = rlimit()
        // RLIMIT_NICE, which Glibc's module hides: 20 allows to come back to 0.
        return unsafe getrlimit(__rlimit_resource_t(13), &limit) == 0 && limit.rlim_cur >= 20
    }()

    private let inbox = Mutex(Inbox())
    private let arrivals = DispatchSemaphore(value: 0)
    private let name: String

    package init(name: String) {
        self.name = name
        startThread()
    }

    private func startThread() {
        let thread = Thread { [self] in
            // `top` and `bench chain` go by these names. Not by Foundation: whether the kernel is told then depends on
            // who comes first, this thread or what its starter still notes of it.
            WorkThread.tellKernel(name)
            inbox.withLock { inbox in
                inbox.kernelID = WorkThread.ownKernelID
                if inbox.givesWay { WorkThread.rank(inbox) }
            }
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

    /// Lets whatever else runs on this machine go first, or no longer. Without the right to take that back it does
    /// nothing (`LimitNICE=+0` of systemd gives it to who is not root).
    package func giveWay(_ givesWay: Bool) {
        inbox.withLock { inbox in
            guard inbox.givesWay != givesWay else { return }
            inbox.givesWay = givesWay
            WorkThread.rank(inbox)
        }
    }

    private static func rank(_ inbox: Inbox) {
        guard mayGiveWay, let id = inbox.kernelID else { return }
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(id), inbox.givesWay ? niceness : 0)
    }

    /// Names this thread by its file, of which the kernel takes 15 bytes: Glibc's module hides `pthread_setname_np`.
    private static func tellKernel(_ name: String) {
        try? name.write(toFile: "/proc/thread-self/comm", atomically: false, encoding: .utf8)
    }

    /// What the kernel calls this thread; Glibc's module hides `gettid`.
    private static var ownKernelID: pid_t? {
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
        return link?.split(separator: "/").last.flatMap { pid_t($0) }
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
                if inbox.isClosed, inbox.jobs.isEmpty { (inbox.hasThread, inbox.kernelID) = (false, nil) }
                defer { inbox.jobs.removeAll(keepingCapacity: true) }
                return inbox.jobs
            }
            if isEnding, jobs.isEmpty { return }
            // One signal stands for at least one job; the surplus ones find an empty inbox and go round.
            for job in jobs { unsafe job.runSynchronously(on: asUnownedSerialExecutor()) }
        }
    }
}
