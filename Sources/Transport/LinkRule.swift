// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger

/// Which end of a connection this node is.
package enum LinkRole: Hashable, Sendable {
    case dialer
    case listener
}

/// What counts of a link when another one to the same node has been greeted.
package struct LinkStanding: Hashable, Sendable {
    package let role: LinkRole
    /// The run of the node at the other end.
    package let instance: UInt64
    /// How long ago something came over it.
    package let silence: Instant.Span

    package init(role: LinkRole, instance: UInt64, silence: Instant.Span) {
        self.role = role
        self.instance = instance
        self.silence = silence
    }
}

/// Which of two links to one node stays. Both ends answer alike, so that never both go.
/// - Spec: LINK-2.
package enum LinkRule {
    /// After this long a link may be taken for dead when a new one comes.
    package static let staleAfter = Instant.Span.seconds(3)

    package enum Verdict: Equatable {
        case newStays
        case oldStays(CloseReason)
    }

    package static func verdict(me: AccountID, peer: AccountID, old: LinkStanding, new: LinkStanding) -> Verdict {
        // Another run: the successor of one that is gone, or a twin of one that is not.
        if old.instance != new.instance { return old.silence >= staleAfter ? .newStays : .oldStays(.twin) }
        // The dialler would not dial again if it still had the first.
        if old.role == new.role { return .newStays }
        let smallerDialled: LinkRole = me < peer ? .dialer : .listener
        return new.role == smallerDialled ? .newStays : .oldStays(.duplicate)
    }
}

/// How fast a link brings bytes, and what is done about one that brings too many.
/// - Spec: LINK-8.
package struct InboundMeter {
    /// More than a peer may serve of what was asked for (PEER-10).
    package static let bytesPerSecond: UInt64 = 192 << 20
    /// A link may bring four seconds' worth at once.
    private static let burst = bytesPerSecond * 4
    private static let window = Instant.Span.seconds(60)
    private static let throttledMax = Instant.Span.seconds(30)

    package enum Verdict: Equatable {
        case fine
        /// Not to be read for so long.
        case pause(Instant.Span)
        case flooding
    }

    private var level: UInt64 = 0
    private var asOf: Instant
    private var windowBegan: Instant
    private var throttled = Instant.Span(nanoseconds: 0)
    /// What still comes until then was on its way before the link was no longer read.
    private var pausedUntil: Instant?

    package init(at now: Instant) {
        asOf = now
        windowBegan = now
    }

    package mutating func took(_ count: Int, at now: Instant) -> Verdict {
        let drained = now.since(asOf).nanoseconds / 1_000 * (InboundMeter.bytesPerSecond / 1_000) / 1_000
        level = level > drained ? level - drained : 0
        level += UInt64(count)
        asOf = now
        if now.since(windowBegan) >= InboundMeter.window {
            windowBegan = now
            throttled = Instant.Span(nanoseconds: 0)
        }
        if let until = pausedUntil, now < until { return .fine }
        pausedUntil = nil
        guard level > InboundMeter.burst else { return .fine }
        let excess = level - InboundMeter.burst
        let pause = Instant.Span(
            nanoseconds: max(1_000_000, excess * 1_000 / (InboundMeter.bytesPerSecond / 1_000_000)))
        throttled = Instant.Span(nanoseconds: throttled.nanoseconds + pause.nanoseconds)
        pausedUntil = now.advanced(by: pause)
        return throttled > InboundMeter.throttledMax ? .flooding : .pause(pause)
    }
}
