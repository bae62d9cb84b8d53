// SPDX-License-Identifier: Apache-2.0
package import Bedrock
import Execution
import Ledger
import Replication
import ShangMi

/// Bursts of deposits of evidence with idle times between; some given to several nodes at once, some too late.
package struct Deposits: Workload {
    package let perBurst: Int
    package let pause: Instant.Span

    package init(perBurst: Int, pause: Instant.Span) {
        self.perBurst = perBurst
        self.pause = pause
    }

    package var name: String { "Deposits(\(perBurst) every \(pause.nanoseconds / Span.millisecond) ms)" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        .milliseconds(200)
    }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        let up = cluster.nodes.filter { $0.isUp && $0.loyalty.isHonest }.map(\.slot)
        guard !up.isEmpty else { return pause }
        let tip = cluster.oracles.ledger.height
        for _ in 0..<(1 + random.below(perBurst)) {
            let isShort = random.happens(50)
            let until = Height(tip.value + (isShort ? random.next() % 6 : 50_000))
            let doors = random.some(random.happens(300) ? 2 : 1, of: up)
            let from = doors.compactMap { cluster.nodes[$0].finalHeight }.min() ?? .zero
            let deposit = cluster.clients.deposit(from: min(from, until), until: until, &random)
            for slot in doors { cluster.submit([deposit], to: slot, isDue: !isShort) }
        }
        return random.wait(mean: pause)
    }
}

/// Submissions the door must refuse, and one transaction given to every node.
package struct OddSubmissions: Workload {
    package let pause: Instant.Span
    package init(pause: Instant.Span) { self.pause = pause }
    package var name: String { "OddSubmissions" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? { pause }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        let up = cluster.nodes.filter(\.isUp).map(\.slot)
        guard !up.isEmpty else { return pause }
        let tip = cluster.oracles.ledger.height
        switch random.below(4) {
        case 0:
            let expired = cluster.clients.deposit(from: .zero, until: tip, &random)
            cluster.submit([expired], to: random.pick(up), isDue: false)
        case 1:
            let wide = cluster.clients.deposit(from: .zero, until: Height(Limits.validityWindowMax + 1), &random)
            cluster.submit([wide], to: random.pick(up), isDue: false)
        case 2:
            let early = cluster.clients.deposit(
                from: Height(tip.value + 50), until: Height(tip.value + 60), &random)
            cluster.submit([early], to: random.pick(up), isDue: false)
        default:
            let deposit = cluster.clients.deposit(from: .zero, until: Height(tip.value + 50_000), &random)
            for slot in up { cluster.submit([deposit], to: slot, isDue: false) }
        }
        return random.wait(mean: pause)
    }
}

/// Validators decide on another committee: one more, one fewer, one replaced, or the same in another order.
package struct CommitteeChanges: Workload {
    package let pause: Instant.Span
    package init(pause: Instant.Span) { self.pause = pause }
    package var name: String { "CommitteeChanges(\(pause.nanoseconds / Span.second) s)" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? { pause }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        let up = cluster.nodes.filter { $0.isUp && $0.loyalty.isHonest }.map(\.slot)
        // Any node that knows the newest epoch.
        guard let source = up.max(by: { cluster.oracles.view(of: $0).epoch < cluster.oracles.view(of: $1).epoch }),
            let committee = cluster.nodes[source].replica?.committee
        else { return pause }
        guard let next = change(committee, cluster, &random) else { return pause }
        let tip = cluster.oracles.ledger.height
        let from = up.compactMap { cluster.nodes[$0].finalHeight }.min() ?? .zero
        for node in cluster.nodes where node.loyalty.isHonest && committee.index(of: node.signer.publicKey) != nil {
            let approval = cluster.clients.transaction(
                CommitteeContract.contract, CommitteeContract.approve, next.encoded, from: from,
                until: Height(tip.value + 40), by: node.signer)
            cluster.submit([approval], to: random.pick(up), isDue: false)
        }
        return random.wait(mean: pause)
    }

    private func change(
        _ committee: Committee, _ cluster: Cluster, _ random: inout SeededRandom
    ) -> Committee? {
        var validators = committee.validators
        let suspect =
            cluster.oracles.dishonest
            + cluster.nodes.filter { $0.mayLoseRing && $0.loyalty.isHonest }.map(\.signer.publicKey)
        let candidates = cluster.nodes.filter { node in
            node.slot < cluster.validatorSlots && committee.index(of: node.signer.publicKey) == nil
                && node.loyalty.isHonest && !node.mayLoseRing
        }
        let removable = validators.indices.filter { !suspect.contains(validators[$0].key) }
        let kind = random.below(4)
        if kind <= 1, let joining = candidates.isEmpty ? nil : random.pick(candidates) {
            validators.insert(Cluster.validator(joining.signer.publicKey), at: random.below(validators.count + 1))
        }
        if kind >= 1 && kind <= 2, !removable.isEmpty {
            let leaving = validators[random.pick(removable)].key
            if committee.index(of: leaving) != nil { validators.removeAll { $0.key == leaving } }
        }
        if kind == 3 { validators.append(validators.removeFirst()) }
        let next = Committee(
            epoch: committee.epoch.next, validators: validators, parameters: committee.parameters)
        let inside = validators.filter { suspect.contains($0.key) }.count
        guard let next, next.count >= 4, inside <= next.faultsMax else { return nil }
        return next
    }
}
