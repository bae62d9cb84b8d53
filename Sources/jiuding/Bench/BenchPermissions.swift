// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Bedrock
import Execution
import Ledger
import ShangMi
import Storage

/// Measures what it costs to ask whether a member may make a call, with many members and policies.
struct BenchPermissions: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "permissions",
        abstract: phrase("Measure permission checks.", zh: "测量权限检查。"),
        discussion: phrase(
            "One thread, in memory: the check a transaction meets before its call, members and policies remembered "
                + "or read anew. Needs no node.\n\nExample: jiuding bench permissions --members 10000 --policies 1000",
            zh: "单线程，内存中：交易调用前的权限检查，分成员与策略已缓存和重新读取两种。不需要节点。\n\n"
                + "示例：jiuding bench permissions --members 10000 --policies 1000"))

    @Option(help: ArgumentHelp(phrase("Members of the chain, at most 10000.", zh: "成员数，至多 10000。")))
    var members = 10_000

    @Option(help: ArgumentHelp(phrase("Policies, each of a method, at most 1000.", zh: "方法策略数，至多 1000。")))
    var policies = 1_000

    @Option(help: ArgumentHelp(phrase("Checks of one row.", zh: "每行的检查次数。")))
    var checks = 1_000_000

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...Limits.foundingMembersMax).contains(members), (1...Limits.foundingPoliciesMax).contains(policies),
            (1_000...100_000_000).contains(checks)
        else {
            throw ValidationError(
                phrase(
                    "1 to 10000 members, 1 to 1000 policies, 1000 to 100000000 checks",
                    zh: "成员 1 至 10000，策略 1 至 1000，检查 1000 至 100000000 次"))
        }
    }

    mutating func run() throws {
        let terminal = output.terminal
        var bench = try PermissionRows(members: members, policies: policies)
        let cached = try bench.measure(checks, forgettingEvery: checks)
        let anew = try bench.measure(min(checks, 20_000), forgettingEvery: 1)
        let rows: [(name: String, nanoseconds: Double)] = [
            ("permission.check/remembered", cached), ("permission.check/read anew", anew),
        ]
        terminal.emit([
            "machine": BenchMachine.json, "versions": BenchMachine.versions(), "members": .whole(members),
            "policies": .whole(policies),
            "results": .list(rows.map { ["name": .text($0.name), "nanoseconds": .decimal($0.nanoseconds)] }),
        ])
        terminal.say(BenchMachine.line)
        for row in rows { terminal.say("\(row.name)  \(Quantity.oneDecimal(row.nanoseconds)) ns") }
    }
}

/// A chain in memory whose members and policies are asked in turn.
struct PermissionRows {
    private var probe: PermissionProbe<MemoryStore>
    private let accounts: [AccountID]
    private let calls: [(contract: Label, method: Label)]

    init(members count: Int, policies: Int) throws {
        var random = SeededRandom(seed: 1)
        let home = Label(literal: "o")
        let people = (0..<count).map { _ in
            Member(key: SM2.ThrowAwaySigner(from: &random).publicKey, name: home, organization: home)
        }
        calls = (0..<policies).compactMap { number in
            guard let contract = Label("contract-\(number / 10)"), let method = Label("method-\(number % 10)") else {
                return nil
            }
            return (contract, method)
        }
        let policy = try Policy("any of role(orgAdmin, operator, user) or 2 of orgs by role(orgAdmin)")
        let validator = Validator(
            key: SM2.ThrowAwaySigner(from: &random).publicKey, name: home, organization: home, failureDomain: home)
        guard
            let committee = Committee(epoch: .zero, validators: [validator], parameters: ConsensusParameters()),
            let spec = ChainSpec(
                name: home, founded: Timestamp(1), rules: .first, committee: committee, members: people,
                policies: calls.map { FoundingPolicy(.method($0.contract, $0.method), policy) })
        else { preconditionFailure("one validator founds a chain") }
        let store = MemoryStore()
        var tree = try StateTree(store: store, keyspace: 0x10)
        let update = try tree.prepare(writes: BlockExecutor.genesis(spec).writes, version: 1)
        var batch = WriteBatch()
        update.append(to: &batch)
        try store.write(batch, durably: true)
        tree.adopt(update)
        accounts = spec.members.map(\.account)
        probe = PermissionProbe(tree, header: spec.genesis)
    }

    /// Nanoseconds a check; all is remembered from a first round, and forgotten after so many.
    mutating func measure(_ checks: Int, forgettingEvery some: Int) throws -> Double {
        for number in 0..<max(accounts.count, calls.count) where some > 1 { try ask(number) }
        let begin = ContinuousClock.now
        for number in 0..<checks {
            if number % some == 0, number > 0 { probe.forget() }
            try ask(number)
        }
        return (ContinuousClock.now - begin).asSeconds * 1_000_000_000 / Double(checks)
    }

    private mutating func ask(_ number: Int) throws {
        let call = calls[number % calls.count]
        let code = try probe.check(accounts[number % accounts.count], call.contract, call.method)
        precondition(code.isSuccess, "everybody may do everything here")
    }
}
