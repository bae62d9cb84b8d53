// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ClientKit
import Execution
import KeyCustody
import Ledger
import ShangMi

/// Explains a permission decision, rule by rule.
struct WhyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: phrase(
            "Say whether a member may do something, and which rule decides.", zh: "说明成员可否执行某操作，以及由哪条规则决定。"),
        discussion: phrase(
            """
            The node judges as it would in its next block and tells each rule it looked at. Exit code 0 where the
            answer is yes, 1 where it is no.

            An act is written as one would say it:
              call evidence.deposit          call a method of a contract
              read evidence                  read a contract; read evidence/title for one field of it
              write evidence.deposit/title   write a field by a method
              propose set-policy             propose an act of governance; the acts: \(WhyCommand.acts)
              approve 4f3c…                  approve a proposal (its 64 digits)

            Example: jiuding why --member alice --act "call evidence.deposit"
                     jiuding why --act "propose add-member"
            """,
            zh: """
                节点按下一区块的规则判断，逐条列出所查的规则。允许则退出码为 0，不允许为 1。

                操作的写法：
                  call evidence.deposit          调用合约方法
                  read evidence                  读取合约；read evidence/title 读取其一个字段
                  write evidence.deposit/title   经某方法写入字段
                  propose set-policy             提出治理操作；操作名：\(WhyCommand.acts)
                  approve 4f3c…                  批准提案（64 位标识）

                示例：jiuding why --member alice --act "call evidence.deposit"
                      jiuding why --act "propose add-member"
                """))

    private static let acts = ActName.allCases.map(\.rawValue).joined(separator: ", ")

    @Option(help: ArgumentHelp(MemberChoice.help, valueName: "member"))
    var member: String?

    @Option(help: ArgumentHelp(phrase("What it would do.", zh: "要执行的操作。"), valueName: "act"))
    var act: String

    @OptionGroup var node: NodeOptions
    @OptionGroup var key: KeyOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        guard let phrased = ActPhrase(act) else {
            throw Failure.usage(
                phrase("\"\(act)\" is no act", zh: "“\(act)”不是操作"),
                fix: phrase(
                    "write call CONTRACT.METHOD, read CONTRACT, propose ACT or approve ID; see jiuding why --help",
                    zh: "请写 call 合约.方法、read 合约、propose 操作 或 approve 标识；见 jiuding why --help"))
        }
        let client = try node.client()
        let chain = node.chain
        let account: AccountID
        if let member {
            account = try await MemberChoice(client: client, chain: chain).account(member)
        } else {
            account = AccountID(try KeyChoice.signer(key, data: store.data).publicKey)
        }
        let verdict = try await Failure.naming { () async throws(ClientError) in
            try await client.verdict(chain, phrased, by: account)
        }
        await client.close()
        VerdictView.show(verdict, of: account, on: output.terminal)
        if !verdict.isAllowed { throw ExitCode(Failure.Exit.no.rawValue) }
    }
}

/// A verdict as people and programs read it.
enum VerdictView {
    static func show(_ verdict: VerdictAnswer, of account: AccountID, on terminal: Terminal) {
        terminal.emit([
            "member": .text(account.hex), "act": .text(verdict.act), "height": .whole(verdict.height.value),
            "allowed": .flag(verdict.isAllowed), "code": .maybe(verdict.code),
            "steps": .list(
                verdict.steps.map {
                    ["english": .text($0.english), "chinese": .text($0.chinese), "holds": .flag($0.isMarked)]
                }),
            "voices": .list(verdict.voices.map { $0.json }),
        ])
        for step in verdict.steps {
            let mark = step.isMarked ? terminal.paint("✓", .green) : terminal.paint("✗", .red)
            terminal.say("  \(mark) \(step.sentence)")
        }
        // What one voice is short of: where nothing is wanting, the steps have said so already.
        for voice in verdict.voices where voice.found < voice.needed && verdict.isAllowed {
            terminal.say("  \(terminal.paint("·", .faint)) \(voice.sentence)")
        }
        let height = verdict.height.value
        guard !verdict.isAllowed else {
            return terminal.say(
                terminal.paint(phrase("allowed", zh: "允许"), .green)
                    + phrase(" at height \(height): \(verdict.act)", zh: "（高度 \(height)）：\(verdict.act)"))
        }
        let stable = StableCode.labelled(verdict.code)
        terminal.say(
            terminal.paint(phrase("not allowed", zh: "不允许"), .red)
                + phrase(" at height \(height): ", zh: "（高度 \(height)）：")
                + "\(verdict.code ?? "") \(stable?.sentence ?? "")")
        if let stable { terminal.say("  " + phrase("fix:", zh: "处理：") + " " + stable.remedy) }
    }
}

extension LineAnswer {
    var sentence: String { phrase(english, zh: chinese) }
}

extension VoicesAnswer {
    var sentence: String {
        needed == 0
            ? phrase("\(clause): nobody can meet this", zh: "\(clause)：无人能够满足")
            : phrase("\(clause): has \(found) of \(needed)", zh: "\(clause)：已有 \(found)，需要 \(needed)")
    }

    var json: JSONText { ["clause": .text(clause), "found": .whole(found), "needed": .whole(needed)] }
}

extension StableCode {
    /// The code of a label such as `JD-1809`.
    static func labelled(_ label: String?) -> StableCode? {
        guard let label, label.hasPrefix("JD-") else { return nil }
        return Int(label.dropFirst(3)).flatMap { StableCode.numbered($0) }
    }
}
