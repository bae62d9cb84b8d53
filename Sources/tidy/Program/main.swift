// SPDX-License-Identifier: Apache-2.0
import Foundation
import TidyRules

// `tidy [ROOT]`: reads the tracked and the new files of the tree, prints `path:line: rule: sentence` for
// every finding, and counts rules. Exit 0: nothing found, 1: something found, 2: git did not answer.

/// The paths git tracks or would track, and whether each may be executed.
func trackedPaths(in root: String) -> [String]? {
    let git = Process()
    git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    git.arguments = ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    let output = Pipe()
    git.standardOutput = output
    guard (try? git.run()) != nil else { return nil }
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    git.waitUntilExit()
    guard git.terminationStatus == 0 else { return nil }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\0").map(String.init)
}

let root = CommandLine.arguments.dropFirst().first ?? "."
guard let paths = trackedPaths(in: root) else {
    print("tidy: git could not list the files of \(root)")
    exit(2)
}
var files: [SourceFile] = []
for path in Set(paths) {
    let url = URL(fileURLWithPath: root).appendingPathComponent(path)
    // Deleted files are still listed; files that are no text have no lines to judge.
    guard let bytes = try? Data(contentsOf: url), let text = String(data: bytes, encoding: .utf8) else {
        continue
    }
    let isExecutable = FileManager.default.isExecutableFile(atPath: url.path)
    files.append(SourceFile(path: path, text: text, isExecutable: isExecutable))
}
let findings = Tree(files).findings()
for finding in findings { print(finding.text) }
let broken = Set(findings.map(\.rule))
print("\(Rule.allCases.count - broken.count) passed, \(broken.count) failed, 0 skipped")
exit(broken.isEmpty ? 0 : 1)
