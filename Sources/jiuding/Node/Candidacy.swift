// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Execution
import Gateway
import Ledger
import Logging
import ShangMi

/// Says on chain that this node is there, while a proposal would seat its key and it keeps step: nobody is seated who
/// has not said so lately.
/// - Spec: NODE-20, COMM-9, COMM-10.
struct Candidacy: Sendable {
    private static let pause: Duration = .seconds(1)
    /// A word this old, in heights, is said again: well before it counts no more.
    private static let renewalHeights = Limits.readyHeights / 4

    let chain: HostedChain
    let signer: any Signer
    let log: Logger

    /// Looks once a second until it is cancelled.
    func run() async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: Candidacy.pause) } catch { return }
            do {
                try await speakIfAsked()
            } catch {
                log.warning("this node could not say that it is ready", metadata: ["reason": "\(error)"])
            }
        }
    }

    private func speakIfAsked() async throws {
        let status = await chain.status()
        let seats = status.committee.validators
        guard status.inStep, status.halted == nil, !seats.contains(where: { $0.key == signer.publicKey }) else {
            return
        }
        let account = AccountID(signer.publicKey)
        // One that is over may stay written for long; the door would refuse the word each second.
        guard let bytes = try await value(at: CommitteeContract.candidateKey(account)),
            let wanted = try? Execution.Candidacy(decoding: bytes), wanted.stands(at: status.executed.next)
        else { return }
        if let bytes = try await value(at: CommitteeContract.readyKey(account)),
            let said = try? Height(decoding: bytes),
            status.executed.value < said.value + Candidacy.renewalHeights
        {
            return
        }
        let wallet = Wallet(chain: chain.id, signer: signer)
        let word = try wallet.call(
            CommitteeContract.contract, CommitteeContract.ready, status.executed.encoded, tip: status.executed)
        let results = await chain.submit([word], until: .final, within: .seconds(10))
        if case .refused(_, let code, let detail) = results.first {
            log.warning("the word was not taken", metadata: ["code": "\(code.label)", "detail": "\(detail)"])
        } else {
            log.notice("said that this node is ready to vote", metadata: ["height": "\(status.executed.value)"])
        }
    }

    private func value(at key: [UInt8]) async throws(AccessError) -> [UInt8]? {
        // Keys of the contract's own part: what follows its name.
        let own = Array(key.dropFirst(CommitteeContract.contract.encoded.count))
        return try await chain.state(contract: CommitteeContract.contract, key: own, at: nil, proof: false).value
    }
}
