// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation

/// The main job as a journey: a network, deposits, offline verification, what fails and why, a restart.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: phrase("See the whole journey in a minute, on this machine.", zh: "一分钟看完整个流程，全在本机。"),
        discussion: phrase(
            """
            Starts a network in a temporary folder, deposits real files, verifies them with the network stopped, shows
            that a changed file and a changed receipt fail, and restarts. Exit 0 only if every step held.

            Example: jiuding demo
            """,
            zh: """
                在临时目录启动网络，为真实文件存证，停网后离线核验，演示文件或回执被改动即核验失败，再重启网络。
                全部步骤成立才返回 0。

                示例：jiuding demo
                """))

    @Flag(help: ArgumentHelp(phrase("Keep the temporary folder and say where it is.", zh: "保留临时目录并给出位置。")))
    var keep = false

    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let terminal = output.terminal
        let folder = FileManager.default.temporaryDirectory.path + "/jiuding-demo-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var journey = DemoJourney(folder: folder, terminal: terminal)
        let held = await journey.run()
        journey.show()
        let kept = keep || !held
        if kept {
            terminal.note(phrase("everything is kept in \(folder)", zh: "全部文件保留在 \(folder)"))
        } else {
            try? FileManager.default.removeItem(atPath: folder)
        }
        if !held { throw ExitCode(Failure.Exit.no.rawValue) }
    }
}
