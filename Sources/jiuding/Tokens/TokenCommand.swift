// SPDX-License-Identifier: Apache-2.0
import Administration
import ArgumentParser
import ClientKit
import Foundation
import Gateway
import Hosting
import KeyCustody
import Ledger

/// Tokens that stand for a member at one node's gateway.
///
/// On the node's machine its operator makes them for any member; elsewhere a member makes its own, by a request that
/// its key signs.
/// - Spec: TOK-3, TOK-4.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: phrase("Make, list and revoke tokens to ask a node with.", zh: "创建、列出与吊销访问节点的令牌。"),
        subcommands: [TokenCreate.self, TokenList.self, TokenRevoke.self])
}

/// Which gateway's tokens: a node's on this machine, or by request.
struct TokenPlaceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            phrase("Ask this node, with --as, for one's own tokens.", zh: "以 --as 指定的密钥向该节点请求本人的令牌。"),
            valueName: "url"))
    var node: String?

    @OptionGroup var caller: CallerOptions
    @OptionGroup var store: StoreOptions

    /// The token file of the node whose data directory is named.
    func book() throws -> (book: TokenBook, data: String) {
        let files = FileManager.default
        guard files.fileExists(atPath: "\(store.data)/chains") else {
            let nodes = ((try? files.contentsOfDirectory(atPath: store.data)) ?? []).filter { $0.hasPrefix("node-") }
            let fix =
                nodes.min().map {
                    phrase("name one: --data \(store.data)/\($0)", zh: "请指定其一：--data \(store.data)/\($0)")
                }
                ?? phrase("name the node's data directory with --data", zh: "请用 --data 指定节点的数据目录")
            throw Failure.usage(
                phrase("\(store.data) is not one node's data directory", zh: "\(store.data) 不是单个节点的数据目录"), fix: fix)
        }
        return (TokenBook("\(store.data)/tokens"), store.data)
    }

    func client(_ url: String) throws -> NodeClient {
        guard caller.key != nil || CallerOptions.environment("JIUDING_AS") != nil else {
            throw Failure.usage(
                phrase("a member asks for its tokens with its key", zh: "成员须以自己的密钥请求令牌"),
                fix: phrase("name it with --as KEY", zh: "请用 --as KEY 指定"))
        }
        return try caller.client(url)
    }
}

extension Failure {
    static func namingTokens<Answer>(_ body: () throws(TokenError) -> Answer) throws(Failure) -> Answer {
        do { return try body() } catch {
            let code: StableCode =
                switch error {
                case .full: .tokensFull
                case .unknown: .notFound
                case .busy: .refusedForNow
                case .unwritable, .unreadable, .damaged: .gatewayInternal
                }
            let fix =
                switch error {
                case .unwritable, .unreadable, .damaged:
                    phrase("check the file, its mode and the free space", zh: "请检查文件、权限与剩余空间")
                default: code.remedy
                }
            throw Failure(.no, code.label, "\(code.sentence): \(error)", fix: fix)
        }
    }
}

