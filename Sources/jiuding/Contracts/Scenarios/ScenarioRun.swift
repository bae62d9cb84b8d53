// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
package import Execution
package import Ledger
import Testbed

/// A scenario on a chain of its own.
package struct ScenarioRun {
    /// One call of the story and what it came to.
    package struct Row {
        package let place: String
        package let caller: String
        package let method: String
        package let result: String
        package let height: Height
        package let gas: UInt64
        /// Why it is not as the story says; nil where it is.
        package let deviation: String?
    }

    package let file: ScenarioFile
    package private(set) var rows: [Row] = []
    /// What broke off the story, at its place.
    package private(set) var broken: String?

    private let description: ContractDescription
    private let contract: Label
    private var bed: Testbed
    private var marks: [String: Testbed.Mark] = [:]

    package var deviations: [String] {
        rows.compactMap { row in row.deviation.map { "\(row.place): \(row.method) \($0)" } }
            + (broken.map { [$0] } ?? [])
    }

    /// Runs a story to its end, or to what keeps it from going on.
    /// - Throws: `Failure` where the machine cannot run contracts.
    package init(
        _ file: ScenarioFile, module: [UInt8], _ description: ContractDescription, engine: any ContractEngine
    ) throws {
        (self.file, self.description) = (file, description)
        guard let contract = file.contract ?? Label(description.name) else {
            throw ScenarioFile.failure("\(file.path): \(description.name) is no contract's name")
        }
        self.contract = contract
        do throws(TestbedError) {
            bed = try Testbed(
                people: file.people, policies: file.policies, founded: file.begins, engine: engine)
        } catch {
            throw ScenarioFile.failure("\(file.startPlace): \(ScenarioRun.sentence(error))")
        }
        do {
            try bed.deploy(
                module, as: contract, argument: try ContractDescription.encode(file.start, for: description.start))
            for step in file.steps { try take(step) }
        } catch let flaw as Deviation {
            broken = flaw.sentence
        } catch let mismatch as ContractShape.Mismatch {
            broken = "\(file.startPlace): start, \(mismatch.reason)"
        } catch let error as TestbedError {
            if case .trouble(let trouble) = error { throw ScenarioRun.failure(trouble) }
            broken = "\(file.startPlace): start: \(sentence(error))"
        }
    }

    /// A step that could not be taken.
    private struct Deviation: Error {
        let sentence: String
    }

    private mutating func take(_ step: ScenarioFile.Step) throws {
        do throws(TestbedError) {
            switch step.deed {
            case .call(let method, let isQuestion, let arguments, let hex):
                try call(step, method, isQuestion: isQuestion, arguments, hex)
            case .mark(let name): marks[name] = bed.mark
            case .back(let name): try goBack(to: name)
            case .height(let height):
                guard let before = height.previous else { throw .unreachable(height) }
                try bed.go(to: before)
            case .moment(let time): try bed.go(to: time)
            case .wait(let milliseconds): bed.wait(milliseconds: milliseconds)
            }
        } catch {
            if case .trouble(let trouble) = error { throw ScenarioRun.failure(trouble) }
            throw Deviation(sentence: "\(step.place): \(sentence(error))")
        }
    }

    private mutating func goBack(to name: String) throws(TestbedError) {
        if let mark = marks[name] { return try bed.go(back: mark) }
        guard let height = UInt64(name), height <= Height.max else {
            throw .unfit(phrase("no step has set the mark \(name)", zh: "没有名为 \(name) 的标记"))
        }
        try bed.go(back: Height(height))
    }

    // MARK: Calls

    private mutating func call(
        _ step: ScenarioFile.Step, _ method: String, isQuestion: Bool, _ arguments: [JSONValue.Field], _ hex: [UInt8]?
    ) throws(TestbedError) {
        let parts = step.caller.split(separator: "/").compactMap { Label(String($0)) }
        guard parts.count == 2, let person = bed.person(parts[1], of: parts[0]), let label = Label(method) else {
            throw .unfit("\(step.caller), \(method)")
        }
        let known = description.methods.first { $0.name == method }
        let argument: [UInt8]
        do throws(ContractShape.Mismatch) {
            if let hex {
                argument = hex
            } else {
                argument = try ContractDescription.encode(arguments, for: known?.arguments ?? [])
            }
        } catch {
            throw .unfit("\(method): \(error.reason)")
        }
        let outcome: Outcome
        if isQuestion {
            outcome = try bed.ask(contract, label, argument, by: person.account, purse: step.purse)
        } else {
            outcome = try bed.call(contract, label, argument, by: person.key, purse: step.purse).outcome
        }
        let judge = ScenarioJudge(description: description, method: known, contract: contract)
        rows.append(
            Row(
                place: step.place, caller: step.caller, method: method, result: judge.result(outcome),
                height: bed.height, gas: outcome.gasUsed.value,
                deviation: judge.deviation(of: outcome, from: step.expected)))
    }

    // MARK: Words

    private static func failure(_ trouble: ExecutionTrouble) -> Failure {
        switch trouble {
        case .engine(let trouble): Failure(trouble)
        case .store(let error): Failure(.no, "JD-1507", "\(error)", fix: "")
        }
    }

    private func sentence(_ error: TestbedError) -> String {
        guard case .refused(let code, let text) = error else { return ScenarioRun.sentence(error) }
        let judge = ScenarioJudge(description: description, method: nil, contract: contract)
        return judge.word(code) + (text.isEmpty ? "" : " (\(text))")
    }

    private static func sentence(_ error: TestbedError) -> String {
        switch error {
        case .unfit(let why): why
        case .refused(let code, _): "JD-\(code.value)"
        case .unreachable(let height):
            phrase("the chain cannot go to \(height.value) from here", zh: "无法由此到达高度 \(height.value)")
        case .blockFull: phrase("more than a block takes", zh: "超出一个区块的容量")
        case .trouble(let trouble): "\(trouble)"
        }
    }
}
