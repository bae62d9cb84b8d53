// SPDX-License-Identifier: Apache-2.0
import Foundation
import Gateway
import Hosting
import Ledger
import ShangMi

/// This process as the gateway shows it: who it is, what it runs on, which chains it serves.
struct ServedNode: NodeAccess {
    let chain: HostedChain
    let validator: SM2.PublicKey

    var chains: [any ChainAccess] { [chain] }

    func status() async -> NodeStatus {
        NodeStatus(
            version: BuildVersion.text, id: validator.account, roles: ["validator", "gateway"], peers: [],
            paths: [
                NodeStatus.Path(algorithm: "sm2", path: CodePath.sm2.rawValue),
                NodeStatus.Path(algorithm: "sm3", path: CodePath.sm3.rawValue),
            ],
            clockSkewMillis: nil)
    }

    func metrics() async -> [Metric] {
        let memory = ProcessMemory.residentBytes
        return [
            Metric(
                "jiuding_resident_bytes", help: "Memory of the process that is in use.", kind: .gauge,
                value: Double(memory)),
            Metric(
                "jiuding_start_time_seconds", help: "When the process started, Unix time.", kind: .gauge,
                value: ServedNode.started),
        ]
    }

    private static let started = Date().timeIntervalSince1970
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