struct TokenCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: phrase("Make a token; it is shown this once.", zh: "创建令牌；仅显示一次。"),
        discussion: phrase(
            """
            On the node's machine: name the node's --data and the --member. With --scope submit name the --key the
            gateway signs with; the member is its owner. Elsewhere: name --node and --as.

            Example: jiuding token create --data data/node-0 --member 8a01… --expires 30d
            Example: jiuding token create --node http://127.0.0.1:8600 --as alice.key --expires 12h
            """,
            zh: """
                在节点所在机器上：指定节点的 --data 与 --member；范围为 submit 时以 --key 指定网关代签所用密钥，其持有人即成员。\
                在其他机器上：指定 --node 与 --as。

                示例：jiuding token create --data data/node-0 --member 8a01… --expires 30d
                示例：jiuding token create --node http://127.0.0.1:8600 --as alice.key --expires 12h
                """))

    @Option(help: ArgumentHelp(phrase("The member's account.", zh: "成员账户。"), valueName: "account"))
    var member: String?

    @Option(
        help: ArgumentHelp(
            phrase("How long it lasts: 30d, 12h, 45m or 90s, a year at most.", zh: "有效期：30d、12h、45m 或 90s，最长一年。"),
            valueName: "span"))
    var expires = "30d"

    @Option(help: ArgumentHelp(phrase("read or submit.", zh: "read 或 submit。"), valueName: "scope"))
    var scope = "read"

    @Option(
        help: ArgumentHelp(
            phrase("The key file the gateway signs deposits with.", zh: "网关代签存证所用的密钥文件。"), valueName: "file"))
    var key: String?

    @Option(help: ArgumentHelp(phrase("What it is for.", zh: "用途说明。"), valueName: "text"))
    var note = ""

    @Option(
        help: ArgumentHelp(
            phrase("Write the token here, for its owner's eyes only.", zh: "将令牌写入此文件，仅属主可读。"), valueName: "file"))
    var out: String?

    @OptionGroup var place: TokenPlaceOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard TokenCreate.seconds(expires) != nil else {
            throw ValidationError(
                phrase("--expires is 30d, 12h, 45m or 90s, a year at most", zh: "--expires 形如 30d、12h、45m 或 90s，最长一年"))
        }
        guard let wanted = TokenRecord.Scope(word: scope) else {
            throw ValidationError(phrase("--scope is read or submit", zh: "--scope 为 read 或 submit"))
        }
        guard Ledger.Label(note) != nil else {
            throw ValidationError(phrase("--note is at most 128 bytes of plain text", zh: "--note 为至多 128 字节的纯文本"))
        }
        if let member, AccountID(hex: member) == nil {
            throw ValidationError(phrase("--member is 64 hexadecimal digits", zh: "--member 应为 64 位十六进制"))
        }
        if place.node != nil {
            guard wanted == .read, key == nil, member == nil else {
                throw ValidationError(
                    phrase("by request a member makes tokens to read with, for itself", zh: "通过请求只能为本人创建 read 令牌"))
            }
        } else if wanted == .submit {
            guard key != nil, member == nil else {
                throw ValidationError(
                    phrase(
                        "--scope submit needs --key, whose owner is the member", zh: "--scope submit 需要 --key，其持有人即成员"))
            }
        } else {
            guard member != nil, key == nil else {
                throw ValidationError(phrase("--member is missing", zh: "缺少 --member"))
            }
        }
    }

    static func seconds(_ text: String) -> UInt64? {
        let units: [Character: UInt64] = ["d": 86_400, "h": 3_600, "m": 60, "s": 1]
        guard let unit = text.last.flatMap({ units[$0] }), let count = UInt64(text.dropLast()), count > 0 else {
            return nil
        }
        let (seconds, isTooMuch) = count.multipliedReportingOverflow(by: unit)
        return !isTooMuch && seconds <= 366 * 86_400 ? seconds : nil
    }

    mutating func run() async throws {
        let seconds = TokenCreate.seconds(expires) ?? 0
        if let out, FileManager.default.fileExists(atPath: out) {
            throw Failure.usage(
                phrase("\(out) exists already", zh: "\(out) 已存在"), fix: phrase("name another file", zh: "请另指定文件"))
        }
        if let url = place.node {
            let client = try place.client(url)
            let note = note
            let made = try await Failure.naming { () async throws(ClientError) in
                try await client.createToken(seconds: seconds, note: note)
            }
            await client.close()
            return try show(made.token ?? "", TokenView(made))
        }
        try createHere(seconds)
    }

    private func createHere(_ seconds: UInt64) throws {
        let (book, data) = try place.book()
        var (account, path) = (member.flatMap { AccountID(hex: $0) }, "")
        if let key {
            path = URL(fileURLWithPath: key).standardizedFileURL.path
            do { account = AccountID(try RunningNode.key(path).publicKey) } catch let error as CustodyError {
                throw Failure(error)
            }
        }
        guard let account, let scope = TokenRecord.Scope(word: scope), let note = Ledger.Label(note) else { return }
        let maker = Ledger.Label(OperatorAudit.name) ?? Ledger.Label(literal: "operator")
        let made = try Failure.namingTokens { () throws(TokenError) in
            try book.create(
                for: account, scope, lasting: seconds * 1_000, at: HostClock.wall, by: maker, note: note, key: path)
        }
        try OperatorAudit.add(
            AuditRecord(
                "token.create", who: OperatorAudit.name, object: made.record.id,
                detail: "for \(account.hex), \(scope.word), until \(AuditTime.text(made.record.expires))"),
            data: data)
        try show(made.token, TokenView(made.record))
    }

    private func show(_ token: String, _ view: TokenView) throws {
        let terminal = output.terminal
        if let out {
            try DataDirectory.write([UInt8]((token + "\n").utf8), to: out, mode: 0o600)
        }
        terminal.emit(view.json(token: out == nil ? token : nil, file: out))
        terminal.say(pairs: view.pairs + [(phrase("token", zh: "令牌"), out ?? token)])
    }
}

