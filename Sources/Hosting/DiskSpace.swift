// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Glibc
import Synchronization

/// How much room a directory's disk has.
package enum DiskSpace {
    /// Kept free so that what has been promised can be finished: a full memtable, its log, a compaction.
    package static let reserveBytes: UInt64 = 96 << 20

    /// Bytes an ordinary process may still write; zero where the system does not say.
    package static func freeBytes(at path: String) -> UInt64 {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { return 0 }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }

    /// True where the reserve is touched. Asks the system at most every 100 ms.
    static func isStarved(_ path: String) -> Bool {
        let now = HostClock.instant
        return lastLook.withLock { look in
            if look.path == path, now.since(look.at) < .milliseconds(100) { return look.isStarved }
            look = Look(path: path, at: now, isStarved: freeBytes(at: path) < reserveBytes)
            return look.isStarved
        }
    }

    private struct Look {
        var path: String
        var at: Bedrock.Instant
        var isStarved: Bool
    }

    private static let lastLook = Mutex(
        Look(path: "", at: Bedrock.Instant(nanoseconds: 0), isStarved: false))
}
