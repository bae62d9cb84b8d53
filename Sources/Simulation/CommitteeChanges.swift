// SPDX-License-Identifier: Apache-2.0
package import Bedrock
import Execution
import Ledger
import Replication
import ShangMi

/// Organisations decide on another committee: one more, one fewer, one replaced, another key, or other parameters.
///
/// Spare nodes that are to join say that they are ready; now and then one is proposed and never does.
package struct CommitteeChanges: Workload {
    package let pause: Instant.Span
    /// Nodes that are proposed and have not been seated yet, and how often they have still to speak.
    private var joining: [(slot: Int, words: Int)] = []

    package init(pause: Instant.Span) { self.pause = pause }
    package var name: String { "CommitteeChanges(\(pause.nanoseconds / Span.second) s)" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? { pause }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        let up = cluster.nodes.filter { $0.isUp && $0.loyalty.isHonest }.map(\.slot)
        guard !up.isEmpty else { return pause }
        if !joining.isEmpty {
            speak(up, on: &cluster, &random)
            return .milliseconds(600)
        }
        // Any node that knows the newest epoch.
        guard let source = up.max(by: { cluster.oracles.view(of: $0).epoch < cluster.oracles.view(of: $1).epoch }),
            let committee = cluster.nodes[source].replica?.committee,
            let (act, newcomer) = change(committee, cluster, &random)
        else { return pause }
        cluster.propose([act], by: 3, through: up, &random)
        guard let newcomer, !random.happens(100) || Mutant.oldEpochCertificates.isOn else {
            return random.wait(mean: pause)
        }
        joining.append((newcomer, 3))
        return .milliseconds(500)
    }

    /// Candidates say that they are ready.
    private mutating func speak(_ up: [Int], on cluster: inout Cluster, _ random: inout SeededRandom) {
        let tip = cluster.oracles.ledger.height
        let from = up.compactMap { cluster.nodes[$0].finalHeight }.min() ?? .zero
        for index in joining.indices {
            joining[index].words -= 1
            let node = cluster.nodes[joining[index].slot]
            let word = cluster.clients.transaction(
                CommitteeContract.contract, CommitteeContract.ready, from.encoded, from: from,
                until: Height(tip.value + 40), by: node.signer)
            for slot in random.some(2, of: up) { cluster.submit([word], to: slot, isDue: false) }
        }
        joining.removeAll { $0.words == 0 }
    }

    private func change(
        _ committee: Committee, _ cluster: Cluster, _ random: inout SeededRandom
    ) -> (GovernanceAct, newcomer: Int?)? {
        let suspect =
            cluster.oracles.dishonest
            + cluster.nodes.filter { $0.mayLoseRing && $0.loyalty.isHonest }.map(\.signer.publicKey)
        let candidates = cluster.nodes.filter { node in
            node.slot < cluster.seatableSlots && committee.index(of: node.signer.publicKey) == nil
                && node.loyalty.isHonest && !node.mayLoseRing
        }
        let removable = committee.validators.map(\.key).filter { !suspect.contains($0) }
        let newcomer = candidates.isEmpty ? nil : random.pick(candidates)
        let leaving = removable.isEmpty ? nil : random.pick(removable)
        let act: GovernanceAct
        switch (random.below(5), newcomer?.signer.publicKey, leaving) {
        case (0, let key?, _): act = .addValidator(Cluster.validator(key))
        case (1, let key?, let old?): act = .replaceValidator(old, Cluster.validator(key))
        case (2, let key?, let old?): act = .rotateValidator(old, key)
        case (3, _, let old?): act = .removeValidator(old)
        default:
            let old = committee.parameters
            act = .setParameters(
                ConsensusParameters(
                    blockIntervalMillis: old.blockIntervalMillis, heartbeatMillis: old.heartbeatMillis,
                    clockToleranceMillis: old.clockToleranceMillis,
                    blockTransactionsMax: old.blockTransactionsMax == 4_096 ? 4_095 : 4_096))
        }
        var draft = CommitteeDraft(committee)
        guard draft.apply(act) == nil, let next = try? draft.finish(overrides: true) else { return nil }
        let inside = next.validators.filter { suspect.contains($0.key) }.count
        guard next.count >= 4, inside <= next.faultsMax else { return nil }
        return (act, act.seatedKey == nil ? nil : newcomer?.slot)
    }
}
