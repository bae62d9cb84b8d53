// SPDX-License-Identifier: Apache-2.0
import Bedrock

/// One direction between two nodes.
struct SimulatedLink: Sendable {
    /// The shortest time a message takes, and what may come on top of it, in nanoseconds.
    var latency: UInt64 = 2 * Span.millisecond
    var jitter: UInt64 = Span.millisecond
    /// In a thousand messages.
    var lost = 0
    var doubled = 0
    /// Nothing passes for a while, or never.
    var isCut = false
    var isBroken = false

    var passes: Bool { !isCut && !isBroken }
}

/// Links between every two nodes, each direction its own.
/// - Spec: SIM-4.
struct SimulatedNetwork: Sendable {
    let count: Int
    private var links: [SimulatedLink]
    private var dice: SeededRandom

    init(count: Int, random: SeededRandom) {
        self.count = count
        dice = random
        links = Array(repeating: SimulatedLink(), count: count * count)
    }

    subscript(from: Int, to: Int) -> SimulatedLink {
        get { links[from * count + to] }
        set { links[from * count + to] = newValue }
    }

    /// How long a message that leaves now is under way, once a copy; empty where it is lost.
    mutating func delays(from: Int, to: Int) -> (first: UInt64?, second: UInt64?) {
        let link = links[from * count + to]
        guard link.passes, !dice.happens(link.lost) else { return (nil, nil) }
        let first = link.latency + dice.next() % (link.jitter + 1)
        guard dice.happens(link.doubled) else { return (first, nil) }
        return (first, first + dice.next() % (4 * link.jitter + 1))
    }

    /// Changes every link between two different nodes.
    mutating func changeAll(_ change: (inout SimulatedLink, inout SeededRandom) -> Void) {
        for from in 0..<count {
            for to in 0..<count where to != from { change(&links[from * count + to], &dice) }
        }
    }

    /// Makes the links among some nodes good again, permanent damage included.
    mutating func heal(among nodes: [Int]) {
        for from in nodes {
            for to in nodes where to != from {
                var link = SimulatedLink()
                link.latency = min(self[from, to].latency, 20 * Span.millisecond)
                self[from, to] = link
            }
        }
    }
}

/// What a node believes the time to be. The clock of deadlines is the world's own; only the wall's lies.
struct SimulatedClock: Sendable {
    static let start: UInt64 = 1_700_000_000_000
    var skewMillis: Int64 = 0
    /// Millionths it runs too fast, or too slow.
    var drift: Int64 = 0
    /// Stands still at this time of the world, in nanoseconds.
    var frozenAt: UInt64?

    /// Milliseconds since 1970 at a moment of the world.
    func wall(at now: UInt64) -> UInt64 {
        let elapsed = Int64((frozenAt ?? now) / Span.millisecond)
        return UInt64(Int64(SimulatedClock.start) + elapsed + elapsed * drift / 1_000_000 + skewMillis)
    }
}
