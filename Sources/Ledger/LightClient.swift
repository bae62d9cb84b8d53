// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi

/// Which link of a proof is broken. Final: the same bytes never become a proof.
package enum ProofError: Error, Hashable, Sendable {
    case malformed(DecodeError)
    case otherChain(expected: ChainID, found: ChainID)
    /// The transaction is not the one the receipt speaks of.
    case otherTransaction
    /// The sender's signature on the transaction does not verify.
    case senderSignature
    /// The receipt is not in its block's receipts.
    case receiptPath
    /// The value is not in the state.
    case statePath
    /// The block is not in the attested history.
    case historyPath
    /// The attesting header does not reach the block, or its parts contradict each other.
    case attestation
    /// The certificate is about another header or is not one of finality.
    case otherHeader
    /// The attesting header was not signed by a quorum of the committee in force.
    case certificate(CertificateError)
    /// Committee change number `index` is not proven, or is of no use.
    case handover(index: Int)
    /// The committee that signed is not the trusted one and no change leads to it.
    case otherCommittee
    /// The transaction was executed and failed.
    case failedExecution(ResultCode)
    /// The transaction is not a deposit of evidence.
    case notEvidence
    /// The receipt's output contradicts its transaction.
    case otherStatement
    /// The file's digest is not the deposited one.
    case otherFile(expected: Digest, found: Digest)
    /// The file's size is not the deposited one.
    case otherSize(expected: UInt64, found: UInt64)
    /// The trust anchor is not signed by its own committee.
    case unsealedAnchor
}

/// Believes only what a quorum of a trusted committee signed. Needs no network, no clock and no node.
///
/// - Spec: PROOF-1 to PROOF-7.
package struct LightClient<Scheme: SignatureScheme>: Sendable {
    private let anchor: TrustAnchor
    private var checker: SignatureChecker<Scheme>

    /// - Throws: `ProofError.unsealedAnchor` where the anchor's own committee did not sign it.
    package init(anchor: TrustAnchor, scheme: Scheme) throws(ProofError) {
        self.anchor = anchor
        checker = SignatureChecker(scheme)
        guard anchor.isSealed(&checker) else { throw .unsealedAnchor }
    }

    /// Follows a receipt to a certificate.
    /// - Returns: the receipt, now a fact.
    /// - Cost: one SM2 check a signer of the certificate, and of each handover; some forty hashes.
    package mutating func verify(_ proof: ReceiptProof) throws(ProofError) -> Receipt {
        let leaf = MerkleTree.leafDigest(proof.receipt.encoded)
        guard proof.receipt.height == proof.leaf.height, proof.receipt.index == proof.receiptPath.index,
            proof.receiptPath.root(from: leaf) == proof.leaf.receiptsRoot
        else { throw .receiptPath }
        try verifyAttestation(
            of: proof.leaf, path: proof.historyPath, header: proof.header, certificate: proof.certificate,
            handovers: proof.handovers)
        return proof.receipt
    }

    /// Follows a value of the state, or its absence, to a certificate.
    package mutating func verify(_ proof: StateProof) throws(ProofError) {
        guard proof.sparse.verify(key: proof.key, value: proof.value, root: proof.leaf.stateRoot) else {
            throw .statePath
        }
        try verifyAttestation(
            of: proof.leaf, path: proof.historyPath, header: proof.header, certificate: proof.certificate,
            handovers: proof.handovers)
    }

    /// Follows a signed transaction and its receipt to a certificate.
    package mutating func verify(
        _ transaction: SignedTransaction, _ proof: ReceiptProof
    ) throws(ProofError) -> Receipt {
        guard transaction.body.chain == anchor.chain else {
            throw .otherChain(expected: anchor.chain, found: transaction.body.chain)
        }
        guard transaction.id == proof.receipt.transaction else { throw .otherTransaction }
        guard checker.check([transaction])[0] != nil else { throw .senderSignature }
        return try verify(proof)
    }

    /// Follows a leaf of the history to a final header (PROOF-3).
    private mutating func verifyAttestation(
        of leaf: HistoryLeaf, path: MerklePath, header: Header, certificate: QuorumCertificate,
        handovers: [EpochProof]
    ) throws(ProofError) {
        guard header.chain == anchor.chain else {
            throw .otherChain(expected: anchor.chain, found: header.chain)
        }
        guard path.index == leaf.height.value, path.root(from: leaf.digest) == header.execRoot else {
            throw .historyPath
        }
        guard path.count == header.execHeight.value + 1, header.execHeight < header.height else {
            throw .attestation
        }
        let committee = try committee(after: handovers)
        guard header.epoch == committee.epoch else { throw .otherCommittee }
        try checkFinality(of: header, certificate, by: committee)
    }

    /// The committee in force after the handovers, each signed by the committee before it (PROOF-6).
    ///
    /// Epochs rise by one from the trusted committee to the one wanted, so none can be idle, left out or
    /// repeated.
    private mutating func committee(after handovers: [EpochProof]) throws(ProofError) -> Committee {
        var committee = anchor.committee
        for (index, proof) in handovers.enumerated() {
            let context = VotingContext(chain: anchor.chain, epoch: committee.epoch, committee: committee.id)
            do {
                _ = try checker.check(proof, in: context, committee: committee)
            } catch {
                throw .handover(index: index)
            }
            committee = proof.committee
        }
        return committee
    }

    /// Checks that a certificate is about this header and good (PROOF-4, PROOF-5).
    private mutating func checkFinality(
        of header: Header, _ certificate: QuorumCertificate, by committee: Committee
    ) throws(ProofError) {
        guard certificate.kind == .finality, certificate.block == header.id, certificate.view == header.view
        else {
            throw .otherHeader
        }
        let context = VotingContext(chain: anchor.chain, epoch: committee.epoch, committee: committee.id)
        do {
            _ = try checker.check(certificate, in: context, committee: committee)
        } catch {
            throw .certificate(error)
        }
    }
}
