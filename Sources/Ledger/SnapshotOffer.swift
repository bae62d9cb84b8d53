// SPDX-License-Identifier: Apache-2.0
package import Bedrock

/// Why a newcomer may trust a state it did not compute: a leaf of the history under a final header (R15, 2.12).
///
/// A node that began with one keeps it: it is the proof of everything below its base. A class, and never changed: it
/// takes most of a kilobyte.
/// - Spec: SYNC-6 (docs/spec/peers.md).
package final class SnapshotOffer: Hashable, Sendable, Canonical {
    /// The block whose state is offered.
    package let header: Header
    package let leaf: HistoryLeaf
    /// From the leaf to `attesting.execRoot`.
    package let path: MerklePath
    package let attesting: Header
    /// The finality of `attesting` itself.
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

    package var height: Height { leaf.height }

    /// The changes up to the committee in force above the offered block. An attesting header of a later epoch has one
    /// more: who begins on the block has yet to see that epoch's end.
    package var handoversSoFar: ArraySlice<EpochProof> { handovers.prefix { $0.closing.height <= height } }

    /// True where leaf, path and headers say one thing: what can be known without a signature.
    package var isConsistent: Bool {
        header.chain == attesting.chain && header.height == height && header.id == leaf.block
            && path.index == height.value && path.count == attesting.execHeight.value + 1
            && path.root(from: leaf.digest) == attesting.execRoot && certificate.kind == .finality
            && certificate.block == attesting.id && certificate.view == attesting.view
            && attesting.epoch.value == UInt64(handovers.count)
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

    package static func == (left: SnapshotOffer, right: SnapshotOffer) -> Bool {
        left === right
            || left.header == right.header && left.leaf == right.leaf && left.path == right.path
                && left.attesting == right.attesting && left.certificate == right.certificate
                && left.handovers == right.handovers
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(header.id)
        hasher.combine(attesting.id)
    }
}

/// A snapshot offer that leads from the founding committee to the state it offers.
package struct CheckedOffer: Hashable, Sendable {
    package let offer: Verified<SnapshotOffer>
    /// The committee in force above the offered block.
    package let committee: Committee
}

extension SignatureChecker {
    /// Checks that a state is one a quorum has attested, starting from the committee that founded the chain.
    ///
    /// Hashes first, then the handovers in order: each costs its sender a true one before it, so a liar makes us pay
    /// for what is true and one certificate more.
    /// - Throws: `.inconsistent` where it is about another chain, or its parts contradict each other.
    /// - Cost: one signature check a signer of each handover and of the certificate.
    /// - Spec: SYNC-6.
    package mutating func check(
        _ offer: SnapshotOffer, of chain: ChainID, foundedBy founding: Committee
    ) throws(CertificateError) -> CheckedOffer {
        guard offer.header.chain == chain, offer.isConsistent else { throw .inconsistent }
        var committee = founding
        var above = founding
        for proof in offer.handovers {
            let context = VotingContext(chain: chain, epoch: committee.epoch, committee: committee.id)
            _ = try check(proof, in: context, committee: committee)
            committee = proof.committee
            if proof.closing.height <= offer.height { above = committee }
        }
        let context = VotingContext(chain: chain, epoch: committee.epoch, committee: committee.id)
        guard offer.attesting.epoch == committee.epoch else { throw .inconsistent }
        _ = try check(offer.certificate, in: context, committee: committee)
        return CheckedOffer(offer: verified(offer), committee: above)
    }
}
