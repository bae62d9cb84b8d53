// SPDX-License-Identifier: Apache-2.0

/// Limits on size, and the ratchet that lets old exceptions shrink but nothing grow.
enum SizeRules {
    static let fileLinesMax = 400
    /// No reason in the ratchet file lifts this one.
    static let fileLinesHardMax = 600
    static let functionLinesMax = 60
    static let lineColumnsMax = 120

    /// One line of the ratchet file: `path rule number reason`.
    struct Exception {
        let line: Int
        let path: String
        let rule: Rule
        let size: Int
    }

    /// A measured place above or below its limit.
    struct Measure {
        let line: Int
        let rule: Rule
        let size: Int
        let limit: Int
        let what: String
    }
}

extension SourceFile {
    /// The file's length, and its longest function and line.
    func measures() -> [SizeRules.Measure] {
        var all = [
            SizeRules.Measure(
                line: 1, rule: .fileLength, size: lines.count, limit: SizeRules.fileLinesMax,
                what: "the file has")
        ]
        if let longest = lines.enumerated().max(by: { $0.element.count < $1.element.count }) {
            all.append(
                SizeRules.Measure(
                    line: longest.offset + 1, rule: .lineLength, size: longest.element.count,
                    limit: SizeRules.lineColumnsMax, what: "the longest line has"))
        }
        if let longest = functions().max(by: { $0.lines < $1.lines }) {
            all.append(
                SizeRules.Measure(
                    line: longest.line, rule: .functionLength, size: longest.lines,
                    limit: SizeRules.functionLinesMax, what: "the longest function has"))
        }
        return all
    }

    /// First line and length of every function, initializer and deinitializer with a body.
    func functions() -> [(line: Int, lines: Int)] {
        var found: [(line: Int, lines: Int)] = []
        for (index, words) in words.enumerated() {
            let starts = words.contains { word in
                if word.text == "func" { return word.before == " " }
                return ["init", "deinit"].contains(word.text) && word.before != "."
                    && "( <?{".contains(word.after)
            }
            guard starts, let end = bodyEnd(from: index) else { continue }
            found.append((index + 1, end - index + 1))
        }
        return found
    }

    /// The line of the brace that closes the first brace at or after `start`; nil for a requirement without a
    /// body.
    private func bodyEnd(from start: Int) -> Int? {
        var depth = 0
        for index in start..<code.count {
            for character in code[index] {
                if character == "{" { depth += 1 }
                if character == "}" {
                    depth -= 1
                    if depth < 0 { return nil }
                    if depth == 0 { return index }
                }
            }
            let next = index + 1 < code.count ? Word.all(in: code[index + 1]).first?.text : nil
            if depth == 0, next == "func" || next == "init" || next == "var" { return nil }
        }
        return nil
    }
}

extension Tree {
    func sizeFindings() -> [Finding] {
        var (exceptions, found) = exceptions()
        for file in files where file.isSwift {
            for measure in file.measures() {
                let at = exceptions.firstIndex { $0.path == file.path && $0.rule == measure.rule }
                let allowed = at.map { exceptions.remove(at: $0) }
                found += judge(measure, in: file.path, allowed)
            }
        }
        for unused in exceptions {
            let sentence = "\(unused.path) has no such place; delete the line"
            found.append(Finding(Tree.ratchetPath, unused.line, .ratchet, sentence))
        }
        return found
    }

    private func judge(_ measure: SizeRules.Measure, in path: String, _ allowed: SizeRules.Exception?)
        -> [Finding]
    {
        let limit = max(measure.limit, allowed?.size ?? 0)
        var found: [Finding] = []
        if measure.size > limit || measure.rule == .fileLength && measure.size > SizeRules.fileLinesHardMax {
            let unit = measure.rule == .lineLength ? "columns" : "lines"
            let sentence = "\(measure.what) \(measure.size) \(unit), the limit is \(limit)"
            found.append(Finding(path, measure.line, measure.rule, sentence))
        }
        if let allowed, measure.size < allowed.size {
            let advice = measure.size > measure.limit ? "lower it to \(measure.size)" : "delete the line"
            let sentence = "\(path) \(measure.rule.rawValue) is \(measure.size) by now; \(advice)"
            found.append(Finding(Tree.ratchetPath, allowed.line, .ratchet, sentence))
        }
        return found
    }

    private func exceptions() -> ([SizeRules.Exception], [Finding]) {
        guard let file = files.first(where: { $0.path == Tree.ratchetPath }) else { return ([], []) }
        var exceptions: [SizeRules.Exception] = []
        var found: [Finding] = []
        for (index, line) in file.lines.enumerated() where !line.isEmpty && !line.hasPrefix("#") {
            let parts = line.split(separator: " ", maxSplits: 3).map(String.init)
            if parts.count == 4, let rule = Rule(rawValue: parts[1]), let size = Int(parts[2]) {
                exceptions.append(
                    SizeRules.Exception(line: index + 1, path: parts[0], rule: rule, size: size))
            } else {
                found.append(Finding(file.path, index + 1, .ratchet, "a line reads: path rule number reason"))
            }
        }
        return (exceptions, found)
    }
}
