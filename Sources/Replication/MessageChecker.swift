// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
package import Ledger
import ShangMi

/// A peer's message whose signatures are good, and the epoch in whose committee they are.
package struct CheckedMessage: Sendable {
    package let epoch: Epoch
    package let content: Content

    package enum Content: Sendable {
        /// With ballots of the receiver that are its own, where they are of this epoch.
        case summary(Summary)
        indirect case proposal(Verified<Proposal>)
        case ballot(Verified<Ballot>, base: Verified<QuorumCertificate>?)
        case certificate(Verified<QuorumCertificate>)
        case nullity(Verified<NullityCertificate>)
        indirect case body(Verified<Block>, [TransactionID])
        /// A body that is what its header names and holds a transaction its sender did not sign.
        indirect case brokenBody(Header)
        indirect case outline(Header, [TransactionID])
        case bodyRequest(BlockID)
        case transactions([Verified<SignedTransaction>])
        case blocksRequest(from: Height)
        /// The blocks, whose transactions honest voters have checked, and the certificate, checked.
        indirect case blocks(FinalRange, [[TransactionID]], Verified<QuorumCertificate>)
        case returnRequest(instance: UInt64)
        case returnReport(ReturnReport)
        case snapshotRequest
        case snapshotOffer(CheckedOffer)
        case chunkRequest(SnapshotPlace)
        case chunk(SnapshotPlace, [UInt8])
    }

    fileprivate init(_ epoch: Epoch, _ content: Content) {
        self.epoch = epoch
        self.content = content
    }
}

/// Why a peer's message was not taken in. Counted by cause, a cause a metric.
package enum MessageRefusal: Error, Hashable, Sendable, CaseIterable {
    /// Not a canonical encoding of a message.
    case malformed
    case oversized
    case otherChain
    case otherEpoch
    /// The sender or signer is not of the committee.
    case stranger
    /// A view that is left, or too far ahead to be worth a signature check.
    case stale
    case farAhead
    case badSignature
    case badCertificate
    /// Nobody asked for it.
    case unwanted
    /// The sender asks too often.
    case tooOften
}

