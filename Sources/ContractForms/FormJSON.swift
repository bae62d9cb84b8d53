// SPDX-License-Identifier: Apache-2.0

/// The few forms of canonical JSON a description is made of: keys ascending, no spaces (KIT-11).
enum FormJSON {
    static func string(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    static func array(_ elements: [String]) -> String { "[" + elements.joined(separator: ",") + "]" }

    static func object(_ members: [(String, String)]) -> String {
        "{" + members.sorted { $0.0 < $1.0 }.map { "\(string($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }

    static func record(_ name: String, _ parts: [(String, String)]) -> String {
        let parts = parts.map { object([("name", string($0.0)), ("type", $0.1)]) }
        return object([("of", string(name)), ("record", array(parts))])
    }

    static func choice(_ names: [String]) -> String {
        let cases = names.enumerated().map { object([("name", string($0.element)), ("tag", String($0.offset))]) }
        return object([("choice", array(cases))])
    }
}
