// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Execution
import Ledger

/// Lists the units of the organisation tree.
/// - Spec: SEED-1.
struct FoundUnits: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "units",
        abstract: phrase("List the units that may take part, as a tree.", zh: "列出可参与的单位（机构树）。"),
        discussion: phrase(
            """
            Ids for a consortium.yaml, with regions. Credit codes are placeholders of the right form: put the unit's
            own in their place.

            Example: jiuding found units --json
            """,
            zh: """
                供填写 consortium.yaml 的标识与行政区划。统一社会信用代码为格式正确的占位码，须换成单位自己的代码。

                示例：jiuding found units --json
                """))

    @OptionGroup var output: OutputOptions

    func run() {
        let terminal = output.terminal
        terminal.emit([
            "units": .list(
                SeedUnit.all.map { unit in
                    [
                        "id": .text(unit.id), "name": .text(unit.name), "english": .text(unit.english),
                        "parent": unit.parent.isEmpty ? .null : .text(unit.parent), "kind": .text(unit.kind.rawValue),
                        "region": .text(String(unit.region)), "creditCodePlaceholder": .text(unit.placeholder.text),
                    ]
                })
        ])
        var table = TableLayout([
            .init(phrase("unit", zh: "单位")), .init(phrase("id", zh: "标识")), .init(phrase("region", zh: "行政区划")),
            .init(phrase("credit code (placeholder)", zh: "信用代码（占位）")),
        ])
        for unit in SeedUnit.all {
            let name = phrase(unit.english, zh: unit.name)
            table.add([
                String(repeating: "  ", count: unit.depth) + name, unit.id, String(unit.region), unit.placeholder.text,
            ])
        }
        terminal.say(table)
    }
}
