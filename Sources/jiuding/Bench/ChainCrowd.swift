// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Execution
import Foundation
import Ledger

/// Members and policies that a chain under load has beside those it needs.
///
/// Members stand in the chain's specification, which holds at most 10,000; policies are set by proposals of the
/// founding admin, 32 each, as a consortium would.
enum ChainCrowd {
    /// Sets a policy of the method under load, and others of contracts that nobody calls.
    static func setPolicies(_ count: Int, on network: BenchNetwork, folder: String) async throws {
        let pen = try network.pen(folder: folder)
        let policy = try Policy("any of role(user, operator) or 2 of orgs by role(orgAdmin)")
        let acts = (0..<count).compactMap { number -> GovernanceAct? in
            if number == 0 { return .setPolicy(.method(Deposit.contract, Deposit.method), policy) }
            guard let contract = Label("contract-\(number / 10)"), let method = Label("method-\(number % 10)") else {
                return nil
            }
            return .setPolicy(.method(contract, method), policy)
        }
        for start in stride(from: 0, to: acts.count, by: Limits.proposalActsMax) {
            let some = Array(acts[start..<min(start + Limits.proposalActsMax, acts.count)])
            let tip = try await pen.status().height
            let motion = Motion(some, expires: Height(tip.value + 100_000), salt: UInt64(start))
            _ = try await pen.call(GovernanceContract.contract, GovernanceContract.propose, motion.encoded)
        }
        try await untilSet(acts.count, pen)
        await pen.client.close()
    }

    private static func untilSet(_ count: Int, _ pen: ConsortiumPen) async throws {
        let (client, chain) = (pen.client, pen.chain)
        for _ in 0..<600 {
            let open = try await Failure.naming { () async throws(ClientError) in
                try await client.proposals(chain, areOpen: true, limit: 1)
            }
            if open.elements.isEmpty { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Failure(
            .no, "JD-4020", phrase("\(count) policies were not set within a minute", zh: "\(count) 条策略未能在一分钟内设置"),
            fix: phrase("see the nodes' logs with --keep", zh: "请加 --keep 后查看节点日志"))
    }

    /// Deposits to a contract against deposits to the platform.
    static func showRegistry(_ figures: ChainFigures, against reference: ChainFigures, on terminal: Terminal) {
        let (own, other) = (Int(figures.executedPerSecond), Int(reference.executedPerSecond))
        let ratio = figures.executedPerSecond / reference.executedPerSecond
        terminal.emit(["ratio": .decimal(ratio), "reference": reference.json, "registry": figures.json])
        guard !terminal.json else { return }
        terminal.say(terminal.paint(phrase("the platform's own contract", zh: "平台自带合约"), .bold))
        reference.show(on: terminal)
        terminal.say()
        terminal.say(terminal.paint(phrase("the contract in WebAssembly", zh: "WebAssembly 合约"), .bold))
        figures.show(on: terminal)
        terminal.say()
        terminal.say(
            phrase(
                "executed: \(own) against \(other) a second: ratio \(JSONText.decimal(ratio).compact)",
                zh: "执行：每秒 \(own) 对 \(other)：比值 \(JSONText.decimal(ratio).compact)"))
    }

    static func show(
        _ figures: ChainFigures, members: Int, policies: Int, against reference: ChainFigures, on terminal: Terminal
    ) {
        let (own, other) = (Int(figures.finalizedPerSecond), Int(reference.finalizedPerSecond))
        let ratio = figures.finalizedPerSecond / reference.finalizedPerSecond
        let shown = JSONText.decimal(ratio).compact
        terminal.emit([
            "members": .whole(members), "policies": .whole(policies), "ratio": .decimal(ratio),
            "reference": reference.json, "crowded": figures.json,
        ])
        guard !terminal.json else { return }
        terminal.say(terminal.paint(phrase("without", zh: "无此设置"), .bold))
        reference.show(on: terminal)
        terminal.say()
        terminal.say(
            terminal.paint(
                phrase("with \(members) members and \(policies) policies", zh: "成员 \(members) 个、策略 \(policies) 条"),
                .bold))
        figures.show(on: terminal)
        terminal.say()
        terminal.say(
            phrase("\(own) against \(other) a second: ratio \(shown)", zh: "每秒 \(own) 对 \(other)：比值 \(shown)"))
    }
}
