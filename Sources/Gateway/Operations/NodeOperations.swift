// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HummingbirdCore
import Ledger

/// What the node says of itself, and what those who run it ask: health, figures, the description of the
/// interface.
/// - Spec: API-6, API-15.
enum NodeOperations {
    static let all: [Operation] = [frontPage, node, health, readiness, metrics, description]

    private static let json = "application/json"

    private static let frontPage = Operation(
        "frontPage", .get, "/", summary: "What this is, for a person with a browser",
        answers: [.init(status: 200, contentType: "text/html; charset=utf-8", description: "A page")]
    ) { call in
        let chains = await call.door.node.chains.map(\.name.text)
        let page = FrontPage(version: call.door.configuration.version, chains: chains)
        return Call.bytes([UInt8](page.html.utf8), "text/html; charset=utf-8")
    }

    private static let node = Operation(
        "getNode", .get, "/v1/node", summary: "Version, identity, chains, peers and code paths of this node",
        answers: [.init(status: 200, contentType: json, description: "The node")]
    ) { call in
        let status = await call.door.node.status()
        let chains = await call.door.node.chains
        return Call.json { writer in
            writer.object { writer in
                writer.field("version", status.version)
                writer.field("id", status.id)
                writer.field("roles", list: status.roles) { $0.value($1) }
                writer.field("chains", list: chains) { $0.value($1.name.text) }
                writer.field("peers", list: status.peers) { writer, peer in
                    writer.object { writer in
                        writer.field("name", peer.name)
                        writer.field("address", peer.address)
                        writer.field("connected", peer.connected)
                    }
                }
                writer.field("paths", list: status.paths) { writer, path in
                    writer.object { writer in
                        writer.field("algorithm", path.algorithm)
                        writer.field("path", path.path)
                    }
                }
                writer.field("clockSkewMs", status.clockSkewMillis) { $0.value(Int($1)) }
            }
        }
    }

    private static let health = Operation(
        "getHealth", .get, "/healthz", summary: "Whether the process answers at all",
        answers: [.init(status: 200, contentType: "text/plain; charset=utf-8", description: "It does")]
    ) { _ in Call.bytes([UInt8]("ok\n".utf8), "text/plain; charset=utf-8") }

    private static let readiness = Operation(
        "getReadiness", .get, "/readyz", summary: "Whether every chain here is in step with its quorum",
        answers: [.init(status: 200, contentType: "text/plain; charset=utf-8", description: "It is")],
        problems: [503]
    ) { call in
        if call.door.occupancy.isDraining { throw Problem(.refusedForNow, "the node is shutting down") }
        for chain in await call.door.node.chains {
            let status = await chain.status()
            if let reason = status.halted { throw Problem(.chainHalted, "\(chain.name.text): \(reason)") }
            if !status.inStep { throw Problem(.refusedForNow, "\(chain.name.text) is behind its quorum") }
        }
        return Call.bytes([UInt8]("ready\n".utf8), "text/plain; charset=utf-8")
    }

    private static let metricsType = "text/plain; version=0.0.4; charset=utf-8"

    private static let metrics = Operation(
        "getMetrics", .get, "/metrics", summary: "Figures in the text format of Prometheus",
        answers: [.init(status: 200, contentType: metricsType, description: "The figures")]
    ) { call in
        var metrics = await call.door.node.metrics() + call.door.occupancy.metrics
        for chain in await call.door.node.chains { metrics += await chain.metrics() }
        return Call.bytes([UInt8](PrometheusText.of(metrics).utf8), metricsType)
    }

    private static let description = Operation(
        "getDescription", .get, "/openapi.json", summary: "This interface as OpenAPI 3.1",
        answers: [.init(status: 200, contentType: json, description: "The description")]
    ) { call in
        Call.bytes(OpenAPI.document(of: Door.operations, version: call.door.configuration.version), json)
    }
}

/// Figures as Prometheus reads them: one HELP and TYPE a name, its samples together.
enum PrometheusText {
    static func of(_ metrics: [Metric]) -> String {
        var text = ""
        var last = ""
        // Stable by construction: equal names keep their order.
        let sorted = metrics.enumerated().sorted {
            ($0.element.name, $0.offset) < ($1.element.name, $1.offset)
        }
        for (_, metric) in sorted {
            if metric.name != last {
                text += "# HELP \(metric.name) \(escape(metric.help, quote: false))\n"
                text += "# TYPE \(metric.name) \(metric.kind.rawValue)\n"
                last = metric.name
            }
            let labels = metric.labels.map { "\($0.name)=\"\(escape($0.value, quote: true))\"" }
            text +=
                metric.name + (labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}")
                + " \(number(metric.value))\n"
        }
        return text
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    private static func escape(_ text: String, quote: Bool) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quote: escaped += "\\\""
            default: escaped.append(character)
            }
        }
    }
}
