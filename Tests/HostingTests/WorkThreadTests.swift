// SPDX-License-Identifier: Apache-2.0
import Glibc
import Hosting
import Testing

/// The threads on which chains do their long work.
@Suite struct WorkThreadTests {
    /// Something to run on a thread of its own.
    private actor Worker {
        nonisolated let thread = WorkThread(name: "test-worker")
        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

        func niceness() -> Int32 { WorkThreadTests.ownNiceness() }
    }

    private static func ownNiceness() -> Int32 { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }

    @Test(
        "a thread gives way to others and takes it back (HOST-11)",
        .enabled(if: geteuid() == 0, "only who may take it back gives way; not root here"))
    func givesWay() async {
        let worker = Worker()
        let own = Self.ownNiceness()
        worker.thread.giveWay(true)
        #expect(await worker.niceness() == 19)
        #expect(Self.ownNiceness() == own, "this thread's is its own matter")
        worker.thread.giveWay(false)
        #expect(await worker.niceness() == 0)
        worker.thread.close()
    }
}
