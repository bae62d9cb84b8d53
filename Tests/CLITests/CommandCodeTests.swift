// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@Suite struct CommandCodeTests {
    private var root: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    private func codes(in text: String) -> [String] {
        text.split(separator: "JD-4").dropFirst().compactMap { rest in
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            return digits.count == 3 ? "JD-4\(digits)" : nil
        }
    }

    @Test("every code of the command line stands in docs/spec/cli.md, once, and no other does (CLI-1)")
    func documented() throws {
        let sources = root.appending(path: "Sources/jiuding")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var used: Set<String> = []
        for case let file as URL in files where file.pathExtension == "swift" {
            used.formUnion(codes(in: try String(contentsOf: file, encoding: .utf8)))
        }
        let page = try String(contentsOf: root.appending(path: "docs/spec/cli.md"), encoding: .utf8)
        let told = codes(in: page)
        #expect(told == used.sorted())
        #expect(used.count > 20)
    }
}
