// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ClientKit
import Execution
import Ledger

/// Which voices what takes.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: phrase("List, check and propose policies.", zh: "列出、检查与提议权限策略。"),
        subcommands: [PolicyList.self, PolicyCheck.self, PolicySet.self, PolicyUnset.self])
}

/// Lists policies.
struct PolicyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: phrase("List policies, and what decides where none is set.", zh: "列出权限策略，以及未设置时的默认策略。"),
        discussion: phrase("Example: jiuding govern policy list", zh: "示例：jiuding govern policy list"))

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let client = try node.client()
        let chain = node.chain
        let policies = try await EveryPage.of { (cursor) async throws(ClientError) in
            try await client.policies(chain, cursor: cursor)
        }
        await client.close()
        let terminal = output.terminal
        terminal.emit([
            "policies": .list(
                policies.map {
                    [
                        "resource": .text($0.resource), "policy": .maybe($0.policy), "isStandard": .flag($0.isStandard),
                    ]
                })
        ])
        var table = TableLayout([
            .init(phrase("resource", zh: "资源")), .init(phrase("set", zh: "已设置")), .init(phrase("policy", zh: "策略")),
        ])
        for policy in policies {
            let isSet = policy.isStandard ? phrase("standard", zh: "默认") : phrase("yes", zh: "是")
            table.add([policy.resource, isSet, policy.policy ?? "?"])
        }
        terminal.say(table)
    }
}

/// Prints a policy in the one form the state holds.
struct PolicyCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: phrase("Print a policy in canonical form, or what is wrong with it.", zh: "输出策略的规范文本，或指出错误。"),
        discussion: phrase(
            """
            any of role(user, operator)        one member with one of these roles
            2 of orgs by role(orgAdmin)        two organisations, by their admins
            majority of orgs by role(orgAdmin)    all of orgs by role(orgAdmin)
            any of group(clerks) and any of org(市税务局)    self by role(orgAdmin)    forbidden

            Example: jiuding govern policy check "any of role(operator, user) or 2 of orgs by role(orgAdmin)"
            """,
            zh: """
                any of role(user, operator)        具有其中一个角色的成员
                2 of orgs by role(orgAdmin)        两个机构，由其管理员表示
                majority of orgs by role(orgAdmin)    all of orgs by role(orgAdmin)
                any of group(clerks) and any of org(市税务局)    self by role(orgAdmin)    forbidden

                示例：jiuding govern policy check "any of role(operator, user) or 2 of orgs by role(orgAdmin)"
                """))

    @Argument(help: ArgumentHelp(phrase("The policy.", zh: "策略。"), valueName: "policy"))
    var policy: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        let text = try Words.policy(policy).text
        output.terminal.emit(["policy": .text(text)])
        output.terminal.say(text)
    }
}

/// Proposes a policy.
struct PolicySet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: phrase("Propose a policy for a resource.", zh: "提议为资源设置策略。"),
        discussion: phrase(
            """
            A resource is \(PolicyWords.resources).

            Example: jiuding govern policy set "calls evidence" "any of role(user, operator)"
                     jiuding govern policy set "acts members" "self by role(orgAdmin) or 2 of orgs by role(orgAdmin)"
            """,
            zh: """
                资源写法：\(PolicyWords.resourcesZh)。

                示例：jiuding govern policy set "calls evidence" "any of role(user, operator)"
                      jiuding govern policy set "acts members" "self by role(orgAdmin) or 2 of orgs by role(orgAdmin)"
                """))

    @Argument(help: ArgumentHelp(phrase("What it is about.", zh: "资源。"), valueName: "resource"))
    var resource: String

    @Argument(help: ArgumentHelp(phrase("The policy.", zh: "策略。"), valueName: "policy"))
    var policy: String

    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let act = GovernanceAct.setPolicy(try Words.resource(resource), try Words.policy(policy))
        try await ProposalJob(signing: signing, options: proposal).run(ProposalDraft([act]))
    }
}

/// Proposes to leave a resource to the wider one.
struct PolicyUnset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unset",
        abstract: phrase("Propose to leave a resource to the wider one.", zh: "提议取消资源的策略，由上级资源决定。"),
        discussion: phrase(
            "Example: jiuding govern policy unset \"calls evidence\"",
            zh: "示例：jiuding govern policy unset \"calls evidence\""))

    @Argument(help: ArgumentHelp(phrase("What it is about.", zh: "资源。"), valueName: "resource"))
    var resource: String

    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let draft = ProposalDraft([.setPolicy(try Words.resource(resource), nil)])
        try await ProposalJob(signing: signing, options: proposal).run(draft)
    }
}

