// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Bedrock
import ContractForms
import Execution
import Foundation
import Ledger
import ShangMi

/// Makes a contract of a form: no programmer, no toolchain.
struct ContractFormCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "form",
        abstract: phrase("Make a contract's module of a form in YAML.", zh: "由 YAML 表单生成合约模块。"),
        discussion: phrase(
            """
            A form says what a registry keeps, who may do what with it, and in which states; docs/spec/contract-state.md
            section 6 names every key. The module is the interpreter of forms that ships, with the form in what it
            says of itself: no compiler is needed. Exit 2 where the form has mistakes, each told with file, line and
            column.

            Example: jiuding contract form Contracts/Templates/form/Examples/real-estate.yaml --output real-estate.wasm
                     jiuding contract propose real-estate real-estate.wasm
            """,
            zh: """
                表单写明登记簿记载的内容、各机构的权限和记录的状态；各键见 docs/spec/contract-state.md 第 6 节。
                模块即随附的表单解释器加上该表单的自述，无需编译器。表单有误时退出码为 2，逐条给出文件、行和列。

                示例：jiuding contract form Contracts/Templates/form/Examples/real-estate.yaml --output real-estate.wasm
                      jiuding contract propose real-estate real-estate.wasm
                """))

    @Argument(help: ArgumentHelp(phrase("The form.", zh: "表单文件。"), valueName: "form.yaml"))
    var file: String

    @Option(
        help: ArgumentHelp(
            phrase("Where the module goes. Default: NAME.wasm, by the form's name.", zh: "模块输出位置。默认为 表单名.wasm。"),
            valueName: "file.wasm"))
    var output: String?

    @Option(
        help: ArgumentHelp(
            phrase("The interpreter's module. Default: the one that ships.", zh: "解释器模块。默认使用随附的模块。"),
            valueName: "file.wasm"))
    var interpreter: String?

    @OptionGroup var shown: OutputOptions

    mutating func run() async throws {
        let (product, bytes) = try ContractFormCommand.made(of: file, by: try await interpreterModule())
        let passed = try ContractInspect.examine(bytes)
        let path = output ?? "\(product.name).wasm"
        try DataDirectory.write(bytes, to: path)
        say(product, bytes, passed.description.flatMap { ContractDescription($0) }, at: path)
    }

    /// The module of a form's file.
    /// - Parameter module: the interpreter's.
    static func made(
        of file: String, by module: ModuleFile
    ) throws(Failure) -> (product: FormCompiler.Product, module: [UInt8]) {
        guard let text = FileManager.default.contents(atPath: file) else {
            throw Failure(
                .usage, "JD-4041", phrase("\(file) cannot be read", zh: "无法读取 \(file)"),
                fix: phrase("check the path", zh: "请检查路径"))
        }
        let about = try ContractInspect.examine(module.bytes).description.flatMap { ContractDescription($0) }
        let product: FormCompiler.Product
        do throws(FormFile.Mistakes) {
            product = try FormFile.compile([UInt8](text), file: file, built: about?.built ?? "")
        } catch { throw ContractFormCommand.failure(error, file) }
        guard let bytes = FormModule.described(module.bytes, by: product.description) else {
            throw ShippedTemplates.missing(ShippedTemplates.interpreter)
        }
        return (product, bytes)
    }

    private func say(
        _ product: FormCompiler.Product, _ bytes: [UInt8], _ description: ContractDescription?, at path: String
    ) {
        let (terminal, digest) = (shown.terminal, SM3.hash(bytes).hex)
        terminal.emit([
            "name": .text(product.name), "module": .text(path), "size": .whole(bytes.count), "digest": .text(digest),
            "start": .text(Hex.encode(product.startArgument)), "description": ContractView.json(description),
        ])
        terminal.say(pairs: [
            (phrase("module", zh: "模块"), path),
            (phrase("size", zh: "大小"), phrase("\(bytes.count) bytes", zh: "\(bytes.count) 字节")), ("SM3", digest),
        ])
        if let description {
            terminal.say(description.title.spoken)
            ContractView.say(description, on: terminal)
        }
        terminal.say(phrase("next: ", zh: "下一步：") + "jiuding contract propose \(product.name) \(path)")
    }

    /// The one named, the one that was built, or one that is built now where its sources are.
    private func interpreterModule() async throws -> ModuleFile {
        if let interpreter { return try ModuleFile(interpreter) }
        if ShippedTemplates.path(ShippedTemplates.interpreter) == nil {
            do { try await ShippedTemplates.build([ShippedTemplates.interpreter]) } catch {
                throw ShippedTemplates.missing(ShippedTemplates.interpreter)
            }
        }
        return try ShippedTemplates.module(ShippedTemplates.interpreter)
    }

    private static func failure(_ mistakes: FormFile.Mistakes, _ file: String) -> Failure {
        let count = mistakes.list.count
        let head = phrase(
            "\(file) has \(count) mistake\(count == 1 ? "" : "s"):", zh: "\(file) 有 \(count) 处错误：")
        return Failure(
            .usage, "JD-4041", ([head] + mistakes.list.map { "  " + $0.spoken }).joined(separator: "\n"),
            fix: phrase(
                "mend those lines; the keys are in docs/spec/contract-state.md, section 6",
                zh: "请改正上述各行；各键见 docs/spec/contract-state.md 第 6 节"))
    }
}
