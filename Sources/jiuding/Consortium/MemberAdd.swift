// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ClientKit
import Execution
import Ledger
import ShangMi

/// Proposes to admit a member.
struct MemberAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: phrase("Propose to admit a member.", zh: "提议接纳成员。"),
        discussion: phrase(
            """
            The member makes its key with `jiuding key new` and hands over the public half. An organisation's admin
            admits its own people alone; who is admitted elsewhere, or to an office, is decided by the organisations.

            Example: jiuding member add --public-key 04… --name 李四 --organization 市税务局 --roles user,operator
            """,
            zh: """
                成员以 jiuding key new 生成密钥并交出公钥。机构管理员可自行接纳本机构人员；接纳到其他机构或担任三员的，由各机构决定。

                示例：jiuding member add --public-key 04… --name 李四 --organization 市税务局 --roles user,operator
                """))

    @Option(
        help: ArgumentHelp(
            phrase(
                "Its public key, or a file that `jiuding key show --json` wrote.",
                zh: "公钥，或 jiuding key show --json 输出的文件。"), valueName: "hex"
        ))
    var publicKey: String

    @Option(help: ArgumentHelp(phrase("Its name.", zh: "名称。"), valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp(phrase("The organisation's id.", zh: "机构标识。"), valueName: "id"))
    var organization: String

    @Option(help: ArgumentHelp(phrase("Roles with commas between them.", zh: "角色，以逗号分隔。"), valueName: "roles"))
    var roles = "user"

    @Option(help: ArgumentHelp(phrase("Groups with commas between them.", zh: "组，以逗号分隔。"), valueName: "groups"))
    var groups: String?

    @Option(
        help: ArgumentHelp(
            phrase("A salted digest that stands for the person; the three offices need it.", zh: "代表人员的加盐摘要；三员必须填写。"),
            valueName: "hex"))
    var person: String?

    @Option(
        help: ArgumentHelp(
            phrase("Its certificate's file: it may act while that holds.", zh: "其证书文件，证书有效期间方可操作。"), valueName: "file"))
    var certificate: String?

    @Option(
        help: ArgumentHelp(
            phrase("Its public key for encryption, written as --public-key is.", zh: "其加密公钥，写法同 --public-key。"),
            valueName: "hex"))
    var encryptionKey: String?

    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let groups = try (groups ?? "").split(separator: ",").map { text throws(Failure) in
            try Words.label(String(text), "--groups")
        }
        guard groups.count <= Limits.memberGroupsMax else {
            throw Failure.usage(
                phrase(
                    "--groups names at most \(Limits.memberGroupsMax)", zh: "--groups 至多 \(Limits.memberGroupsMax) 个"),
                fix: phrase("leave some out", zh: "请减少"))
        }
        let key = try Words.key(publicKey, "--public-key")
        let member = Member(
            key: key, name: try Words.label(name, "--name"),
            organization: try Words.label(organization, "--organization"), roles: try Words.roles(roles, "--roles"),
            groups: groups, person: try Words.digest(person, "--person"),
            certificate: try certificate.map { try MemberAdd.fingerprint($0, of: key) },
            encryptionKey: try encryptionKey.map { try Words.key($0, "--encryption-key") })
        try await ProposalJob(signing: signing, options: proposal).run(ProposalDraft([.addMember(member)]))
    }

    /// The digest a member has of its certificate, which is about the key it signs with (MEMB-3).
    private static func fingerprint(_ path: String, of key: SM2.PublicKey) throws(Failure) -> Digest {
        let found = try Words.certificate(path)
        guard found.key == key else {
            throw .usage(
                phrase("\(path) is a certificate of another key", zh: "\(path) 不是该公钥的证书"),
                fix: phrase("give the certificate of the key the member signs with", zh: "请给出成员签名密钥的证书"))
        }
        return SM3.hash(found.der)
    }
}

/// Proposes to remove a member.
struct MemberRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: phrase("Propose to remove a member, for good.", zh: "提议永久移除成员。"),
        discussion: phrase(
            "One block after it takes effect the key has no success any more.\n\nExample: jiuding member remove 李四",
            zh: "生效后的下一区块起，其密钥不再有效。\n\n示例：jiuding member remove 李四"))

    @OptionGroup var argument: MemberArgument
    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let account = try await signing.choice().account(argument.member)
        try await ProposalJob(signing: signing, options: proposal).run(ProposalDraft([.removeMember(account)]))
    }
}

/// Proposes a member's roles.
struct MemberRoles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roles",
        abstract: phrase("Propose a member's roles; those not named end.", zh: "提议成员的角色；未列出者取消。"),
        discussion: phrase(
            """
            Roles: \(MemberRole.allCases.map(\.word).joined(separator: ", ")).

            Example: jiuding member roles 李四 user,operator
            """,
            zh: """
                角色：\(MemberRole.allCases.map(\.word).joined(separator: "、"))。

                示例：jiuding member roles 李四 user,operator
                """))

    @OptionGroup var argument: MemberArgument

    @Argument(help: ArgumentHelp(phrase("Roles with commas between them.", zh: "角色，以逗号分隔。"), valueName: "roles"))
    var roles: String

    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let set = try Words.roles(roles, "roles")
        let account = try await signing.choice().account(argument.member)
        try await ProposalJob(signing: signing, options: proposal).run(ProposalDraft([.setRoles(account, set)]))
    }
}

/// Proposes that a member may do nothing for a while.
struct MemberFreeze: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze",
        abstract: phrase("Propose that a member may do nothing for a while.", zh: "提议暂时冻结成员。"),
        discussion: phrase(
            "Example: jiuding member freeze 李四 --until +5000 --reason \"card lost\"",
            zh: "示例：jiuding member freeze 李四 --until +5000 --reason 证书卡遗失"))

    @OptionGroup var argument: MemberArgument

    @OptionGroup var end: FreezeOptions

    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let freeze = try end.freeze(proposal, tip: try await signing.tip())
        let account = try await signing.choice().account(argument.member)
        try await ProposalJob(signing: signing, options: proposal).run(ProposalDraft([.freezeMember(account, freeze)]))
    }
}

/// Proposes to end a member's freeze.
struct MemberUnfreeze: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unfreeze",
        abstract: phrase("Propose to end a member's freeze.", zh: "提议解冻成员。"),
        discussion: phrase("Example: jiuding member unfreeze 李四", zh: "示例：jiuding member unfreeze 李四"))

    @OptionGroup var argument: MemberArgument
    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let account = try await signing.choice().account(argument.member)
        try await ProposalJob(signing: signing, options: proposal).run(ProposalDraft([.unfreezeMember(account)]))
    }
}
