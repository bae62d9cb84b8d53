// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger

/// A replayed transaction as people and programs read it.
struct TraceReport {
    /// A run that failed, and where, so far as that is known.
    struct Mishap {
        let run: Int
        var place: FailurePlace?
        /// The line's own text.
        var text: String?
    }

    /// Failed runs whose places are looked for.
    static let failuresMax = 4
    /// Bytes of a key or value that are shown to people.
    private static let shownMax = 48

    let transaction: TransactionID
    let replayed: ReplayedTransaction
    let failures: [Mishap]

    func show(on terminal: Terminal) {
        terminal.emit(json)
        guard !terminal.json else { return }
        let (body, header) = (replayed.body, replayed.block.header)
        let isSame = replayed.outcome == replayed.recorded
        terminal.say(pairs: [
            (phrase("transaction", zh: "交易"), transaction.hex),
            (phrase("block", zh: "区块"), "\(header.height.value), \(replayed.index)  \(header.timestamp.rfc3339)"),
            (phrase("sender", zh: "发送者"), AccountID(body.sender).hex),
            (phrase("result", zh: "结果"), result),
            (phrase("gas", zh: "燃料"), "\(replayed.outcome.gasUsed.value)"),
            (
                phrase("receipt", zh: "回执"),
                isSame ? phrase("the same ✓", zh: "一致 ✓") : phrase("another ✗", zh: "不一致 ✗")
            ),
        ])
        terminal.say()
        for (number, run) in replayed.runs.enumerated() where run.depth == 0 { show(number, on: terminal) }
        for mishap in failures { show(mishap, on: terminal) }
        showChanges(on: terminal)
        for event in replayed.outcome.events {
            terminal.say(
                phrase("event ", zh: "事件 ") + "\(event.contract.text).\(event.name.text) "
                    + TraceReport.shown(event.data))
        }
    }

    private var result: String { TraceReport.word(replayed.outcome) }

    private static func word(_ outcome: Outcome) -> String {
        guard !outcome.code.isSuccess else { return "ok" }
        let about = ContractDescription.plain(String(decoding: outcome.output, as: UTF8.self))
        return "JD-\(outcome.code.value)" + (outcome.code.stable.map { " \($0.sentence)" } ?? "")
            + (about.isEmpty ? "" : " (\(about))")
    }

    // MARK: Calls

    private func show(_ number: Int, on terminal: Terminal) {
        let run = replayed.runs[number]
        let indent = String(repeating: "  ", count: run.depth)
        let end = run.hasFailed ? terminal.paint(" ✗ \(TraceReport.word(run.end))", .red) : ""
        terminal.say(indent + terminal.paint("\(run.contract).\(run.method)", .bold) + "  \(run.gasUsed)" + end)
        for step in run.steps {
            let value = step.value.map { " = " + TraceReport.shown($0) } ?? ""
            let subject = step.subject.isEmpty ? "" : " " + TraceReport.shown(step.subject)
            terminal.say(
                "\(indent)  \(step.function.name)\(subject)\(value)\(TraceReport.word(step))"
                    + terminal.paint("  \(step.gas)", .faint))
            if let inner = step.inner { show(inner, on: terminal) }
        }
    }

    private static func word(_ end: ContractRun?) -> String {
        switch end?.end {
        case .returned: "ok"
        case .stopped: phrase("stopped", zh: "已终止")
        case .outOfGas: phrase("out of gas", zh: "燃料耗尽")
        case .tooDeep: phrase("too deep", zh: "调用过深")
        case .trapped(let kind): "\(phrase("trap", zh: "陷阱")) \(kind)"
        case nil: "?"
        }
    }

    private static func word(_ step: TracedRun.Step) -> String {
        switch (step.answer, step.function) {
        case (.stop, _): " ✗"
        case (.value(let value), .get): Int64(bitPattern: value) < 0 ? " → -" : " → \(value) B"
        case (.value(let value), _): " → \(Int64(bitPattern: value))"
        case (.nothing, _): ""
        }
    }

