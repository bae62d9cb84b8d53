// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Hosting
import Testing

/// The threads on which chains do their long work.
@Suite struct WorkThreadTests {
    /// Something to run on a thread of its own.
    private actor Worker {
        nonisolated let thread = WorkThread(name: "test-worker-long-name")
        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

        func name() -> String? {
            let name = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
            return name?.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        func niceness() -> Int32 { WorkThreadTests.ownNiceness() }
    }

    private static func ownNiceness() -> Int32 { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }

    @Test("the kernel knows a thread by its name, or as much of it as it takes (HOST-11)")
    func names() async {
        let worker = Worker()
        #expect(await worker.name() == "test-worker-lon")
        worker.thread.close()
    }

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
