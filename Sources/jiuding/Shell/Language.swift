// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation

/// The language people are spoken to in: `--lang`, else the environment, else English.
///
/// Decided once a process, before the arguments are parsed, because the help itself is in that language.
package enum Language: String, CaseIterable, Sendable, ExpressibleByArgument {
    case english = "en"
    case chinese = "zh"

    package static let current = Language(
        arguments: ProcessInfo.processInfo.arguments, environment: ProcessInfo.processInfo.environment)

    /// The first of `--lang`, LC_ALL, LC_MESSAGES and LANG that is set decides; anything but Chinese is English.
    package init(arguments: [String], environment: [String: String]) {
        if let asked = Language.asked(in: arguments) {
            self = asked
            return
        }
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty }
        self = set?.lowercased().hasPrefix("zh") == true ? .chinese : .english
    }

    private static func asked(in arguments: [String]) -> Language? {
        var previous = ""
        for argument in arguments.dropFirst() {
            if argument == "--" { return nil }
            if previous == "--lang" { return Language(rawValue: argument) }
            if argument.hasPrefix("--lang=") { return Language(rawValue: String(argument.dropFirst(7))) }
            previous = argument
        }
        return nil
    }
}

/// A text in the language of this process. Both are always written side by side, so neither can be forgotten.
func phrase(_ english: @autoclosure () -> String, zh chinese: @autoclosure () -> String) -> String {
    Language.current == .chinese ? chinese() : english()
}
