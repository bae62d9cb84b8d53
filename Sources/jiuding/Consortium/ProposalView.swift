// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Execution
import Ledger

/// Proposals as people and programs read them.
enum ProposalView {
    // MARK: For people

    static func line(_ english: String, _ chinese: String, _ isWarning: Bool, _ terminal: Terminal) -> String {
        let text = phrase(english, zh: chinese)
        return isWarning ? terminal.paint("! " + text, .yellow) : "· " + text
    }

    /// What one class of acts takes, what it has, and whose approval is waited for.
    static func say(_ need: NeedAnswer, on terminal: Terminal) {
        let mark = need.isMet ? terminal.paint("✓", .green) : terminal.paint("…", .yellow)
        terminal.say(
            "  \(mark) "
                + phrase("acts on \(need.english) take: \(need.policy)", zh: "\(need.chinese)类操作需要：\(need.policy)"))
        guard !need.isMet else { return }
        for clause in need.clauses { terminal.say("      \(clause.sentence)") }
        if !need.awaited.isEmpty {
            let names = need.awaited.joined(separator: phrase(", ", zh: "、"))
            terminal.say("      " + phrase("may still approve: \(names)", zh: "尚可批准：\(names)"))
        }
    }

    static func word(_ status: String) -> String {
        switch status {
        case "open": phrase("open", zh: "待批准")
        case "expired": phrase("expired", zh: "已过期")
        case "decided": phrase("decided", zh: "已决定")
        case "effective": phrase("in effect", zh: "已生效")
        case "revoked": phrase("revoked", zh: "已撤销")
        case "void": phrase("void", zh: "已作废")
        default: status
        }
    }

    private static func colour(_ status: String) -> Terminal.Colour {
        switch status {
        case "effective": .green
        case "void", "expired": .red
        case "open", "decided": .yellow
        default: .faint
        }
    }

    /// One sentence: the status, since when, and why.
    static func status(_ proposal: ProposalAnswer) -> String {
        var text = word(proposal.status)
        if let height = proposal.statusHeight {
            text += phrase(" at height \(height.value)", zh: "（高度 \(height.value)）")
        }
        if let stable = StableCode.labelled(proposal.code) {
            text += phrase(": ", zh: "：") + "\(stable.label) \(stable.sentence)"
        } else if proposal.status == "decided" {
            let due = max(proposal.record.motion.due, proposal.statusHeight?.next ?? .zero).value
            text += phrase(", takes effect at height \(due)", zh: "，将于高度 \(due) 生效")
        }
        return text
    }

    static func sayStatus(_ proposal: ProposalAnswer, on terminal: Terminal) {
        terminal.say(terminal.paint(status(proposal), colour(proposal.status)))
        for need in proposal.needs where !need.isMet { say(need, on: terminal) }
        guard proposal.status == "open" else { return }
        terminal.say(
            phrase(
                "  others approve with: jiuding govern approve \(proposal.id.hex.prefix(12))",
                zh: "  其他机构批准：jiuding govern approve \(proposal.id.hex.prefix(12))"))
    }

    static func say(_ proposal: ProposalAnswer, on terminal: Terminal) {
        let record = proposal.record
        terminal.say(pairs: [
            (phrase("proposal", zh: "提案"), proposal.id.hex),
            (phrase("status", zh: "状态"), status(proposal)),
            (phrase("proposed by", zh: "提案人"), "\(record.proposer.hex.prefix(12))…@\(record.organization.text)"),
            (phrase("proposed at", zh: "提案高度"), "\(record.proposed.value)"),
            (
                phrase("takes effect", zh: "生效高度"),
                record.motion.due == .zero ? phrase("at once", zh: "立即") : "\(record.motion.due.value)"
            ),
            (phrase("expires", zh: "到期高度"), "\(record.motion.expires.value)"),
            (phrase("reason", zh: "理由"), record.motion.reason.isEmpty ? "-" : record.motion.reason.text),
        ])
        terminal.say(phrase("What it does:", zh: "效果："))
        for effect in proposal.effects {
            terminal.say("  " + line(effect.english, effect.chinese, effect.isMarked, terminal))
        }
        // Of a closed one only what it asked for: what it would do now is not what it did.
        for act in record.motion.acts where proposal.effects.isEmpty {
            terminal.say("  " + line(act.english, act.chinese, false, terminal))
        }
        terminal.say(phrase("Approvals:", zh: "批准："))
        for approval in proposal.approvals {
            let who = "\(approval.name ?? "?")@\(approval.organization ?? "?")"
            let note = approval.counts ? "" : phrase(" (does not count any more)", zh: "（已不计入）")
            let mark = approval.counts ? terminal.paint("✓", .green) : terminal.paint("✗", .red)
            terminal.say("  \(mark) \(who)  \(approval.account.hex.prefix(12))…\(note)")
        }
        if proposal.approvals.isEmpty { terminal.say("  -") }
        for need in proposal.needs { say(need, on: terminal) }
    }

