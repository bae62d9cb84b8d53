// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ClientKit
import Execution
import Ledger

/// Who the consortium is made of.
struct OrganizationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "org",
        abstract: phrase("Look at organisations and propose who is one.", zh: "查看机构并提议机构变更。"),
        subcommands: [
            OrganizationListCommand.self, OrganizationShow.self, OrganizationAdd.self, OrganizationChange.self,
            OrganizationFreeze.self, OrganizationUnfreeze.self, OrganizationRemove.self,
        ])
}

/// Lists organisations.
struct OrganizationListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: phrase("List organisations; which have a voice.", zh: "列出机构及其是否有表决权。"),
        discussion: phrase("Example: jiuding org list", zh: "示例：jiuding org list"))

    @Flag(help: ArgumentHelp(phrase("Also those that have left.", zh: "包括已退出者。")))
    var all = false

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let client = try node.client()
        let chain = node.chain
        let organizations = try await EveryPage.of(where: { all || !$0.record.standing.isRemoved }) {
            (cursor) async throws(ClientError) in
            try await client.organizations(chain, cursor: cursor)
        }
        await client.close()
        let terminal = output.terminal
        terminal.emit(["organizations": .list(organizations.map { OrganizationView.json($0) })])
        var table = TableLayout([
            .init(phrase("id", zh: "标识")), .init(phrase("name", zh: "名称")), .init(phrase("status", zh: "状态")),
            .init(phrase("voice", zh: "表决权")), .init(phrase("admins", zh: "管理员数"), .right),
            .init(phrase("cloud", zh: "云")),
        ])
        for answer in organizations {
            let record = answer.record
            table.add([
                record.organization.id.text, record.organization.name.text, OrganizationView.status(answer),
                answer.hasVoice ? phrase("yes", zh: "有") : phrase("no", zh: "无"), "\(record.admins.count)",
                record.organization.cloud.isEmpty ? "-" : record.organization.cloud.text,
            ])
        }
        terminal.say(table)
    }
}

/// Shows one organisation.
struct OrganizationShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: phrase("Show an organisation.", zh: "查看机构。"),
        discussion: phrase("Example: jiuding org show 市税务局", zh: "示例：jiuding org show 市税务局"))

    @OptionGroup var argument: OrganizationArgument
    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let id = try argument.id
        let client = try node.client()
        let chain = node.chain
        let answer = try await Failure.naming { () async throws(ClientError) in
            try await client.organization(chain, id)
        }
        await client.close()
        let terminal = output.terminal
        terminal.emit(OrganizationView.json(answer))
        terminal.say(pairs: OrganizationView.pairs(answer))
    }
}

/// Organisations as people and programs read them.
enum OrganizationView {
    static func status(_ answer: OrganizationAnswer) -> String {
        switch answer.record.standing {
        case .removed: return phrase("has left", zh: "已退出")
        case .frozen(let until, let reason) where until > answer.height:
            let end = until.value == Height.max ? "" : phrase(" until \(until.value)", zh: "至 \(until.value)")
            return phrase("frozen", zh: "已冻结") + end + phrase(": ", zh: "：") + reason.text
        default: return phrase("active", zh: "有效")
        }
    }

    static func pairs(_ answer: OrganizationAnswer) -> [(name: String, value: String)] {
        let home = answer.record.organization
        var pairs = [
            (phrase("id", zh: "标识"), home.id.text), (phrase("name", zh: "名称"), home.name.text),
            (phrase("credit code", zh: "统一社会信用代码"), home.creditCode?.text ?? "-"),
            (phrase("region", zh: "行政区划代码"), home.region?.text ?? "-"),
            (phrase("cloud", zh: "云"), home.cloud.isEmpty ? "-" : home.cloud.text),
            (phrase("status", zh: "状态"), status(answer)),
            (phrase("voice", zh: "表决权"), answer.hasVoice ? phrase("yes", zh: "有") : phrase("no", zh: "无")),
        ]
        for admin in answer.record.admins { pairs.append((phrase("admin", zh: "管理员"), admin.hex)) }
        return pairs
    }

    static func json(_ answer: OrganizationAnswer) -> JSONText {
        let home = answer.record.organization
        let word =
            switch answer.record.standing {
            case .removed: "removed"
            case .frozen(let until, _) where until > answer.height: "frozen"
            default: "active"
            }
        return [
            "id": .text(home.id.text), "name": .text(home.name.text), "creditCode": .maybe(home.creditCode?.text),
            "region": .maybe(home.region?.text), "cloud": .text(home.cloud.text), "site": .text(home.site.text),
            "status": .text(word), "hasVoice": .flag(answer.hasVoice),
            "admins": .list(answer.record.admins.map { .text($0.hex) }), "height": .whole(answer.height.value),
        ]
    }
}

/// Which organisation.
struct OrganizationArgument: ParsableArguments {
    @Argument(help: ArgumentHelp(phrase("The organisation's id.", zh: "机构标识。"), valueName: "id"))
    var organization: String

    var id: Ledger.Label {
        get throws(Failure) { try Words.label(organization, "id") }
    }
}

