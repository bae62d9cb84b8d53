// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Bedrock
import ClientKit
import Execution
import KeyCustody
import Ledger
import ShangMi

/// Puts a new key in the place of one's own.
struct MemberRotateKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-key",
        abstract: phrase("Put a new key in the place of your own.", zh: "以新密钥接替本人密钥。"),
        discussion: phrase(
            """
            The old key vouches for the new one, and the new one takes over by signing itself; one block later the old
            key has no success any more. Roles and person go over; approvals and delegations end.
            Where the old key is lost, an admin announces the new one with --member, and its holder then runs the
            command with --announced.

            Example: jiuding key new --out new.key.pem
                     jiuding member rotate-key --key old.key.pem --new-key new.key.pem
            """,
            zh: """
                旧密钥为新密钥作保，新密钥自行签名接替；一个区块后旧密钥失效。角色与人员沿用，批准与委托终止。
                旧密钥遗失时，由管理员以 --member 申报新密钥，持有人再以 --announced 运行本命令。

                示例：jiuding key new --out new.key.pem
                      jiuding member rotate-key --key old.key.pem --new-key new.key.pem
                """))

    @Option(help: ArgumentHelp(phrase("The new key's file.", zh: "新密钥文件。"), valueName: "file"))
    var newKey: String?

    @Option(help: ArgumentHelp(phrase("A file with the new key's passphrase.", zh: "新密钥的口令文件。"), valueName: "file"))
    var newPassphraseFile: String?

    @Flag(help: ArgumentHelp(phrase("The new key was announced already: only take over.", zh: "新密钥已申报，仅执行接替。")))
    var announced = false

    @Option(
        help: ArgumentHelp(
            phrase(
                "Propose the new key for this member, whose own is lost; with --public-key.",
                zh: "为丢失密钥的成员提议新密钥；配合 --public-key。"),
            valueName: "member"))
    var member: String?

    @Option(help: ArgumentHelp(phrase("The new public key, with --member.", zh: "新公钥，配合 --member。"), valueName: "hex"))
    var publicKey: String?

    @OptionGroup var proposal: ProposalOptions
    @OptionGroup var signing: SigningOptions

    func validate() throws {
        guard (member == nil) == (publicKey == nil), (member == nil) != (newKey == nil) else {
            throw ValidationError(
                phrase(
                    "give --new-key, or --member with --public-key", zh: "请给出 --new-key，或同时给出 --member 与 --public-key"))
        }
    }

    mutating func run() async throws {
        if let member, let publicKey {
            let key = try Words.key(publicKey, "--public-key")
            let account = try await signing.choice().account(member)
            return try await ProposalJob(signing: signing, options: proposal)
                .run(ProposalDraft([.replaceKey(account, key)]))
        }
        var next = signing.key
        next.key = newKey
        next.passphrase.passphraseFile = newPassphraseFile
        let heir = try await ConsortiumPen(signing.node, key: next, data: signing.store.data)
        let terminal = signing.output.terminal
        if !announced {
            let pen = try await signing.pen()
            guard pen.account != heir.account else { throw Failure(ResultCode.keyKnown) }
            _ = try await pen.call(
                MembershipContract.contract, MembershipContract.announce, heir.wallet.signer.publicKey.encoded)
            terminal.say(phrase("announced  \(heir.account.hex)", zh: "已申报  \(heir.account.hex)"))
        }
        let receipt = try await heir.call(MembershipContract.contract, MembershipContract.takeOver, [])
        terminal.emit(["account": .text(heir.account.hex), "height": .whole(receipt.height.value)])
        terminal.say(
            phrase(
                "in its place from height \(receipt.height.next.value) on; the old key has no success any more",
                zh: "自高度 \(receipt.height.next.value) 起接替；旧密钥已失效"))
    }
}

