// SPDX-License-Identifier: Apache-2.0
package import ClientKit
import Execution
import Foundation
package import Ledger
import ShangMi
package import Testbed

/// A story in a YAML file: who calls what, with what, and what must come of it; run on a chain in memory.
/// - Spec: KIT-22.
package struct ScenarioFile {
    /// One line of the story.
    package struct Step {
        package enum Deed {
            /// A method in a transaction, or as a question.
            case call(method: String, isQuestion: Bool, arguments: [JSONValue.Field], hex: [UInt8]?)
            case mark(String)
            case back(String)
            /// The next call stands at this height.
            case height(Height)
            case moment(Timestamp)
            case wait(milliseconds: UInt64)
        }

        package let place: String
        package let deed: Deed
        /// `ORGANISATION/NAME`.
        package let caller: String
        package let purse: UInt64
        package let expected: Expectation
    }

    /// What must come of a call; nothing is looked at that is not said, but a failure nobody expects.
    package struct Expectation {
        /// The word or number of the failure.
        package var failure: String?
        package var answer: JSONValue?
        package var events: [JSONValue]?
        package var gasMax: UInt64?
    }

    package let path: String
    package let name: String
    package let people: [TestbedPerson]
    package let policies: [FoundingPolicy]
    /// What the contract is called on the chain; its own name where nothing is said.
    package let contract: Label?
    /// The form, a file in YAML, that the module interprets; nil for a module that is no interpreter of forms.
    package let form: String?
    package let begins: Timestamp
    package let start: [JSONValue.Field]
    package let startPlace: String
    package let steps: [Step]

    package init(path: String) throws {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw ScenarioFile.failure(phrase("\(path) cannot be read", zh: "无法读取 \(path)"))
        }
        try self.init([UInt8](bytes), path: path)
    }

    /// - Throws: `Failure` JD-4038 with file, line and column.
    package init(_ text: [UInt8], path: String) throws {
        do throws(ConfigurationFlaw) {
            var file = try ConfigurationSection(file: path, text: text)
            var reader = ScenarioReader()
            try reader.read(&file)
            self.path = path
            name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
            (people, policies) = (try reader.people(), reader.policies)
            (contract, begins, start, steps) = (reader.contract, reader.begins, reader.start, reader.steps)
            form = reader.form
            startPlace = file.place
        } catch {
            throw ScenarioFile.failure("\(error.place): " + phrase(error.reason, zh: error.reasonZh))
        }
    }

    static func failure(_ sentence: String) -> Failure {
        Failure(
            .usage, "JD-4038", sentence,
            fix: phrase(
                "mend that line; `jiuding contract test --help` shows a scenario",
                zh: "请改正该行；jiuding contract test --help 给出剧本示例"))
    }
}
