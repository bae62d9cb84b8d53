// SPDX-License-Identifier: Apache-2.0

#if !arch(wasm32)
extension Description {
    /// Canonical JSON: one line, keys ascending, no spaces (KIT-11).
    /// - Parameter built: what built the module.
    public func json(built: String) -> String {
        JSONText.object([
            ("built", JSONText.string(built)),
            ("errors", JSONText.array(failures.sorted { $0.code < $1.code }.map(Description.json))),
            ("events", JSONText.array(events.map { Description.json($0, typed: "body") })),
            ("kit", "1"),
            ("methods", JSONText.array(methods.map(Description.json))),
            ("migrates", migrates ? "true" : "false"),
            ("name", JSONText.string(name)),
            ("start", JSONText.array(start.map { Description.json($0, typed: "type") })),
            ("state", JSONText.array(state.map(Description.json))),
            ("title", JSONText.object([("en", JSONText.string(title.en)), ("zh", JSONText.string(title.zh))])),
            ("version", String(version)),
        ])
    }

    private static func json(_ failure: FailureText) -> String {
        JSONText.object([
            ("code", String(failure.code)), ("en", JSONText.string(failure.titles.en)),
            ("name", JSONText.string(failure.name)), ("zh", JSONText.string(failure.titles.zh)),
        ])
    }

    private static func json(_ item: Item, typed key: String) -> String {
        let type = (key, json(item.shape))
        let name = ("name", JSONText.string(item.name))
        let titles = [("en", JSONText.string(item.titles.en)), ("zh", JSONText.string(item.titles.zh))]
        return JSONText.object([type, name] + titles)
    }

    private static func json(_ method: Method) -> String {
        JSONText.object([
            ("answer", method.answer.map(json) ?? "null"),
            ("arguments", JSONText.array(method.arguments.map { json($0, typed: "type") })),
            ("en", JSONText.string(method.titles.en)),
            ("kind", method.kind == .view ? "\"view\"" : "\"change\""),
            ("name", JSONText.string(method.name)), ("zh", JSONText.string(method.titles.zh)),
        ])
    }

    private static func json(_ stored: Stored) -> String {
        JSONText.object([
            ("en", JSONText.string(stored.titles.en)), ("holds", JSONText.string(stored.holds)),
            ("key", stored.key.map(json) ?? "null"), ("name", JSONText.string(stored.name)),
            ("value", stored.value.map(json) ?? "null"), ("zh", JSONText.string(stored.titles.zh)),
        ])
    }

    private static func json(_ shape: Shape) -> String {
        switch shape {
        case .flag: "\"flag\""
        case .number: "\"number\""
        case .signed: "\"signed\""
        case .text: "\"text\""
        case .bytes: "\"bytes\""
        case .digest: "\"digest\""
        case .moment: "\"moment\""
        case .optional(let wrapped): JSONText.object([("optional", json(wrapped))])
        case .list(let element): JSONText.object([("list", json(element))])
        case .choice(let cases):
            JSONText.object([
                (
                    "choice",
                    JSONText.array(
                        cases.sorted { $0.tag < $1.tag }.map {
                            JSONText.object([("name", JSONText.string($0.name)), ("tag", String($0.tag))])
                        })
                )
            ])
        case .record(let name, let parts):
            JSONText.object([
                ("of", JSONText.string(name)),
                (
                    "record",
                    JSONText.array(
                        parts.map {
                            JSONText.object([("name", JSONText.string($0.name)), ("type", json($0.shape))])
                        })
                ),
            ])
        }
    }
}

/// The few forms of JSON a description is made of.
enum JSONText {
    static func string(_ text: StaticString) -> String { string(text.description) }

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

    /// - Parameter members: in any order; they are written in the order of their names.
    static func object(_ members: [(String, String)]) -> String {
        let sorted = members.sorted { $0.0 < $1.0 }
        return "{" + sorted.map { "\(string($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }
}
#endif
