// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ClientKit
package import Execution
import Ledger

/// When a proposal takes effect, until when it may, and why.
struct ProposalOptions: ParsableArguments {
    /// Heights a proposal stays open where nothing else is said.
    static let standing: UInt64 = 100_000

    @Option(
        help: ArgumentHelp(
            phrase(
                "The height at which it takes effect, or +N from now; default as soon as it is decided.",
                zh: "生效高度，或 +N 表示自当前起；默认决定后立即生效。"), valueName: "height"))
    var at: String?

    @Option(
        help: ArgumentHelp(
            phrase(
                "The last height at which it may be approved and take effect, or +N from now; default +\(standing).",
                zh: "可批准和生效的最后高度，或 +N 表示自当前起；默认 +\(standing)。"), valueName: "height"))
    var expires: String?

    @Option(help: ArgumentHelp(phrase("Why; stands on chain for ever.", zh: "理由；永久记录在链上。"), valueName: "text"))
    var reason: String?

    @Flag(
        help: ArgumentHelp(
            phrase("Take it upon the proposal that one cloud could then stop the chain.", zh: "由提案自行承担单个云可使链停止的风险。"))
    )
    var overrides = false

    @Flag(
        name: .customLong("dry-run"),
        help: ArgumentHelp(phrase("Show what it would come to; send nothing.", zh: "仅预览，不提交。")))
    var dryRun = false

    func motion(_ draft: ProposalDraft, tip: Height) throws(Failure) -> Motion {
        let due = try height(at ?? draft.at, "--at", tip: tip) ?? .zero
        let standard = max(tip, due).advanced(by: ProposalOptions.standing) ?? due
        let last = try height(expires ?? draft.expires, "--expires", tip: tip) ?? standard
        guard let why = Label(reason ?? draft.reason ?? "") else {
            throw Failure.usage(
                phrase("the reason is at most 255 bytes of plain text", zh: "理由至多 255 字节且不含控制字符"),
                fix: phrase("shorten it", zh: "请缩短"))
        }
        guard (1...Limits.proposalActsMax).contains(draft.acts.count) else {
            throw Failure.usage(
                phrase(
                    "a proposal has 1 to \(Limits.proposalActsMax) acts",
                    zh: "一项提案含 1 到 \(Limits.proposalActsMax) 个操作"),
                fix: phrase("make several proposals", zh: "请分为多项提案"))
        }
        return Motion(
            draft.acts, due: due, expires: last, overrides: overrides || draft.overrides, reason: why,
            salt: UInt64.random(in: .min ... .max))
    }

    private func height(_ text: String?, _ option: String, tip: Height) throws(Failure) -> Height? {
        guard let text else { return nil }
        guard let height = ProposalOptions.height(text, tip: tip) else {
            throw Failure.usage(
                phrase("\(option) is a height or +N, not \(text)", zh: "\(option) 应为高度或 +N，而非 \(text)"),
                fix: phrase(
                    "give a number; `jiuding chain status` tells the height now", zh: "请给出数字；当前高度见 jiuding chain status"
                ))
        }
        return height
    }

    /// `1200`, or `+50` for fifty from now.
    static func height(_ text: String, tip: Height) -> Height? {
        let digits = text.hasPrefix("+") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt64(digits),
            number <= Height.max
        else { return nil }
        return text.hasPrefix("+") ? tip.advanced(by: number) : Height(number)
    }
}

/// Acts and what a file says about them, before heights are known.
package struct ProposalDraft {
    package var acts: [GovernanceAct]
    package var at: String?
    package var expires: String?
    package var reason: String?
    package var overrides = false

    init(_ acts: [GovernanceAct]) { self.acts = acts }
}

/// What every command that signs for the consortium takes.
struct SigningOptions: ParsableArguments {
    @OptionGroup var node: NodeOptions
    @OptionGroup var key: KeyOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func pen() async throws -> ConsortiumPen { try await ConsortiumPen(node, key: key, data: store.data) }

    /// Finds members by what people call them.
    func choice() throws -> MemberChoice { MemberChoice(client: try node.client(), chain: node.chain) }
}
