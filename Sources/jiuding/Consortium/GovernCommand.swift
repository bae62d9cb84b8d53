// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Bedrock
import ClientKit
import Execution
import Ledger

/// How a consortium changes itself: proposals, approvals, and what became of them.
struct GovernCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "govern",
        abstract: phrase(
            "Propose, approve and follow changes that organisations decide together.", zh: "提出、批准并跟踪由各机构共同决定的变更。"),
        subcommands: [
            GovernPropose.self, GovernApprove.self, GovernWithdraw.self, GovernRevoke.self, GovernList.self,
            GovernShow.self, CommitteeCommand.self, PolicyCommand.self, GovernParameters.self, GovernRules.self,
            ContractFreeze.self, ContractUnfreeze.self,
        ])
}

/// Makes a proposal from a file of acts.
struct GovernPropose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "propose",
        abstract: phrase("Propose the acts in a file, decided and done as one.", zh: "按文件提出若干操作，一并决定、一并生效。"),
        discussion: phrase(
            """
            For single acts there are shorter commands: jiuding member, jiuding org, jiuding govern committee, policy,
            parameters. A file holds several, all of which take effect or none:

              reason: the tax bureau joins            # why; optional, as at, expires and overrides
              expires: +50000                         # a height, or +N from now
              acts:
                - add-organization: {id: 市税务局二分局, name: 市税务局第二分局, credit-code: 11330100MB0000000X, region: 330100}
                - add-member: {public-key: 04…, name: 王五, organization: 市税务局二分局, roles: [orgAdmin, user]}
                - set-policy: {resource: calls evidence, policy: "any of role(user, operator)"}

            All acts and their keys: \(ActFile.summary)
            A member is named by account, public key, name or NAME@ORGANISATION.

            Example: jiuding govern propose --file change.yaml --dry-run
            """,
            zh: """
                单个操作有更短的命令：jiuding member、jiuding org、jiuding govern committee、policy、parameters。
                文件可含多个操作，要么全部生效，要么全不生效：

                  reason: 税务局加入                       # 理由；与 at、expires、overrides 均可省略
                  expires: +50000                         # 高度，或 +N 表示自当前起
                  acts:
                    - add-organization: {id: 市税务局二分局, name: 市税务局第二分局, credit-code: 11330100MB0000000X, region: 330100}
                    - add-member: {public-key: 04…, name: 王五, organization: 市税务局二分局, roles: [orgAdmin, user]}
                    - set-policy: {resource: calls evidence, policy: "any of role(user, operator)"}

                全部操作及其键：\(ActFile.summary)
                成员以账户、公钥、名称或 名称@机构 指称。

                示例：jiuding govern propose --file change.yaml --dry-run
                """))

    @Option(help: ArgumentHelp(phrase("The file of acts (YAML).", zh: "操作文件（YAML）。"), valueName: "file"))
    var file: String

    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let draft = try await ActFile(path: file, choice: try signing.choice()).read()
        try await ProposalJob(signing: signing, options: proposal).run(draft)
    }
}

/// Which proposal.
struct ProposalChoice: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            phrase("The proposal: its 64 digits, or the first of them.", zh: "提案：64 位标识，或其前若干位。"), valueName: "proposal"
        ))
    var proposal: String

    /// Digits that are enough to look for it.
    private static let digitsMin = 6

    func find(_ client: NodeClient, _ chain: String) async throws(Failure) -> ProposalAnswer {
        if let id = MotionID(hex: proposal) {
            return try await Failure.naming { () async throws(ClientError) in try await client.proposal(chain, id) }
        }
        let digits = proposal.lowercased()
        var found: [ProposalAnswer] = []
        if digits.count >= ProposalChoice.digitsMin, digits.allSatisfy(\.isHexDigit) {
            found = try await ProposalList.all(client, chain, areOpen: true).filter { $0.id.hex.hasPrefix(digits) }
            if found.isEmpty {
                found = try await ProposalList.all(client, chain, areOpen: false).filter { $0.id.hex.hasPrefix(digits) }
            }
        }
        guard let first = found.first, found.count == 1 else {
            throw Failure(
                .usage, "JD-4031",
                phrase(
                    "\(found.count) proposals begin with \"\(proposal)\"", zh: "有 \(found.count) 个提案以“\(proposal)”开头"),
                fix: phrase(
                    "give at least \(ProposalChoice.digitsMin) digits of one that `jiuding govern list` shows",
                    zh: "请给出 jiuding govern list 所列提案的至少 \(ProposalChoice.digitsMin) 位"))
        }
        return first
    }
}

