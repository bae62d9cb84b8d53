// SPDX-License-Identifier: Apache-2.0

/// Reads a tree piece by piece; what nobody asked for is a flaw, since it is most often a misspelt word.
struct FormReader {
    let path: String
    private let members: [(key: String, value: FormTree)]
    private var asked: [String] = []

    init(_ tree: FormTree, at path: String) throws(FormFlaw) {
        guard case .map(let members) = tree else {
            throw FormFlaw(path: path, fault: .noMap)
        }
        self.path = path
        self.members = members
        for (index, member) in members.enumerated()
        where members[..<index].contains(where: { $0.key == member.key }) {
            throw FormFlaw(path: path, fault: .twice(member.key))
        }
    }

    private func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    mutating func optional(_ key: String) -> FormTree? {
        asked.append(key)
        return members.first { $0.key == key }?.value
    }

    mutating func tree(_ key: String) throws(FormFlaw) -> FormTree {
        guard let tree = optional(key) else { throw FormFlaw(path: place(key), fault: .missing) }
        return tree
    }

    mutating func text(_ key: String, max: Int = 200) throws(FormFlaw) -> String {
        try FormReader.text(tree(key), at: place(key), max: max)
    }

    static func text(_ tree: FormTree, at path: String, max: Int = 200) throws(FormFlaw) -> String {
        guard case .scalar(let text) = tree else { throw FormFlaw(path: path, fault: .noText) }
        guard !text.isEmpty, text.utf8.count <= max, !text.utf8.contains(0) else {
            throw FormFlaw(path: path, fault: .length(max: max))
        }
        return text
    }

    /// A word as methods, fields and states are called: a-z, then a-z, 0-9 and hyphens, at most 32.
    mutating func word(_ key: String) throws(FormFlaw) -> String { try FormReader.word(tree(key), at: place(key)) }

    static func word(_ tree: FormTree, at path: String) throws(FormFlaw) -> String {
        let text = try text(tree, at: path, max: 32)
        let isWord = text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
        guard isWord, let first = text.utf8.first, (97...122).contains(first) else {
            throw FormFlaw(path: path, fault: .noWord(text))
        }
        return text
    }

    mutating func flag(_ key: String) throws(FormFlaw) -> Bool {
        guard let tree = optional(key) else { return false }
        switch try FormReader.text(tree, at: place(key)) {
        case "true", "yes": return true
        case "false", "no": return false
        default: throw FormFlaw(path: place(key), fault: .noFlag)
        }
    }

    mutating func number(_ key: String, or standard: UInt64) throws(FormFlaw) -> UInt64 {
        guard let tree = optional(key) else { return standard }
        guard let number = UInt64(try FormReader.text(tree, at: place(key))) else {
            throw FormFlaw(path: place(key), fault: .noNumber)
        }
        return number
    }

    /// The elements of a list and their places; a lone value is a list of one, nothing is an empty one.
    mutating func list(_ key: String, max: Int) throws(FormFlaw) -> [(tree: FormTree, path: String)] {
        guard let tree = optional(key) else { return [] }
        guard case .list(let elements) = tree else { return [(tree, place(key))] }
        if elements.count > max { throw FormFlaw(path: place(key), fault: .tooMany(max: max)) }
        return elements.enumerated().map { ($0.element, "\(place(key))[\($0.offset)]") }
    }

    /// Titles in both languages: a map with `zh` and `en`, or one text for both.
    mutating func titles() throws(FormFlaw) -> FormTitles {
        let tree = try tree("title")
        if case .scalar = tree {
            let text = try FormReader.text(tree, at: place("title"))
            return FormTitles(zh: text, en: text)
        }
        var reader = try FormReader(tree, at: place("title"))
        let titles = FormTitles(zh: try reader.text("zh"), en: try reader.text("en"))
        try reader.finish()
        return titles
    }

    /// Checks that everything in the map was asked for.
    func finish() throws(FormFlaw) {
        for member in members where !asked.contains(member.key) {
            throw FormFlaw(path: place(member.key), fault: .unknown(known: asked))
        }
    }
}

struct FormTitles: Hashable, Sendable {
    let zh: String
    let en: String
}
