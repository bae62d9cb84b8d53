// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import ClientKit
import Ledger

/// What a contract says of itself, read and never believed: it names things, and runs nothing.
/// - Spec: KIT-10.
package struct ContractDescription: Hashable, Sendable {
    /// A sentence in both languages.
    package struct Titles: Hashable, Sendable {
        package let english: String
        package let chinese: String

        init(_ value: JSONValue?) {
            english = ContractDescription.plain(value?.member("en")?.string)
            chinese = ContractDescription.plain(value?.member("zh")?.string)
        }

        var spoken: String { phrase(english, zh: chinese.isEmpty ? english : chinese) }
    }

    /// An argument or an event.
    package struct Item: Hashable, Sendable {
        package let name: String
        package let shape: ContractShape
        package let titles: Titles
        /// What it is where nobody gives it, encoded; nil where it must be given.
        package let value: [UInt8]?
    }

    package struct Method: Hashable, Sendable {
        package let name: String
        /// It changes nothing.
        package let isView: Bool
        package let arguments: [Item]
        package let answer: ContractShape?
        package let titles: Titles
    }

    /// A field of its state; types in words.
    package struct StateField: Hashable, Sendable {
        package let name: String
        package let holds: String
        package let key: String
        package let value: String
    }

    package struct OwnCode: Hashable, Sendable {
        package let code: UInt64
        package let name: String
        package let titles: Titles
    }

    package let name: String
    package let version: String
    package let title: Titles
    package let built: String
    package let start: [Item]
    package let methods: [Method]
    package let events: [Item]
    package let errors: [OwnCode]
    package let state: [StateField]

    /// - Parameter section: the content of a module's section, packed or not (KIT-25).
    /// - Returns: nil where the bytes are no description.
    package init?(_ section: [UInt8]) {
        guard let bytes = DescriptionSection.text(section), let value = try? JSONValue(parsing: bytes),
            let methods = value.member("methods")?.elements,
            let start = value.member("start").flatMap({ ContractDescription.items($0, "type") }),
            let events = value.member("events").flatMap({ ContractDescription.items($0, "body") })
        else { return nil }
        name = ContractDescription.plain(value.member("name")?.string)
        version = ContractDescription.number(value.member("version"))
        title = Titles(value.member("title"))
        built = ContractDescription.plain(value.member("built")?.string)
        self.start = start
        self.events = events
        var known: [Method] = []
        for item in methods {
            guard let name = item.member("name")?.string,
                let arguments = item.member("arguments").flatMap({ ContractDescription.items($0, "type") })
            else { return nil }
            known.append(
                Method(
                    name: ContractDescription.plain(name), isView: item.member("kind")?.string == "view",
                    arguments: arguments, answer: ContractShape(item.member("answer")), titles: Titles(item)))
        }
        self.methods = known
        state = (value.member("state")?.elements ?? []).map { item in
            StateField(
                name: ContractDescription.plain(item.member("name")?.string),
                holds: ContractDescription.plain(item.member("holds")?.string),
                key: ContractShape(item.member("key"))?.word ?? "",
                value: ContractShape(item.member("value"))?.word ?? "")
        }
        errors = (value.member("errors")?.elements ?? []).compactMap { item in
            UInt64(ContractDescription.number(item.member("code"))).map {
                OwnCode(
                    code: $0, name: ContractDescription.plain(item.member("name")?.string), titles: Titles(item))
            }
        }
    }

    private static func items(_ value: JSONValue, _ key: String) -> [Item]? {
        var items: [Item] = []
        for item in value.elements ?? [] {
            guard let name = item.member("name")?.string, let shape = ContractShape(item.member(key)) else {
                return nil
            }
            let value = item.member("value")?.string.flatMap { Hex.decode($0) }
            items.append(Item(name: plain(name), shape: shape, titles: Titles(item), value: value))
        }
        return items
    }

    private static func number(_ value: JSONValue?) -> String {
        if case .number(let digits) = value { digits } else { "" }
    }

    /// Without what a terminal would obey.
    static func plain(_ text: String?) -> String {
        String(
            String.UnicodeScalarView((text ?? "").unicodeScalars.filter { $0.properties.generalCategory != .control }))
    }

    /// Encodes arguments given as `NAME=VALUE`, in any order; those left out must be optional or have a value of their
    /// own.
    /// - Throws: `ContractShape.Mismatch` that names the argument.
    package static func encode(_ words: [String], for items: [Item]) throws(ContractShape.Mismatch) -> [UInt8] {
        var given: [String: String] = [:]
        for word in words {
            guard let mark = word.firstIndex(of: "=") else {
                throw ContractShape.Mismatch(reason: "\(word) is not ARGUMENT=VALUE")
            }
            let name = String(word[..<mark])
            guard items.contains(where: { $0.name == name }), given[name] == nil else {
                let names = items.map(\.name).joined(separator: ", ")
                throw ContractShape.Mismatch(reason: "\(name) is none of \(names), or stands twice")
            }
            given[name] = String(word[word.index(after: mark)...])
        }
        var encoder = Encoder()
        for item in items {
            if let value = item.value, given[item.name] == nil {
                encoder.raw(value)
                continue
            }
            do throws(ContractShape.Mismatch) {
                try item.shape.write(try value(given[item.name], item.shape), into: &encoder)
            } catch {
                throw ContractShape.Mismatch(reason: "\(item.name): \(error.reason)")
            }
        }
        return encoder.bytes
    }

    /// As above, of values that are typed already.
    package static func encode(
        _ fields: [JSONValue.Field], for items: [Item]
    ) throws(ContractShape.Mismatch) -> [UInt8] {
        if let stray = fields.first(where: { field in !items.contains { $0.name == field.key } }) {
            let names = items.map(\.name).joined(separator: ", ")
            throw ContractShape.Mismatch(reason: "\(stray.key) is none of \(names)")
        }
        var encoder = Encoder()
        for item in items {
            let field = fields.first { $0.key == item.name }
            if let value = item.value, field == nil {
                encoder.raw(value)
                continue
            }
            do throws(ContractShape.Mismatch) {
                let value = field?.value ?? .null
                try item.shape.write(value, into: &encoder)
            } catch {
                throw ContractShape.Mismatch(reason: "\(item.name): \(error.reason)")
            }
        }
        return encoder.bytes
    }

    /// Arguments as a person reads them, `name=value`, long ones shortened; nil where the bytes are not those.
    package static func words(_ bytes: [UInt8], for items: [Item]) -> String? {
        var decoder = Decoder(bytes)
        var words: [String] = []
        for item in items {
            guard let value = try? item.shape.read(from: &decoder) else { return nil }
            let text = value.compact
            words.append("\(item.name)=" + (text.count > 100 ? "\(text.prefix(97))…" : text))
        }
        return (try? decoder.finish()) == nil ? nil : words.joined(separator: " ")
    }

    private static func value(
        _ text: String?, _ shape: ContractShape
    ) throws(ContractShape.Mismatch) -> JSONValue {
        guard let text else { return .null }
        if shape.isPlain { return .text(text) }
        guard let value = try? JSONValue(parsing: [UInt8](text.utf8)) else {
            throw ContractShape.Mismatch(reason: "\(text.prefix(64)) is no JSON")
        }
        return value
    }
}
