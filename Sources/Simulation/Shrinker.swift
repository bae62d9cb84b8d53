// SPDX-License-Identifier: Apache-2.0

/// Makes a failing world smaller as long as it still fails: fewer parts, fewer nodes, a shorter run, and at last the
/// shortest prefix of events.
///
/// What "fails" means is asked of the caller, which may run each candidate in a process of its own.
/// - Spec: SIM-10.
package struct Shrinker {
    private let plan: WorldPlan
    private let fails: (Cut) -> Bool
    private(set) package var tried = 0

    package init(_ plan: WorldPlan, fails: @escaping (Cut) -> Bool) {
        self.plan = plan
        self.fails = fails
    }

    package mutating func shrink() -> Cut? {
        var cut = Cut()
        guard test(cut) else { return nil }
        dropParts(&cut)
        reduceNodes(&cut)
        dropParts(&cut)
        shorten(&cut)
        findPrefix(&cut)
        return cut
    }

    private mutating func test(_ cut: Cut) -> Bool {
        tried += 1
        return fails(cut)
    }

    private mutating func keep(_ candidate: Cut, _ cut: inout Cut) {
        if candidate != cut, test(candidate) { cut = candidate }
    }

    private mutating func dropParts(_ cut: inout Cut) {
        for place in plan.parts.indices.reversed() where !cut.without.contains(place) {
            var candidate = cut
            candidate.without = (cut.without + [place]).sorted()
            keep(candidate, &cut)
        }
    }

    private mutating func reduceNodes(_ cut: inout Cut) {
        var candidate = cut
        candidate.observers = 0
        if plan.observers > 0 { keep(candidate, &cut) }
        // A liar has a place of its own; without one any number of nodes will do.
        for nodes in 4..<max(4, plan.nodes) {
            candidate = cut
            candidate.nodes = nodes
            guard test(candidate) else { continue }
            return cut = candidate
        }
    }

    private mutating func shorten(_ cut: inout Cut) {
        var low: UInt64 = 0
        var high = plan.seconds
        while high - low > 1 {
            let middle = (low + high) / 2
            var candidate = cut
            candidate.seconds = middle
            if test(candidate) {
                cut = candidate
                high = middle
            } else {
                low = middle
            }
        }
    }

    /// The failure is seen once so many events have passed, and not before; halving finds how many.
    private mutating func findPrefix(_ cut: inout Cut) {
        var low: UInt64 = 0
        var high: UInt64 = 1 << 22
        var candidate = cut
        candidate.eventsMax = high
        guard test(candidate) else { return }
        while high - low > 1 {
            let middle = (low + high) / 2
            candidate.eventsMax = middle
            if test(candidate) { high = middle } else { low = middle }
        }
        candidate.eventsMax = high
        cut = candidate
    }
}
