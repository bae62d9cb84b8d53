// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// A node of this build as a process of its own, on the loopback interface only.
struct BenchNode {
    let process: Process
    let url: String
    /// From the start of the process until it said that it is ready.
    let startSeconds: Double

    private static let readyWithin: Duration = .seconds(120)
    private static let stoppedWithin: Duration = .seconds(120)

    var id: Int32 { process.processIdentifier }
    var figures: ProcessFigures { ProcessFigures(of: id) }

    /// - Throws: `Failure` where it does not get ready; its own words are in `DATA/node.log`.
    static func start(data: String, members: String) async throws -> BenchNode {
        let answers = "\(data)/node.out"
        let log = "\(data)/node.log"
        for path in [answers, log] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        let process = Process()
        process.executableURL = URL(
            fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/self/exe"))
        process.arguments = ["up", "--data", "\(data)/node", "--port", "0", "--members", members, "--json"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: answers)
        process.standardError = FileHandle(forWritingAtPath: log)
        let start = ContinuousClock.now
        try process.run()
        while ContinuousClock.now - start < readyWithin {
            if let text = try? String(contentsOfFile: answers, encoding: .utf8), let url = url(in: text) {
                return BenchNode(
                    process: process, url: url, startSeconds: (ContinuousClock.now - start).asSeconds)
            }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(2))
        }
        kill(process.processIdentifier, SIGKILL)
        let words = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        throw Failure(
            .no, "JD-4020", phrase("the node under test did not start: \(words)", zh: "被测节点未能启动：\(words)"),
            fix: phrase("mend what it complains of", zh: "请解决其报告的问题"))
    }

    private static func url(in text: String) -> String? {
        guard text.hasSuffix("\n"), let start = text.firstRange(of: "\"url\":\"") else { return nil }
        return text[start.upperBound...].split(separator: "\"").first.map(String.init)
    }

    /// Asks it to stop and waits; one that does not is killed.
    func stop() async {
        guard process.isRunning else { return }
        process.terminate()
        let start = ContinuousClock.now
        while process.isRunning {
            if ContinuousClock.now - start > BenchNode.stoppedWithin { kill(id, SIGKILL) }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }
}
