// SPDX-License-Identifier: Apache-2.0
import Execution
import Ledger
import Logging
import ShangMi

/// Hears from this node's chains which certificates were taken back, and lets its links know.
///
/// A chain that cannot be read is asked again: what was heard stays.
/// - Spec: CERT-22.
actor RevocationWatch {
    private let chains: [HostedChain]
    private let identity: LinkIdentity
    private let log: Logger
    /// Of each chain the certificate that was taken back last.
    private var newest: [ChainID: Digest] = [:]

    init(_ chains: [HostedChain], _ identity: LinkIdentity, _ log: Logger) {
        (self.chains, self.identity, self.log) = (chains, identity, log)
    }

    /// - Returns: whether there are new ones.
    func look() async -> Bool {
        var found: [Digest: CertificateTime] = [:]
        for chain in chains {
            guard let new = try? await chain.revocations(after: newest[chain.id]), let last = new.first else {
                continue
            }
            newest[chain.id] = last.fingerprint
            for (fingerprint, record) in new {
                found[fingerprint] = CertificateTime(seconds: Int64(record.time.value / 1_000))
                log.notice(
                    "certificate taken back on chain",
                    metadata: [
                        "fingerprint": "\(fingerprint.hex)", "organization": "\(record.organization.text)",
                        "chain": "\(chain.name.text)", "reason": "\(record.reason.text)",
                    ])
            }
        }
        guard !found.isEmpty else { return false }
        identity.refuse(found)
        return true
    }
}
