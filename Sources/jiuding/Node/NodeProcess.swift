// SPDX-License-Identifier: Apache-2.0
import ClientKit
import Foundation
import Glibc

/// `jiuding node` as a child of this process: it ends when this process does, and says in its own words what is wrong.
final class NodeProcess {
    private static let readyWithin: Duration = .seconds(120)
    private static let stoppedWithin: Duration = .seconds(20)
    /// A development log is begun anew when it is longer.
    private static let logBytesMax = 16 << 20

    let place: LocalFounding.Place
    private let process = Process()
    /// The child's stdin: it stops when this is closed, by us or by our death.
    private let input = Pipe()
    private let answers: String
    private var isStopping = false

    /// - Parameter folder: where its log goes.
    init(_ place: LocalFounding.Place, folder: String, language: Language) throws {
        self.place = place
        answers = "\(folder)/node.out"
        try DataDirectory.makeFolder(folder)
        process.executableURL = URL(
            fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        process.arguments = [
            "node", "--config", place.config, "--stop-on-end-of-input", "--json", "--lang", language.rawValue,
        ]
        // The other children must not hold the end that ours waits for.
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        process.standardInput = input
        process.standardOutput = try NodeProcess.file(answers, keeping: 0)
        process.standardError = try NodeProcess.file("\(folder)/node.log", keeping: NodeProcess.logBytesMax)
        try process.run()
    }

    var id: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    /// How it ended, for a person; nil while it runs and where it was asked to.
    var fate: String? {
        guard !process.isRunning, !isStopping else { return nil }
        return process.terminationReason == .uncaughtSignal
            ? phrase("was ended by signal \(process.terminationStatus)", zh: "被信号 \(process.terminationStatus) 终止")
            : phrase("ended with exit \(process.terminationStatus)", zh: "已退出，退出码 \(process.terminationStatus)")
    }

    /// Waits until it serves.
    /// - Throws: the child's own failure, or that it said nothing in time.
    func waitUntilReady() async throws {
        let start = ContinuousClock.now
        while ContinuousClock.now - start < NodeProcess.readyWithin {
            if let answer = try answered() {
                guard let failure = answer else { return }
                throw failure
            }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(5))
        }
        if let failure = try answered() ?? nil { throw failure }
        let words = process.isRunning ? phrase("is not ready", zh: "未就绪") : fate ?? ""
        throw Failure(
            .no, "JD-1507", "\(place.name) \(words)",
            fix: phrase("read \(answers.dropLast(4)).log", zh: "请查看 \(answers.dropLast(4)).log"))
    }

    /// What it has said: nil for nothing yet, `.some(nil)` for ready.
    private func answered() throws -> Failure?? {
        let bytes = FileManager.default.contents(atPath: answers) ?? Data()
        guard let line = bytes.split(separator: 0x0a).first, bytes.contains(0x0a) else { return .none }
        return .some(Failure(saidBy: [UInt8](line)))
    }

    /// Tells it to stop, and does not wait.
    func letStop() {
        guard !isStopping else { return }
        isStopping = true
        try? input.fileHandleForWriting.close()
    }

    /// Lets it stop; one that does not is killed.
    /// - Returns: whether it ended cleanly.
    func stop() async -> Bool {
        letStop()
        let start = ContinuousClock.now
        while process.isRunning, ContinuousClock.now - start < NodeProcess.stoppedWithin {
            try? await Task.sleep(for: .milliseconds(5))
        }
        guard process.isRunning else { return process.terminationStatus == 0 }
        kill(id, SIGKILL)
        process.waitUntilExit()
        return false
    }

    private static func file(_ path: String, keeping bytesMax: Int) throws -> FileHandle {
        let files = FileManager.default
        let size = (try? files.attributesOfItem(atPath: path)[.size] as? NSNumber)?.intValue
        if size ?? bytesMax >= bytesMax { _ = files.createFile(atPath: path, contents: nil) }
        guard let handle = FileHandle(forWritingAtPath: path) else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path])
        }
        try handle.seekToEnd()
        return handle
    }
}

extension Failure {
    /// The failure a program of this build printed with `--json`; nil where the object is none.
    init?(saidBy json: [UInt8]) {
        guard let value = try? JSONValue(parsing: json), case .object(let outer) = value,
            case .object(let fields)? = outer.first(where: { $0.key == "error" })?.value
        else { return nil }
        func text(_ key: String) -> String {
            if case .text(let text)? = fields.first(where: { $0.key == key })?.value { return text }
            return ""
        }
        var exit = Exit.no
        if case .number(let digits)? = fields.first(where: { $0.key == "exit" })?.value {
            exit = Int32(digits).flatMap { Exit(rawValue: $0) } ?? .no
        }
        self.init(exit, text("code"), text("message"), fix: text("fix"))
    }
}
