// SPDX-License-Identifier: Apache-2.0
import ClientKit
import Foundation
import Glibc

/// A local network of this build, `jiuding up` and its nodes, on the loopback interface only.
struct BenchNetwork {
    struct Node: Sendable {
        let name: String
        let url: String
        let id: Int32
    }

    let process: Process
    let nodes: [Node]
    /// From the start of the process until it said that all are ready.
    let startSeconds: Double

    private static let readyWithin: Duration = .seconds(120)
    private static let stoppedWithin: Duration = .seconds(120)

    /// What each node has used, in their order.
    var figures: [ProcessFigures] { nodes.map { ProcessFigures(of: $0.id) } }

    /// - Throws: `Failure` where it does not get ready; its own words are in `DATA/up.log`.
    static func start(data: String, members: String, validators: Int) async throws -> BenchNetwork {
        let answers = "\(data)/up.out"
        let log = "\(data)/up.log"
        for path in [answers, log] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        let process = Process()
        process.executableURL = URL(
            fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/self/exe"))
        process.arguments = [
            "up", "--data", "\(data)/network", "--port", "0", "--validators", "\(validators)", "--members", members,
            "--json",
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: answers)
        process.standardError = FileHandle(forWritingAtPath: log)
        let start = ContinuousClock.now
        try process.run()
        while ContinuousClock.now - start < readyWithin {
            if let nodes = nodes(saidIn: answers) {
                return BenchNetwork(
                    process: process, nodes: nodes, startSeconds: (ContinuousClock.now - start).asSeconds)
            }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(2))
        }
        kill(process.processIdentifier, SIGKILL)
        let words = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        throw Failure(
            .no, "JD-4020", phrase("the network under test did not start: \(words)", zh: "被测网络未能启动：\(words)"),
            fix: phrase("mend what it complains of", zh: "请解决其报告的问题"))
    }

    /// The nodes of the one object `up --json` prints; nil until it is there.
    private static func nodes(saidIn path: String) -> [Node]? {
        guard let text = FileManager.default.contents(atPath: path), text.last == 0x0a,
            let value = try? JSONValue(parsing: [UInt8](text)), case .object(let fields) = value,
            case .list(let list)? = fields.first(where: { $0.key == "nodes" })?.value
        else { return nil }
        return list.compactMap { item in
            guard case .object(let fields) = item else { return nil }
            var texts: [String: String] = [:]
            for field in fields {
                switch field.value {
                case .text(let text), .number(let text): texts[field.key] = text
                default: break
                }
            }
            guard let name = texts["name"], let url = texts["url"], let id = texts["pid"].flatMap({ Int32($0) }) else {
                return nil
            }
            return Node(name: name, url: url, id: id)
        }
    }

    /// Asks it to stop and waits; one that does not is killed.
    func stop() async {
        guard process.isRunning else { return }
        process.terminate()
        let start = ContinuousClock.now
        while process.isRunning {
            if ContinuousClock.now - start > BenchNetwork.stoppedWithin { killAll() }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Ends all of it at once: the nodes see the end of `up`.
    func killAll() { kill(process.processIdentifier, SIGKILL) }
}
