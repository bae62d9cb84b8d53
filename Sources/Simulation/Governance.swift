// SPDX-License-Identifier: Apache-2.0
package import Bedrock
import Execution
import Ledger
import Replication
import ShangMi

/// Organisations govern members: freezes with an end, approvals too few, approvals that lapse before they count.
package struct Governance: Workload {
    package let pause: Instant.Span

    package init(pause: Instant.Span) { self.pause = pause }
    package var name: String { "Governance(\(pause.nanoseconds / Span.second) s)" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? { pause }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        let up = cluster.nodes.filter { $0.isUp && $0.loyalty.isHonest }.map(\.slot)
        guard !up.isEmpty else { return pause }
        let tip = cluster.oracles.ledger.height
        let victim = random.pick(cluster.clients.victims)
        let account = AccountID(victim.publicKey)
        let soon = GovernanceAct.Freeze(
            until: Height(tip.value + 6 + random.next() % 20), reason: Label(literal: "lost"))
        switch random.below(5) {
        case 0, 1: cluster.propose([.freezeMember(account, soon)], by: 3, through: up, &random)
        case 2:
            // Two of four are no majority.
            cluster.propose([.freezeMember(account, soon)], by: 2, through: up, &random)
        case 3:
            // An approver is frozen between the decision and its day.
            let due = Height(tip.value + 8)
            let later = GovernanceAct.Freeze(until: Height(tip.value + 60), reason: Label(literal: "later"))
            cluster.propose([.freezeMember(account, later)], by: 3, due: due, through: up, &random)
            let approver = AccountID(cluster.clients.admin(2, spare: false).publicKey)
            let long = GovernanceAct.Freeze(until: Height(tip.value + 90), reason: Label(literal: "lost"))
            cluster.propose([.freezeMember(approver, long)], by: 3, spare: true, through: up, &random)
        default: cluster.propose([.unfreezeMember(account)], by: 3, through: up, &random)
        }
        let from = up.compactMap { cluster.nodes[$0].finalHeight }.min() ?? .zero
        for signer in cluster.clients.victims {
            let deposit = cluster.clients.deposit(from: from, until: Height(tip.value + 40), by: signer, &random)
            cluster.submit([deposit], to: random.pick(up), isDue: false)
        }
        return random.wait(mean: pause)
    }
}

extension Cluster {
    /// Has organisations propose and approve: the first proposes, the next approve, all by keys of their own.
    /// - Parameter spare: by the second admin of each.
    mutating func propose(
        _ acts: [GovernanceAct], by count: Int, due: Height = .zero, spare: Bool = false, through up: [Int],
        _ random: inout SeededRandom
    ) {
        let tip = oracles.ledger.height
        let from = up.compactMap { nodes[$0].finalHeight }.min() ?? .zero
        let until = Height(tip.value + 40)
        let motion = Motion(acts, due: due, expires: Height(tip.value + 120), overrides: true, salt: random.next())
        let proposer = clients.admin(0, spare: spare)
        var transactions = [
            clients.transaction(
                GovernanceContract.contract, GovernanceContract.propose, motion.encoded, from: from, until: until,
                by: proposer)
        ]
        let id = motion.id(by: AccountID(proposer.publicKey))
        for number in 1..<count {
            transactions.append(
                clients.transaction(
                    GovernanceContract.contract, GovernanceContract.approve, id.encoded, from: from, until: until,
                    by: clients.admin(number, spare: spare)))
        }
        submit(transactions, to: random.pick(up), isDue: false)
    }
}
