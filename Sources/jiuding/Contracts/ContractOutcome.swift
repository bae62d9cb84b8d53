// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger

/// What a call of a contract came to, in the words of its description.
struct ContractOutcome {
    let contract: Label
    let outcome: Outcome
    /// Nil where the module says nothing of itself.
    let description: ContractDescription?
    let method: ContractDescription.Method?
    /// The height it stands at, or was asked at, and the transaction, where there is one.
    let height: Height
    let transaction: TransactionID?

    /// Says it, and throws where the call failed.
    func tell(on terminal: Terminal) throws(Failure) {
        if let failure {
            // The object on stdout is then the failure's own.
            if !terminal.json { for pair in figures { terminal.say("\(pair.name)  \(pair.value)") } }
            throw failure
        }
        terminal.emit(json)
        if let value { terminal.say(value.compact) }
        if value == nil, !outcome.output.isEmpty { terminal.say(Hex.encode(outcome.output)) }
        for event in outcome.events {
            terminal.say(
                phrase("event ", zh: "事件 ") + "\(event.contract.text).\(event.name.text) " + body(event).compact)
        }
        terminal.say(pairs: figures)
    }

    /// Nil where the call succeeded.
    private var failure: Failure? {
        let code = outcome.code
        guard !code.isSuccess else { return nil }
        guard code.value > ContractLimits.ownCodesBase else { return Failure(code) }
        let own = UInt64(code.value - ContractLimits.ownCodesBase)
        let known = description?.errors.first { $0.code == own }
        let about = ContractDescription.plain(String(decoding: outcome.output, as: UTF8.self))
        let title = known.map { "\($0.name): \($0.titles.spoken)" } ?? phrase("a code of its own", zh: "合约自有代码")
        return Failure(
            .no, "JD-\(code.value)",
            phrase("\(contract.text) failed with \(own), \(title)", zh: "\(contract.text) 失败，代码 \(own)，\(title)")
                + (about.isEmpty ? "" : " (\(about))"),
            fix: phrase(
                "the code is the contract's; see `jiuding contract show \(contract.text)`",
                zh: "该代码由合约定义；见 jiuding contract show \(contract.text)"))
    }

    private var value: JSONText? { method?.answer?.value(of: outcome.output) }

    private func body(_ event: Event) -> JSONText {
        let known = event.contract == contract ? description?.events.first { $0.name == event.name.text } : nil
        return known?.shape.value(of: event.data) ?? .text(Hex.encode(event.data))
    }

    private var figures: [(name: String, value: String)] {
        var pairs = [
            (name: phrase("height", zh: "高度"), value: "\(height.value)"),
            (name: phrase("gas", zh: "燃料"), value: "\(outcome.gasUsed.value)"),
        ]
        if let transaction { pairs.append((phrase("transaction", zh: "交易"), transaction.hex)) }
        return pairs
    }

    private var json: JSONText {
        [
            "contract": .text(contract.text), "result": "ok", "answer": value ?? .null,
            "answerHex": .text(Hex.encode(outcome.output)), "gasUsed": .whole(outcome.gasUsed.value),
            "height": .whole(height.value), "transaction": .maybe(transaction?.hex),
            "events": .list(
                outcome.events.map {
                    [
                        "contract": .text($0.contract.text), "name": .text($0.name.text), "body": body($0),
                        "bodyHex": .text(Hex.encode($0.data)),
                    ]
                }),
        ]
    }
}
