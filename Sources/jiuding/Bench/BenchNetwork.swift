// SPDX-License-Identifier: Apache-2.0
import ClientKit
import Foundation
import Glibc
import KeyCustody

/// A local network of this build, `jiuding up` and its nodes, on the loopback interface only.
struct BenchNetwork {
    let process: ChildProcess
    let nodes: [AnnouncedNode]
    /// From the start of the process until it said that all are ready.
    let startSeconds: Double

    private static let readyWithin: Duration = .seconds(120)
    private static let stoppedSeconds = 120.0

    /// The founding admin's, at the first node.
    /// - Parameter folder: what the network was started with.
    func pen(folder: String) throws -> ConsortiumPen {
        let data = DataDirectory("\(folder)/network")
        let key = try KeyFile.read(
            at: data.userKey,
            passphrase: try PassphraseOptions.first(of: DataDirectory.passphraseFile(of: data.userKey)))
        let client: NodeClient
        do { client = try NodeClient(nodes[0].url) } catch { throw Failure(error) }
        let anchor = try ReceiptFile.readAnchor(data.trust("main"))
        return ConsortiumPen(client, chain: "main", signer: OpenSSLSigner(key), anchor: anchor)
    }

    /// What each node has used, in their order.
    var figures: [ProcessFigures] { nodes.map { ProcessFigures(of: $0.id) } }

    /// - Throws: `Failure` where it does not get ready, with its own words.
    static func start(data: String, members: String, validators: Int) async throws -> BenchNetwork {
        let start = ContinuousClock.now
        let process = try ChildProcess(
            [
                "up", "--data", "\(data)/network", "--port", "0", "--validators", "\(validators)", "--members", members,
                "--json", "--stop-on-end-of-input", "--no-templates",
            ], folder: data, stem: "up")
        while ContinuousClock.now - start < readyWithin {
            if let nodes = AnnouncedNode.list(in: process.output) {
                return BenchNetwork(
                    process: process, nodes: nodes, startSeconds: (ContinuousClock.now - start).asSeconds)
            }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(2))
        }
        process.kill()
        throw Failure(
            .no, "JD-4020",
            phrase("the network under test did not start: \(process.errors)", zh: "被测网络未能启动：\(process.errors)"),
            fix: phrase("mend what it complains of", zh: "请解决其报告的问题"))
    }

    /// Asks it to stop and waits; one that does not is killed.
    func stop() async { _ = await process.interrupt(seconds: BenchNetwork.stoppedSeconds) }

    /// Ends all of it at once: the nodes see the end of `up`.
    func killAll() { process.kill() }
}
