// SPDX-License-Identifier: Apache-2.0
package import Ledger
package import ShangMi

/// Gathers the notarizations and nullifications of one view, one of each kind a validator.
///
/// - Spec: CONS-10 (one vote of each kind per validator and view), CONS-5 and CONS-6 (what a quorum makes).
package struct Tally: Sendable {
    package let view: View
    private let quorum: Int
    /// What each validator notarized, indexed by validator; nil where nothing was seen.
    private var notarizations: [(block: BlockID, signature: SM2.Signature)?]
    private var nullifications: [(level: View, signature: SM2.Signature)?]

    package init(view: View, committee: Committee) {
        self.view = view
        quorum = committee.quorum
        notarizations = Array(repeating: nil, count: committee.count)
        nullifications = Array(repeating: nil, count: committee.count)
    }

    /// What counting one ballot came to.
    package enum Count: Hashable, Sendable {
        case counted
        /// The very same vote was here already.
        case repeated
        /// The same validator said something else of the same kind: it lies.
        case conflicting
    }

    package mutating func count(
        notarization block: BlockID, by signer: ValidatorIndex, _ signature: SM2.Signature
    ) -> Count {
        if let earlier = notarizations[signer.value] {
            return earlier.block == block ? .repeated : .conflicting
        }
        notarizations[signer.value] = (block, signature)
        return .counted
    }

    package mutating func count(
        nullificationAbove level: View, by signer: ValidatorIndex, _ signature: SM2.Signature
    ) -> Count {
        if let earlier = nullifications[signer.value] {
            return earlier.level == level ? .repeated : .conflicting
        }
        nullifications[signer.value] = (level, signature)
        return .counted
    }

    /// The certificate a quorum of notarizations of `block` makes; nil while there is none.
    package func notarization(of block: BlockID) -> QuorumCertificate? {
        quorumCertificate(.notarization, of: block, in: view, from: notarizations, quorum: quorum)
    }

    /// The certificate a quorum of nullifications makes, resting on `base`; nil while there is none.
    package func nullity(base: QuorumCertificate?) -> NullityCertificate? {
        var votes: [NullityCertificate.Vote] = []
        for (index, vote) in nullifications.enumerated() {
            guard let vote else { continue }
            votes.append(
                NullityCertificate.Vote(
                    signer: ValidatorIndex(index), level: vote.level, signature: vote.signature))
        }
        guard votes.count >= quorum else { return nil }
        return NullityCertificate(
            view: view, votes: [NullityCertificate.Vote](votes.prefix(quorum)), base: base)
    }
}

/// Gathers finalizations of recent views, each until a quorum stands.
///
/// Bounded: the newest `viewsMax` views only (consensus.md 2.17).
package struct FinalityTally: Sendable {
    package static let viewsMax = 32
    private let committee: Committee
    /// One entry a view, ascending.
    private var entries: [(view: View, votes: [(block: BlockID, signature: SM2.Signature)?])] = []

    package init(committee: Committee) { self.committee = committee }

    package mutating func count(
        _ block: BlockID, in view: View, by signer: ValidatorIndex, _ signature: SM2.Signature
    ) -> Tally.Count {
        // Older than all that are kept: forgotten before, and not new because it comes again (CONS-21).
        if entries.count == FinalityTally.viewsMax, view < entries[0].view { return .repeated }
        let place = place(of: view)
        if let earlier = entries[place].votes[signer.value] {
            return earlier.block == block ? .repeated : .conflicting
        }
        entries[place].votes[signer.value] = (block, signature)
        if entries.count > FinalityTally.viewsMax { entries.removeFirst() }
        return .counted
    }

    private mutating func place(of view: View) -> Int {
        let place = entries.firstIndex { $0.view >= view } ?? entries.count
        if place == entries.count || entries[place].view != view {
            entries.insert((view, Array(repeating: nil, count: committee.count)), at: place)
        }
        return place
    }

    package func certificate(of block: BlockID, in view: View) -> QuorumCertificate? {
        guard let entry = entries.first(where: { $0.view == view }) else { return nil }
        return quorumCertificate(
            .finality, of: block, in: view, from: entry.votes, quorum: committee.quorum)
    }

    /// What a validator finalized last among the views kept here.
    func newest(by signer: ValidatorIndex) -> (view: View, block: BlockID, signature: SM2.Signature)? {
        guard let entry = entries.last(where: { $0.votes[signer.value] != nil }), let vote = entry.votes[signer.value]
        else { return nil }
        return (entry.view, vote.block, vote.signature)
    }

    package mutating func forget(upTo view: View) { entries.removeAll { $0.view <= view } }
}

/// The certificate that a quorum among some validators' votes for `block` makes; nil while there is none.
private func quorumCertificate(
    _ kind: QuorumCertificate.Kind, of block: BlockID, in view: View,
    from votes: [(block: BlockID, signature: SM2.Signature)?], quorum: Int
) -> QuorumCertificate? {
    // Mostly there is none yet, and nothing is put together to find that out.
    guard votes.count(where: { $0?.block == block }) >= quorum else { return nil }
    var seals: [QuorumCertificate.Seal] = []
    for (index, vote) in votes.enumerated() {
        guard let vote, vote.block == block else { continue }
        seals.append(QuorumCertificate.Seal(signer: ValidatorIndex(index), signature: vote.signature))
        if seals.count == quorum { return QuorumCertificate(kind: kind, view: view, block: block, signatures: seals) }
    }
    return nil
}
