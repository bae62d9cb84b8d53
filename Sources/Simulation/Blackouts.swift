// SPDX-License-Identifier: Apache-2.0
package import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi
import Storage

/// Too few nodes are left for a quorum: then no view may end (A13).
package struct Blackouts: FaultSource {
    package let mean: Instant.Span
    /// Where the farthest validator stood when too few were left.
    private var farthest: (epoch: Epoch, view: View)?

    package init(mean: Instant.Span) { self.mean = mean }
    package var name: String { "Blackouts" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        random.wait(mean: mean)
    }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        if let farthest {
            let reached = highest(cluster)
            // Votes of those that are gone may still complete the view they were cast in, and no other.
            let mayReach = (farthest.epoch.next, View(1))
            let isSame = reached.epoch == farthest.epoch
            let isBeyond = isSame ? reached.view > farthest.view.next : (reached.epoch, reached.view) > mayReach
            if isBeyond, isSame || !hasQuorum(cluster) {
                cluster.oracles.violate("A13", "views went on without a quorum", at: cluster.now)
            }
            cluster.coverage.note(.standstillWithoutQuorum)
            cluster.endRetirement(&random)
            self.farthest = nil
            return random.wait(mean: mean)
        }
        let committees = cluster.nodes.compactMap { $0.replica?.committee }
        // Only while all agree on who votes is it plain how many are too few.
        guard let committee = committees.first, committees.allSatisfy({ $0.epoch == committee.epoch }),
            committees.count == cluster.nodes.count
        else { return random.wait(mean: mean) }
        farthest = highest(cluster)
        let honest = cluster.nodes.filter {
            $0.loyalty.isHonest && committee.index(of: $0.signer.publicKey) != nil
        }
        let left = max(0, committee.quorum - 1 - (committee.count - honest.count))
        for node in random.some(honest.count - left, of: honest) {
            cluster.crash(node.slot)
            cluster.nodes[node.slot].isRetired = true
        }
        return .seconds(10)
    }

    /// Whether a quorum of the newest committee is up: what was under way may have ended the epoch, and the next one's
    /// committee may do without those that are gone.
    private func hasQuorum(_ cluster: Cluster) -> Bool {
        guard let newest = cluster.nodes.compactMap({ $0.replica?.committee }).max(by: { $0.epoch < $1.epoch })
        else { return false }
        let seated = cluster.nodes.filter { $0.isUp && newest.index(of: $0.signer.publicKey) != nil }
        return seated.count >= newest.quorum
    }

    private func highest(_ cluster: Cluster) -> (epoch: Epoch, view: View) {
        var best = (epoch: Epoch.zero, view: View.zero)
        for node in cluster.nodes where node.isUp && node.loyalty.isHonest {
            let view = cluster.oracles.view(of: node.slot)
            if view > best { best = view }
        }
        return best
    }
}