struct TokenList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: phrase("List tokens, never the tokens themselves.", zh: "列出令牌信息（不含令牌本身）。"),
        discussion: phrase(
            "Example: jiuding token list --data data/node-0", zh: "示例：jiuding token list --data data/node-0"))

    @OptionGroup var place: TokenPlaceOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let views: [TokenView]
        if let url = place.node {
            let client = try place.client(url)
            views = try await Failure.naming { () async throws(ClientError) in try await client.tokens() }.map {
                TokenView($0)
            }
            await client.close()
        } else {
            let (book, _) = try place.book()
            views = try Failure.namingTokens { () throws(TokenError) in try book.all() }.map { TokenView($0) }
        }
        let terminal = output.terminal
        terminal.emit(["tokens": .list(views.map { $0.json(token: nil, file: nil) })])
        var table = TableLayout([
            .init(phrase("id", zh: "编号")), .init(phrase("member", zh: "成员")), .init(phrase("scope", zh: "范围")),
            .init(phrase("ends", zh: "到期")), .init(phrase("state", zh: "状态")), .init(phrase("made by", zh: "创建者")),
            .init(phrase("note", zh: "说明")),
        ])
        for view in views {
            table.add([
                view.id, view.account.shortened, view.scope, String(view.expires.prefix(19)), view.state,
                view.maker.shortened, view.note,
            ])
        }
        terminal.say(table)
    }
}

struct TokenRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: phrase("End a token now; its streams end within seconds.", zh: "立即吊销令牌；其数据流数秒内结束。"),
        discussion: phrase(
            "Example: jiuding token revoke 3f2a9c01 --data data/node-0",
            zh: "示例：jiuding token revoke 3f2a9c01 --data data/node-0"))

    @Argument(
        help: ArgumentHelp(
            phrase("The token's id, or at least its first eight digits.", zh: "令牌编号，或至少前八位。"), valueName: "id"))
    var id: String

    @OptionGroup var place: TokenPlaceOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let id = id
        let view: TokenView
        if let url = place.node {
            let client = try place.client(url)
            view = TokenView(
                try await Failure.naming { () async throws(ClientError) in try await client.revokeToken(id) })
            await client.close()
        } else {
            let (book, data) = try place.book()
            let record = try Failure.namingTokens { () throws(TokenError) in
                try book.revoke(id, of: nil, at: HostClock.wall)
            }
            try OperatorAudit.add(
                AuditRecord(
                    "token.revoke", who: OperatorAudit.name, object: record.id, detail: "of \(record.account.hex)"),
                data: data)
            view = TokenView(record)
        }
        output.terminal.emit(view.json(token: nil, file: nil))
        output.terminal.say(pairs: view.pairs)
    }
}

/// What may be shown of a token.
struct TokenView {
    let id: String
    let account: String
    let scope: String
    let created: String
    let expires: String
    let revoked: String?
    let active: Bool
    let maker: String
    let note: String

    init(_ record: TokenRecord) {
        (id, account, scope) = (record.id, record.account.hex, record.scope.word)
        (created, expires) = (AuditTime.text(record.created), AuditTime.text(record.expires))
        revoked = record.revoked.map { AuditTime.text($0) }
        active = record.isActive(at: HostClock.wall)
        (maker, note) = (record.maker.text, record.note.text)
    }

    init(_ answer: TokenAnswer) {
        (id, account, scope, created) = (answer.id, answer.account, answer.scope, answer.created)
        (expires, revoked, active) = (answer.expires, answer.revoked, answer.active)
        (maker, note) = (answer.maker, answer.note)
    }

    var state: String {
        if revoked != nil { return phrase("revoked", zh: "已吊销") }
        return active ? phrase("active", zh: "有效") : phrase("expired", zh: "已过期")
    }

    func json(token: String?, file: String?) -> JSONText {
        var members: [JSONText.Member] = [
            .init(key: "id", value: .text(id)), .init(key: "account", value: .text(account)),
            .init(key: "scope", value: .text(scope)), .init(key: "created", value: .text(created)),
            .init(key: "expires", value: .text(expires)), .init(key: "revoked", value: .maybe(revoked)),
            .init(key: "active", value: .flag(active)), .init(key: "maker", value: .text(maker)),
            .init(key: "note", value: .text(note)),
        ]
        if let token { members.append(.init(key: "token", value: .text(token))) }
        if let file { members.append(.init(key: "file", value: .text(file))) }
        return .object(members)
    }

    var pairs: [(name: String, value: String)] {
        [
            (phrase("id", zh: "编号"), id), (phrase("member", zh: "成员"), account), (phrase("scope", zh: "范围"), scope),
            (phrase("ends", zh: "到期"), expires), (phrase("state", zh: "状态"), state),
        ]
    }
}
