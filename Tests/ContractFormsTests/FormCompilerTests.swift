// SPDX-License-Identifier: Apache-2.0
import ContractForms
import Foundation
import Testing

@Suite("forms: registries without a programmer")
struct FormCompilerTests {
    private func flaws(_ tree: FormTree) -> [FormFlaw] {
        do throws(FormFlaws) {
            _ = try FormCompiler.compile(tree, built: "test")
            return []
        } catch {
            return error.list
        }
    }

    private func example(_ name: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appendingPathComponent("Contracts/Templates/form/Examples/\(name)")
        return try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    /// The contract's own tests (Contracts/Templates/form) start from the same file, so compiler and interpreter cannot
    /// come apart unseen.
    @Test("KIT-16, KIT-18: the example compiles to the very bytes the contract is tested with")
    func golden() throws {
        let product = try FormCompiler.compile(LicenceIndex.tree(), built: "swift-6.3.1-RELEASE, ContractKit 1")
        let hex = product.startArgument.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(try hex == example("licence-index.form"))
        #expect(try product.description == example("licence-index.json"))
        #expect(product.name == "licence-index")
    }

    @Test("KIT-17: the description is JSON and names every method of the form, with its arguments")
    func description() throws {
        let product = try FormCompiler.compile(LicenceIndex.tree(), built: "x")
        let json = try JSONSerialization.jsonObject(with: Data(product.description.utf8)) as? [String: Any]
        let methods = (json?["methods"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
        #expect(
            methods == [
                "join", "leave", "create", "change", "approve", "revoke", "lapse", "get", "history", "in-state",
                "by-holder", "by-expires",
            ])
        let without = try FormCompiler.compile(LicenceIndex.tree("change"), built: "x")
        #expect(!without.description.contains("\"name\":\"change\",\"zh\":\"修改"))
    }

    @Test(
        "KIT-18: what a form cannot mean is refused with its place in the file",
        arguments: [
            ("name", "Licence", "name"), ("operator", ["a"], "operator"), ("groups", ["a", "a"], "groups[1]"),
            ("key", "kind", "key"), ("key", "nothing", "key"), ("states", [], "states"),
            ("create", ["by": ["creator"], "state": "draft"], "create.by[0]"),
            ("create", ["by": [], "state": "draft"], "create.by"),
            ("create", ["by": ["issuer"], "state": "gone"], "create.state"),
            ("change", ["by": ["stranger"], "in": ["draft"]], "change.by[0]"), ("colour", "red", "colour"),
            ("fields", .list(LicenceIndex.fields + [["name": "x", "type": "float", "title": "x"]]), "fields[6].type"),
            (
                "fields", .list(LicenceIndex.fields + [["name": "kind", "type": "flag", "title": "x"]]),
                "fields[6].name"
            ),
            (
                "fields", .list(LicenceIndex.fields + [["name": "x", "type": "choice", "title": "x"]]),
                "fields[6].choices"
            ),
            (
                "fields",
                .list(LicenceIndex.fields + [["name": "x", "type": "number", "min": "9", "max": "8", "title": "x"]]),
                "fields[6].min"
            ),
            (
                "fields",
                .list(LicenceIndex.fields + [["name": "x", "type": "bytes", "index": "true", "title": "x"]]),
                "fields[6].index"
            ),
            (
                "transitions",
                [["name": "create", "from": "draft", "to": "valid", "by": "anyone", "title": "x"]],
                "transitions[0].name"
            ),
            (
                "transitions",
                [["name": "go", "from": "draft", "to": "valid", "by": "anyone", "before": "kind", "title": "x"]],
                "transitions[0].before"
            ),
            (
                "transitions",
                [
                    [
                        "name": "go", "from": "draft", "to": "valid", "by": "anyone", "sets": ["reason"],
                        "signatures": "2", "title": "x",
                    ]
                ], "transitions[0].signatures"
            ),
            (
                "transitions",
                [["name": "go", "from": "draft", "to": "valid", "by": "anyone", "sets": ["holder"], "title": "x"]],
                "transitions[0].sets[0]"
            ),
        ] as [(String, FormTree, String)])
    func flawed(_ key: String, _ value: FormTree, _ path: String) {
        #expect(flaws(LicenceIndex.tree(key, value)).first?.path == path)
    }

    @Test(
        "KIT-18: every part a form must have is missed by name",
        arguments: ["name", "title", "operator", "key", "create"])
    func missing(_ key: String) { #expect(flaws(LicenceIndex.tree(key)).first?.path == key) }

    @Test("KIT-18: all mistakes are told together, and what only follows from one is not told again")
    func several() {
        let tree: FormTree = .map([
            ("name", "Licences"), ("title", "x"), ("operator", "a"), ("groups", ["issuer", "issuer"]),
            (
                "fields",
                [
                    ["name": "number", "type": "float", "required": "true", "fixed": "true", "title": "x"],
                    ["name": "holder", "type": "text", "title": "x", "colour": "red"],
                ]
            ), ("key", "number"),
            ("states", [["name": "draft", "title": "x"], ["name": "valid", "title": ["zh": "x"]]]),
            ("create", ["by": "nobody", "state": "draft"]),
            (
                "transitions",
                [
                    ["name": "approve", "from": "draft", "to": "valid", "by": "issuer", "title": "x"],
                    ["name": "revoke", "from": "drafts", "to": "valid", "by": "issuer", "title": "x"],
                ]
            ),
        ])
        #expect(
            flaws(tree).map(\.path) == [
                "name", "groups[1]", "fields[0].type", "fields[1].colour", "states[1].title.en", "create.by",
                "transitions[1].from",
            ])
        for flaw in flaws(tree) {
            let fault = flaw.fault
            #expect(![fault.english, fault.chinese, fault.fix, fault.fixZh].contains(""))
        }
    }

    @Test("KIT-17: the start's argument stands in the description, so that nobody has to give it")
    func start() throws {
        let product = try FormCompiler.compile(LicenceIndex.tree(), built: "x")
        let hex = product.startArgument.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(product.description.contains("\"type\":\"bytes\",\"value\":\"\(hex)\""))
    }

    @Test("KIT-17: a form's description takes the place of the interpreter's; the code stays, byte for byte")
    func module() {
        let code: [UInt8] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0]
        let first = FormModule.described(code, by: "{}")
        #expect(first == code + [0, 17, 14] + Array("jd.description{}".utf8))
        #expect(first.flatMap { FormModule.described($0, by: "{}") } == first)
        #expect(FormModule.described([1, 2, 3], by: "{}") == nil)
        #expect(FormModule.described(code + [1, 9], by: "{}") == nil)
    }
}
