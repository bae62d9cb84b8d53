// SPDX-License-Identifier: Apache-2.0
import ContractForms
import Foundation
import Testing
import jiuding

@Suite struct FormFileTests {
    private func mistakes(_ text: String) -> [FormFile.Mistake] {
        do throws(FormFile.Mistakes) {
            _ = try FormFile.compile([UInt8](text.utf8), file: "f.yaml", built: "x")
            return []
        } catch {
            return error.list
        }
    }

    private func example(_ name: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(
            contentsOf: root.appending(path: "Contracts/Templates/form/Examples/\(name)"), encoding: .utf8)
    }

    @Test("KIT-16, KIT-19: the example's YAML compiles to the very bytes the contract is tested with")
    func golden() throws {
        let text = [UInt8](try example("licence-index.yaml").utf8)
        let product = try FormFile.compile(text, file: "f", built: "swift-6.3.1-RELEASE, ContractKit 1")
        let hex = product.startArgument.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(try hex + "\n" == example("licence-index.form"))
        #expect(try product.description + "\n" == example("licence-index.json"))
    }

    @Test("KIT-19: both examples are whole", arguments: ["licence-index.yaml", "real-estate.yaml"])
    func examples(_ name: String) throws { #expect(mistakes(try example(name)).isEmpty) }

    @Test("KIT-19: every mistake is told at its line and column, in both languages, with what would be right")
    func places() throws {
        var text = try example("licence-index.yaml")
        text = text.replacing("type: choice,", with: "type: chioce,")
        text = text.replacing("to: lapsed", with: "to: lost")
        text = text.replacing("create: {by: [issuer]", with: "colour: red\ncreate: {by: [isuer]")
        let found = mistakes(text)
        #expect(found.map(\.place) == ["f.yaml:11:24", "f.yaml:22:15", "f.yaml:27:36", "f.yaml:21:1"])
        #expect(found[0].fix.contains("choice, ") || found[0].fix.contains("choice"))
        #expect(found[1].reason.contains("create.by[0]") && found[1].fix.contains("issuer"))
        #expect(found[3].reasonZh.contains("colour"))
    }

    @Test("KIT-19: what is no YAML, empty, deep or blown up by aliases is refused with its place and ends soon")
    func hostile() {
        #expect(mistakes("name: [").first?.place.hasPrefix("f.yaml:") == true)
        #expect(mistakes("").map(\.place) == ["f.yaml"])
        #expect(mistakes("- a").map(\.place) == ["f.yaml:1:1"])
        #expect(mistakes("name: a\nname: b").first?.place.hasPrefix("f.yaml:") == true)
        let deep = String(repeating: "[", count: 400) + String(repeating: "]", count: 400)
        #expect(!mistakes("name: x\nfields: \(deep)").isEmpty)
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<12 {
            let aliases = String(repeating: "*a\(level - 1), ", count: 9)
            bomb += "a\(level): &a\(level) [\(aliases)]\n"
        }
        #expect(!mistakes(bomb).isEmpty)
    }
}
