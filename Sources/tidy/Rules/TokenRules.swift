// SPDX-License-Identifier: Apache-2.0

/// Words that may not stand in some places, and why.
enum TokenRules {
    /// Below the line: nothing waits, nothing asks the clock or the dice, nothing talks (style, law 1).
    static let bannedWhenPure: [String: String] = [
        "async": "a machine below the line never waits",
        "await": "a machine below the line never waits",
        "actor": "a machine below the line is a value",
        "Task": "a machine below the line starts nothing",
        "TaskGroup": "a machine below the line starts nothing",
        "Foundation": "Foundation stays above the line",
        "Date": "time arrives with events, as Instant",
        "ContinuousClock": "time arrives with events, as Instant",
        "SuspendingClock": "time arrives with events, as Instant",
        "SystemRandomNumberGenerator": "randomness comes from SeededRandom",
        "random": "randomness comes from SeededRandom",
        "randomElement": "randomness comes from SeededRandom",
        "shuffled": "randomness comes from SeededRandom",
        "print": "nothing below the line talks",
        "debugPrint": "nothing below the line talks",
        "Float": "binary fractions differ between machines; use integers",
        "Double": "binary fractions differ between machines; use integers",
    ]

    /// Words that are only meant where they are a member: `.random(in:)`, not a parameter called random.
    static let membersOnly: Set<String> = ["random", "randomElement", "shuffled"]
}

extension SourceFile {
    func tokenFindings() -> [Finding] {
        var found: [Finding] = []
        let isPure = target.map { ImportTable.pure[$0] != nil } ?? false
        for (index, words) in words.enumerated() {
            if isPure { found += purityFindings(words, line: index + 1) }
            found += trapFindings(words, line: index + 1)
            found += unsafetyFindings(index)
            if words.contains(where: { $0.text == "testable" && $0.before == "@" }) {
                found.append(
                    Finding(path, index + 1, .testable, "tests use the door neighbours use: package"))
            }
        }
        return found
    }

    private func purityFindings(_ words: [Word], line: Int) -> [Finding] {
        words.compactMap { word in
            guard let reason = TokenRules.bannedWhenPure[word.text] else { return nil }
            if TokenRules.membersOnly.contains(word.text) != (word.before == ".") { return nil }
            // Seeded draws name their generator; only they repeat.
            if TokenRules.membersOnly.contains(word.text), code[line - 1].contains("using:") { return nil }
            return Finding(path, line, .purity, "\(word.text): \(reason)")
        }
    }

    private func trapFindings(_ words: [Word], line: Int) -> [Finding] {
        guard !isTest else { return [] }
        return words.compactMap { word in
            switch (word.text, word.after) {
            case ("try", "!"):
                Finding(path, line, .traps, "try! hides the invariant; state it as a precondition")
            case ("fatalError", _):
                Finding(path, line, .traps, "fatalError: state the invariant as a precondition")
            default: nil
            }
        }
    }

    private func unsafetyFindings(_ index: Int) -> [Finding] {
        let line = code[index]
        guard line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") else { return [] }
        var first = index
        while first > 0, comments[first - 1].contains("//"), Word.all(in: code[first - 1]).isEmpty {
            first -= 1
        }
        if comments[first...index].contains(where: { $0.contains("// SAFETY:") }) { return [] }
        return [
            Finding(path, index + 1, .unsafety, "say why it is sound on an adjacent line starting // SAFETY:")
        ]
    }
}
