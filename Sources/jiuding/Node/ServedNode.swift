// SPDX-License-Identifier: Apache-2.0
import Administration
import Bedrock
import Foundation
import Gateway
import Hosting
import Ledger
import ShangMi
import Transport

/// This process as the gateway shows it: who it is, what it runs on, which chains it serves, whom it is linked with.
struct ServedNode: NodeAccess {
    private let node: RunningNode

    init(_ node: RunningNode) {
        let configuration = node.configuration
        self.node = node
        audit = AuditDoor(node.audit, node: configuration.node, chain: configuration.audit.anchorChain)
    }

    var chains: [any ChainAccess] { node.hosted }
    let audit: (any AuditAccess)?

    func status() async -> NodeStatus {
        let names = peerNames
        let peers = await node.report()?.peers ?? []
        return NodeStatus(
            version: BuildVersion.text, id: node.validator.account, roles: await roles,
            peers: peers.map { peer in
                NodeStatus.Peer(
                    name: names[peer.peer]?.name ?? peer.peer.hex,
                    address: peer.address ?? names[peer.peer]?.address ?? "", connected: peer.isLinked)
            },
            paths: [
                NodeStatus.Path(algorithm: "sm2", path: CodePath.sm2.rawValue),
                NodeStatus.Path(algorithm: "sm3", path: CodePath.sm3.rawValue),
            ],
            clockSkewMillis: await clockSkewMillis)
    }

    /// A node votes where a chain's committee in force holds its key; elsewhere it watches.
    private var roles: [String] {
        get async {
            var votes = 0
            for chain in node.hosted {
                let committee = await chain.host.snapshot().committee ?? chain.host.settings.spec.committee
                if committee.validators.contains(where: { $0.key == node.validator }) { votes += 1 }
            }
            return (votes > 0 ? ["validator"] : []) + (votes < node.hosted.count ? ["observer"] : []) + ["gateway"]
        }
    }

    /// The largest any chain knows of: they all have the same clock here.
    private var clockSkewMillis: Int64? {
        get async {
            var found: Int64?
            for chain in node.hosted {
                guard let skew = await chain.host.snapshot().clockSkewMillis else { continue }
                if skew.magnitude >= found?.magnitude ?? 0 { found = skew }
            }
            return found
        }
    }

    private var peerNames: [AccountID: (name: String, address: String)] {
        let peers = node.configuration.peers
        let rows = (peers?.nodes ?? []).map { peer in
            let address = peer.addresses(from: peers?.zone ?? "").first
            return (peer.account, (name: peer.name, address: address.map { "\($0)" } ?? ""))
        }
        return Dictionary(rows) { first, _ in first }
    }

    func metrics() async -> [Metric] {
        var metrics = [
            Metric(
                "jiuding_resident_bytes", help: "Memory of the process that is in use.", kind: .gauge,
                value: Double(ProcessMemory.residentBytes)),
            Metric(
                "jiuding_start_time_seconds", help: "When the process started, Unix time.", kind: .gauge,
                value: ServedNode.started),
        ]
        let standing = node.audit.acts.standing
        metrics += [
            Metric(
                "jiuding_audit_rows", help: "Newest row of the log of acts and denials.", kind: .gauge,
                value: Double(standing.tip.number)),
            Metric(
                "jiuding_audit_failing", help: "1 while the audit log cannot be written.", kind: .gauge,
                value: standing.problem == nil ? 0 : 1),
        ]
        for certificate in node.certificates {
            metrics.append(
                Metric(
                    "jiuding_certificate_days_left",
                    help: "Whole days until a certificate or a revocation list runs out; negative after.", kind: .gauge,
                    labels: [.init(name: "certificate", value: certificate.name)],
                    value: Double(certificate.daysLeft)))
        }
        if let report = await node.report() { metrics += LinkMetrics.of(report, names: peerNames.mapValues(\.name)) }
        return metrics
    }

    private static let started = Date().timeIntervalSince1970
}

/// What links have carried, lost and refused, as figures.
enum LinkMetrics {
    static func of(_ report: NetworkReport, names: [AccountID: String]) -> [Metric] {
        var metrics: [Metric] = []
        func add(_ name: String, _ help: String, _ kind: Metric.Kind, _ labels: [(String, String)], _ value: Double) {
            metrics.append(
                Metric(
                    "jiuding_link_" + name, help: help, kind: kind,
                    labels: labels.map { .init(name: $0.0, value: $0.1) }, value: value))
        }
        for peer in report.peers {
            let label = ("peer", names[peer.peer] ?? peer.peer.hex)
            add("up", "1 while a peer is linked.", .gauge, [label], peer.isLinked ? 1 : 0)
            add("waiting_bytes", "Bytes waiting to be sent to a peer.", .gauge, [label], Double(peer.waitingBytes))
            add("made_total", "Links made with a peer.", .counter, [label], Double(peer.account.links))
            add(
                "throttled_total", "Times a peer brought too much and was not read.", .counter, [label],
                Double(peer.account.throttled))
            if let span = peer.roundTrip {
                add(
                    "round_trip_seconds", "A ping's way there and back.", .gauge, [label],
                    Double(span.nanoseconds) / 1e9)
            }
            for traffic in TrafficClass.allCases {
                let labels = [label, ("class", "\(traffic)")]
                let place = Int(traffic.rawValue)
                add("out_bytes_total", "Bytes sent.", .counter, labels, Double(peer.account.bytesOut[place]))
                add("in_bytes_total", "Bytes received.", .counter, labels, Double(peer.account.bytesIn[place]))
                add("dropped_total", "Messages not sent.", .counter, labels, Double(peer.account.dropped[place]))
            }
        }
        for (cause, count) in report.refusals.sorted(by: { $0.key < $1.key }) {
            add("refused_total", "Connections refused or ended, by cause.", .counter, [("cause", cause)], Double(count))
        }
        return metrics
    }
}

extension SM2.PublicKey {
    /// The account this key speaks for, as hexadecimal digits.
    var account: String { AccountID(self).hex }
}

/// What this build calls itself.
enum BuildVersion {
    static let text = "0.1.0"
}

/// How much memory this process uses, from the kernel's own account.
enum ProcessMemory {
    static var residentBytes: Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
