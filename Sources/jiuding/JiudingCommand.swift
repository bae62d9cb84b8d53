// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import RocksStorage

/// The program: finds the command, runs it, and turns what went wrong into a sentence and an exit code.
@main
struct JiudingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jiuding",
        abstract: phrase(
            "Jiuding, a consortium chain for public bodies: evidence that anyone can verify offline.",
            zh: "九鼎：政务联盟链，存证可由任何人离线核验。"),
        discussion: phrase(
            "Start here:\n  jiuding demo\n  jiuding up",
            zh: "从这里开始：\n  jiuding demo\n  jiuding up"),
        groupedSubcommands: [
            CommandGroup(
                name: phrase("Evidence", zh: "存证"), subcommands: [EvidenceCommand.self, ReceiptCommand.self]),
            CommandGroup(
                name: phrase("Who may do what", zh: "成员与权限"),
                subcommands: [MemberCommand.self, OrganizationCommand.self, GovernCommand.self, WhyCommand.self]),
            CommandGroup(name: phrase("Contracts", zh: "合约"), subcommands: [ContractCommand.self]),
            CommandGroup(name: phrase("Chain", zh: "链"), subcommands: [ChainCommand.self]),
            CommandGroup(
                name: phrase("Keys", zh: "密钥"),
                subcommands: [KeyCommand.self, TokenCommand.self, AuthorityCommand.self]),
            CommandGroup(
                name: phrase("This machine", zh: "本机"),
                subcommands: [
                    UpCommand.self, NodeCommand.self, AuditCommand.self, DemoCommand.self, DoctorCommand.self,
                    BenchCommand.self,
                ]),
            CommandGroup(name: phrase("Beginning together", zh: "共同建链"), subcommands: [FoundCommand.self]),
        ])

    static func main() async {
        CrashSecrecy.enforce()
        do {
            var command = try parseAsRoot(ordered(Array(ProcessInfo.processInfo.arguments.dropFirst())))
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            Terminal(json: asksForJSON).report(failure)
            Foundation.exit(failure.exit.rawValue)
        } catch {
            leave(error)
        }
    }

    /// Help goes to stdout and is no error; a mistake in the arguments goes to stderr and is a usage error.
    private static func leave(_ error: any Error) -> Never {
        let code = exitCode(for: error)
        let message = fullMessage(for: error)
        if code == .success {
            if !message.isEmpty { Terminal.write(message + "\n", to: .standardOutput) }
            Foundation.exit(0)
        }
        if error is ExitCode { Foundation.exit(code.rawValue) }
        if code == .validationFailure {
            if asksForJSON {
                let text = self.message(for: error)
                Terminal(json: true).emit(Failure.usage(text, fix: "jiuding --help").json)
            }
            Terminal.write(message + "\n", to: .standardError)
            Foundation.exit(Failure.Exit.usage.rawValue)
        }
        let sentence = phrase("something unforeseen went wrong: \(error)", zh: "发生未预料的错误：\(error)")
        Terminal(json: asksForJSON).report(
            Failure(.no, "JD-4099", sentence, fix: phrase("report this, with the command", zh: "请附上命令反馈此问题")))
        Foundation.exit(Failure.Exit.no.rawValue)
    }

    /// Lets `--lang` and `--json` stand before the command as well as after it, as people type them.
    static func ordered(_ arguments: [String]) -> [String] {
        var rest = arguments[...]
        var moved: [String] = []
        while let first = rest.first {
            if first == "--lang", rest.count > 1 {
                moved += rest.prefix(2)
                rest = rest.dropFirst(2)
            } else if first == "--json" || first.hasPrefix("--lang=") {
                moved.append(first)
                rest = rest.dropFirst()
            } else {
                break
            }
        }
        // Nothing follows them but help: they have done their work already.
        guard rest.contains(where: { !$0.hasPrefix("-") }) else { return Array(rest) }
        let end = rest.firstIndex(of: "--") ?? rest.endIndex
        return Array(rest[..<end]) + moved + Array(rest[end...])
    }

    /// Asked of the words themselves: where parsing failed there is nothing else to ask.
    private static var asksForJSON: Bool { ProcessInfo.processInfo.arguments.contains("--json") }
}
