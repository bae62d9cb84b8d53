// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Execution
import Ledger

/// Holds what a call came to against what a story says of it, in the words of the contract's description.
struct ScenarioJudge {
    let description: ContractDescription
    let method: ContractDescription.Method?
    let contract: Label

    /// `ok`, or the failure's word.
    func result(_ outcome: Outcome) -> String {
        guard !outcome.code.isSuccess else { return "ok" }
        let about = ContractDescription.plain(String(decoding: outcome.output, as: UTF8.self))
        return word(outcome.code) + (about.isEmpty ? "" : " (\(about))")
    }

    /// `JD-10004 too-little`.
    func word(_ code: ResultCode) -> String {
        let name = own(code).map { $0.name } ?? code.stable?.sentence
        return "JD-\(code.value)" + (name.map { " \($0)" } ?? "")
    }

    private func own(_ code: ResultCode) -> ContractDescription.OwnCode? {
        guard code.value > ContractLimits.ownCodesBase else { return nil }
        let own = UInt64(code.value - ContractLimits.ownCodesBase)
        return description.errors.first { $0.code == own }
    }

    /// Whether a code is the one a story names: by its word, by the contract's own number, or as `JD-nnnn`.
    private func isNamed(_ code: ResultCode, _ text: String) -> Bool {
        if text == "JD-\(code.value)" || own(code)?.name == text { return true }
        guard code.value > ContractLimits.ownCodesBase else { return false }
        return text == "\(code.value - ContractLimits.ownCodesBase)"
    }

    /// - Returns: nil where all is as the story says.
    func deviation(of outcome: Outcome, from expected: ScenarioFile.Expectation) -> String? {
        if let failure = expected.failure {
            guard !outcome.code.isSuccess else {
                return phrase("succeeded, should fail with \(failure)", zh: "成功，应以 \(failure) 失败")
            }
            guard isNamed(outcome.code, failure) else {
                return phrase(
                    "failed with \(result(outcome)), should fail with \(failure)",
                    zh: "以 \(result(outcome)) 失败，应为 \(failure)")
            }
        } else if !outcome.code.isSuccess {
            return phrase("failed with \(result(outcome))", zh: "失败：\(result(outcome))")
        }
        if let most = expected.gasMax, outcome.gasUsed.value > most {
            return phrase(
                "used \(outcome.gasUsed.value) gas, should use at most \(most)",
                zh: "耗用燃料 \(outcome.gasUsed.value)，至多应为 \(most)")
        }
        return answer(outcome, expected.answer) ?? events(outcome, expected.events)
    }

    private func answer(_ outcome: Outcome, _ expected: JSONValue?) -> String? {
        guard let expected else { return nil }
        guard let shape = method?.answer else { return phrase("answers nothing", zh: "没有返回值") }
        return difference(outcome.output, expected, shape).map {
            phrase("answered \($0.found), should be \($0.wanted)", zh: "返回 \($0.found)，应为 \($0.wanted)")
        }
    }

    private func events(_ outcome: Outcome, _ expected: [JSONValue]?) -> String? {
        guard let expected else { return nil }
        let names = expected.map { $0.string ?? fields($0).first?.key ?? "?" }
        let told = outcome.events.map { $0.contract == contract ? $0.name.text : "\($0.contract.text).\($0.name.text)" }
        guard names == told else {
            return phrase("told \(told), should tell \(names)", zh: "事件 \(told)，应为 \(names)")
        }
        for (event, value) in zip(outcome.events, expected) {
            guard let body = fields(value).first?.value,
                let shape = description.events.first(where: { $0.name == event.name.text })?.shape,
                let difference = difference(event.data, body, shape)
            else { continue }
            return phrase(
                "event \(event.name.text) says \(difference.found), should say \(difference.wanted)",
                zh: "事件 \(event.name.text) 为 \(difference.found)，应为 \(difference.wanted)")
        }
        return nil
    }

    private func fields(_ value: JSONValue) -> [JSONValue.Field] {
        if case .object(let fields) = value { fields } else { [] }
    }

    /// Bytes decide: a value has one encoding.
    private func difference(
        _ bytes: [UInt8], _ expected: JSONValue, _ shape: ContractShape
    ) -> (found: String, wanted: String)? {
        let found = shape.value(of: bytes)?.compact ?? Hex.encode(bytes)
        var encoder = Encoder()
        do throws(ContractShape.Mismatch) {
            try shape.write(expected, into: &encoder)
        } catch {
            return (found, error.reason)
        }
        guard encoder.bytes != bytes else { return nil }
        return (found, shape.value(of: encoder.bytes)?.compact ?? Hex.encode(encoder.bytes))
    }
}
