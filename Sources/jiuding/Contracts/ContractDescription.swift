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
    }

    package struct Method: Hashable, Sendable {
        package let name: String
        /// It changes nothing.
        package let isView: Bool
        package let arguments: [Item]
        package let answer: ContractShape?
        package let titles: Titles
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

    /// - Returns: nil where the bytes are no description.
    package init?(_ bytes: [UInt8]) {
        guard let value = try? JSONValue(parsing: bytes), let methods = value.member("methods")?.elements,
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
            items.append(Item(name: plain(name), shape: shape, titles: Titles(item)))
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

    /// Encodes arguments given as `NAME=VALUE`, in any order; those left out must be optional.
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
            do throws(ContractShape.Mismatch) {
                try item.shape.write(try value(given[item.name], item.shape), into: &encoder)
            } catch {
                throw ContractShape.Mismatch(reason: "\(item.name): \(error.reason)")
            }
        }
        return encoder.bytes
    }

    /// Encodes arguments by their names; those left out must be optional.
    package static func encode(
        _ fields: [JSONValue.Field], for items: [Item]
    ) throws(ContractShape.Mismatch) -> [UInt8] {
        if let stray = fields.first(where: { field in !items.contains { $0.name == field.key } }) {
            let names = items.map(\.name).joined(separator: ", ")
            throw ContractShape.Mismatch(reason: "\(stray.key) is none of \(names)")
        }
        var encoder = Encoder()
        for item in items {
            do throws(ContractShape.Mismatch) {
                let value = fields.first { $0.key == item.name }?.value ?? .null
                try item.shape.write(value, into: &encoder)
            } catch {
                throw ContractShape.Mismatch(reason: "\(item.name): \(error.reason)")
            }
        }
        return encoder.bytes
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
