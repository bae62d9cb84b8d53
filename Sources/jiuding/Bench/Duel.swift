// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Measures two ways of doing the same thing in turns of some milliseconds, by the CPU time of this thread.
///
/// A noisy neighbour, a change of clock speed or a warm cache strikes both alike, so the ratio holds where
/// the absolute figures do not.
struct Duel {
    /// One way: does some work and says how many units it did.
    typealias Work = () throws -> Int

    private(set) var perSecond = 0.0
    private(set) var referencePerSecond = 0.0

    /// One turn of one side.
    private static let turnSeconds = 0.02

    private struct Side {
        var seconds = 0.0
        var units = 0

        mutating func turn(_ work: Work) throws {
            let start = ThreadClock.seconds
            var now = start
            repeat {
                units += try work()
                now = ThreadClock.seconds
            } while now - start < Duel.turnSeconds
            seconds += now - start
        }

        var rate: Double { seconds > 0 ? Double(units) / seconds : .nan }
    }

    /// - Parameter seconds: CPU seconds of both sides together.
    init(seconds: Double, _ work: Work, against reference: Work?) throws {
        var warm = Side()
        try warm.turn(work)
        var own = Side()
        var other = Side()
        while own.seconds + other.seconds < seconds {
            try own.turn(work)
            if let reference { try other.turn(reference) }
        }
        perSecond = own.rate
        referencePerSecond = other.rate
    }

    var ratio: Double { perSecond / referencePerSecond }
}

/// CPU time of the calling thread.
enum ThreadClock {
    static var seconds: Double {
        var time = timespec()
        // SAFETY: the kernel fills the structure it is given, which is ours.
        _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