/// Proposals of a chain, page by page.
enum ProposalList {
    /// - Returns: the newest first.
    static func all(
        _ client: NodeClient, _ chain: String, areOpen: Bool
    ) async throws(Failure) -> [ProposalAnswer] {
        let found = try await EveryPage.of { (cursor) async throws(ClientError) in
            try await client.proposals(chain, areOpen: areOpen, cursor: cursor, limit: 200)
        }
        return found.sorted { ($1.record.proposed, $0.id) < ($0.record.proposed, $1.id) }
    }
}

/// Approves a proposal with one's own key.
struct GovernApprove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: phrase("Approve a proposal with your own key.", zh: "以本人密钥批准提案。"),
        discussion: phrase(
            "What it does is shown first. The approval can be taken back until it takes effect.\n\n"
                + "Example: jiuding govern approve 4f3c9a01 --key alice.key.pem",
            zh: "先显示其效果。生效之前可撤回批准。\n\n示例：jiuding govern approve 4f3c9a01 --key alice.key.pem"))

    @OptionGroup var choice: ProposalChoice
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let terminal = signing.output.terminal
        try await MotionCall(signing: signing, choice: choice).run(GovernanceContract.approve) { proposal in
            for effect in proposal.effects {
                terminal.say("  " + ProposalView.line(effect.english, effect.chinese, effect.isMarked, terminal))
            }
        }
    }
}

/// Takes one's approval back.
struct GovernWithdraw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw",
        abstract: phrase("Take your approval back, until it takes effect.", zh: "在生效前撤回本人的批准。"),
        discussion: phrase(
            "Example: jiuding govern withdraw 4f3c9a01", zh: "示例：jiuding govern withdraw 4f3c9a01"))

    @OptionGroup var choice: ProposalChoice
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        try await MotionCall(signing: signing, choice: choice).run(GovernanceContract.withdraw) { _ in }
    }
}

/// Ends a proposal of one's own organisation.
struct GovernRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: phrase("End a proposal that you or your organisation made.", zh: "撤销本人或本机构提出的提案。"),
        discussion: phrase("Example: jiuding govern revoke 4f3c9a01", zh: "示例：jiuding govern revoke 4f3c9a01"))

    @OptionGroup var choice: ProposalChoice
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        try await MotionCall(signing: signing, choice: choice).run(GovernanceContract.revoke) { _ in }
    }
}

/// A call about a proposal that is there.
struct MotionCall {
    let signing: SigningOptions
    let choice: ProposalChoice

    func run(_ method: Ledger.Label, _ before: (ProposalAnswer) -> Void) async throws {
        let pen = try await signing.pen()
        let proposal = try await choice.find(pen.client, pen.chain)
        before(proposal)
        let receipt = try await pen.call(GovernanceContract.contract, method, proposal.id.encoded)
        let terminal = signing.output.terminal
        switch method {
        case GovernanceContract.approve: terminal.say(phrase("approved", zh: "已批准"))
        case GovernanceContract.withdraw: terminal.say(phrase("approval taken back", zh: "已撤回批准"))
        default: break
        }
        try await ProposalJob.settle(proposal.id, in: receipt, pen, on: terminal)
        await pen.client.close()
    }
}

/// Lists proposals.
struct GovernList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: phrase("List proposals, those not closed by default.", zh: "列出提案，默认仅列未了结者。"),
        discussion: phrase(
            "Example: jiuding govern list\n         jiuding govern list --all",
            zh: "示例：jiuding govern list\n      jiuding govern list --all"))

    @Flag(help: ArgumentHelp(phrase("All that were ever made.", zh: "列出全部提案。")))
    var all = false

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let client = try node.client()
        let proposals = try await ProposalList.all(client, node.chain, areOpen: !all)
        await client.close()
        let terminal = output.terminal
        terminal.emit(["proposals": .list(proposals.map { ProposalView.json($0) })])
        guard !proposals.isEmpty else {
            return terminal.say(
                all ? phrase("nothing was ever proposed", zh: "尚无任何提案") : phrase("no proposal is open", zh: "没有未了结的提案"))
        }
        terminal.say(ProposalView.table(proposals))
    }
}

/// Shows one proposal.
struct GovernShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: phrase("Show a proposal, its approvals and what it still needs.", zh: "查看提案、已有批准和尚缺的批准。"),
        discussion: phrase("Example: jiuding govern show 4f3c9a01", zh: "示例：jiuding govern show 4f3c9a01"))

    @OptionGroup var choice: ProposalChoice
    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let client = try node.client()
        let proposal = try await choice.find(client, node.chain)
        await client.close()
        let terminal = output.terminal
        terminal.emit(ProposalView.json(proposal))
        ProposalView.say(proposal, on: terminal)
    }
}
