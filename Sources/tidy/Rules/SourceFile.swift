// SPDX-License-Identifier: Apache-2.0

/// One tracked file: as it stands, and with comments and strings taken apart so that rules see code only.
package struct SourceFile: Sendable {
    package let path: String
    package let isExecutable: Bool
    package let lines: [String]
    /// The lines with comments and the insides of strings blanked, columns kept. Only Swift files are taken
    /// apart.
    package let code: [String]
    /// The lines with everything but comments blanked.
    package let comments: [String]

    package init(path: String, text: String, isExecutable: Bool = false) {
        self.path = path
        self.isExecutable = isExecutable
        lines = SourceFile.split([UInt8](text.utf8))
        guard path.hasSuffix(".swift") else {
            code = lines
            comments = lines
            return
        }
        var stripper = Stripper(text: [UInt8](text.utf8))
        stripper.run()
        code = SourceFile.split(stripper.code)
        comments = SourceFile.split(stripper.comments)
    }

    private static func split(_ bytes: [UInt8]) -> [String] {
        let pieces = bytes.split(separator: 10, omittingEmptySubsequences: false)
        var parts = pieces.map { String(decoding: $0, as: UTF8.self) }
        if parts.last == "" { parts.removeLast() }
        return parts
    }

    package var isSwift: Bool { path.hasSuffix(".swift") }
    package var isTest: Bool { path.hasPrefix("Tests/") || isContract && path.contains("/Tests/") }
    /// Contracts/ is a package of its own: the kit, and the contracts made with it.
    private var isContract: Bool { path.hasPrefix("Contracts/") }
    /// What the product is made of, as against what proves it.
    package var isSource: Bool { path.hasPrefix("Sources/") || isContract && !isTest && !path.hasSuffix(".md") }

    /// The last path component without its extension.
    package var stem: String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return name.split(separator: ".").first.map(String.init) ?? name
    }

    /// The folder under Sources or Tests; nil for files elsewhere.
    package var target: String? {
        let parts = path.split(separator: "/")
        guard parts.count > 2, parts[0] == "Sources" || parts[0] == "Tests" else { return nil }
        return String(parts[1])
    }

    /// The words of the code, line by line.
    package var words: [[Word]] { code.map(Word.all) }
}

/// An identifier or keyword in code, with the character before and after it.
package struct Word: Hashable, Sendable {
    package let text: String
    package let before: Character
    package let after: Character

    /// The words of one line, left to right.
    package static func all(in line: String) -> [Word] {
        let characters = Array(line)
        var words: [Word] = []
        var start: Int?
        for index in 0...characters.count {
            let character = index < characters.count ? characters[index] : " "
            let isPart = character.isLetter || character.isNumber || character == "_"
            if isPart, start == nil { start = index }
            guard !isPart, let first = start else { continue }
            let before = first > 0 ? characters[first - 1] : " "
            words.append(Word(text: String(characters[first..<index]), before: before, after: character))
            start = nil
        }
        return words
    }
}
