// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Execution
import Ledger
import Replication
package import ShangMi
import Storage

/// What a run came to.
package struct WorldReport: Sendable {
    package let seed: UInt64
    package let nodes: Int
    package let violation: Violation?
    /// The auditor's hash.
    package let hash: Digest
    package let coverage: Coverage
    /// From healing until everything due was final everywhere, in nanoseconds; nil where the run did not get there.
    package let healing: UInt64?
    /// Steps of the agenda taken, and simulated time passed.
    package let events: UInt64
    package let simulated: UInt64
    package let timings: Timings
}

/// One simulated chain, from its founding to its verdict.
///
/// Two acts. First faults strike at random. Then a quorum is healed, what is still broken stays so, and everything
/// that was asked for must become final within a bound; after that the chain must come to rest.
/// - Spec: SIM-1 to SIM-8.
package struct World {
    package let plan: WorldPlan
    private var cluster: Cluster
    private var parts: [any WorldPart]
    private var randoms: [SeededRandom]
    private var dice: SeededRandom
    private var events: UInt64 = 0
    private var isSecondAct = false
    private var healing: UInt64?

    package init(_ plan: WorldPlan, tracer: ((TraceLine) -> Void)? = nil, stopwatch: (() -> UInt64)? = nil) {
        self.plan = plan
        parts = plan.parts
        var random = SeededRandom(seed: plan.seed ^ 0x776f_726c_6473)
        let spec = World.spec(plan)
        cluster = Cluster(plan, spec: spec, founded: World.found(spec))
        cluster.tracer = tracer
        cluster.stopwatch = stopwatch
        randoms = plan.parts.map { _ in random.split() }
        dice = random
    }

    private static func spec(_ plan: WorldPlan) -> ChainSpec {
        let validators = (0..<plan.nodes).map {
            Cluster.validator(KeyPool.node($0, isReal: plan.isReal).publicKey)
        }
        let parameters = ConsensusParameters(blockIntervalMillis: plan.blockIntervalMillis)
        guard let committee = Committee(epoch: .zero, validators: validators, parameters: parameters),
            let spec = ChainSpec(
                name: Label(literal: "world"), founded: Timestamp(SimulatedClock.start - 1_000),
                rules: plan.parts.contains { $0 is Contracts } ? .contracts : .first,
                committee: committee, members: Clients.members(isReal: plan.isReal))
        else { preconditionFailure("distinct keys make a committee") }
        return spec
    }

    private static func found(_ spec: ChainSpec) -> MemoryStore {
        let store = MemoryStore()
        do throws(StoreError) {
            try ExecutionLane.found(spec, in: store)
        } catch {
            preconditionFailure("a store in memory takes a founding")
        }
        return store
    }

    // MARK: The acts

    package mutating func run() -> WorldReport {
        begin()
        play(until: plan.seconds * Span.second)
        if plan.hasSecondAct, isRunning {
            healAndDemand()
            rest()
            checkProofs()
        }
        return report()
    }

    private var isRunning: Bool { cluster.oracles.violation == nil && events < plan.eventsMax }

    private mutating func begin() {
        for index in cluster.nodes.indices {
            cluster.network.changeAll { link, _ in link.jitter = Span.millisecond }
            cluster.agenda.add(.start(index, run: 0), at: dice.next() % (300 * Span.millisecond))
        }
        for index in parts.indices {
            if let wait = parts[index].begin(on: &cluster, &randoms[index]) {
                cluster.agenda.add(.part(index), at: wait.nanoseconds)
            }
        }
        cluster.oracles.dishonest = cluster.nodes.filter { !$0.loyalty.isHonest }.map(\.signer.publicKey)
    }

    /// Lets the agenda run until an instant, or until something is wrong.
    private mutating func play(until end: UInt64) {
        var part: Int?
        while isRunning, cluster.advance(until: end, &part) {
            events += 1
            guard let number = part else { continue }
            part = nil
            if isSecondAct, !parts[number].outlastsHealing { continue }
            if let wait = parts[number].act(on: &cluster, &randoms[number]) {
                cluster.agenda.add(.part(number), at: cluster.now + wait.nanoseconds)
            }
        }
        if isRunning { cluster.now = max(cluster.now, end) }
    }

    /// How long everything due may take once a quorum is healed: the longest timer of as many bad leaders as there
    /// can be in a row, twice over, and as long again for finding each other.
    private var bound: UInt64 {
        let leaders = UInt64(plan.nodes + plan.spares + plan.observers) / 3 + 2
        return (40 + leaders * 2 * 20) * Span.second
    }

    private mutating func healAndDemand() {
        isSecondAct = true
        let core = cluster.heal(mayLeaveOut: !plan.parts.contains { $0 is CommitteeChanges }, &dice)
        let began = cluster.now
        cluster.trace(-1, "heal", "core \(core)")
        // Restarted nodes are up before their clients come back.
        play(until: cluster.now + 3 * Span.second)
        for slot in core where !cluster.nodes[slot].isUp { cluster.start(slot) }
        let tip = cluster.oracles.ledger.height
        let validators = core.filter { cluster.nodes[$0].replica?.voter.me != nil }
        guard let newest = validators.map({ cluster.finalHeight(of: $0) }).max() else {
            return cluster.oracles.violate("A11", "no healed node believes to be a validator", at: cluster.now)
        }
        let probe = cluster.clients.deposit(from: newest, until: Height(tip.value + 50_000), &dice)
        demand(cluster.unfinished + [probe], of: validators)
        let end = began + bound
        var again = cluster.now + 5 * Span.second
        while isRunning, cluster.now < end {
            play(until: cluster.now + 100 * Span.millisecond)
            if isSettled(core) { return healing = cluster.now - began }
            // A node that goes on from a snapshot begins a new run, and what waited there is its clients' to say again.
            guard plan.snapshotGap != nil, cluster.now >= again else { continue }
            demand(cluster.unfinished, of: validators)
            again = cluster.now + 5 * Span.second
        }
        guard isRunning else { return }
        cluster.oracles.violate("A11", unsettled(core), at: cluster.now)
    }

    /// Submits each to a validator that has come far enough to take it.
    private mutating func demand(_ transactions: [SignedTransaction], of validators: [Int]) {
        for transaction in transactions {
            let fit = validators.filter { cluster.finalHeight(of: $0).next >= transaction.body.validFrom }
            cluster.submit([transaction], to: dice.pick(fit.isEmpty ? validators : fit), isDue: true)
        }
    }

    private func isSettled(_ core: [Int]) -> Bool {
        if cluster.hasUnfinished { return false }
        let height = cluster.oracles.ledger.height
        return core.allSatisfy { cluster.nodes[$0].engine?.ask { $0.executed.height } ?? .zero >= height }
    }

    private func unsettled(_ core: [Int]) -> String {
        let missing = cluster.unfinished.count
        let standing = core.map { slot in
            let node = cluster.nodes[slot].replica
            let voter = node?.voter
            let silence = voter?.record.silence == nil ? "" : " silent"
            return "\(slot): e\(voter?.context.epoch.value ?? 0) v\(voter?.view.value ?? 0) "
                + "h\(node?.finalHeight.value ?? 0)/\(node?.executed.height.value ?? 0)\(silence)"
        }
        return "after \(bound / Span.second) s \(missing) transactions are not final everywhere; "
            + standing.joined(separator: ", ")
    }

    /// Without demand nobody votes (A12). Asked of honest worlds only, as a liar may go on proposing, and only
    /// where nothing waits that some node cannot judge.
    private mutating func rest() {
        guard isRunning, cluster.nodes.allSatisfy({ $0.loyalty.isHonest }), !cluster.hasDoubtful else { return }
        play(until: cluster.now + 8 * Span.second)
        // Committees that follow one another are something to do, and each may cost views that end by their timers.
        let patience = cluster.now + 40 * Span.second
        while isRunning, cluster.now < patience, cluster.nodes.contains(where: { $0.replica?.voter.demand == true }) {
            play(until: cluster.now + Span.second)
        }
        let before = cluster.nodes.indices.map { cluster.oracles.view(of: $0) }
        let runs = cluster.nodes.map(\.run)
        play(until: cluster.now + 12 * Span.second)
        guard isRunning else { return }
        for (slot, old) in before.enumerated()
        where cluster.nodes[slot].isUp && cluster.nodes[slot].run == runs[slot] && old.view > .zero {
            let view = cluster.oracles.view(of: slot)
            // A heartbeat may fall into the time of rest.
            if view.epoch > old.epoch || view.view.value > old.view.value + 4 {
                let text = "node \(slot) went from view \(old.view.value) to \(view.view.value) with nothing to do"
                return cluster.oracles.violate("A12", text, at: cluster.now)
            }
        }
        cluster.coverage.note(.restWithoutViews)
    }

    private mutating func checkProofs() {
        guard isRunning else { return }
        cluster.checkProof(&dice)
    }

    private mutating func report() -> WorldReport {
        let book = cluster.oracles
        let abandoned = book.statements.abandoned { book.ledger.isFinal($0) }
        if abandoned > 0 { cluster.coverage.note(.notarizedBlockAbandoned) }
        let expired = cluster.clients.wishes.contains {
            !$0.isDue && $0.isAdmitted && book.ledger.place(of: $0.id) == nil
        }
        if expired { cluster.coverage.note(.transactionExpired) }
        return WorldReport(
            seed: plan.seed, nodes: plan.nodes, violation: book.violation, hash: cluster.auditor.finish(),
            coverage: cluster.coverage, healing: healing, events: events, simulated: cluster.now,
            timings: cluster.timings)
    }
}
