// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import Hosting
import Ledger
import Replication
import RocksStorage
import ShangMi
import Storage

/// Opens a chain's directory for the one purpose of re-checking it.
enum StoreAudit {
    /// Re-checks a chain's directory: every stored byte, trusting nothing but the specification beside the store.
    /// - Parameters:
    ///   - directory: one chain's, with `spec` and `store` in it. No node may have it open.
    ///   - progress: told the height reached and the last one.
    /// - Throws: `Failure` where the directory cannot be opened at all.
    static func verify(directory: String, progress: (UInt64, UInt64) -> Void) async throws -> StoreFinding {
        guard let bytes = FileManager.default.contents(atPath: "\(directory)/spec"),
            let spec = try? ChainSpec(decoding: [UInt8](bytes))
        else {
            throw Failure(
                .no, "JD-4014",
                phrase("\(directory)/spec is not a chain's specification", zh: "\(directory)/spec 不是链的创世规格"),
                fix: phrase(
                    "restore it from another node of the chain: it is the same everywhere", zh: "请从同链其他节点复制：各处相同"))
        }
        do throws(StoreError) {
            let store = try RocksStore(path: "\(directory)/store")
            try readEverything(store)
            var audit = ChainAudit(store, spec: spec, scheme: SM2.Verifier())
            let report = try audit.run { height, last in
                progress(height.value, last.value)
                return !Task.isCancelled
            }
            return StoreFinding(
                heights: report.heights, transactions: report.transactions, signatures: report.signatures,
                stateNodes: report.stateNodes, fault: report.fault)
        } catch {
            // Damage is what was looked for; anything else kept us from looking.
            guard case .corrupt(let what) = error else { throw Failure(HostFailure(error)) }
            return StoreFinding(heights: 0, transactions: 0, signatures: 0, stateNodes: 0, fault: what)
        }
    }
}

/// Reads every pair once, so that the checksums of records the audit has no use for (indexes, stale state) count too.
private func readEverything(_ store: RocksStore) throws(StoreError) {
    var start: [UInt8] = []
    while !Task.isCancelled, let last = try store.scan(from: start, to: nil, limit: 1_000, reverse: false).last {
        start = last.key + [0]
    }
}

extension Failure {
    init(_ failure: HostFailure) { self.init(.no, "JD-\(failure.code)", failure.detail, fix: failure.fix) }
}
