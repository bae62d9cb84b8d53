// SPDX-License-Identifier: Apache-2.0
package import Bedrock
import Glibc
package import Ledger
package import Replication

/// The machine's two clocks.
package enum HostClock {
    /// Nanoseconds since the machine started: never goes back, also counts while suspended.
    package static var instant: Bedrock.Instant {
        var time = timespec()
        unsafe clock_gettime(CLOCK_BOOTTIME, &time)
        return Bedrock.Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    /// Milliseconds since 1970; may be set back by an administrator.
    package static var wall: Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(UInt64(max(0, time.tv_sec)) * 1_000 + UInt64(time.tv_nsec) / 1_000_000)
    }

    package static var moment: Moment { Moment(instant: instant, wall: wall) }
}
