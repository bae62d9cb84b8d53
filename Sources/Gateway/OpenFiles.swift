// SPDX-License-Identifier: Apache-2.0
import Glibc

/// How many descriptors this process may hold: every connection takes one.
package enum OpenFiles {
    /// Descriptors that are not connections: stores, logs, peers, event loops.
    private static let reserve = 1_024

    /// Raises the soft limit to the hard one. The program calls it once, at the start.
    ///
    /// - Returns: how many connections that leaves room for; what `GatewayBounds.connectionsMax` should not
    ///   exceed.
    package static func raise() -> Int {
        var limit = rlimit()
        let which = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        // SAFETY: the call writes into `limit`, which outlives it, and keeps no pointer.
        guard unsafe getrlimit(which, &limit) == 0 else { return reserve }
        limit.rlim_cur = limit.rlim_max
        // SAFETY: the call reads `limit`, which outlives it, and keeps no pointer.
        _ = unsafe setrlimit(which, &limit)
        // SAFETY: as above.
        guard unsafe getrlimit(which, &limit) == 0 else { return reserve }
        let files = Int(clamping: limit.rlim_cur)
        return max(files / 2, files - reserve)
    }
}
