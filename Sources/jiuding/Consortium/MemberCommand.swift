// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ClientKit
import Execution
import Foundation
import Ledger
import ShangMi

/// Who may send: members, their roles and keys.
struct MemberCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "member",
        abstract: phrase("Look at members; propose who is one; change your own key.", zh: "查看成员；提议成员变更；更换本人密钥。"),
        subcommands: [
            MemberList.self, MemberShow.self, MemberAdd.self, MemberRemove.self, MemberRoles.self, MemberFreeze.self,
            MemberUnfreeze.self, MemberRotateKey.self, MemberDelegate.self, MemberUndelegate.self,
            MemberRevokeCertificate.self,
        ])
}

/// Lists members.
struct MemberList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: phrase("List members.", zh: "列出成员。"),
        discussion: phrase(
            "Those removed are left out unless --all is given.\n\nExample: jiuding member list --organization 市税务局",
            zh: "默认不列已移除者，加 --all 列出全部。\n\n示例：jiuding member list --organization 市税务局"))

    @Option(help: ArgumentHelp(phrase("Only members of this organisation.", zh: "仅列该机构的成员。"), valueName: "id"))
    var organization: String?

    @Flag(help: ArgumentHelp(phrase("Also those removed.", zh: "包括已移除者。")))
    var all = false

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let home = try organization.map { text throws(Failure) in try Words.label(text, "--organization") }
        let client = try node.client()
        let chain = node.chain
        var members = try await EveryPage.of(where: { all || !$0.record.standing.isRemoved }) {
            (cursor) async throws(ClientError) in
            try await client.members(chain, of: home, cursor: cursor)
        }
        await client.close()
        members.sort {
            ($0.record.member.organization, $0.record.member.name) < (
                $1.record.member.organization, $1.record.member.name
            )
        }
        let terminal = output.terminal
        terminal.emit(["members": .list(members.map { MemberView.json($0) })])
        var table = TableLayout([
            .init(phrase("name", zh: "名称")), .init(phrase("organisation", zh: "机构")), .init(phrase("roles", zh: "角色")),
            .init(phrase("status", zh: "状态")), .init(phrase("account", zh: "账户")),
        ])
        for answer in members {
            let member = answer.record.member
            table.add([
                member.name.text, member.organization.text, MemberView.roles(member.roles),
                MemberView.status(answer), "\(answer.account.hex.prefix(12))…",
            ])
        }
        terminal.say(table)
        terminal.say(phrase("\(members.count) members", zh: "共 \(members.count) 个成员"))
    }
}

/// Which member.
struct MemberArgument: ParsableArguments {
    @Argument(help: ArgumentHelp(MemberChoice.help, valueName: "member"))
    var member: String
}

/// Shows one member.
struct MemberShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: phrase("Show a member, its standing and its keys.", zh: "查看成员、其状态与密钥。"),
        discussion: phrase(
            "Example: jiuding member show default", zh: "示例：jiuding member show default"))

    @OptionGroup var argument: MemberArgument
    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let client = try node.client()
        let answer = try await MemberChoice(client: client, chain: node.chain).member(argument.member)
        await client.close()
        let terminal = output.terminal
        terminal.emit(MemberView.json(answer))
        terminal.say(pairs: MemberView.pairs(answer))
    }
}

/// Members as people and programs read them.
enum MemberView {
    static func roles(_ roles: RoleSet) -> String { roles.roles.map(\.word).joined(separator: ", ") }

    static func status(_ answer: MemberAnswer) -> String {
        switch answer.record.standing {
        case .removed:
            return answer.record.successor == nil ? phrase("removed", zh: "已移除") : phrase("replaced", zh: "已换密钥")
        case .frozen(let until, let reason) where until > answer.height:
            let end = until.value == Height.max ? "" : phrase(" until \(until.value)", zh: "至 \(until.value)")
            return phrase("frozen", zh: "已冻结") + end + phrase(": ", zh: "：") + reason.text
        default:
            return answer.isActive ? phrase("active", zh: "有效") : phrase("organisation inactive", zh: "机构非有效")
        }
    }

    static func pairs(_ answer: MemberAnswer) -> [(name: String, value: String)] {
        let member = answer.record.member
        var pairs = [
            (phrase("name", zh: "名称"), member.name.text), (phrase("organisation", zh: "机构"), member.organization.text),
            (phrase("roles", zh: "角色"), roles(member.roles)), (phrase("status", zh: "状态"), status(answer)),
            (phrase("account", zh: "账户"), answer.account.hex),
            (phrase("public key", zh: "公钥"), KeyCard(path: "", key: member.key).point),
        ]
        if !member.groups.isEmpty {
            pairs.append((phrase("groups", zh: "组"), member.groups.map(\.text).joined(separator: ", ")))
        }
        if let person = member.person { pairs.append((phrase("person", zh: "人员摘要"), person.hex)) }
        if let next = answer.record.successor { pairs.append((phrase("replaced by", zh: "接替账户"), next.hex)) }
        for delegate in answer.delegates { pairs.append((phrase("delegated to", zh: "委托账户"), delegate.hex)) }
        if let proxy = answer.delegation {
            let methods = proxy.methods.map { "\(proxy.contract.text).\($0.text)" }.joined(separator: ", ")
            let (end, used) = (proxy.until.value, "\(proxy.callsMade)/\(proxy.calls)")
            let may = phrase(
                "call \(methods) until height \(end), \(used) calls made", zh: "调用 \(methods)，至高度 \(end)，已用 \(used) 次")
            pairs.append((phrase("this key may", zh: "该密钥受托"), may))
        }
        return pairs
    }

    static func json(_ answer: MemberAnswer) -> JSONText {
        let (member, standing) = (answer.record.member, answer.record.standing)
        var (word, until, reason) = ("active", JSONText.null, JSONText.null)
        switch standing {
        case .active: break
        case .removed: word = "removed"
        case .frozen(let end, let why) where end > answer.height:
            (word, reason) = ("frozen", .text(why.text))
            until = end.value == Height.max ? .null : .whole(end.value)
        case .frozen: break
        }
        return [
            "account": .text(answer.account.hex), "name": .text(member.name.text),
            "organization": .text(member.organization.text),
            "roles": .list(member.roles.roles.map { .text($0.word) }),
            "groups": .list(member.groups.map { .text($0.text) }),
            "publicKey": .text(KeyCard(path: "", key: member.key).point), "status": .text(word), "until": until,
            "reason": reason, "isActive": .flag(answer.isActive), "person": .maybe(member.person?.hex),
            "successor": .maybe(answer.record.successor?.hex),
            "delegates": .list(answer.delegates.map { .text($0.hex) }),
            "delegation": answer.delegation.map {
                [
                    "account": .text($0.account.hex), "contract": .text($0.contract.text),
                    "methods": .list($0.methods.map { .text($0.text) }), "until": .whole($0.until.value),
                    "calls": .whole($0.calls), "callsMade": .whole($0.callsMade),
                ]
            } ?? .null,
            "height": .whole(answer.height.value),
        ]
    }
}
