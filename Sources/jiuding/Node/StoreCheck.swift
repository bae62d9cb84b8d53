// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import Hosting
import Ledger
import Replication
import RocksStorage
import ShangMi
import Storage

/// Opens a chain's directory and re-checks every byte of it (DATA-8).
/// - Parameter progress: told the height that was checked and the last one.
/// - Throws: `Failure` where the directory cannot be opened at all.
func verifyStore(
    directory: String, progress: @escaping @Sendable (UInt64, UInt64) async -> Void
) async throws -> StoreFinding {
    let (reports, feed) = AsyncStream.makeStream(of: (UInt64, UInt64).self, bufferingPolicy: .bufferingNewest(1))
    let audit = Task.detached { () throws -> StoreFinding in
        defer { feed.finish() }
        return try StoreCheck.run(directory) { height, last in feed.yield((height.value, last.value)) }
    }
    for await (height, last) in reports { await progress(height, last) }
    return try await audit.value
}

private enum StoreCheck {
    static func run(_ directory: String, _ progress: (Height, Height) -> Void) throws -> StoreFinding {
        do {
            let store = try RocksStore(path: "\(directory)/store")
            defer { try? store.close() }
            guard let spec = try BlockStore(store).spec() else { return broken("the chain specification is missing") }
            guard let bytes = FileManager.default.contents(atPath: "\(directory)/spec"), [UInt8](bytes) == spec.encoded
            else { return broken("the specification beside the store is not the one inside it") }
            var audit = ChainAudit(store, spec: spec, scheme: SM2.Verifier())
            let report = try audit.run { height, last in
                progress(height, last)
                return true
            }
            return StoreFinding(
                heights: report.heights, transactions: report.transactions, signatures: report.signatures,
                stateNodes: report.stateNodes, fault: report.fault)
        } catch let error as StoreError {
            if case .corrupt(let what) = error { return broken(what) }
            throw Failure(HostFailure(error))
        }
    }

    private static func broken(_ what: String) -> StoreFinding {
        StoreFinding(heights: 0, transactions: 0, signatures: 0, stateNodes: 0, fault: what)
    }
}

extension Failure {
    init(_ failure: HostFailure) { self.init(.no, "JD-\(failure.code)", failure.detail, fix: failure.fix) }
}