/// Proposes parameters of consensus.
struct GovernParameters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parameters",
        abstract: phrase("Propose parameters of consensus; what is left out stays.", zh: "提议共识参数；未给出者不变。"),
        discussion: phrase(
            "Example: jiuding govern parameters --block-interval-ms 20 --block-transactions 2048",
            zh: "示例：jiuding govern parameters --block-interval-ms 20 --block-transactions 2048"))

    @Option(help: ArgumentHelp(phrase("Shortest time between blocks.", zh: "最短出块间隔。"), valueName: "ms"))
    var blockIntervalMs: UInt64?

    @Option(help: ArgumentHelp(phrase("A block is made after so long at the latest.", zh: "最长出块间隔。"), valueName: "ms"))
    var heartbeatMs: UInt64?

    @Option(
        help: ArgumentHelp(
            phrase("How far a block's time may be ahead of a validator's.", zh: "区块时间可领先验证者时钟的上限。"), valueName: "ms"))
    var clockToleranceMs: UInt64?

    @Option(help: ArgumentHelp(phrase("Most transactions of a block.", zh: "每块交易数上限。"), valueName: "n"))
    var blockTransactions: UInt64?

    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    func validate() throws {
        let bounds: [(String, UInt64?, UInt64)] = [
            ("--block-interval-ms", blockIntervalMs, 60_000), ("--heartbeat-ms", heartbeatMs, 86_400_000),
            ("--clock-tolerance-ms", clockToleranceMs, 60_000),
            ("--block-transactions", blockTransactions, UInt64(Limits.payloadTransactionsMax)),
        ]
        for (name, value, most) in bounds {
            guard let value, value > most else { continue }
            throw ValidationError(phrase("\(name) is at most \(most)", zh: "\(name) 至多 \(most)"))
        }
    }

    mutating func run() async throws {
        let client = try signing.node.client()
        let chain = signing.node.chain
        let old = try await Failure.naming { () async throws(ClientError) in try await client.chain(chain) }
            .committee.parameters
        await client.close()
        let parameters = ConsensusParameters(
            blockIntervalMillis: blockIntervalMs ?? old.blockIntervalMillis,
            heartbeatMillis: heartbeatMs ?? old.heartbeatMillis,
            clockToleranceMillis: clockToleranceMs ?? old.clockToleranceMillis,
            blockTransactionsMax: blockTransactions.map { Int($0) } ?? old.blockTransactionsMax)
        try await ProposalJob(signing: signing, options: proposal).run(ProposalDraft([.setParameters(parameters)]))
    }
}

/// Proposes the height from which other rules hold.
struct GovernRules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: phrase("Propose a rule version from a height on.", zh: "提议自某高度起适用的规则版本。"),
        discussion: phrase(
            """
            A node stops at the height from which rules hold that its program does not know. A version that this program
            does not know is proposed with --unknown only.

            Example: jiuding govern rules --version 2 --from +20000    # on a chain that began with version 1
            """,
            zh: """
                节点在其程序不认识的规则生效的高度停止。本程序不认识的版本须加 --unknown 才会提案。

                示例：jiuding govern rules --version 2 --from +20000    # 以版本 1 建立的链
                """))

    @Option(help: ArgumentHelp(phrase("The version.", zh: "版本。"), valueName: "n"))
    var version: UInt16

    @Option(
        help: ArgumentHelp(phrase("From this height on, or +N from now.", zh: "起始高度，或 +N 表示自当前起。"), valueName: "height")
    )
    var from: String

    @Flag(
        help: ArgumentHelp(
            phrase("Also a version that this program does not know.", zh: "允许本程序不认识的版本。")))
    var unknown = false

    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let newest = RuleVersion.newest
        guard unknown || RuleVersion(version) <= newest else {
            throw Failure.usage(
                phrase(
                    "this program knows rules up to version \(newest.value): nodes that run it would stop there",
                    zh: "本程序只认识到版本 \(newest.value) 的规则：运行它的节点届时将停止"),
                fix: phrase(
                    "install the program that knows them on all nodes first, or say --unknown",
                    zh: "请先在所有节点安装认识该版本的程序，或加 --unknown"))
        }
        let tip = try await signing.tip()
        guard let height = ProposalOptions.height(from, tip: tip) else {
            throw Failure.usage(
                phrase("--from is a height or +N", zh: "--from 应为高度或 +N"), fix: phrase("give a number", zh: "请给出数字"))
        }
        let draft = ProposalDraft([.setRules(RuleVersion(version), height)])
        try await ProposalJob(signing: signing, options: proposal).run(draft)
    }
}

/// Proposes that nobody calls a contract for a while.
struct ContractFreeze: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze-contract",
        abstract: phrase("Propose that nobody calls a contract for a while.", zh: "提议暂停合约的调用。"),
        discussion: phrase(
            "Example: jiuding govern freeze-contract evidence --until +1000 --reason \"key ceremony\"",
            zh: "示例：jiuding govern freeze-contract evidence --until +1000 --reason 密钥仪式"))

    @Argument(help: ArgumentHelp(phrase("The contract's name.", zh: "合约名。"), valueName: "contract"))
    var contract: String

    @OptionGroup var end: FreezeOptions

    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let freeze = try end.freeze(proposal, tip: try await signing.tip())
        let draft = ProposalDraft([.freezeContract(try Words.label(contract, "contract"), freeze)])
        try await ProposalJob(signing: signing, options: proposal).run(draft)
    }
}

/// Proposes that a contract may be called again.
struct ContractUnfreeze: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unfreeze-contract",
        abstract: phrase("Propose that a frozen contract may be called again.", zh: "提议恢复被冻结合约的调用。"),
        discussion: phrase(
            "Example: jiuding govern unfreeze-contract evidence", zh: "示例：jiuding govern unfreeze-contract evidence"))

    @Argument(help: ArgumentHelp(phrase("The contract's name.", zh: "合约名。"), valueName: "contract"))
    var contract: String

    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let draft = ProposalDraft([.unfreezeContract(try Words.label(contract, "contract"))])
        try await ProposalJob(signing: signing, options: proposal).run(draft)
    }
}

extension SigningOptions {
    /// The chain's height now.
    func tip() async throws -> Height {
        let (client, chain) = (try node.client(), node.chain)
        let tip = try await Failure.naming { () async throws(ClientError) in try await client.chain(chain) }.height
        await client.close()
        return tip
    }
}
