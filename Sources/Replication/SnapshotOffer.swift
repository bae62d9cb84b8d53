// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger

/// Why a newcomer may trust a state it did not compute: a leaf of the history under a final header (2.12).
/// - Spec: PEER-1 (docs/spec/peers.md).
package struct SnapshotOffer: Hashable, Sendable, Canonical {
    /// The block whose state is offered.
    package let header: Header
    package let leaf: HistoryLeaf
    /// From the leaf to `attesting.execRoot`.
    package let path: MerklePath
    package let attesting: Header
    package let certificate: QuorumCertificate
    /// Committee changes from the founding committee to the attesting one.
    package let handovers: [EpochProof]

    package init(
        header: Header, leaf: HistoryLeaf, path: MerklePath, attesting: Header, certificate: QuorumCertificate,
        handovers: [EpochProof]
    ) {
        self.header = header
        self.leaf = leaf
        self.path = path
        self.attesting = attesting
        self.certificate = certificate
        self.handovers = handovers
    }

    package func encode(into encoder: inout Encoder) {
        header.encode(into: &encoder)
        leaf.encode(into: &encoder)
        path.encode(into: &encoder)
        attesting.encode(into: &encoder)
        certificate.encode(into: &encoder)
        encoder.list(handovers)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        header = try Header(from: &decoder)
        leaf = try HistoryLeaf(from: &decoder)
        path = try MerklePath(from: &decoder)
        attesting = try Header(from: &decoder)
        certificate = try QuorumCertificate(from: &decoder)
        handovers = try decoder.list(of: EpochProof.self, max: Limits.epochProofsMax)
    }
}

/// A part of a snapshot: the state at a height, from a place in the order of paths on.
package struct SnapshotPlace: Hashable, Sendable, Canonical {
    package let height: Height
    /// Nibbles of the path where the part begins, one a byte; empty for the first part.
    package let start: [UInt8]

    package init(height: Height, start: [UInt8]) {
        self.height = height
        self.start = start
    }

    package func encode(into encoder: inout Encoder) {
        height.encode(into: &encoder)
        encoder.bytes(start)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        height = try Height(from: &decoder)
        start = try decoder.bytes(max: 64)
    }
}
