// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Foundation
import KeyCustody
import Ledger
import ShangMi

/// Signs calls of the platform's contracts with one key, sends them, and gives what they came to once it is proven.
struct ConsortiumPen: Sendable {
    /// Attempts to fetch a result that did not stand in time, half a second apart.
    private static let fetchesMax = 60

    let client: NodeClient
    let chain: String
    let wallet: Wallet
    let anchor: TrustAnchor

    var account: AccountID { wallet.account }

    /// - Throws: where the key cannot be opened or the node cannot be asked.
    init(_ node: NodeOptions, key: KeyOptions, data: String) async throws {
        let signer = try KeyChoice.signer(key, data: data)
        let (client, chain) = (try node.client(signer: signer), node.chain)
        let path = TrustChoice.path(nil, data: data, chain: chain)
        // The anchor kept here; where there is none, the node's own word.
        anchor =
            FileManager.default.fileExists(atPath: path)
            ? try ReceiptFile.readAnchor(path)
            : try await Failure.naming { () async throws(ClientError) in try await client.trustAnchor(chain) }
        self.client = client
        self.chain = chain
        wallet = Wallet(chain: anchor.chain, signer: signer)
    }

    /// With all that is needed at hand.
    init(_ client: NodeClient, chain: String, signer: any Signer, anchor: TrustAnchor) {
        self.client = client
        self.chain = chain
        self.anchor = anchor
        wallet = Wallet(chain: anchor.chain, signer: signer)
    }

    func status() async throws(Failure) -> ChainAnswer {
        try await Failure.naming { () async throws(ClientError) in try await client.chain(chain) }
    }

    /// Sends a call and waits until its result stands under a certificate.
    /// - Throws: the refusal, or the code with which it was executed and failed.
    func call(_ contract: Label, _ method: Label, _ arguments: [UInt8]) async throws(Failure) -> Receipt {
        let tip = try await status().height
        let signed: SignedTransaction
        do { signed = try wallet.call(contract, method, arguments, tip: tip) } catch { throw Failure(error) }
        let answers = try await Failure.naming { () async throws(ClientError) in
            try await client.submit([signed], to: chain, wait: .attested)
        }
        let proven = try await receipt(answers[0])
        let outcome = proven.outcome
        guard outcome.code.isSuccess else { throw Failure(outcome.code) }
        return proven
    }

    private func receipt(_ answer: SubmissionAnswer) async throws(Failure) -> Receipt {
        switch answer {
        case .attested(let receipt): return try checked(receipt)
        case .refused(_, let problem): throw Failure(problem)
        case .admitted(let id), .known(let id), .final(let id, _, _):
            for _ in 0..<ConsortiumPen.fetchesMax {
                if let receipt = try await fetched(id) { return try checked(receipt) }
                try? await Task.sleep(for: .milliseconds(500))
            }
            throw Failure(
                .no, "JD-4012",
                phrase("transaction \(id.hex) was taken but not proven in time", zh: "交易 \(id.hex) 已被接收但未及时取得证明"),
                fix: phrase("look at it with `jiuding chain tx`", zh: "请用 jiuding chain tx 查看"))
        }
    }

    /// Nil while it is not attested.
    private func fetched(_ id: TransactionID) async throws(Failure) -> EvidenceReceipt? {
        do throws(ClientError) {
            return try await client.receipt(chain, id)
        } catch {
            // Not found means not final yet: the node knows it only as waiting.
            guard case .refused(let problem) = error, problem.status == 404 else { throw Failure(error) }
            return nil
        }
    }

    private func checked(_ receipt: EvidenceReceipt) throws(Failure) -> Receipt {
        var light = try TrustChoice.client(anchor)
        do { return try light.verify(receipt.transaction, receipt.proof) } catch {
            throw Failure(error, anchor: anchor)
        }
    }
}

extension Failure {
    /// Codes that name a right the sender lacks.
    private static let rights: [ResultCode] = [
        .unknownSender, .memberFrozen, .memberRemoved, .organizationFrozen, .organizationLeft, .delegationElsewhere,
        .delegationOver, .delegationUsedUp, .contractFrozen, .deniedByPolicy, .notProposer, .approvalIdle,
        .proposalOfOthers, .fieldDenied, .certificateRevoked, .certificateForeign, .notRevoker,
    ]

    /// What a call came to, executed and failed.
    init(_ code: ResultCode) {
        let exit: Exit = Failure.rights.contains(code) ? .notPermitted : .no
        guard let stable = code.stable else {
            self.init(exit, "JD-\(code.value)", phrase("the call failed", zh: "调用失败"), fix: "")
            return
        }
        self.init(exit, stable.label, stable.sentence, fix: stable.remedy)
    }

    /// The same from a label such as `JD-1915`.
    init(label: String) {
        let value = UInt16(label.dropFirst(3)) ?? 0
        self.init(ResultCode(value))
    }
}
