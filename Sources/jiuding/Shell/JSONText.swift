// SPDX-License-Identifier: Apache-2.0

/// A JSON value to print; objects keep the order they were written in, so that output can be compared line by line.
package enum JSONText: Hashable, Sendable {
    case null
    case flag(Bool)
    case number(String)
    case text(String)
    case list([JSONText])
    case object([Member])

    package struct Member: Hashable, Sendable {
        package let key: String
        package let value: JSONText

        package init(key: String, value: JSONText) {
            self.key = key
            self.value = value
        }
    }

    package static func whole(_ value: some BinaryInteger) -> JSONText { .number(String(value)) }

    /// A measured quantity with three decimals; what cannot be measured is null.
    package static func decimal(_ value: Double) -> JSONText {
        guard value.isFinite, abs(value) < 1e15 else { return .null }
        let thousandths = Int64((value * 1000).rounded())
        let fraction = String(1000 + abs(thousandths) % 1000).dropFirst()
        return .number("\(thousandths < 0 ? "-" : "")\(abs(thousandths) / 1000).\(fraction)")
    }

    package static func maybe(_ text: String?) -> JSONText { text.map { .text($0) } ?? .null }

    /// The one-line form.
    package var compact: String {
        var out = ""
        write(into: &out)
        return out
    }

    private func write(into out: inout String) {
        switch self {
        case .null: out += "null"
        case .flag(let value): out += value ? "true" : "false"
        case .number(let digits): out += digits
        case .text(let text): JSONText.quote(text, into: &out)
        case .list(let elements):
            out += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { out += "," }
                element.write(into: &out)
            }
            out += "]"
        case .object(let members):
            out += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { out += "," }
                JSONText.quote(member.key, into: &out)
                out += ":"
                member.value.write(into: &out)
            }
            out += "}"
        }
    }

    private static func quote(_ text: String, into out: inout String) {
        out += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            // Control characters must be escaped; the two line separators would break JSON lines in JavaScript.
            case _
            where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
                || scalar.value == 0x2028 || scalar.value == 0x2029:
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }
}

extension JSONText: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral
{
    package init(stringLiteral value: String) { self = .text(value) }
    package init(booleanLiteral value: Bool) { self = .flag(value) }
    package init(integerLiteral value: Int) { self = .whole(value) }
    package init(dictionaryLiteral elements: (String, JSONText)...) {
        self = .object(elements.map { Member(key: $0.0, value: $0.1) })
    }
    package init(arrayLiteral elements: JSONText...) { self = .list(elements) }
}
