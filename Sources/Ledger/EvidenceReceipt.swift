// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi

/// The file that leaves the system: a deposit and the proof that it stands on a chain.
///
/// One canonical form; every bit of it is covered by a signature or a digest that verification checks.
/// - Spec: RCPT-1, RCPT-2, RCPT-7, RCPT-9 (docs/spec/receipt.md).
package struct EvidenceReceipt: Hashable, Sendable, Canonical {
    /// "JDRC" and the format.
    package static let magic: [UInt8] = [0x4a, 0x44, 0x52, 0x43, 1]

    package let transaction: SignedTransaction
    package let proof: ReceiptProof

    package init(transaction: SignedTransaction, proof: ReceiptProof) {
        self.transaction = transaction
        self.proof = proof
    }

    package func encode(into encoder: inout Encoder) {
        encoder.raw(EvidenceReceipt.magic)
        transaction.encode(into: &encoder)
        proof.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        guard decoder.remaining <= Limits.receiptFileBytesMax else {
            throw .outOfRange(offset: start, limit: UInt64(Limits.receiptFileBytesMax))
        }
        guard try decoder.raw(count: EvidenceReceipt.magic.count) == EvidenceReceipt.magic else {
            throw .notCanonical(offset: start)
        }
        transaction = try SignedTransaction(from: &decoder)
        proof = try ReceiptProof(from: &decoder)
    }

    /// What the receipt says, before anyone has checked whether it is true.
    /// - Throws: `.notEvidence`, `.failedExecution` or `.otherStatement` where it says nothing sensible.
    /// - Spec: RCPT-8.
    package func statement() throws(ProofError) -> EvidenceStatement {
        let body = transaction.body
        guard body.contract == Deposit.contract, body.method == Deposit.method,
            let deposit = try? Deposit(decoding: body.arguments)
        else { throw .notEvidence }
        let outcome = proof.receipt.outcome
        guard outcome.code.isSuccess else { throw .failedExecution(outcome.code) }
        guard let reply = try? DepositReply(decoding: outcome.output) else { throw .otherStatement }
        let place = EvidenceNumber(height: proof.receipt.height, index: proof.receipt.index)
        // A first deposit is numbered by its own place; a repeat names an earlier one.
        guard reply.repeated ? reply.number < place : reply.number == place else { throw .otherStatement }
        return EvidenceStatement(
            chain: body.chain, transaction: proof.receipt.transaction, depositor: body.sender,
            deposit: deposit,
            reply: reply)
    }
}

/// Who deposited what, when, under which number.
package struct EvidenceStatement: Hashable, Sendable {
    package let chain: ChainID
    package let transaction: TransactionID
    package let depositor: SM2.PublicKey
    package let deposit: Deposit
    package let reply: DepositReply
}

extension LightClient {
    /// Opens a `*.trust` file.
    /// - Throws: `.malformed`, then `.unsealedAnchor`.
    /// - Spec: RCPT-3, RCPT-4.
    package init(trustFile bytes: [UInt8], scheme: Scheme) throws(ProofError) {
        let anchor: TrustAnchor
        do { anchor = try TrustAnchor(decoding: bytes) } catch { throw .malformed(error) }
        try self.init(anchor: anchor, scheme: scheme)
    }

    /// Checks a `*.receipt` file against the digest and the size of the file it is said to be for.
    /// - Spec: RCPT-4, RCPT-5.
    package mutating func verify(
        receiptFile bytes: [UInt8], fileDigest: Digest, fileSize: UInt64
    ) throws(ProofError) -> EvidenceStatement {
        let receipt: EvidenceReceipt
        do { receipt = try EvidenceReceipt(decoding: bytes) } catch { throw .malformed(error) }
        return try verify(receipt, fileDigest: fileDigest, fileSize: fileSize)
    }

    /// Checks a receipt against the digest and the size of the file it is said to be for.
    ///
    /// Links are tried from the file upwards, so the error names the first that is broken.
    /// - Spec: RCPT-5.
    package mutating func verify(
        _ receipt: EvidenceReceipt, fileDigest: Digest, fileSize: UInt64
    ) throws(ProofError) -> EvidenceStatement {
        let statement = try receipt.statement()
        guard statement.deposit.digest == fileDigest else {
            throw .otherFile(expected: statement.deposit.digest, found: fileDigest)
        }
        guard statement.deposit.size == fileSize else {
            throw .otherSize(expected: statement.deposit.size, found: fileSize)
        }
        _ = try verify(receipt.transaction, receipt.proof)
        return statement
    }
}
