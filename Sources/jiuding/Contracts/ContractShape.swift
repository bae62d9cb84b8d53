// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import ClientKit
import Ledger

/// A type as a contract's description names it.
/// - Spec: KIT-2, KIT-10.
package indirect enum ContractShape: Hashable, Sendable {
    case flag, number, signed, text, bytes, digest, moment
    case optional(ContractShape)
    case list(ContractShape)
    case choice([Case])
    case record(String, [Part])

    package struct Case: Hashable, Sendable {
        package let name: String
        package let tag: UInt8
    }

    package struct Part: Hashable, Sendable {
        package let name: String
        package let shape: ContractShape
    }

    private static let simple: [String: ContractShape] = [
        "flag": .flag, "number": .number, "signed": .signed, "text": .text, "bytes": .bytes, "digest": .digest,
        "moment": .moment,
    ]

    /// - Returns: nil for what is no type.
    package init?(_ value: JSONValue?) {
        if case .text(let name) = value {
            guard let known = ContractShape.simple[name] else { return nil }
            self = known
        } else if let wrapped = value?.member("optional") {
            guard let shape = ContractShape(wrapped) else { return nil }
            self = .optional(shape)
        } else if let element = value?.member("list") {
            guard let shape = ContractShape(element) else { return nil }
            self = .list(shape)
        } else if let cases = value?.member("choice")?.elements {
            var known: [Case] = []
            for item in cases {
                guard let name = item.member("name")?.string, case .number(let digits) = item.member("tag"),
                    let tag = UInt8(digits)
                else { return nil }
                known.append(Case(name: name, tag: tag))
            }
            self = .choice(known)
        } else if let fields = value?.member("record")?.elements {
            var parts: [Part] = []
            for item in fields {
                guard let name = item.member("name")?.string, let shape = ContractShape(item.member("type")) else {
                    return nil
                }
                parts.append(Part(name: name, shape: shape))
            }
            self = .record(value?.member("of")?.string ?? "", parts)
        } else {
            return nil
        }
    }

    /// As a table shows it: `list of text`, `record(item: text, count: number)`.
    package var word: String {
        switch self {
        case .flag: "flag"
        case .number: "number"
        case .signed: "signed"
        case .text: "text"
        case .bytes: "bytes"
        case .digest: "digest"
        case .moment: "moment"
        case .optional(let wrapped): "\(wrapped.word)?"
        case .list(let element): "[\(element.word)]"
        case .choice(let cases): cases.map(\.name).joined(separator: "|")
        case .record(let name, let parts):
            name + "{" + parts.map { "\($0.name): \($0.shape.word)" }.joined(separator: ", ") + "}"
        }
    }

    /// Whether a value of it is written as a word and not as JSON.
    var isPlain: Bool {
        switch self {
        case .list, .record: false
        case .optional(let wrapped): wrapped.isPlain
        default: true
        }
    }
}

extension JSONValue {
    func member(_ key: String) -> JSONValue? {
        guard case .object(let fields) = self else { return nil }
        return fields.first { $0.key == key }?.value
    }

    var elements: [JSONValue]? {
        guard case .list(let values) = self else { return nil }
        return values
    }

    var string: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }
}
