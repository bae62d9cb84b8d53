// SPDX-License-Identifier: Apache-2.0
import Testing
import TidyRules

/// The rules broken by files with these texts.
private func broken(_ files: [(String, String)]) -> Set<Rule> {
    let sources = files.map { path, text in SourceFile(path: path, text: text) }
    return Set(Tree(sources).findings().map(\.rule))
}

/// The rules broken by one file that is otherwise in order: licensed and named for its type.
private func broken(_ code: String, in path: String = "Sources/Ledger/Snippet.swift") -> Set<Rule> {
    broken([(path, "// SPDX-License-Identifier: Apache-2.0\n\(code)\nstruct Snippet {}\n")])
}

private let licence = "// SPDX-License-Identifier: Apache-2.0\n"

@Suite("tidy: each rule sees its bad snippet and leaves its good one alone")
struct RuleTests {
    @Test(
        "imports outside the table are found",
        arguments: [
            ("import Foundation", "Ledger"), ("package import Consensus", "Ledger"),
            ("import CShangMi", "Ledger"),
            ("@preconcurrency import Dispatch", "Bedrock"),
            ("import struct Synchronization.Mutex", "Consensus"),
            ("import COpenSSL", "Gateway"), ("import CRocksDB", "Hosting"), ("import Hummingbird", "jiuding"),
            ("import ArgumentParser", "ClientKit"), ("import Testing", "Hosting"),
            ("import Simulation", "Hosting"),
        ])
    func imports(_ line: String, _ target: String) {
        #expect(broken(line, in: "Sources/\(target)/Snippet.swift").contains(.imports))
    }

    @Test("imports of the table pass, for targets and their tests")
    func goodImports() {
        #expect(broken("package import Bedrock\nimport ShangMi").isEmpty)
        #expect(broken("import COpenSSL\nimport Foundation", in: "Sources/KeyCustody/Snippet.swift").isEmpty)
        #expect(broken("import Testing\nimport Ledger", in: "Tests/LedgerTests/Snippet.swift").isEmpty)
        #expect(broken("import Gateway", in: "Tests/LedgerTests/Snippet.swift") == [.imports])
        #expect(broken("", in: "Sources/Unlisted/Snippet.swift") == [.imports])
    }

    @Test(
        "words that wait, ask or talk are found below the line",
        arguments: [
            "func f() async {}", "let x = await y", "actor A {}", "Task { }", "let d = Date()", "print(1)",
            "let x = Int.random(in: 0..<2)", "let x: Double = 0", "let x: Float = 0", "a.shuffled()",
        ])
    func purity(_ line: String) {
        #expect(broken(line).contains(.purity))
        #expect(!broken(line, in: "Sources/Hosting/Snippet.swift").contains(.purity))
    }

    @Test(
        "comments, strings and longer words are not code",
        arguments: [
            "// async Task Date", "/* print( /* await */ Double */", #"let s = "print(Date())""#,
            "let s = \"\"\"\n  await\n  \"\"\"", ##"let s = #"a "Task" b"#"##, "let update = asyncLike",
            "let n = Int.random(in: 0..<2, using: &seeded)", "func f(random: inout SeededRandom) {}",
        ])
    func notCode(_ text: String) {
        #expect(broken(text).isEmpty)
    }

    @Test("code inside an interpolation is code, and code after it too")
    func interpolation() {
        #expect(broken(#"let s = "a \(Date()) b""#) == [.purity])
        #expect(broken(##"let s = #"\#(f("x")) Task"#; print(s)"##) == [.purity])
    }

