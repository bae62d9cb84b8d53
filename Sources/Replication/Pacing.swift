// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus

/// Tunables of one node's replica, with their reasons. Nodes may differ in them and still agree.
package enum Pacing {
    /// Executed roots remembered for judging proposals: the execution lag twice over.
    static let rootsKept = 64
    /// How often a node says where it stands: what a lost message costs at most.
    static let summary = Instant.Span.seconds(1)
    /// How often observers are told that blocks have become final: what one lags behind by.
    static let news = Instant.Span.milliseconds(100)
    /// A peer that did not hear of a view by itself is told after this: a slow link's delay.
    static let relay = Instant.Span.milliseconds(50)
    /// At most one reminder a peer in this time, so that no peer can make this node talk (R9).
    static let reminder = Instant.Span.milliseconds(200)
    /// A view that lasts longer has probably lost a vote.
    static let viewIsOld = Instant.Span.milliseconds(500)
    /// A leader not heard of for so long is passed over while a quorum is heard (2.6).
    static let suspicion = Instant.Span.seconds(3)
    /// First repetition of a request for a body; doubled each time up to `fetchMax`.
    static let fetch = Instant.Span.milliseconds(200)
    static let fetchMax = Instant.Span.seconds(5)
    /// Heights below the tip whose bodies are served one by one: who lacks an older one is behind and asks for ranges.
    static let bodiesServed: UInt64 = 8
    /// What looking for such a body takes from a peer's share of answers.
    static let lookUpBytes = 64 << 10
    /// How long a range may take to come before another peer is asked.
    static let rangePatience = Instant.Span.seconds(1)
    /// A peer is asked for one range in this time: what it serves at most, and as much again for a clock beside it.
    static let rangeSpacing = Instant.Span.milliseconds(40)
    /// So many late ranges may still come.
    static let lateRangesMax = 8
    /// A node that is behind by a few blocks hears of them by votes in the usual time; then it asks.
    static let behindPatience = Instant.Span.milliseconds(300)
    /// Behind for so long it says that it is not in step: readers and senders should ask another.
    static let stepPatience = Instant.Span.seconds(2)
    /// Behind by more than this it asks at once.
    static let behindBlocks: UInt64 = 8
    /// Who is so far behind is not in step by any measure: a range, twice the execution lag.
    static let catchingUp: UInt64 = 64
    /// At most one range served to a peer in this time: a fifth of a slow uplink.
    static let service = Instant.Span.milliseconds(20)
    /// What a peer is answered at most: so many bytes at once, and so many a millisecond (128 MiB a second): more than
    /// one that keeps `rangeSpacing` can ask for.
    static let answerBurst = 16 << 20
    static let answerBytesPerMilli = 128 << 10
    /// An observer not heard of for so long makes room for another.
    static let observerKept = Instant.Span.seconds(60)
    /// Bytes of payload in one range.
    static let rangeBytesMax = 1 << 20
    /// Final blocks that may wait for execution before no more are asked for.
    static let unexecutedMax: UInt64 = 64
    /// Heights between two snapshots: an hour or two of a busy chain.
    package static let snapshotEvery: UInt64 = 8_192
    /// The newest and the one others may still be fetching.
    static let snapshotsKept = 2
    /// A node further behind than this fetches a state instead of executing every block (2.12).
    package static let snapshotGap: UInt64 = 1_000
    /// How long an offer or a part of a snapshot may take to come before another peer is asked.
    static let snapshotPatience = Instant.Span.seconds(1)
    /// A peer is asked for one thing in this time: what it serves at most, and as much again for a clock beside it.
    static let snapshotSpacing = Instant.Span.milliseconds(40)
    /// Parts asked for at a time, each of another peer: enough to fill a link, few enough to hold in memory.
    static let snapshotBreadth = 4
    /// A snapshot of which nothing comes for so long is given up.
    static let questPatience = Instant.Span.seconds(30)
    /// And so is one that comes slower than this on average, after twice that time: who sends it a leaf at a time must
    /// not hold a node up for ever.
    static let questBytesPerSecond: UInt64 = 32 << 10
    /// After a fruitless quest the next is not begun for so long; each time twice as long, up to `questRestMax`.
    static let questRest = Instant.Span.seconds(30)
    static let questRestMax = Instant.Span.seconds(960)
    /// Bodies that came before their proposals, one a leader.
    static let earlyBodiesMax = 4
    /// An empty block that only helps an older one to finality waits so long for that one's own votes.
    static let helper = Instant.Span.milliseconds(200)
    /// Transactions in a peer's message whose senders may not wait here: so many may have lost their right on the way,
    /// and cost a look at the state and a signature check each.
    static let strangersMax = 16
    /// Own transactions said again each second until they are final.
    static let repeatedTransactionsMax = 256
    /// A view with demand that lasts so long is stuck: others may not know what waits here.
    static let standstill = Instant.Span.seconds(2)
    static let ownTransactionsMax = 4_096
    /// Payloads above this go as identifiers where more than `fullPayloadPeers` validators would each get a copy.
    static let fullPayloadBytes: UInt64 = 64 << 10
    static let fullPayloadPeers = 7
    /// A proposal older than this, beyond the view's own timer, has a wrong clock (2.11).
    static let timestampAgeMillis: UInt64 = 10_000
}

/// How long views last that end well, and the timer that follows from it (2.6).
struct ViewClock: Sendable {
    private static let samplesMax = 128
    /// A view may last twice as long as nearly all did, and a slow flush more. Four times as long made a full chain
    /// wait more than a second for a dead leader (views of 4 096 transactions take a quarter of one); what is ended too
    /// early by this costs one empty view, and the next timer is longer.
    private static let factor: UInt64 = 2
    private static let reserveMillis: UInt64 = 200
    private var samples: [UInt64] = []
    private var next = 0
    private var sinceSort = 0
    /// When the current view was entered, or demand arose in it.
    private(set) var began: Instant
    private(set) var viewMillis = Timing.viewMillis

    init(at now: Instant) { began = now }

    mutating func demandArose(at now: Instant) { began = now }

    /// - Parameter byQuorum: true where the view before ended with its block notarized.
    mutating func enter(at now: Instant, byQuorum: Bool, hadDemand: Bool) {
        if byQuorum, hadDemand { note(now.since(began).nanoseconds / 1_000_000) }
        began = now
    }

    private mutating func note(_ millis: UInt64) {
        if samples.count < ViewClock.samplesMax {
            samples.append(millis)
        } else {
            samples[next] = millis
            next = (next + 1) % ViewClock.samplesMax
        }
        sinceSort += 1
        guard sinceSort >= 16 else { return }
        sinceSort = 0
        let worst = samples.sorted()[samples.count * 99 / 100]
        let wanted = ViewClock.factor * worst + ViewClock.reserveMillis
        viewMillis = min(max(wanted, Timing.viewMillisBounds.lowerBound), Timing.viewMillisBounds.upperBound)
    }
}
