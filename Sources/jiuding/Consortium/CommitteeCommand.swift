// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ClientKit
import Execution
import Ledger
import ShangMi

/// Who votes: seats are added, emptied, given to another, and keys are changed.
struct CommitteeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "committee",
        abstract: phrase("Propose who runs validators.", zh: "提议由谁运行验证节点。"),
        subcommands: [CommitteeAdd.self, CommitteeRemove.self, CommitteeReplace.self, CommitteeRotate.self])
}

/// A new validator as options say.
struct SeatOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            phrase(
                "The new validator's public key; its node prints it with `jiuding key show`.",
                zh: "新验证者公钥；可在其节点用 jiuding key show 查看。"),
            valueName: "hex"))
    var publicKey: String

    @Option(help: ArgumentHelp(phrase("Its name.", zh: "名称。"), valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp(phrase("The organisation that runs it.", zh: "运行机构。"), valueName: "id"))
    var organization: String

    @Option(
        help: ArgumentHelp(
            phrase("What fails with it as one: CLOUD or CLOUD/SITE.", zh: "同时失效的范围：云，或 云/机房。"), valueName: "domain"))
    var failureDomain: String

    func validator() throws(Failure) -> Validator {
        Validator(
            key: try Words.key(publicKey, "--public-key"), name: try Words.label(name, "--name"),
            organization: try Words.label(organization, "--organization"),
            failureDomain: try Words.label(failureDomain, "--failure-domain"))
    }
}

struct CommitteeAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: phrase("Propose a further validator.", zh: "提议增加验证节点。"),
        discussion: phrase(
            """
            The node must be there and in step: the change waits until it says that it is ready.

            Example: jiuding govern committee add --public-key 04… --name validator-4 --organization 市税务局 \\
                       --failure-domain 广电云
            """,
            zh: """
                该节点须已启动并同步：变更将等待其声明就绪。

                示例：jiuding govern committee add --public-key 04… --name validator-4 --organization 市税务局 \\
                        --failure-domain 广电云
                """))

    @OptionGroup var seat: SeatOptions
    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let draft = ProposalDraft([.addValidator(try seat.validator())])
        try await ProposalJob(signing: signing, options: proposal).run(draft)
    }
}

/// Which of the validators.
struct ValidatorChoice: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            phrase("The validator: its name, account or public key.", zh: "验证者：名称、账户或公钥。"), valueName: "validator"))
    var validator: String

    func key(_ signing: SigningOptions) async throws(Failure) -> SM2.PublicKey {
        let client: NodeClient
        do { client = try signing.node.client() } catch let failure as Failure { throw failure } catch {
            throw Failure.usage("\(error)", fix: "")
        }
        let chain = signing.node.chain
        let committee = try await Failure.naming { () async throws(ClientError) in try await client.chain(chain) }
            .committee
        await client.close()
        if let key = committee.key(of: validator) ?? MemberChoice.key(validator) { return key }
        throw Failure(ResultCode.validatorUnknown)
    }
}

struct CommitteeRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: phrase("Propose that a validator goes.", zh: "提议移除验证节点。"),
        discussion: phrase(
            "Example: jiuding govern committee remove validator-4",
            zh: "示例：jiuding govern committee remove validator-4"))

    @OptionGroup var choice: ValidatorChoice
    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let draft = ProposalDraft([.removeValidator(try await choice.key(signing))])
        try await ProposalJob(signing: signing, options: proposal).run(draft)
    }
}

struct CommitteeReplace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replace",
        abstract: phrase("Propose another validator in place of one.", zh: "提议以另一验证节点替换。"),
        discussion: phrase(
            """
            Example: jiuding govern committee replace validator-3 --public-key 04… --name validator-4 \\
                       --organization 市税务局 --failure-domain 广电云
            """,
            zh: """
                示例：jiuding govern committee replace validator-3 --public-key 04… --name validator-4 \\
                        --organization 市税务局 --failure-domain 广电云
                """))

    @OptionGroup var choice: ValidatorChoice
    @OptionGroup var seat: SeatOptions
    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let draft = ProposalDraft([.replaceValidator(try await choice.key(signing), try seat.validator())])
        try await ProposalJob(signing: signing, options: proposal).run(draft)
    }
}

/// Another key for a validator's seat.
/// - Spec: NODE-21: the new key is a second node's, which is there before it is seated.
struct CommitteeRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: phrase("Propose another key for a validator; it keeps its seat.", zh: "提议为验证节点更换密钥，席位不变。"),
        discussion: phrase(
            """
            On the same machine too: make a key (jiuding key new) and its certificates (jiuding ca request, ca issue),
            have all add the account to peers.nodes (SIGHUP), start a second node with them, and propose. It takes over
            when it is in step, without a pause; then stop the first. Step by step: docs/spec/node.md, NODE-21.
            At most eight changes of an organisation in 30 days.

            Example: jiuding govern committee rotate validator-3 --public-key 04…
            """,
            zh: """
                在同一台机器上亦可：生成密钥（jiuding key new）与证书（jiuding ca request、ca issue），请各方将其账户加入
                peers.nodes（SIGHUP），以此启动第二个节点，然后提案。其同步后即接替，链不停顿；随后停止原节点。
                步骤见 docs/spec/node.md 的 NODE-21。每个机构 30 天内至多更换八次。

                示例：jiuding govern committee rotate validator-3 --public-key 04…
                """))

    @OptionGroup var choice: ValidatorChoice

    @Option(help: ArgumentHelp(phrase("The new key.", zh: "新公钥。"), valueName: "hex"))
    var publicKey: String

    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let next = try Words.key(publicKey, "--public-key")
        let draft = ProposalDraft([.rotateValidator(try await choice.key(signing), next)])
        try await ProposalJob(signing: signing, options: proposal).run(draft)
    }
}
