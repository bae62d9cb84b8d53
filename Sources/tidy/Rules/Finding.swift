// SPDX-License-Identifier: Apache-2.0

/// One place where the tree breaks one rule.
package struct Finding: Hashable, Sendable {
    package let path: String
    package let line: Int
    package let rule: Rule
    package let sentence: String

    package init(_ path: String, _ line: Int, _ rule: Rule, _ sentence: String) {
        self.path = path
        self.line = line
        self.rule = rule
        self.sentence = sentence
    }

    package var text: String { "\(path):\(line): \(rule.rawValue): \(sentence)" }
}
