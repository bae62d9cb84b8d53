// SPDX-License-Identifier: Apache-2.0

/// All tracked files of the repository, and every rule applied to them.
package struct Tree: Sendable {
    package static let ratchetPath = "Sources/tidy/ratchet.txt"
    package let files: [SourceFile]

    package init(_ files: [SourceFile]) { self.files = files.sorted { $0.path < $1.path } }

    /// Every finding, by path and line.
    package func findings() -> [Finding] {
        var found: [Finding] = []
        for file in files {
            found += file.layoutFindings()
            guard file.isSwift else { continue }
            found += file.importFindings()
            found += file.tokenFindings()
            found += file.hashOrderFindings()
            found += file.nameFindings()
        }
        found += sizeFindings()
        found += specFindings()
        found += linkFindings()
        return found.sorted { ($0.path, $0.line, $0.rule.rawValue) < ($1.path, $1.line, $1.rule.rawValue) }
    }
}
