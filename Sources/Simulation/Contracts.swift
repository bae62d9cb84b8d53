// SPDX-License-Identifier: Apache-2.0
package import Bedrock
import Execution
import Ledger
import ShangMi

/// Members publish code and call contracts, organisations deploy, upgrade, freeze and retire them, and engines fail for
/// a moment: whatever it comes to, it comes to the same on every node (A8).
/// - Spec: SIM-14.
package struct Contracts: Workload {
    package let pause: Instant.Span

    package init(pause: Instant.Span) { self.pause = pause }
    package var name: String { "Contracts(\(pause.nanoseconds / Span.millisecond) ms)" }

    /// Names that contracts are given; some are refused.
    private static let names = ["c0", "c1", "c2", "c3"]
    private static let methods = ["add", "fail", "spin", "relay"]

    static let functions: [String: PaperEngine.Function] = [
        "counter": { run throws(PaperEnd) in try Contracts.count(run, step: 1) },
        "faster": { run throws(PaperEnd) in try Contracts.count(run, step: 7) },
        "broken": { run throws(PaperEnd) in
            if run.entry == .migrate { try run.fail(9, "cannot") }
            try Contracts.count(run, step: 3)
        },
    ]

    private static let modules: [[UInt8]] = functions.keys.sorted().flatMap { name in
        [PaperModule.bytes(name, imports: HostFunction.allCases), PaperModule.bytes(name, migrates: true, pages: 2)]
    }

    private static func count(_ run: PaperRun, step: UInt8) throws(PaperEnd) {
        let old = try run.get("n")?.first ?? 0
        switch (run.entry, try run.entry == .call ? run.text(1) : "add") {
        case (.call, "fail"):
            try run.put("n", [0])
            try run.fail(UInt64(1 + old))
        case (.call, "spin"): while true { try run.spend(1_000) }
        case (.call, "relay"):
            let other = Contracts.names[Int(old) % Contracts.names.count]
            let code = try run.call(other, old % 3 == 0 ? "fail" : "relay").code
            try run.put("n", [old &+ step])
            try run.answer([UInt8(truncatingIfNeeded: code)])
        default:
            try run.put("n", [old &+ step])
            try run.put("k\(old)", [UInt8](repeating: old, count: Int(old)))
            if old % 5 == 0 { try run.remove("k\(old / 2)") }
            try run.emit("counted", [old])
        }
    }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        .milliseconds(300)
    }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        let up = cluster.nodes.filter { $0.isUp && $0.loyalty.isHonest }.map(\.slot)
        guard !up.isEmpty else { return pause }
        switch random.below(12) {
        case 0, 1: publish(random.pick(Contracts.modules), on: &cluster, up, &random)
        case 2, 3, 4:
            // Two of four are no majority.
            cluster.propose([act(&random)], by: random.happens(150) ? 2 : 3, through: up, &random)
        case 5:
            // Each costs a run and two seconds: not so often that a chain stands still for want of nodes.
            if random.happens(300) { cluster.nodes[random.pick(up)].machine.fail(next: 1) }
        case 6: instantiate(on: &cluster, up, &random)
        default:
            for _ in 0..<(1 + random.below(4)) {
                let purse: UInt64 = random.pick([200_000, 200_000, 2_000])
                let (name, method) = (random.pick(Contracts.names), random.pick(Contracts.methods))
                submit(Contracts.label(name), Contracts.label(method), [1], purse, on: &cluster, up, &random)
            }
        }
        return random.wait(mean: pause)
    }

    private func act(_ random: inout SeededRandom) -> GovernanceAct {
        let name = Contracts.label(random.pick(Contracts.names))
        let code = SM3.hash(random.pick(Contracts.modules))
        switch random.below(12) {
        case 0, 1, 2, 3, 4: return .deployContract(ContractDeployment(name: name, code: code, argument: [2]))
        case 5, 6, 7:
            return .upgradeContract(ContractUpgrade(name: name, code: code, migrates: random.happens(500)))
        case 8: return .freezeContract(name, GovernanceAct.Freeze(reason: Label(literal: "review")))
        case 9: return .unfreezeContract(name)
        case 10:
            return .setTemplate(
                ContractTemplate(name: Label(literal: "t"), code: code, policy: Policy.role(RoleSet(.user))))
        default: return random.happens(200) ? .retireContract(name) : .dropTemplate(Label(literal: "t"))
        }
    }

    private func publish(
        _ module: [UInt8], on cluster: inout Cluster, _ up: [Int], _ random: inout SeededRandom
    ) {
        // Sent together: they stand in one block or in two, in this order or not.
        let signer = cluster.clients.victims[0]
        for part in UploadPart.parts(of: module) {
            submit(
                ContractsContract.contract, ContractsContract.upload, part.encoded, 0, by: signer, on: &cluster, up,
                &random)
        }
        submit(
            ContractsContract.contract, ContractsContract.publish, SM3.hash(module).encoded, 50_000, by: signer,
            on: &cluster, up, &random)
    }

    private func instantiate(on cluster: inout Cluster, _ up: [Int], _ random: inout SeededRandom) {
        // Sometimes without the template's name in front, which is refused.
        let name = (random.below(5) > 0 ? "t-" : "") + random.pick(Contracts.names)
        let request = Instantiation(template: Label(literal: "t"), name: Contracts.label(name), argument: [3])
        submit(
            ContractsContract.contract, ContractsContract.instantiate, request.encoded, 100_000, on: &cluster, up,
            &random)
    }

    private func submit(
        _ contract: Label, _ method: Label, _ argument: [UInt8], _ purse: UInt64, by signer: SimulatedSigner? = nil,
        on cluster: inout Cluster, _ up: [Int], _ random: inout SeededRandom
    ) {
        let tip = cluster.oracles.ledger.height
        let from = up.compactMap { cluster.nodes[$0].finalHeight }.min() ?? .zero
        let call = cluster.clients.transaction(
            contract, method, PursedArguments(purse: purse, argument: argument).encoded, from: from,
            until: Height(tip.value + 60), by: signer ?? random.pick(cluster.clients.victims))
        cluster.submit([call], to: random.pick(up), isDue: false)
    }

    private static func label(_ text: String) -> Label {
        guard let label = Label(text) else { preconditionFailure("a name of the workload is plain") }
        return label
    }

    /// Notes what calls of these contracts came to.
    static func note(_ block: Block, _ outcomes: [Outcome], _ coverage: inout Coverage) {
        for (transaction, outcome) in zip(block.payload.transactions, outcomes)
        where names.contains(transaction.body.contract.text) && outcome.code != .unknownContract {
            coverage.note(outcome.code.isSuccess ? .contractAnswered : .contractFailed)
        }
    }
}