/// Lets another key make some calls.
struct MemberDelegate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delegate",
        abstract: phrase("Let another key make some calls in your name.", zh: "委托另一把密钥以本人名义调用。"),
        discussion: phrase(
            """
            So many calls that succeed, of these methods only, until that height; never governance or membership.

            Example: jiuding member delegate --public-key 04… --methods evidence.deposit --until +10000 --calls 500
            """,
            zh: """
                限定成功次数、方法与高度；不得委托治理与成员管理。

                示例：jiuding member delegate --public-key 04… --methods evidence.deposit --until +10000 --calls 500
                """))

    @Option(help: ArgumentHelp(phrase("The other key.", zh: "受托公钥。"), valueName: "hex"))
    var publicKey: String

    @Option(
        help: ArgumentHelp(
            phrase("Methods of one contract, as CONTRACT.METHOD with commas.", zh: "同一合约的方法，写作 合约.方法，以逗号分隔。"),
            valueName: "methods"))
    var methods: String

    @Option(
        help: ArgumentHelp(phrase("The last height, or +N from now.", zh: "最后高度，或 +N 表示自当前起。"), valueName: "height"))
    var until: String

    @Option(help: ArgumentHelp(phrase("How many calls may succeed.", zh: "可成功的次数。"), valueName: "n"))
    var calls: UInt64

    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        let key = try Words.key(publicKey, "--public-key")
        let phrases = methods.split(separator: ",").map { ActPhrase("call \($0)") }
        var (contracts, names): ([Ledger.Label], [Ledger.Label]) = ([], [])
        for case .act(.call(let contract, let method)) in phrases.compactMap({ $0 }) {
            contracts.append(contract)
            names.append(method)
        }
        guard let contract = contracts.first, names.count == phrases.count, contracts.allSatisfy({ $0 == contract }),
            names.count <= Limits.delegatedMethodsMax, Set(names).count == names.count
        else {
            throw Failure.usage(
                phrase(
                    "--methods names 1 to \(Limits.delegatedMethodsMax) methods of one contract",
                    zh: "--methods 应为同一合约的 1 到 \(Limits.delegatedMethodsMax) 个方法"),
                fix: phrase("write evidence.deposit,evidence.annotate", zh: "写法如 evidence.deposit,evidence.annotate"))
        }
        guard let last = ProposalOptions.height(until, tip: try await signing.tip()) else {
            throw Failure.usage(
                phrase("--until is a height or +N", zh: "--until 应为高度或 +N"), fix: phrase("give a number", zh: "请给出数字"))
        }
        let delegation = Delegation(contract: contract, methods: names, until: last, calls: calls)
        let pen = try await signing.pen()
        let request = DelegationRequest(key: key, delegation: delegation)
        let receipt = try await pen.call(MembershipContract.contract, MembershipContract.delegate, request.encoded)
        await pen.client.close()
        let terminal = signing.output.terminal
        terminal.emit(["account": .text(AccountID(key).hex), "height": .whole(receipt.height.value)])
        terminal.say(
            phrase(
                "delegated to \(AccountID(key).hex) until height \(last.value)",
                zh: "已委托 \(AccountID(key).hex)，至高度 \(last.value)"))
    }
}

/// Takes a delegation back.
struct MemberUndelegate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undelegate",
        abstract: phrase("Take a delegation back.", zh: "收回委托。"),
        discussion: phrase(
            "Example: jiuding member undelegate 04…", zh: "示例：jiuding member undelegate 04…"))

    @Argument(
        help: ArgumentHelp(
            phrase("The delegated key: its account or public key.", zh: "受托密钥：账户或公钥。"), valueName: "account"))
    var account: String

    @OptionGroup var signing: SigningOptions

    mutating func run() async throws {
        guard let target = AccountID(hex: account) ?? MemberChoice.key(account).map({ AccountID($0) }) else {
            throw Identified.failure("account", account)
        }
        let pen = try await signing.pen()
        let receipt = try await pen.call(MembershipContract.contract, MembershipContract.undelegate, target.encoded)
        await pen.client.close()
        let terminal = signing.output.terminal
        terminal.emit(["account": .text(target.hex), "height": .whole(receipt.height.value)])
        terminal.say(phrase("the delegation has ended", zh: "委托已收回"))
    }
}
