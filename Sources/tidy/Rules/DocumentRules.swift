// SPDX-License-Identifier: Apache-2.0

/// The specification's rule ids: where they are defined, where they are cited.
enum DocumentRules {
    /// Capitals, a hyphen and a number that are no rule ids: algorithms, encodings, instruction sets, error
    /// codes.
    static let notRules: Set<String> = [
        "UTF", "SHA", "AES", "ISO", "RFC", "CVE", "AVX", "SSE", "PKCS", "IEEE", "BIP", "EIP",
    ]

    /// `ABC-12` for every id in `text`; "ABC-1 to ABC-3" stands for all three.
    static func ids(in text: String) -> [String] {
        let words = Word.all(in: text)
        var found: [(prefix: String, number: Int, word: Int)] = []
        for index in words.indices.dropLast() {
            let prefix = words[index]
            guard prefix.after == "-", words[index + 1].before == "-",
                let number = Int(words[index + 1].text),
                prefix.text.count >= 3, prefix.text.allSatisfy({ $0.isASCII && $0.isUppercase }),
                prefix.before != "-",
                !notRules.contains(prefix.text)
            else { continue }
            found.append((prefix.text, number, index))
        }
        var ids: [String] = []
        for (place, id) in found.enumerated() {
            ids.append("\(id.prefix)-\(id.number)")
            guard place > 0 else { continue }
            let first = found[place - 1]
            let isRange =
                first.prefix == id.prefix && id.word == first.word + 3 && words[first.word + 2].text == "to"
            guard isRange, first.number < id.number else { continue }
            for number in first.number..<id.number { ids.append("\(id.prefix)-\(number)") }
        }
        return ids
    }

    /// The specification is docs/spec and the page of keys and bytes.
    static func definesRules(_ path: String) -> Bool {
        path == "docs/data.md" || path.hasPrefix("docs/spec/") && path.hasSuffix(".md")
    }

    /// The id a line of the specification defines: `- **ABC-1** …` or `| ABC-1 | …`.
    static func defined(on line: String) -> String? {
        guard let id = ids(in: line).first else { return nil }
        return line.hasPrefix("- **\(id)**") || line.hasPrefix("| \(id) |") ? id : nil
    }

    /// The targets of `[text](target)` on a line, anchors cut off, other sites left out.
    static func links(on line: String) -> [String] {
        line.split(separator: "](", omittingEmptySubsequences: false).dropFirst().compactMap { rest in
            guard let end = rest.firstIndex(of: ")") else { return nil }
            let target = String(rest[..<end].prefix { $0 != "#" && $0 != " " })
            return target.isEmpty || target.contains(":") ? nil : target
        }
    }

    /// `link` as written in `path`, seen from the root.
    static func resolve(_ link: String, from path: String) -> String {
        var parts = link.hasPrefix("/") ? [] : path.split(separator: "/").dropLast().map(String.init)
        for part in link.split(separator: "/").map(String.init) where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }
}

extension Tree {
    func specFindings() -> [Finding] {
        var defined: [String: (path: String, line: Int)] = [:]
        var found: [Finding] = []
        for file in files where DocumentRules.definesRules(file.path) {
            for (index, line) in file.lines.enumerated() {
                guard let id = DocumentRules.defined(on: line) else { continue }
                if let first = defined[id] {
                    let sentence = "\(id) is defined at \(first.path):\(first.line) already"
                    found.append(Finding(file.path, index + 1, .spec, sentence))
                }
                defined[id] = (file.path, index + 1)
            }
        }
        let prefixes = Set(defined.keys.map { $0.prefix { $0 != "-" } })
        var inSources: Set<String> = []
        var inTests: Set<String> = []
        for file in files where !(file.target ?? "").lowercased().hasPrefix("tidy") {
            let isSource = file.isSource
            guard isSource || file.isTest else { continue }
            // In tests the sentence that cites a rule is a string; in sources it is a comment.
            for (index, line) in (isSource ? file.comments : file.lines).enumerated() {
                for id in DocumentRules.ids(in: line) {
                    if isSource { inSources.insert(id) } else { inTests.insert(id) }
                    // Test data may look like an id by chance; a comment in a source does not.
                    let isKnown = isSource || prefixes.contains(id.prefix { $0 != "-" })
                    if isKnown, defined[id] == nil {
                        found.append(
                            Finding(file.path, index + 1, .spec, "\(id) is not defined in docs/spec"))
                    }
                }
            }
        }
        for (id, place) in defined.sorted(by: { $0.key < $1.key }) {
            if !inSources.contains(id) {
                found.append(Finding(place.path, place.line, .spec, "no source cites \(id)"))
            }
            if !inTests.contains(id) {
                found.append(Finding(place.path, place.line, .spec, "no test cites \(id)"))
            }
        }
        return found
    }

    func linkFindings() -> [Finding] {
        let documents = files.filter { $0.path.hasSuffix(".md") }
        var linked: Set<String> = []
        var found: [Finding] = []
        for document in documents {
            for (index, line) in document.lines.enumerated() {
                for link in DocumentRules.links(on: line) {
                    let target = DocumentRules.resolve(link, from: document.path)
                    if target != document.path { linked.insert(target) }
                    if !files.contains(where: { $0.path == target || $0.path.hasPrefix(target + "/") }) {
                        found.append(Finding(document.path, index + 1, .links, "\(link) leads nowhere"))
                    }
                }
            }
        }
        for document in documents
        where document.path.hasPrefix("docs/") && document.path != "docs/ARCHITECTURE.md" {
            if !linked.contains(document.path) {
                found.append(Finding(document.path, 1, .links, "no other document links here"))
            }
        }
        return found
    }
}
