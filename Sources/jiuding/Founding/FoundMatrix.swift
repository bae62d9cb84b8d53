// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Execution
import Foundation
import Ledger

/// Shows the responsibility matrix, or makes the policy of one task out of it.
/// - Spec: SEED-2, SEED-3.
struct FoundMatrix: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matrix",
        abstract: phrase("Show who leads and who takes part in what, and their roles.", zh: "查看职责矩阵与默认角色。"),
        discussion: phrase(
            """
            With --task and --contract: a file of acts that opens the contract to the task's units and to no other, to
            be proposed with `jiuding govern propose --file`. Another unit then takes a proposal of its own.

            Example: jiuding found matrix --task tax --contract evidence > acts.yaml
            """,
            zh: """
                同时给出 --task 与 --contract 时：输出治理操作文件，使合约只对该任务的单位开放，可用
                jiuding govern propose --file 提案；此后增加其他单位须另行提案批准。

                示例：jiuding found matrix --task tax --contract evidence > acts.yaml
                """))

    @Option(help: ArgumentHelp(phrase("Only this task.", zh: "仅此任务。"), valueName: "id"))
    var task: String?

    @Option(
        help: ArgumentHelp(phrase("The contract that serves the task.", zh: "服务于该任务的合约。"), valueName: "name"))
    var contract: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard contract == nil || task != nil else {
            throw ValidationError(phrase("--contract needs --task", zh: "--contract 须与 --task 同时使用"))
        }
    }

    func run() throws {
        let tasks = try chosen()
        let terminal = output.terminal
        if let contract {
            let text = tasks[0].acts(contract: try Words.label(contract, "--contract"))
            terminal.emit(["acts": .text(text)])
            if !terminal.json { Terminal.write(text, to: .standardOutput) }
            return
        }
        terminal.emit(["tasks": .list(tasks.map(FoundMatrix.json))])
        var table = TableLayout([
            .init(phrase("task", zh: "任务")), .init(phrase("part", zh: "职责")), .init(phrase("units", zh: "单位")),
            .init(phrase("roles", zh: "默认角色")),
        ])
        for task in tasks {
            for part in SeedTask.Part.allCases {
                let units = task.units(part).map { id in
                    phrase(id, zh: SeedUnit.named(id)?.name ?? id)
                }
                let roles = part.roles.roles.map(\.word).joined(separator: ", ")
                table.add([
                    part == .lead ? phrase("\(task.english) (\(task.id))", zh: "\(task.name)（\(task.id)）") : "",
                    phrase(part.english, zh: part.chinese),
                    units.count > 8
                        ? phrase("\(units.count) units (--json)", zh: "\(units.count) 个单位（--json）")
                        : units.joined(separator: phrase(", ", zh: "、")),
                    roles,
                ])
            }
        }
        terminal.say(table)
    }

    private func chosen() throws -> [SeedTask] {
        guard let task else { return SeedTask.all }
        guard let found = SeedTask.named(task) else {
            let ids = SeedTask.all.map(\.id).joined(separator: ", ")
            throw Failure.usage(
                phrase("there is no task \(task)", zh: "没有任务 \(task)"),
                fix: phrase("one of \(ids)", zh: "可选：\(ids)"))
        }
        return [found]
    }

    private static func json(_ task: SeedTask) -> JSONText {
        var members: [JSONText.Member] = [
            .init(key: "id", value: .text(task.id)), .init(key: "name", value: .text(task.name)),
            .init(key: "english", value: .text(task.english)),
        ]
        for part in SeedTask.Part.allCases {
            members.append(
                .init(
                    key: part.rawValue,
                    value: [
                        "units": .list(task.units(part).map { .text($0) }),
                        "roles": .list(part.roles.roles.map { .text($0.word) }),
                    ]))
        }
        return .object(members)
    }
}
