// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Foundation
import Glibc
import Ledger

/// How fast a node that was away comes back, and what the others notice of it.
struct CatchingUp: Sendable {
    /// Transactions made final while it was away.
    let behind: Int
    /// From its start until it had executed what the others had.
    let seconds: Double
    /// Deposits a second that went on all the while.
    let growth: Int
    /// Of them, with the node away and with it catching up.
    let before: Latencies
    let during: Latencies
    let acknowledgedBefore: Int
    let acknowledgedDuring: Int

    private static let patience: Duration = .seconds(300)
    private static let pacedSeconds = 5

    /// Kills the last node, loads the others, and starts it again under a steady load.
    /// - Parameters:
    ///   - load: on the nodes that stay.
    ///   - batches: signed deposits for the time it is away.
    ///   - core: where the node that comes back has one of its own, before and meanwhile alike; nil where all share.
    static func measure(
        _ network: BenchNetwork, _ load: ChainLoad, _ batches: [DepositMill.Batch], core: OwnCore?, folder: String,
        bar: ProgressBar
    ) async throws -> (CatchingUp, acknowledged: [TransactionID]) {
        guard let victim = network.nodes.last else { throw Failure.usage("no nodes", fix: "") }
        kill(victim.id, SIGKILL)
        let outcome = try await load.run(batches.count, keepsNames: true, bar: bar) { batches[$0] }
        try core?.confineOthers(network.nodes.dropLast().map(\.id) + [getpid()])
        let growth = ChainBench.perSecond * 4
        let calm = try await load.pace(
            perSecond: growth, seconds: pacedSeconds, wait: .final, firstNumber: ChainBench.FirstNumber.away)
        let child = try ChildProcess(
            ["node", "--config", victim.config, "--stop-on-end-of-input"], folder: folder, stem: "back")
        try core?.confineOne(child.id)
        async let arrival = arrival(victim, witness: load.clients[0])
        let busy = try await load.pace(
            perSecond: growth, seconds: pacedSeconds, wait: .final,
            firstNumber: ChainBench.FirstNumber.away + growth * pacedSeconds)
        let seconds = try await arrival
        _ = await child.interrupt()
        let figures = CatchingUp(
            behind: outcome.acknowledgedCount, seconds: seconds, growth: growth, before: calm.latencies,
            during: busy.latencies, acknowledgedBefore: calm.acknowledged.count,
            acknowledgedDuring: busy.acknowledged.count)
        return (figures, outcome.acknowledged + calm.acknowledged + busy.acknowledged)
    }

    /// Seconds until the node has executed what the witness had when it answered.
    private static func arrival(_ node: AnnouncedNode, witness: NodeClient) async throws -> Double {
        let start = ContinuousClock.now
        var options = NodeClient.Options()
        options.attempts = 1
        let client: NodeClient
        do { client = try NodeClient(node.url, options: options) } catch { throw Failure(error) }
        while ContinuousClock.now - start < patience {
            let goal = try await Failure.naming { () async throws(ClientError) in try await witness.chain("main") }
            if let own = try? await client.chain("main"), own.executed.value + 2 >= goal.executed.value {
                await client.close()
                return (ContinuousClock.now - start).asSeconds
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Failure(
            .no, "JD-4021", phrase("\(node.name) did not catch up", zh: "\(node.name) 未能赶上"),
            fix: phrase("see its log", zh: "请查看其日志"))
    }

    private var perSecond: Double { Double(behind) / seconds }

    var line: String {
        let facts = "\(behind) / \(Quantity.duration(seconds)) = \(Int(perSecond))/s"
        let times = Int(perSecond / Double(growth))
        return phrase(
            "\(facts), \(times)x the growth of \(growth)/s; meanwhile \(acknowledgedDuring) of \(acknowledgedBefore) "
                + "final, \(during.line) (before: \(before.line))",
            zh: "\(facts)，为链增长 \(growth)/s 的 \(times) 倍；其间终局 \(acknowledgedDuring)/\(acknowledgedBefore) 笔，"
                + "\(during.line)（此前：\(before.line)）")
    }

    var json: JSONText {
        [
            "behind": .whole(behind), "seconds": .decimal(seconds), "perSecond": .decimal(perSecond),
            "growthPerSecond": .whole(growth), "acknowledgedBefore": .whole(acknowledgedBefore),
            "acknowledgedDuring": .whole(acknowledgedDuring), "finalLatencyBeforeMs": before.json,
            "finalLatencyDuringMs": during.json,
        ]
    }
}
