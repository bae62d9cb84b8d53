// SPDX-License-Identifier: Apache-2.0
import Execution
import Gateway
import Hosting
import Ledger
import RocksStorage
import ShangMi
import Storage

// Who may read, as the newest executed state says.
extension HostedChain {
    func mayRead(_ contract: Ledger.Label, by account: AccountID) async throws(AccessError) -> ReadVerdict {
        try await read { (reader) throws(StoreError) in
            var consortium = ConsortiumReader(reader.tree, next: reader.executed.height.next)
            let decision = try consortium.decide(.read(contract, field: nil), by: account)
            let home = try consortium.subject(account)?.member.organization
            return ReadVerdict(
                decision.code, organization: home, height: reader.executed.height,
                reason: decision.reason)
        }
    }

    func fieldsWithheld(
        _ contract: Ledger.Label, from account: AccountID?
    ) async throws(AccessError) -> [WithheldField] {
        try await read { (reader) throws(StoreError) in
            var consortium = ConsortiumReader(reader.tree, next: reader.executed.height.next)
            return try consortium.fieldsWithheld(contract, from: account).map {
                WithheldField(
                    $0.field, $0.decision.code, height: reader.executed.height, reason: $0.decision.reason)
            }
        }
    }

    /// Certificates taken back on this chain, the newest first, down to one that is known.
    func revocations(
        after known: Digest?
    ) async throws(AccessError) -> [(fingerprint: Digest, record: RevocationRecord)] {
        try await read { (reader) throws(StoreError) in
            var consortium = ConsortiumReader(reader.tree, next: reader.executed.height.next)
            return try consortium.revocations(after: known)
        }
    }
}

extension Decision {
    /// The rule that said no; empty where none did.
    fileprivate var reason: String { steps.last { !$0.holds }?.english ?? "" }
}
