// SPDX-License-Identifier: Apache-2.0
import ClientKit
import Foundation
import Glibc

/// The nodes of a local network as processes: started together, watched, stopped together.
final class LocalNetwork {
    private static let linkedWithin: Duration = .seconds(10)

    private var nodes: [NodeProcess] = []

    var processes: [NodeProcess] { nodes }

    func url(_ place: LocalFounding.Place) -> String {
        "http://\(place.host.contains(":") ? "[\(place.host)]" : place.host):\(place.gateway)"
    }

    /// Starts a process for each place and waits until all serve and know each other.
    /// - Throws: the first node's own failure; none runs then.
    func start(_ places: [LocalFounding.Place], log: (LocalFounding.Place) -> String) async throws {
        do {
            for place in places {
                nodes.append(try NodeProcess(place, folder: log(place), language: Language.current))
            }
            for node in nodes {
                do { try await node.waitUntilReady() } catch let failure as Failure where places.count > 1 {
                    throw Failure(
                        failure.exit, failure.code, "\(node.place.name): \(failure.sentence)", fix: failure.fix)
                }
            }
        } catch {
            await stop()
            throw error
        }
    }

    /// Waits until each node is linked with all others.
    /// - Returns: links that are missing when patience is over, as "node-0 ↔ node-2".
    func linked() async -> [String] {
        guard nodes.count > 1 else { return [] }
        let end = ContinuousClock.now + LocalNetwork.linkedWithin
        var missing: [String] = []
        repeat {
            missing = []
            for node in nodes { missing += await LocalNetwork.missing(of: node.place, at: url(node.place)) }
            if missing.isEmpty { break }
            try? await Task.sleep(for: .milliseconds(20))
        } while ContinuousClock.now < end
        return missing
    }

    private static func missing(of place: LocalFounding.Place, at url: String) async -> [String] {
        var options = NodeClient.Options()
        options.attempts = 1
        guard let client = try? NodeClient(url, options: options), let status = try? await client.status() else {
            return [place.name]
        }
        await client.close()
        return status.peers.filter { !$0.connected }.map { "\(place.name) ↔ \($0.name)" }
    }

    /// Nodes that ended without being asked, since the last time they were asked for.
    func takeFallen() -> [(node: NodeProcess, fate: String)] {
        let fallen = nodes.compactMap { node in node.fate.map { (node: node, fate: $0) } }
        nodes.removeAll { $0.fate != nil }
        return fallen
    }

    /// Stops all nodes at once and waits for them.
    /// - Returns: names of those that did not end cleanly.
    @discardableResult
    func stop() async -> [String] {
        let all = nodes
        nodes = []
        // The end of each one's stdin first, so that they stop side by side.
        for node in all { node.letStop() }
        var unclean: [String] = []
        for node in all where await !node.stop() { unclean.append(node.place.name) }
        return unclean
    }
}