/// Checks what peers say, the cheapest question first: one signature check a statement, none for what is refused.
///
/// - Spec: PEER-4 to PEER-6, SYNC-6.
package struct MessageChecker<Scheme: SignatureScheme>: Sendable {
    private var checker: SignatureChecker<Scheme>
    /// Snapshots are believed from the founding committee on, whatever epoch this node is in.
    private let founding: Committee

    package init(_ scheme: Scheme, spec: ChainSpec) {
        checker = SignatureChecker(scheme)
        founding = spec.committee
    }

    /// - Parameters:
    ///   - context: the voting context of the replica the message is for, as it was when `wants` said yes.
    package mutating func check(
        _ message: PeerMessage, in context: VotingContext, committee: Committee
    ) -> Result<CheckedMessage, MessageRefusal> {
        do throws(MessageRefusal) {
            return .success(CheckedMessage(context.epoch, try content(of: message, context, committee)))
        } catch {
            return .failure(error)
        }
    }

    private mutating func content(
        of message: PeerMessage, _ context: VotingContext, _ committee: Committee
    ) throws(MessageRefusal) -> CheckedMessage.Content {
        switch message {
        case .summary(let summary):
            let ballots = summary.heard?.ballots ?? []
            if summary.epoch == context.epoch, !ballots.isEmpty {
                let checked = checker.check(ballots, in: context, committee: committee)
                guard !checked.contains(nil) else { throw .badSignature }
            }
            return .summary(summary)
        case .proposal(let proposal): return .proposal(try check(proposal, context, committee))
        case .ballot(let ballot, let base): return try check(ballot, base, context, committee)
        case .certificate(let epoch, let certificate):
            return .certificate(try check(certificate, epoch, context, committee))
        case .nullity(let epoch, let certificate):
            guard epoch == context.epoch else { throw .otherEpoch }
            guard let checked = try? checker.check(certificate, in: context, committee: committee) else {
                throw .badCertificate
            }
            return .nullity(checked)
        case .body(let block):
            guard block.header.chain == context.chain else { throw .otherChain }
            let (ids, verified) = checker.check(block)
            return verified.map { .body($0, ids) } ?? .brokenBody(block.header)
        case .outline(let header, let ids): return .outline(header, ids)
        case .bodyRequest(let block): return .bodyRequest(block)
        case .transactions(let transactions):
            let checked = checker.check(transactions)
            // Who passes one on has checked it.
            guard !checked.contains(nil) else { throw .badSignature }
            return .transactions(checked.compactMap { $0 })
        case .blocksRequest(let height): return .blocksRequest(from: height)
        case .blocks(let range):
            let certificate = try check(range.certificate, range.epoch, context, committee)
            return .blocks(range, range.blocks.map { $0.payload.transactions.map(\.id) }, certificate)
        case .returnRequest(let epoch, let instance):
            guard epoch == context.epoch else { throw .otherEpoch }
            return .returnRequest(instance: instance)
        case .returnReport(let report): return .returnReport(try check(report, context, committee))
        case .snapshotRequest: return .snapshotRequest
        case .snapshotOffer(let offer):
            guard offer.header.chain == context.chain else { throw .otherChain }
            guard let checked = try? checker.check(offer, of: context.chain, foundedBy: founding) else {
                throw .badCertificate
            }
            return .snapshotOffer(checked)
        case .chunkRequest(let place): return .chunkRequest(place)
        case .chunk(let place, let bytes): return .chunk(place, bytes)
        }
    }

    private mutating func check(
        _ certificate: QuorumCertificate, _ epoch: Epoch, _ context: VotingContext, _ committee: Committee
    ) throws(MessageRefusal) -> Verified<QuorumCertificate> {
        guard epoch == context.epoch || Mutant.oldEpochCertificates.isOn else { throw .otherEpoch }
        guard let checked = try? checker.check(certificate, in: context, committee: committee) else {
            throw .badCertificate
        }
        return checked
    }

    private mutating func check(
        _ proposal: Proposal, _ context: VotingContext, _ committee: Committee
    ) throws(MessageRefusal) -> Verified<Proposal> {
        guard proposal.header.chain == context.chain else { throw .otherChain }
        guard proposal.header.epoch == context.epoch else { throw .otherEpoch }
        do throws(CertificateError) {
            return try checker.check(proposal, in: context, committee: committee)
        } catch {
            if case .badSignature = error { throw .badSignature }
            throw .badCertificate
        }
    }

    /// The attached notarization is looked at only after the sender's own vote has proven good.
    private mutating func check(
        _ ballot: Ballot, _ base: QuorumCertificate?, _ context: VotingContext, _ committee: Committee
    ) throws(MessageRefusal) -> CheckedMessage.Content {
        guard ballot.epoch == context.epoch else { throw .otherEpoch }
        guard committee.key(of: ballot.signer) != nil else { throw .stranger }
        guard let vote = checker.check(ballot, in: context, committee: committee) else { throw .badSignature }
        guard let base else { return .ballot(vote, base: nil) }
        guard let checked = try? checker.check(base, in: context, committee: committee) else {
            throw .badCertificate
        }
        return .ballot(vote, base: checked)
    }

    /// A report counts only with a certificate that leads into the view it names.
    private mutating func check(
        _ report: ReturnReport, _ context: VotingContext, _ committee: Committee
    ) throws(MessageRefusal) -> ReturnReport {
        guard report.epoch == context.epoch else { throw .otherEpoch }
        guard report.entry.view.advanced(by: 1) == report.view else { throw .badCertificate }
        switch report.entry {
        case .epochStart: return report
        case .quorum(let certificate):
            guard (try? checker.check(certificate, in: context, committee: committee)) != nil else {
                throw .badCertificate
            }
        case .nullity(let certificate):
            guard (try? checker.check(certificate, in: context, committee: committee)) != nil else {
                throw .badCertificate
            }
        }
        return report
    }
}
