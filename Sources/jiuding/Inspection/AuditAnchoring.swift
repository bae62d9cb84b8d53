// SPDX-License-Identifier: Apache-2.0
import Administration
import Bedrock
import ClientKit
import Gateway
import KeyCustody
import Ledger
import Logging
import ShangMi

/// Puts the digest of the newest row on record, so that nobody can cut or rewrite the log behind it unseen.
/// - Spec: AUD-6.
struct AuditAnchoring {
    private static let patience: Duration = .seconds(30)

    let chain: HostedChain
    /// Unowned by nature: the node's desk outlives its tasks.
    let audit: NodeAudit
    let node: String
    let key: String
    let log: Logger

    func run(every pause: Duration) async {
        var signer: OpenSSLSigner?
        var settled: UInt64 = 0
        var readsSealed = AuditLog.Tip.none
        while !Task.isCancelled {
            do { try await Task.sleep(for: pause) } catch { return }
            do {
                let pen = try signer ?? OpenSSLSigner(try RunningNode.key(key))
                signer = pen
                await audit.reads.flush()
                let reads = audit.reads.standing.tip
                if reads != readsSealed {
                    audit.acts.note(AuditDeposit.seal(reads))
                }
                await audit.acts.flush()
                let tip = audit.acts.standing.tip
                guard tip.number > settled else { continue }
                try await anchor(tip, pen)
                readsSealed = reads
                await audit.acts.flush()
                settled = audit.acts.standing.tip.number
            } catch {
                log.error("the audit log is not anchored", metadata: ["reason": "\(error)"])
                audit.acts.note(AuditRecord(AuditDeposit.act, .failed, chain: chain.name.text, detail: "\(error)"))
            }
        }
    }

    private struct NotTaken: Error, CustomStringConvertible {
        let description: String
    }

    private func anchor(_ tip: AuditLog.Tip, _ signer: OpenSSLSigner) async throws {
        let anchor = AuditDeposit(name: node, tip: tip)
        guard let deposit = anchor.deposit else {
            throw NotTaken(description: "the node's name is too long for an anchor's title")
        }
        let wallet = Wallet(chain: chain.id, signer: signer)
        let transaction = try wallet.deposit(deposit, tip: await chain.status().height)
        let results = await chain.submit([transaction], until: .attested, within: AuditAnchoring.patience)
        switch results.first {
        case .attested(let proof):
            let outcome = proof.receipt.outcome
            guard outcome.code.isSuccess, let reply = try? DepositReply(decoding: outcome.output) else {
                throw NotTaken(description: outcome.code.stable?.label ?? "the deposit failed")
            }
            audit.anchored(
                AuditStanding.Anchor(account: wallet.account, row: tip.number, evidence: reply.number.text))
            audit.acts.note(anchor.row(by: wallet.account, chain: chain.name.text, as: reply.number))
        case .refused(_, let code, let detail): throw NotTaken(description: "\(code.label) \(detail)")
        default: throw NotTaken(description: "it was not attested in time")
        }
    }
}