/// What is known of an organisation.
struct OrganizationFields: ParsableArguments {
    @Option(help: ArgumentHelp(phrase("Its name; default the id.", zh: "名称；默认同标识。"), valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp(
            phrase("Its unified social credit code, 18 characters.", zh: "统一社会信用代码，18 位。"), valueName: "code"))
    var creditCode: String

    @Option(help: ArgumentHelp(phrase("The code of its region, six digits.", zh: "行政区划代码，6 位。"), valueName: "code"))
    var region: String

    @Option(help: ArgumentHelp(phrase("The cloud it runs in.", zh: "所在云。"), valueName: "cloud"))
    var cloud: String?

    @Option(help: ArgumentHelp(phrase("The site within the cloud.", zh: "机房。"), valueName: "site"))
    var site: String?

    func organization(_ id: Ledger.Label) throws(Failure) -> Organization {
        guard let code = CreditCode(creditCode) else {
            throw .usage(
                phrase(
                    "--credit-code is no credit code, or its check character is wrong",
                    zh: "--credit-code 不是有效的统一社会信用代码（校验位不符）"),
                fix: phrase("copy all 18 characters", zh: "请完整复制 18 位"))
        }
        guard let region = RegionCode(region) else {
            throw .usage(
                phrase("--region is six digits of a region", zh: "--region 应为六位行政区划代码"),
                fix: phrase("for example 330100", zh: "例如 330100"))
        }
        return Organization(
            id: id, name: try name.map { text throws(Failure) in try Words.label(text, "--name") }, creditCode: code,
            region: region, cloud: Ledger.Label(cloud ?? "") ?? Ledger.Label(literal: ""),
            site: Ledger.Label(site ?? "") ?? Ledger.Label(literal: ""))
    }
}

struct OrganizationAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: phrase("Propose to admit an organisation.", zh: "提议接纳机构。"),
        discussion: phrase(
            """
            It has a voice once it has an admin: admit one with `jiuding member add --roles orgAdmin`, or both at once
            with `jiuding govern propose`.

            Example: jiuding org add 市司法局 --credit-code 11330100MB0000000X --region 330100 --cloud 移动云
            """,
            zh: """
                机构有管理员后才有表决权：可用 jiuding member add --roles orgAdmin 接纳管理员，或用 jiuding govern propose 一并提出。

                示例：jiuding org add 市司法局 --credit-code 11330100MB0000000X --region 330100 --cloud 移动云
                """))

    @OptionGroup var argument: OrganizationArgument
    @OptionGroup var fields: OrganizationFields
    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let draft = ProposalDraft([.addOrganization(try fields.organization(try argument.id))])
        try await ProposalJob(signing: signing, options: proposal).run(draft)
    }
}

struct OrganizationChange: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "change",
        abstract: phrase("Propose what is known of an organisation; all but its id.", zh: "提议变更机构的登记信息（标识除外）。"),
        discussion: phrase(
            "Example: jiuding org change 市司法局 --credit-code 11330100MB0000000X --region 330100 --cloud 电信云",
            zh: "示例：jiuding org change 市司法局 --credit-code 11330100MB0000000X --region 330100 --cloud 电信云"))

    @OptionGroup var argument: OrganizationArgument
    @OptionGroup var fields: OrganizationFields
    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let draft = ProposalDraft([.changeOrganization(try fields.organization(try argument.id))])
        try await ProposalJob(signing: signing, options: proposal).run(draft)
    }
}

struct OrganizationFreeze: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze",
        abstract: phrase("Propose that an organisation's members may do nothing for a while.", zh: "提议暂时冻结机构。"),
        discussion: phrase(
            "Example: jiuding org freeze 市司法局 --until +10000 --reason \"under inspection\"",
            zh: "示例：jiuding org freeze 市司法局 --until +10000 --reason 接受检查"))

    @OptionGroup var argument: OrganizationArgument

    @OptionGroup var end: FreezeOptions

    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let freeze = try end.freeze(proposal, tip: try await signing.tip())
        let draft = ProposalDraft([.freezeOrganization(try argument.id, freeze)])
        try await ProposalJob(signing: signing, options: proposal).run(draft)
    }
}

struct OrganizationUnfreeze: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unfreeze",
        abstract: phrase("Propose to end an organisation's freeze.", zh: "提议解冻机构。"),
        discussion: phrase("Example: jiuding org unfreeze 市司法局", zh: "示例：jiuding org unfreeze 市司法局"))

    @OptionGroup var argument: OrganizationArgument
    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let draft = ProposalDraft([.unfreezeOrganization(try argument.id)])
        try await ProposalJob(signing: signing, options: proposal).run(draft)
    }
}

struct OrganizationRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: phrase("Propose that an organisation leaves the consortium.", zh: "提议机构退出联盟。"),
        discussion: phrase("Example: jiuding org remove 市司法局", zh: "示例：jiuding org remove 市司法局"))

    @OptionGroup var argument: OrganizationArgument
    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let draft = ProposalDraft([.removeOrganization(try argument.id)])
        try await ProposalJob(signing: signing, options: proposal).run(draft)
    }
}
