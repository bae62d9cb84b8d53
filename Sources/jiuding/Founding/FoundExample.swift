// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation

/// Prints a whole `consortium.yaml` to begin with.
/// - Spec: FOUND-1.
struct FoundExample: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "example",
        abstract: phrase("Print a consortium.yaml to begin with.", zh: "打印一份 consortium.yaml 样例。"),
        discussion: phrase(
            """
            Four organisations on four clouds, with addresses of one machine for trying it out. Every key is explained
            in docs/spec/founding.md.

            Example: jiuding found example > consortium.yaml
            """,
            zh: """
                四个单位、四个云，地址均为本机以便试用。各项说明见 docs/spec/founding.md。

                示例：jiuding found example > consortium.yaml
                """))

    @OptionGroup var output: OutputOptions

    func run() {
        let text = ConsortiumExample.text(founded: Date())
        let terminal = output.terminal
        terminal.emit(["consortium": .text(text)])
        if !terminal.json { Terminal.write(text, to: .standardOutput) }
    }
}