    @Test("traps, @testable and unexplained unsafety are found")
    func dangers() {
        #expect(broken("let x = try! f()") == [.traps])
        #expect(broken("fatalError()") == [.traps])
        #expect(broken("let x = try! f()", in: "Tests/LedgerTests/Snippet.swift").isEmpty)
        #expect(broken("@testable import Ledger", in: "Tests/LedgerTests/Snippet.swift") == [.testable])
        #expect(broken("extension A: @unchecked Sendable {}") == [.unsafety])
        #expect(
            broken("// SAFETY: set once before any thread starts.\nnonisolated(unsafe) var x = 0").isEmpty)
        #expect(broken("// SAFETY: far\n\nlet y = 1\nnonisolated(unsafe) var x = 0") == [.unsafety])
    }

    @Test(
        "loops over hashed collections are found",
        arguments: [
            "let m: [Int: String] = [:]\nfor (k, v) in m { f(k, v) }", "var s: Set<Int> = []\nfor x in s {}",
            "var s = Set<Int>()\nfor x in self.s {}", "let m = [Int: Int]()\nfor k in m.keys {}",
            "func f(m: inout [Digest: [Int]]) { for v in a.m.values {} }",
        ])
    func hashOrder(_ code: String) {
        #expect(broken(code) == [.hashOrder])
        #expect(broken(code, in: "Sources/Gateway/Snippet.swift").isEmpty)
    }

    @Test(
        "sorted loops and loops over lists are left alone",
        arguments: [
            "let m: [Int: Int] = [:]\nfor k in m.keys.sorted() {}", "let a: [Int] = []\nfor x in a {}",
            "let m: [Int: [Int]] = [:]\nfor x in m[3] ?? [] {}",
            "let m: [(a: Int, b: Int)] = []\nfor x in m {}",
        ])
    func ordered(_ code: String) {
        #expect(broken(code).isEmpty)
    }

    @Test("files, functions and lines that are too long are found; the ratchet lifts and shrinks")
    func sizes() {
        let path = "Sources/Ledger/Snippet.swift"
        let long = "func f() {\n" + String(repeating: "    g()\n", count: 59) + "}"
        #expect(broken(long) == [.functionLength])
        #expect(
            broken(String(long.dropFirst(0)).replacing("g()\n    g()\n", with: "g()\n", maxReplacements: 1))
                .isEmpty)
        #expect(broken("// " + String(repeating: "x", count: 117)).isEmpty)
        #expect(broken("// " + String(repeating: "x", count: 118)) == [.lineLength])
        let file = licence + "struct Snippet {}\n" + String(repeating: "//\n", count: 448)
        func with(_ size: Int) -> Set<Rule> {
            broken([(path, file), (Tree.ratchetPath, "\(path) file-length \(size) a table of constants")])
        }
        #expect(broken([(path, file)]) == [.fileLength])
        #expect(with(450).isEmpty)
        #expect(with(451) == [.ratchet])
        #expect(with(449) == [.fileLength])
        #expect(broken([(Tree.ratchetPath, "gone.swift file-length 500 old")]) == [.ratchet])
        let huge = file + String(repeating: "//\n", count: 151)
        #expect(broken([(path, huge), (Tree.ratchetPath, "\(path) file-length 601 no")]) == [.fileLength])
    }

    @Test("empty names and files named for nothing in them are found")
    func names() {
        #expect(broken("struct PeerManager {}") == [.typeName])
        #expect(broken("enum Data {}") == [.typeName])
        #expect(broken("struct Database {}\nstruct Rebase {}").isEmpty)
        #expect(broken("final class FrameHandler {}") == [.typeName])
        #expect(
            broken("import NIOCore\nfinal class A_Handler {}", in: "Sources/Gateway/Snippet.swift").isEmpty)
        #expect(broken("", in: "Sources/Ledger/Other.swift") == [.fileName])
        #expect(broken("", in: "Sources/jiuding/main.swift").isEmpty)
        #expect(broken("extension Digest {}", in: "Sources/Ledger/Digest+Text.swift").isEmpty)
        #expect(broken("", in: "Sources/Ledger/Digest+Text.swift") == [.fileName])
    }

    @Test("a missing licence line and traces of one machine are found")
    func layout() {
        #expect(broken([("Sources/Ledger/A.swift", "struct A {}\n")]) == [.licence])
        #expect(
            broken([("scripts/a.sh", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n")]) == [.executable])
        let script = SourceFile(path: "a", text: "#!/bin/sh\n" + licence, isExecutable: true)
        #expect(Tree([script]).findings().isEmpty)
        let path = "/" + "root" + "/x"
        #expect(broken("// see \(path)") == [.machinePath])
        #expect(broken("// see Sources\(path)").isEmpty)
        #expect(broken([("pip.conf", "index = https://" + "pypi" + ".org/simple")]) == [.machinePath])
    }

    @Test("Contracts/ is a package of its own: its sources cite rules, and its tests prove them")
    func contracts() {
        let spec = ("docs/spec/a.md", "- **ABC-1** x\n")
        let index = ("README.md", "[a](docs/spec/a.md)")
        let source = ("Contracts/Kit/Snippet.swift", licence + "// ABC-1\nstruct Snippet {}\n")
        let test = ("Contracts/Templates/a/Tests/Proof.swift", licence + "// ABC-1\n")
        #expect(broken([spec, index, source, test]).isEmpty)
        #expect(broken([spec, index, source]) == [.spec])
        #expect(broken([spec, index, test]) == [.spec])
        let page = ("Contracts/README.md", "ABC-1 [a](../docs/spec/a.md)\n")
        #expect(broken([spec, page, test]) == [.spec], "a page that names a rule does not keep it")
    }

    @Test("rules of the specification without a source or a test, and ids without a rule, are found")
    func specification() {
        let spec = ("docs/spec/a.md", "- **ABC-1** x\n- **ABC-2** y\n- **ABC-3** z\n| ABC-4 | t |\n")
        let index = ("README.md", "[a](docs/spec/a.md)")
        let source = (
            "Sources/Ledger/S.swift", licence + "/// Rules ABC-1 to ABC-3, ABC-4; UTF-8.\nstruct S {}\n"
        )
        let test = ("Tests/LedgerTests/T.swift", licence + "let t = \"ABC-1 to ABC-4\"\nstruct T {}\n")
        #expect(broken([spec, index, source, test]).isEmpty)
        #expect(broken([spec, index, source]) == [.spec])
        #expect(broken([spec, index, test]) == [.spec])
        let stray = ("Sources/Ledger/U.swift", licence + "/// ABC-5\nstruct U {}\n")
        #expect(broken([spec, index, source, test, stray]) == [.spec])
        let twice = ("docs/spec/b.md", "- **ABC-1** again [a](a.md)\n")
        #expect(broken([spec, ("README.md", "[a](docs/spec/b.md)"), source, test, twice]) == [.spec])
    }

    @Test("documents nobody links to, and links that lead nowhere, are found")
    func links() {
        #expect(broken([("docs/a.md", "alone")]) == [.links])
        #expect(broken([("docs/a.md", "[self](a.md)")]) == [.links])
        #expect(
            broken([("README.md", "[a](docs/a.md#part) [w](https://example.org)"), ("docs/a.md", "")]).isEmpty
        )
        #expect(broken([("README.md", "[a](docs/gone.md)")]) == [.links])
        #expect(broken([("docs/x/a.md", "[b](../b.md)"), ("docs/b.md", "[a](x/a.md)")]).isEmpty)
    }

    @Test("a finding reads path, line, rule, sentence")
    func text() {
        #expect(Finding("a.swift", 3, .imports, "no.").text == "a.swift:3: imports: no.")
    }
}
