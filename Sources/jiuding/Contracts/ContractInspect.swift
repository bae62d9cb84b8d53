// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Execution
import Ledger
import ShangMi
import Wasm

/// Judges a module as publishing it would, without a node.
struct ContractInspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: phrase("Check a module as a chain would; needs no node.", zh: "按链的规则检查模块，无需节点。"),
        discussion: phrase(
            "Exit 0 where a chain would take it, 1 where not.\n\nExample: jiuding contract inspect app.wasm",
            zh: "链会接受则退出码为 0，否则为 1。\n\n示例：jiuding contract inspect app.wasm"))

    @Argument(help: ArgumentHelp(phrase("The module.", zh: "模块文件。"), valueName: "file.wasm"))
    var file: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        let module = try ModuleFile(file)
        let terminal = output.terminal
        let digest = SM3.hash(module.bytes).hex
        terminal.say(pairs: [
            (phrase("size", zh: "大小"), phrase("\(module.bytes.count) bytes", zh: "\(module.bytes.count) 字节")),
            ("SM3", digest),
        ])
        let passed = try ContractInspect.examine(module.bytes)
        let description = passed.description.flatMap { ContractDescription($0) }
        let imports = Set(passed.module.imports.map(\.name)).sorted()
        terminal.emit([
            "passes": true, "size": .whole(module.bytes.count), "digest": .text(digest),
            "imports": .list(imports.map { .text($0) }),
            "exports": .list(passed.module.exports.map { .text($0.name) }), "pages": .whole(passed.pages),
            "calls": .flag(passed.calls), "migrates": .flag(passed.migrates),
            "program": .text(passed.program.digest.hex), "description": ContractView.json(description),
        ])
        terminal.say(pairs: [
            (phrase("imports", zh: "导入"), imports.joined(separator: ", ")),
            (phrase("exports", zh: "导出"), passed.module.exports.map(\.name).joined(separator: ", ")),
            (phrase("memory", zh: "内存"), phrase("begins with \(passed.pages) pages", zh: "初始 \(passed.pages) 页")),
            (phrase("calls others", zh: "调用其他合约"), ContractInspect.word(passed.calls)),
            (phrase("migrates", zh: "支持迁移"), ContractInspect.word(passed.migrates)),
        ])
        if let description {
            terminal.say("\(description.name) \(description.version)  \(description.title.spoken)")
            if !description.built.isEmpty {
                terminal.say("  " + phrase("built with ", zh: "构建工具：") + description.built)
            }
            ContractView.say(description, on: terminal)
        } else {
            terminal.say(phrase("it says nothing of itself", zh: "该模块没有自述"))
        }
        terminal.say(terminal.paint(phrase("✓ a chain takes it", zh: "✓ 链会接受该模块"), .green))
    }

    private static func word(_ flag: Bool) -> String { flag ? phrase("yes", zh: "是") : phrase("no", zh: "否") }

    /// - Throws: the flaw with its code and place.
    static func examine(_ bytes: [UInt8]) throws(Failure) -> ModuleGate.Passed {
        do throws(ModuleGate.Refusal) {
            return try ModuleGate.examine(bytes)
        } catch {
            let (code, place) =
                switch error {
                case .flaw(let flaw): (ResultCode(UInt16(truncatingIfNeeded: flaw.code)), flaw.description)
                case .descriptionTooLong(let bytes): (ResultCode.descriptionTooLong, "\(bytes) bytes")
                }
            let failure = Failure(code)
            throw Failure(
                .no, failure.code, failure.sentence + phrase(": ", zh: "：") + place, fix: failure.fix)
        }
    }
}
