// SPDX-License-Identifier: Apache-2.0
package import Bedrock

/// Proof that one committee handed over to the next: the header that closed its epoch, final by its own
/// votes.
/// - Spec: PROOF-6; consensus.md 2.14.
package struct EpochProof: Hashable, Sendable, Canonical {
    /// The closing block, which names the next committee.
    package let closing: Header
    /// The headers from the one after it to the one the certificate is about; empty where that is the
    /// closing one.
    package let descendants: [Header]
    package let certificate: QuorumCertificate
    package let committee: Committee

    package init(closing: Header, descendants: [Header], certificate: QuorumCertificate, committee: Committee) {
        self.closing = closing
        self.descendants = descendants
        self.certificate = certificate
        self.committee = committee
    }

    /// The header the certificate must be about, nil where the headers do not follow one another.
    package var last: Header? {
        var last = closing
        for header in descendants {
            guard header.parent == last.id, header.epoch == last.epoch, header.chain == last.chain else {
                return nil
            }
            last = header
        }
        return last
    }

    package func encode(into encoder: inout Encoder) {
        closing.encode(into: &encoder)
        encoder.list(descendants)
        certificate.encode(into: &encoder)
        committee.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        closing = try Header(from: &decoder)
        descendants = try decoder.list(of: Header.self, max: Limits.epochTailMax)
        certificate = try QuorumCertificate(from: &decoder)
        committee = try Committee(from: &decoder)
    }
}

/// Why anyone may believe a receipt: from its bytes up to a certificate of a committee they trust.
/// - Spec: PROOF-2 to PROOF-6.
package struct ReceiptProof: Hashable, Sendable, Canonical {
    package let receipt: Receipt
    /// From the receipt to `leaf.receiptsRoot`.
    package let receiptPath: MerklePath
    package let leaf: HistoryLeaf
    /// From the leaf to `header.execRoot`.
    package let historyPath: MerklePath
    /// A final header that attests the history.
    package let header: Header
    package let certificate: QuorumCertificate
    /// Committee changes from the trust anchor's committee to the one that signed `certificate`.
    package let handovers: [EpochProof]

    package init(
        receipt: Receipt, receiptPath: MerklePath, leaf: HistoryLeaf, historyPath: MerklePath, header: Header,
        certificate: QuorumCertificate, handovers: [EpochProof]
    ) {
        self.receipt = receipt
        self.receiptPath = receiptPath
        self.leaf = leaf
        self.historyPath = historyPath
        self.header = header
        self.certificate = certificate
        self.handovers = handovers
    }

    package func encode(into encoder: inout Encoder) {
        receipt.encode(into: &encoder)
        receiptPath.encode(into: &encoder)
        leaf.encode(into: &encoder)
        historyPath.encode(into: &encoder)
        header.encode(into: &encoder)
        certificate.encode(into: &encoder)
        encoder.list(handovers)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        receipt = try Receipt(from: &decoder)
        receiptPath = try MerklePath(from: &decoder)
        leaf = try HistoryLeaf(from: &decoder)
        historyPath = try MerklePath(from: &decoder)
        header = try Header(from: &decoder)
        certificate = try QuorumCertificate(from: &decoder)
        handovers = try decoder.list(of: EpochProof.self, max: Limits.epochProofsMax)
    }
}

/// Proof of one value of the state, or of its absence, at an attested height.
/// - Spec: PROOF-7.
package struct StateProof: Hashable, Sendable, Canonical {
    package let key: [UInt8]
    package let value: [UInt8]?
    package let sparse: SparseProof
    package let leaf: HistoryLeaf
    package let historyPath: MerklePath
    package let header: Header
    package let certificate: QuorumCertificate
    package let handovers: [EpochProof]

    package init(
        key: [UInt8], value: [UInt8]?, sparse: SparseProof, leaf: HistoryLeaf, historyPath: MerklePath,
        header: Header, certificate: QuorumCertificate, handovers: [EpochProof]
    ) {
        self.key = key
        self.value = value
        self.sparse = sparse
        self.leaf = leaf
        self.historyPath = historyPath
        self.header = header
        self.certificate = certificate
        self.handovers = handovers
    }

    package func encode(into encoder: inout Encoder) {
        encoder.bytes(key)
        encoder.flag(value != nil)
        if let value { encoder.bytes(value) }
        sparse.encode(into: &encoder)
        leaf.encode(into: &encoder)
        historyPath.encode(into: &encoder)
        header.encode(into: &encoder)
        certificate.encode(into: &encoder)
        encoder.list(handovers)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        key = try decoder.bytes(max: Limits.stateKeyBytesMax)
        value = try decoder.flag() ? try decoder.bytes(max: Limits.stateValueBytesMax) : nil
        sparse = try SparseProof(from: &decoder)
        leaf = try HistoryLeaf(from: &decoder)
        historyPath = try MerklePath(from: &decoder)
        header = try Header(from: &decoder)
        certificate = try QuorumCertificate(from: &decoder)
        handovers = try decoder.list(of: EpochProof.self, max: Limits.epochProofsMax)
    }
}
