// SPDX-License-Identifier: Apache-2.0
import Foundation
import Gateway
import KeyCustody
import Logging
import Transport

/// A running node's time in service: opens the gateway, says that it is ready, hears signals, drains.
/// - Spec: NODE-4, NODE-5, NODE-6.
struct NodeService {
    let node: RunningNode
    let terminal: Terminal
    let connections: Int

    private static let drainMax: Duration = .seconds(4)

    /// Returns when it was asked to stop and has let the requests under way finish.
    func run(until stops: StopRequests, _ hangups: Hangups) async throws {
        let server = try gateway()
        let (ends, end) = AsyncStream.makeStream(of: Failure?.self)
        if let server {
            Task {
                do { try await server.run { port in ready(port) } } catch { end.yield(failure(error)) }
            }
        }
        let waiting = Task {
            for await _ in stops.stream { end.yield(nil) }
        }
        let (node, stream) = (node, hangups.stream)
        let reloading = Task { for await _ in stream { node.reload() } }
        defer {
            waiting.cancel()
            withExtendedLifetime(hangups) { reloading.cancel() }
        }
        if server == nil { ready(nil) }
        for await failure in ends {
            if let failure { throw failure }
            break
        }
        ServiceNotice.tell("STOPPING=1")
        node.log.notice("stopping")
        _ = await server?.drain(within: NodeService.drainMax)
    }

    private func ready(_ port: Int?) {
        ServiceNotice.tell("READY=1")
        let gateway = node.configuration.gateway
        let url = port.map { "http://\(gateway?.listen.host ?? "127.0.0.1"):\($0)" }
        let name = node.configuration.node
        node.log.notice("ready", metadata: url.map { ["url": "\($0)"] } ?? [:])
        terminal.emit(["ready": true, "node": .text(name), "url": .maybe(url)])
    }

    /// What signed requests may call this gateway (API-42).
    private static func names(_ gateway: NodeConfiguration.Gateway) -> Set<String>? {
        let (host, port) = (gateway.listen.host, gateway.listen.port)
        guard port != 0 else { return nil }
        var names = (gateway.names + [gateway.listen]).map { "\($0.host):\($0.port)" }
        if ["127.0.0.1", "::1", "0.0.0.0", "::"].contains(host) {
            names += ["localhost:\(port)", "127.0.0.1:\(port)", "::1:\(port)"]
        }
        return Set(names.map(GatewayConfiguration.plain))
    }

    private func gateway() throws -> GatewayServer? {
        guard let wanted = node.configuration.gateway else { return nil }
        var configuration = GatewayConfiguration(version: BuildVersion.text)
        configuration.host = wanted.listen.host
        configuration.port = wanted.listen.port
        configuration.names = NodeService.names(wanted)
        configuration.defaultChain = wanted.defaultChain
        configuration.proxies = wanted.proxies
        let log = node.log
        configuration.report = { operation, error in
            log.error("an operation failed", metadata: ["operation": "\(operation)", "error": "\(error)"])
        }
        // Descriptors are kept back for the store: without one it can write nothing.
        configuration.bounds.connectionsMax = min(configuration.bounds.connectionsMax, connections)
        let audit = node.audit
        configuration.limits = wanted.limits
        configuration.tokens = TokenBook("\(node.configuration.data)/tokens")
        configuration.openKey = KeyRing().open
        configuration.witness = { AccessWitness.tell($0, audit) }
        for token in wanted.tokens {
            guard let text = try? String(contentsOfFile: token.token, encoding: .utf8) else {
                throw Failure(
                    .no, "JD-4006",
                    phrase("the token file \(token.token) cannot be read", zh: "无法读取令牌文件 \(token.token)"),
                    fix: phrase("check gateway.tokens", zh: "请检查 gateway.tokens"))
            }
            do {
                configuration.admit(
                    token: text.trimmingCharacters(in: .whitespacesAndNewlines),
                    signer: OpenSSLSigner(try RunningNode.key(token.key)))
            } catch let error as CustodyError { throw Failure(error) }
        }
        return GatewayServer(configuration: configuration, node: ServedNode(node))
    }

    private func failure(_ error: any Error) -> Failure {
        Failure(
            .no, "JD-1512", phrase("the gateway failed: \(error)", zh: "网关失败：\(error)"),
            fix: phrase("check gateway.listen", zh: "请检查 gateway.listen"))
    }
}
