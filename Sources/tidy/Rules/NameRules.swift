// SPDX-License-Identifier: Apache-2.0

/// Names: a type says what it is, a file is named for what it holds.
enum NameRules {
    static let declaring: Set<String> = ["struct", "class", "enum", "actor", "protocol", "typealias"]
    static let bannedEndings = [
        "Manager", "Helper", "Util", "Utils", "Handler", "Impl", "Base", "Data", "Info", "Common",
    ]

    /// The banned last word of `name`, if it has one. "Database" ends in "Database", not in "Base".
    static func bannedEnding(of name: String) -> String? {
        bannedEndings.first { ending in
            guard name.hasSuffix(ending) else { return false }
            return name.dropLast(ending.count).last.map { $0.isLowercase || $0.isNumber || $0.isUppercase }
                ?? true
        }
    }
}

extension SourceFile {
    /// The names that follow one of `keywords`, with their lines: `struct Name`, `extension Outer.Name`.
    func names(after keywords: Set<String>) -> [(name: String, line: Int)] {
        var found: [(name: String, line: Int)] = []
        for (index, words) in words.enumerated() {
            for (place, word) in words.enumerated() where keywords.contains(word.text) && word.after == " " {
                guard word.before == " ", place + 1 < words.count else { continue }
                // `class func` declares no type.
                let name = words[place + 1].text
                if name.first?.isUppercase == true || name == stem { found.append((name, index + 1)) }
                let nested = words[(place + 2)...].prefix { $0.before == "." }
                found += nested.map { ($0.text, index + 1) }
            }
        }
        return found
    }

    func nameFindings() -> [Finding] {
        let declared = names(after: NameRules.declaring)
        let importsNIO = code.contains { $0.contains("import NIO") }
        var found: [Finding] = []
        for (name, line) in declared {
            guard let ending = NameRules.bannedEnding(of: name), !(ending == "Handler" && importsNIO) else {
                continue
            }
            found.append(
                Finding(path, line, .typeName, "\(name): \"\(ending)\" says nothing; name what it does"))
        }
        if !isWellNamed(declared.map(\.name)) {
            found.append(
                Finding(path, 1, .fileName, "no type named \(stem) is declared or, with +, extended here"))
        }
        return found
    }

    private func isWellNamed(_ declared: [String]) -> Bool {
        // A test's support file may hold extensions and functions only; its suites are found by their sentences.
        if isTest || target == nil || stem == "main" || code.allSatisfy({ Word.all(in: $0).isEmpty }) { return true }
        guard stem.contains("+") else { return declared.contains(stem) }
        let extended = String(stem.split(separator: "+")[0])
        return names(after: ["extension"]).contains { $0.name == extended }
    }
}
