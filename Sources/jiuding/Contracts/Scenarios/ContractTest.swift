// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Execution
import Foundation
import ShangMi
import WasmtimeEngine

/// Builds a contract, runs its native tests, and plays its scenarios on a chain in memory.
struct ContractTest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: phrase("Test a contract: natively, then with real gas.", zh: "测试合约：先本机测试，再按真实燃料运行剧本。"),
        discussion: phrase(
            """
            Builds the module, runs the folder's Swift tests, then plays every scenarios/*.yaml on a chain in memory
            that executes blocks as every node does. Exit 1 where anything is not as it should be. A scenario:

            \(example)

            Example: jiuding contract test desks/my-desk
            """,
            zh: """
                构建模块，运行目录中的 Swift 测试，再在内存链上运行每个 scenarios/*.yaml；内存链按节点的同一规则执行区块。
                与预期不符时退出码为 1。剧本示例：

                \(example)

                示例：jiuding contract test desks/my-desk
                """))

    /// What a scenario can say.
    static let example = """
          members:                      # whoever calls and is not here has the role user
            bank/admin: {roles: [orgAdmin]}
          policies: {method ledger.open: any of role(user)}
          form: ../my-form.yaml         # of the interpreter of forms: the form it has
          begins: 2026-01-01T08:00:00Z
          start: {operator: bank}       # what jd_init takes
          steps:
            - {as: bank/admin, call: open, with: {account: a}, gas: 9000}   # at most so much
            - {call: open, with: {account: a}, fails: exists}               # a word, a number or JD-nnnn
            - mark: opened
            - wait: 20 s
            - {at: 100}                 # the next call's height, or a time
            - {as: shop/li, call: transfer, with: {…}, events: [posted]}
            - back to: opened           # or a height; what came after is undone
            - {ask: account, with: {account: a}, answer: {owner: bank, balance: 0, …}}
          Values may be sm3(TEXT) and account(ORGANISATION/NAME).
        """

    @Argument(help: ArgumentHelp(phrase("The contract's folder.", zh: "合约目录。"), valueName: "folder"))
    var folder = "."

    @Option(
        help: ArgumentHelp(
            phrase("Plays the scenarios on this module and builds nothing.", zh: "在此模块上运行剧本，不构建。"), valueName: "file"))
    var module: String?

    @Option(
        name: .customLong("scenario"),
        help: ArgumentHelp(
            phrase("Plays this scenario alone; may stand more than once.", zh: "只运行此剧本，可多次给出。"), valueName: "file"))
    var chosen: [String] = []

    @Flag(help: ArgumentHelp(phrase("Leaves the Swift tests out.", zh: "跳过 Swift 测试。")))
    var skipNative = false

    @OptionGroup var output: OutputOptions

    mutating func run() throws {
        let terminal = output.terminal
        let files = try scenarios().map { try ScenarioFile(path: $0) }
        let file = try built()
        let native = try nativeTests()
        var runs: [ScenarioRun] = []
        if !files.isEmpty {
            let engine = NodeEngine(cacheIn: nil)
            runs = try files.map { story in
                let module = try ContractTest.module(file, of: story)
                guard let about = ModuleGate.description(in: module), let description = ContractDescription(about)
                else {
                    throw ScenarioFile.failure(
                        phrase("\(file.path) says nothing of itself", zh: "\(file.path) 没有自述"))
                }
                return try ScenarioRun(story, module: module, description, engine: engine)
            }
        }
        ScenarioReport(module: file, native: native, runs: runs).show(on: terminal)
        guard native != .failed, runs.allSatisfy({ $0.deviations.isEmpty }) else {
            throw ExitCode(Failure.Exit.no.rawValue)
        }
    }

    /// What a story is played on: the module, or what the interpreter becomes with the story's form.
    private static func module(_ file: ModuleFile, of story: ScenarioFile) throws -> [UInt8] {
        guard let form = story.form else { return file.bytes }
        return try ContractFormCommand.made(of: form, by: file).module
    }

    private func scenarios() throws -> [String] {
        guard chosen.isEmpty else { return chosen }
        let place = "\(folder)/scenarios"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
        return names.filter { $0.hasSuffix(".yaml") }.sorted().map { "\(place)/\($0)" }
    }

    private func built() throws -> ModuleFile {
        if let module { return try ModuleFile(module) }
        let status = try SourceTree.run("contract-build", [folder], isQuiet: true)
        if status != 0 { throw ExitCode(status) }
        return try ModuleFile("\(folder)/.build/contract/app.wasm")
    }

    private func nativeTests() throws -> ScenarioReport.Native {
        guard !skipNative, module == nil else { return .skipped }
        switch try SourceTree.run("contract-native", [folder], isQuiet: true) {
        case 0: return .passed
        case 3: return .absent
        default: return .failed
        }
    }
}
