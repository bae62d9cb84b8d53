// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// A process that crashes is gone at once, and nothing of its memory is left behind or printed (KEY-2).
enum CrashSecrecy {
    private static let crashes = [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP]

    /// Forbids cores, which would hold every key the process has open, whatever the shell allows, and Swift's
    /// backtracer.
    ///
    /// That prints registers and memory, and it was seen to hold a dead node's port for minutes, so that no supervisor
    /// could start the node again. A developer who wants it sets SWIFT_BACKTRACE.
    static func enforce() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        // SAFETY: the structure is ours and is only read. Lowering a limit is always allowed.
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        guard ProcessInfo.processInfo.environment["SWIFT_BACKTRACE"] == nil else { return }
        for number in crashes { _ = signal(number, SIG_DFL) }
    }
}
