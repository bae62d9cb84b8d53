// SPDX-License-Identifier: Apache-2.0

/// Finds loops over dictionaries and sets in pure targets: their order differs between two runs of one
/// binary.
///
/// A heuristic on one file: it knows names whose declaration in the same file says `[K: V]`, `Dictionary<` or
/// `Set<`, and looks for `for … in name`, with or without `.keys`, `.values` or a path before it. It does not
/// see inferred types, types from other files, or `map` and `forEach`; two simulator runs with two hash seeds
/// do.
enum HashOrder {
    /// Names declared with a hashed type in these lines of code.
    static func hashedNames(in code: [String]) -> Set<String> {
        var names: Set<String> = []
        for line in code {
            let characters = Array(line)
            for colon in characters.indices where characters[colon] == ":" || characters[colon] == "=" {
                let type = String(characters[(colon + 1)...].drop { $0 == " " }).trimmingPrefix("inout ")
                guard isHashed(String(type), needsCall: characters[colon] == "=") else { continue }
                let name = Word.all(in: String(characters[..<colon])).last
                if let name { names.insert(name.text) }
            }
        }
        return names
    }

    private static func isHashed(_ type: String, needsCall: Bool) -> Bool {
        if type.hasPrefix("Set<") || type.hasPrefix("Dictionary<") { return true }
        if needsCall, type.hasPrefix("Set(") || type.hasPrefix("Dictionary(") { return true }
        guard type.hasPrefix("[") else { return false }
        // A top-level colon inside the brackets makes it a dictionary's type; after `=` only `[K: V]()` is
        // one.
        var depth = 0
        var hasColon = false
        for (index, character) in type.enumerated() {
            if "[(<".contains(character) { depth += 1 }
            if "])>".contains(character) { depth -= 1 }
            if character == ":", depth == 1 { hasColon = true }
            if depth == 0 { return hasColon && (!needsCall || type.dropFirst(index + 1).hasPrefix("(")) }
        }
        return false
    }
}

extension SourceFile {
    func hashOrderFindings() -> [Finding] {
        guard let target, ImportTable.pure[target] != nil else { return [] }
        let names = HashOrder.hashedNames(in: code)
        guard !names.isEmpty else { return [] }
        var found: [Finding] = []
        for (index, line) in code.enumerated() where !line.contains(".sorted") {
            let words = Word.all(in: line)
            guard
                let loop = words.firstIndex(where: { $0.text == "for" && $0.before == " " && $0.after == " " }
                ),
                let place = words[loop...].firstIndex(where: { $0.text == "in" })
            else { continue }
            var path = [words[place]]
            for word in words[(place + 1)...] {
                if path.count > 1, word.before != "." { break }
                path.append(word)
            }
            if let last = path.last, ["keys", "values"].contains(last.text) { path.removeLast() }
            if path.count > 1, let last = path.last, names.contains(last.text), last.after != "(",
                last.after != "["
            {
                let sentence =
                    "\(last.text) is hashed and its order changes from run to run; loop over .sorted()"
                found.append(Finding(self.path, index + 1, .hashOrder, sentence))
            }
        }
        return found
    }
}
