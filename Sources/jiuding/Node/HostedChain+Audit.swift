// SPDX-License-Identifier: Apache-2.0
import Execution
import Gateway
import Hosting
import Ledger
import RocksStorage
import Storage

// Whose office it is to look at the node's logs, as the newest executed state says.
extension HostedChain {
    func mayAudit(by account: AccountID) async throws(AccessError) -> ReadVerdict {
        try await read { (reader) throws(StoreError) in
            let next = reader.executed.height.next
            var consortium = ConsortiumReader(reader.tree, next: next)
            let subject = try consortium.subject(account)
            let (code, reason) = AuditOffice.judge(subject, at: next)
            return ReadVerdict(
                code, organization: subject?.member.organization, height: reader.executed.height, reason: reason)
        }
    }
}
