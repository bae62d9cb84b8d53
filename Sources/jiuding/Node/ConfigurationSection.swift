// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import ClientKit
import Foundation
package import Transport
import Yams

/// What is wrong with a configuration, and where.
package struct ConfigurationFlaw: Error, Hashable, Sendable {
    package let place: String
    package let reason: String
    package let reasonZh: String

    var failure: Failure {
        Failure(
            .usage, "JD-1511", "\(place): " + phrase(reason, zh: reasonZh),
            fix: phrase("mend that line; the keys are in docs/spec/node.md", zh: "请改正该行；各配置项见 docs/spec/node.md"))
    }
}

/// One mapping of a YAML file, read key by key; what nobody asked for is an error (NODE-1).
package struct ConfigurationSection {
    private static let bytesMax = 1 << 20

    /// What paths are relative to.
    package let folder: String
    private let file: String
    private let path: String
    private let mark: Mark?
    private var entries: [(key: Node.Scalar, value: Node)] = []
    private var asked: [String] = []

    /// - Throws: what is wrong with the text as YAML, at its line and column.
    package init(file: String, text: [UInt8]) throws(ConfigurationFlaw) {
        try self.init(
            try ConfigurationSection.compose(file: file, text: text), file: file, path: "",
            folder: URL(fileURLWithPath: file).deletingLastPathComponent().path)
    }

    /// The nodes of a YAML text.
    /// - Throws: what is wrong with it as YAML, at its line and column.
    static func compose(file: String, text: [UInt8]) throws(ConfigurationFlaw) -> Node {
        func flaw(_ mark: Mark?, _ reason: String, _ reasonZh: String) -> ConfigurationFlaw {
            ConfigurationFlaw(
                place: "\(file)\(mark.map { ":\($0.line):\($0.column)" } ?? "")", reason: reason, reasonZh: reasonZh)
        }
        guard text.count <= ConfigurationSection.bytesMax else { throw flaw(nil, "longer than 1 MiB", "超过 1 MiB") }
        guard let yaml = String(validating: text, as: UTF8.self) else {
            throw flaw(nil, "it is no UTF-8 text", "不是 UTF-8 文本")
        }
        let root: Node?
        do { root = try Yams.compose(yaml: yaml) } catch let error as YamlError {
            switch error {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
                .composer(_, let problem, let mark, _):
                throw flaw(mark, "no YAML: \(problem)", "不是合法的 YAML：\(problem)")
            case .duplicatedKeysInMapping(let keys, let context):
                let list = keys.joined(separator: ", ")
                throw flaw(context.mark, "written twice: \(list)", "重复的配置项：\(list)")
            default: throw flaw(nil, "no YAML: \(error)", "不是合法的 YAML：\(error)")
            }
        } catch { throw flaw(nil, "no YAML: \(error)", "不是合法的 YAML：\(error)") }
        guard let root else { throw flaw(nil, "it is empty", "文件为空") }
        return root
    }

    private init(_ node: Node, file: String, path: String, folder: String) throws(ConfigurationFlaw) {
        (self.file, self.path, self.folder, mark) = (file, path, folder, node.mark)
        guard case .mapping(let mapping) = node else {
            throw flaw(at: node.mark, "\(path.isEmpty ? "the file" : path) must hold keys with values", "应为键值对")
        }
        for (key, value) in mapping {
            guard case .scalar(let name) = key else { throw flaw(at: key.mark, "a key must be a word", "键应为单词") }
            entries.append((name, value))
        }
    }

    // MARK: Values

    package mutating func text(_ key: String) throws(ConfigurationFlaw) -> String {
        guard let text = try optionalText(key) else { throw missing(key) }
        return text
    }

    package mutating func optionalText(_ key: String) throws(ConfigurationFlaw) -> String? {
        guard let node = take(key) else { return nil }
        return try scalar(node, key)
    }

    package mutating func file(_ key: String) throws(ConfigurationFlaw) -> String { absolute(try text(key)) }

    package mutating func optionalFile(_ key: String) throws(ConfigurationFlaw) -> String? {
        try optionalText(key).map { absolute($0) }
    }

    package mutating func files(_ key: String) throws(ConfigurationFlaw) -> [String] {
        var files: [String] = []
        for node in try list(key) { files.append(absolute(try scalar(node, key))) }
        return files
    }

    /// A list of words, or one word; empty where there is none.
    package mutating func texts(_ key: String) throws(ConfigurationFlaw) -> [String] {
        var texts: [String] = []
        for node in try list(key) { texts.append(try scalar(node, key)) }
        return texts
    }

    /// Reads a value by its own grammar.
    package mutating func value<Value>(
        _ key: String, default fallback: Value? = nil, _ expected: String, zh: String, _ parse: (String) -> Value?
    ) throws(ConfigurationFlaw) -> Value {
        guard let node = take(key) else {
            guard let fallback else { throw missing(key) }
            return fallback
        }
        let text = try scalar(node, key)
        guard let value = parse(text) else {
            throw flaw(
                at: node.mark, "\(name(key)) is \(expected), not \"\(text)\"", "\(name(key)) 应为\(zh)，而非“\(text)”")
        }
        return value
    }

    package mutating func address(_ key: String) throws(ConfigurationFlaw) -> Transport.NodeAddress {
        try value(key, "host:port", zh: " 主机:端口") { Transport.NodeAddress($0) }
    }

    /// One address, or a list of them; empty where there is none.
    package mutating func addresses(_ key: String) throws(ConfigurationFlaw) -> [Transport.NodeAddress] {
        var addresses: [Transport.NodeAddress] = []
        for node in try list(key) {
            let text = try scalar(node, key)
            guard let address = Transport.NodeAddress(text) else {
                throw flaw(
                    at: node.mark, "\(name(key)) is host:port, not \"\(text)\"", "\(name(key)) 应为 主机:端口，而非“\(text)”")
            }
            addresses.append(address)
        }
        return addresses
    }

    /// A value of any kind, as JSON would have it; words and numbers are texts.
    package mutating func anything(_ key: String) throws(ConfigurationFlaw) -> JSONValue? {
        guard let node = take(key) else { return nil }
        return try json(node, key)
    }

    private func json(_ node: Node, _ key: String) throws(ConfigurationFlaw) -> JSONValue {
        switch node {
        case .scalar(let scalar):
            let isBare = scalar.style == .plain || scalar.style == .any
            return isBare && ["", "~", "null"].contains(scalar.string) ? .null : .text(scalar.string)
        case .sequence(let sequence):
            var values: [JSONValue] = []
            for each in sequence { values.append(try json(each, key)) }
            return .list(values)
        case .mapping(let mapping):
            var fields: [JSONValue.Field] = []
            for (name, value) in mapping {
                guard case .scalar(let word) = name else { throw flaw(at: name.mark, "a key must be a word", "键应为单词") }
                fields.append(JSONValue.Field(key: word.string, value: try json(value, key)))
            }
            return .object(fields)
        default: throw flaw(at: node.mark, "\(name(key)) is no value", "\(name(key)) 不是取值")
        }
    }

    /// `FILE:LINE` of this section.
    package var place: String { "\(file)\(mark.map { ":\($0.line)" } ?? "")" }

    // MARK: Sections

    package mutating func section(_ key: String) throws(ConfigurationFlaw) -> ConfigurationSection? {
        guard let node = take(key) else { return nil }
        return try ConfigurationSection(node, file: file, path: name(key), folder: folder)
    }

    package mutating func neededSection(_ key: String) throws(ConfigurationFlaw) -> ConfigurationSection {
        guard let section = try section(key) else { throw missing(key) }
        return section
    }

    /// A list of sections that must be there, though it may be empty.
    package mutating func neededSections(_ key: String) throws(ConfigurationFlaw) -> [ConfigurationSection] {
        guard entries.contains(where: { $0.key.string == key }) else {
            asked.append(key)
            throw missing(key)
        }
        return try sections(key)
    }

    package mutating func sections(_ key: String) throws(ConfigurationFlaw) -> [ConfigurationSection] {
        var sections: [ConfigurationSection] = []
        for (index, node) in try list(key).enumerated() {
            sections.append(
                try ConfigurationSection(node, file: file, path: "\(name(key))[\(index)]", folder: folder))
        }
        return sections
    }

    /// The keys nobody has asked for yet; for mappings whose keys are names.
    package var names: [String] { entries.map(\.key.string) }

    /// Must be called last: whatever was not asked for is a mistake.
    package func end() throws(ConfigurationFlaw) {
        for (key, _) in entries where !asked.contains(key.string) {
            let known = asked.joined(separator: ", ")
            throw flaw(
                at: key.mark, "\(name(key.string)) is no key; here stand: \(known)",
                "没有配置项 \(name(key.string))；此处可用：\(known)")
        }
    }

    /// - Returns: the flaw of this whole section.
    package func flaw(_ reason: String, zh: String) -> ConfigurationFlaw { flaw(at: mark, reason, zh) }

    // MARK: Reading

    private mutating func take(_ key: String) -> Node? {
        asked.append(key)
        return entries.first { $0.key.string == key }?.value
    }

    private mutating func list(_ key: String) throws(ConfigurationFlaw) -> [Node] {
        guard let node = take(key) else { return [] }
        switch node {
        case .sequence(let sequence): return Array(sequence)
        case .scalar: return [node]
        default: throw flaw(at: node.mark, "\(name(key)) is a list", "\(name(key)) 应为列表")
        }
    }

    private func scalar(_ node: Node, _ key: String) throws(ConfigurationFlaw) -> String {
        guard case .scalar(let scalar) = node, !scalar.string.isEmpty else {
            throw flaw(at: node.mark, "\(name(key)) has no value", "\(name(key)) 缺少取值")
        }
        return scalar.string
    }

    private func absolute(_ path: String) -> String {
        path.hasPrefix("/")
            ? path
            : URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: folder, isDirectory: true))
                .standardizedFileURL
                .path
    }

    private func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private func missing(_ key: String) -> ConfigurationFlaw {
        flaw(at: mark, "\(name(key)) is missing", "缺少 \(name(key))")
    }

    private func flaw(at mark: Mark?, _ reason: String, _ reasonZh: String) -> ConfigurationFlaw {
        ConfigurationFlaw(
            place: "\(file)\(mark.map { ":\($0.line):\($0.column)" } ?? "")", reason: reason, reasonZh: reasonZh)
    }
}
