// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// Runs a script of the source tree: contracts are compiled by the toolchain, not by this program.
enum SourceTree {
    /// - Returns: the script's exit code; what it says goes where this program speaks.
    /// - Throws: where the tree is not known.
    static func run(_ script: String, _ arguments: [String], isQuiet: Bool = false) throws -> Int32 {
        let process = try process(script, arguments)
        if isQuiet { process.standardOutput = FileHandle.standardError }
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Runs a script beside whatever else this process does; it ends where the task is cancelled.
    /// - Returns: whether it succeeded, and what it said.
    /// - Throws: where the tree is not known, or the task was cancelled.
    static func runAside(_ script: String, _ arguments: [String]) async throws -> (isDone: Bool, said: String) {
        let process = try process(script, arguments)
        let log = FileManager.default.temporaryDirectory.appending(path: "jiuding-\(UUID().uuidString).log").path()
        // A file, so that nothing can block on a pipe.
        guard FileManager.default.createFile(atPath: log, contents: nil), let file = FileHandle(forWritingAtPath: log)
        else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: log]) }
        defer { try? FileManager.default.removeItem(atPath: log) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = file
        process.standardError = file
        try process.run()
        while process.isRunning {
            do { try await Task.sleep(for: .milliseconds(50)) } catch {
                end(process)
                throw error
            }
        }
        let said = FileManager.default.contents(atPath: log) ?? Data()
        return (process.terminationStatus == 0, String(decoding: said, as: UTF8.self))
    }

    /// Ends a script with all it started: Foundation gives each child a process group of its own.
    private static func end(_ process: Process) {
        Glibc.kill(-process.processIdentifier, SIGTERM)
        for _ in 0..<100 where process.isRunning { usleep(20_000) }
        if process.isRunning { Glibc.kill(-process.processIdentifier, SIGKILL) }
    }

    static func process(_ script: String, _ arguments: [String]) throws -> Process {
        let root = ProcessInfo.processInfo.environment["JIUDING_ROOT"] ?? ""
        let path = "\(root)/scripts/\(script)"
        guard !root.isEmpty, FileManager.default.isExecutableFile(atPath: path) else {
            throw Failure(
                .usage, "JD-4037",
                phrase("the source tree with scripts/\(script) is not known", zh: "未找到含 scripts/\(script) 的源码目录"),
                fix: phrase(
                    "run ./jiuding of the source tree, or name the tree in JIUDING_ROOT",
                    zh: "请运行源码目录中的 ./jiuding，或用 JIUDING_ROOT 指明源码目录"))
        }
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        return process
    }
}
