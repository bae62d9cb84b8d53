// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// This very program, run again with other arguments; its output goes to files, so that nothing can block on a pipe.
final class ChildProcess {
    /// What a finished run said.
    struct Outcome: Sendable {
        let exit: Int32
        let output: String
        let errors: String

        /// The last line on stderr: where a failure says what it is.
        var lastError: String { errors.split(separator: "\n").last.map(String.init) ?? "" }
    }

    private let process = Process()
    private let input = Pipe()
    private let folder: String
    private let stem: String

    /// - Parameter stem: names the two output files within `folder`.
    init(_ arguments: [String], folder: String, stem: String) throws {
        self.folder = folder
        self.stem = stem
        process.executableURL = URL(fileURLWithPath: try ChildProcess.ownPath())
        process.arguments = arguments
        // Its end is the child's sign that we are gone, for those told to heed it; no other child may hold it.
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        process.standardInput = input
        process.standardOutput = try ChildProcess.file("\(folder)/\(stem).out")
        process.standardError = try ChildProcess.file("\(folder)/\(stem).err")
        // The demonstration stands on its own feet, whatever the caller's settings are.
        var environment = ProcessInfo.processInfo.environment
        for name in ["JIUDING_NODE", "JIUDING_TRUST", "JIUDING_KEY", PassphraseOptions.variable] {
            environment[name] = nil
        }
        process.environment = environment
        try process.run()
    }

    var id: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }
    var output: String { text("out") }
    var errors: String { text("err") }

    /// Waits until it ends by itself; after `seconds` it is killed and its exit is 124.
    func wait(seconds: Double) async -> Outcome {
        guard await ends(within: seconds) else {
            kill()
            process.waitUntilExit()
            return Outcome(exit: 124, output: output, errors: errors)
        }
        process.waitUntilExit()
        return Outcome(exit: process.terminationStatus, output: output, errors: errors)
    }

    /// Ends it at once.
    func kill() { if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) } }

    /// Asks it to stop as Ctrl-C does, and waits.
    func interrupt(seconds: Double = 15) async -> Outcome {
        if process.isRunning { process.interrupt() }
        return await wait(seconds: seconds)
    }

    private func ends(within seconds: Double) async -> Bool {
        let deadline = ProcessInfo.processInfo.systemUptime + seconds
        while process.isRunning, ProcessInfo.processInfo.systemUptime < deadline {
            try? await Task.sleep(for: .milliseconds(20))
        }
        return !process.isRunning
    }

    private func text(_ ending: String) -> String {
        let bytes = FileManager.default.contents(atPath: "\(folder)/\(stem).\(ending)") ?? Data()
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func file(_ path: String) throws -> FileHandle {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path]) }
        return handle
    }

    /// Where this program lies, whatever name it was called by.
    private static func ownPath() throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    }
}