    private func show(_ mishap: Mishap, on terminal: Terminal) {
        let run = replayed.runs[mishap.run]
        terminal.say()
        guard let place = mishap.place, let own = place.own else {
            return terminal.say(
                phrase(
                    "\(run.contract).\(run.method) failed; --source FOLDER of its sources shows the line",
                    zh: "\(run.contract).\(run.method) 失败；用 --source 给出其源码目录可显示出错行"))
        }
        terminal.say(
            terminal.paint("✗", .red)
                + phrase(
                    " \(run.contract).\(run.method) failed at \(own.file):\(own.line)",
                    zh: " \(run.contract).\(run.method) 失败于 \(own.file):\(own.line)"))
        if let text = mishap.text, !text.isEmpty { terminal.say("    \(own.line) | \(text)") }
        for each in place.stack {
            terminal.say(terminal.paint("  \(each.file):\(each.line)  \(each.function)", .faint))
        }
    }

    // MARK: State

    private func showChanges(on terminal: Terminal) {
        terminal.say()
        guard !replayed.changes.isEmpty else { return terminal.say(phrase("the state is as before", zh: "状态未变")) }
        var table = TableLayout([
            .init(phrase("contract", zh: "合约")), .init(phrase("key", zh: "键")),
            .init(phrase("before", zh: "之前")), .init(phrase("after", zh: "之后")),
        ])
        for change in replayed.changes {
            let (contract, key) = TraceReport.split(change.key)
            table.add([
                contract, TraceReport.shown(key), change.before.map { TraceReport.shown($0) } ?? "-",
                change.after.map { TraceReport.shown($0) } ?? "-",
            ])
        }
        terminal.say(table)
    }

    /// A key of the whole state: the contract's name, and its own key (EXEC-4).
    private static func split(_ key: [UInt8]) -> (String, [UInt8]) {
        var decoder = Decoder(key)
        guard let contract = try? Label(from: &decoder) else { return ("?", key) }
        return (contract.text, Array(key[decoder.offset...]))
    }

    /// Plain text as it is, anything else as digits; cut where it is long.
    private static func shown(_ bytes: [UInt8]) -> String {
        let isPlain = bytes.allSatisfy { (0x20...0x7e).contains($0) } && !bytes.isEmpty
        let part = Array(bytes.prefix(isPlain ? shownMax : shownMax / 2))
        let text = isPlain ? "\"\(String(decoding: part, as: UTF8.self))\"" : Hex.encode(part)
        return text + (part.count < bytes.count ? "… (\(bytes.count))" : "")
    }

    // MARK: For programs

    private var json: JSONText {
        let (body, header) = (replayed.body, replayed.block.header)
        return [
            "transaction": .text(transaction.hex), "height": .whole(header.height.value),
            "index": .whole(replayed.index), "contract": .text(body.contract.text), "method": .text(body.method.text),
            "code": .whole(replayed.outcome.code.value), "result": .text(result),
            "gasUsed": .whole(replayed.outcome.gasUsed.value),
            "sameAsReceipt": .flag(replayed.outcome == replayed.recorded),
            "runs": .list(replayed.runs.map { TraceReport.json($0) }),
            "failures": .list(failures.map { json($0) }),
            "changes": .list(
                replayed.changes.map { change in
                    let (contract, key) = TraceReport.split(change.key)
                    return [
                        "contract": .text(contract), "key": .text(Hex.encode(key)),
                        "before": .maybe(change.before.map { Hex.encode($0) }),
                        "after": .maybe(change.after.map { Hex.encode($0) }),
                    ]
                }),
            "events": .list(
                replayed.outcome.events.map {
                    [
                        "contract": .text($0.contract.text), "name": .text($0.name.text),
                        "bodyHex": .text(Hex.encode($0.data)),
                    ]
                }),
        ]
    }

    private static func json(_ run: TracedRun) -> JSONText {
        [
            "contract": .text(run.contract), "method": .text(run.method), "depth": .whole(run.depth),
            "gasUsed": .whole(run.gasUsed), "failed": .flag(run.hasFailed),
            "steps": .list(
                run.steps.map { step in
                    [
                        "function": .text(step.function.name), "subject": .text(Hex.encode(step.subject)),
                        "gasUsed": .whole(step.gas), "inner": step.inner.map { .whole($0) } ?? .null,
                    ]
                }),
        ]
    }

    private func json(_ mishap: Mishap) -> JSONText {
        let own = mishap.place?.own
        return [
            "run": .whole(mishap.run), "file": .maybe(own?.file), "line": own.map { .whole($0.line) } ?? .null,
            "text": .maybe(mishap.text),
            "stack": .list(
                (mishap.place?.stack ?? []).map {
                    ["file": .text($0.file), "line": .whole($0.line), "function": .text($0.function)]
                }),
        ]
    }
}