    static func table(_ proposals: [ProposalAnswer]) -> TableLayout {
        var table = TableLayout([
            .init(phrase("proposal", zh: "提案")), .init(phrase("status", zh: "状态")),
            .init(phrase("by", zh: "提案机构")), .init(phrase("approved by", zh: "已批准机构")),
            .init(phrase("expires", zh: "到期"), .right), .init(phrase("what", zh: "内容")),
        ])
        for proposal in proposals {
            let acts = proposal.record.motion.acts
            let more = acts.count > 1 ? phrase(" and \(acts.count - 1) more", zh: " 等 \(acts.count) 项") : ""
            let word = word(proposal.status) + (proposal.code.map { " \($0)" } ?? "")
            table.add([
                String(proposal.id.hex.prefix(12)), word, proposal.record.organization.text,
                proposal.approvedBy.isEmpty ? "-" : proposal.approvedBy.joined(separator: ", "),
                "\(proposal.record.motion.expires.value)", phrase(acts[0].english, zh: acts[0].chinese) + more,
            ])
        }
        return table
    }

    // MARK: For programs

    static func json(_ proposal: ProposalAnswer, calledAt height: Height? = nil) -> JSONText {
        let record = proposal.record
        return [
            "id": .text(proposal.id.hex), "status": .text(proposal.status),
            "statusHeight": proposal.statusHeight.map { .whole($0.value) } ?? .null, "code": .maybe(proposal.code),
            "calledAtHeight": height.map { .whole($0.value) } ?? .null,
            "proposer": .text(record.proposer.hex), "organization": .text(record.organization.text),
            "proposed": .whole(record.proposed.value), "due": .whole(record.motion.due.value),
            "expires": .whole(record.motion.expires.value), "overrides": .flag(record.motion.overrides),
            "reason": .text(record.motion.reason.text), "acts": .list(record.motion.acts.map(\.json)),
            "approvals": .list(
                proposal.approvals.map {
                    [
                        "account": .text($0.account.hex), "name": .maybe($0.name),
                        "organization": .maybe($0.organization), "counts": .flag($0.counts),
                    ]
                }),
            "needs": .list(proposal.needs.map { json($0) }),
            "effects": .list(proposal.effects.map { json($0.english, $0.chinese, $0.isMarked) }),
        ]
    }

    static func json(_ preview: PreviewAnswer, _ motion: Motion, _ effects: [EffectPreview.Line]) -> JSONText {
        [
            "id": .text(preview.id.hex), "sent": false, "code": .maybe(preview.code),
            "possibleFrom": .maybe(preview.possibleFrom?.rfc3339),
            "decides": .flag(preview.isDecided), "expires": .whole(motion.expires.value),
            "acts": .list(motion.acts.map(\.json)),
            "needs": .list(preview.needs.map { json($0) }),
            "effects": .list(effects.map { json($0.english, $0.chinese, $0.isWarning) }),
        ]
    }

    private static func json(_ english: String, _ chinese: String, _ isWarning: Bool) -> JSONText {
        ["english": .text(english), "chinese": .text(chinese), "isWarning": .flag(isWarning)]
    }

    private static func json(_ need: NeedAnswer) -> JSONText {
        [
            "class": .text(need.kind), "concerned": .maybe(need.concerned), "policy": .text(need.policy),
            "isMet": .flag(need.isMet), "clauses": .list(need.clauses.map { $0.json }),
            "awaited": .list(need.awaited.map { .text($0) }),
        ]
    }
}

extension ProposalAnswer {
    /// Organisations with an approval that counts, each once.
    var approvedBy: [String] {
        approvals.filter(\.counts).compactMap(\.organization).reduce(into: []) { names, name in
            if !names.contains(name) { names.append(name) }
        }
    }
}
