// SPDX-License-Identifier: Apache-2.0
import Execution
import Gateway
import Hosting
import Ledger
import RocksStorage
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
                reason: decision.steps.last { !$0.holds }?.english ?? "")
        }
    }
}
