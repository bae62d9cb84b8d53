// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import ShangMi

/// A value whose signatures were found good. Only `SignatureChecker` makes one, so holding it is the proof.
package struct Verified<Value: Hashable & Sendable>: Hashable, Sendable {
    package let value: Value
    /// The value's identifying digest, computed once while checking: a transaction's or a block's
    /// identifier, zero for ballots and certificates.
    package let digest: Digest

    fileprivate init(_ value: Value, digest: Digest = .zero) {
        self.value = value
        self.digest = digest
    }
}

extension Verified where Value == SignedTransaction {
    package var id: TransactionID { TransactionID(digest) }
}

extension Verified where Value == Block {
    package var id: BlockID { BlockID(digest) }
}

/// Tells good signatures from bad ones, many at a time.
///
/// Two bodies: SM2, and in simulation a keyed hash. The same claim gets the same verdict on every machine.
package protocol SignatureScheme: Sendable {
    mutating func verify(_ claims: [SM2.Claim]) -> [Bool]
}

extension SM2.Verifier: SignatureScheme {}

/// Why a certificate proves nothing. Final: it never becomes good.
package enum CertificateError: Error, Hashable, Sendable {
    /// Fewer signers than a quorum.
    case tooFew(found: Int, needed: Int)
    /// A signer that is not of the committee.
    case unknownSigner(ValidatorIndex)
    /// A signature that does not verify.
    case badSignature(ValidatorIndex)
    /// Signed or built for another view than it claims, or its parts contradict each other.
    case inconsistent
}

/// Checks signatures in batches and is the only maker of `Verified` values.
///
/// One per thread: it remembers tables of keys it sees often.
package struct SignatureChecker<Scheme: SignatureScheme>: Sendable {
    private var scheme: Scheme

    package init(_ scheme: Scheme) { self.scheme = scheme }

    /// Checks many transactions: one entry each, nil for a bad signature.
    /// - Cost: two hashes of the signature scheme and one check each, in lanes.
    /// - Spec: LED-5.
    package mutating func check(_ transactions: [SignedTransaction]) -> [Verified<SignedTransaction>?] {
        zip(transactions, verdicts(on: transactions)).map { transaction, isGood in
            isGood ? Verified(transaction, digest: transaction.id.digest) : nil
        }
    }

    private mutating func verdicts(on transactions: [SignedTransaction]) -> [Bool] {
        let claims = transactions.map { transaction in
            SM2.Claim(
                key: transaction.body.sender, message: Transaction.signedMessage(transaction.id),
                signature: transaction.signature)
        }
        return scheme.verify(claims)
    }

    /// Checks all of a block's transactions at once.
    /// - Returns: every transaction's identifier, in order, whatever its signature is worth; and the block,
    ///   nil where any signature is bad. The block's own identifier is its digest.
    /// - Cost: as for its transactions alone; the header was hashed when the block was made.
    /// - Spec: LED-4, LED-5, CONS-15.
    package mutating func check(_ block: Block) -> (ids: [TransactionID], verified: Verified<Block>?) {
        let transactions = block.payload.transactions
        let isGood = verdicts(on: transactions).allSatisfy { $0 }
        return (transactions.map { $0.id }, isGood ? Verified(block, digest: block.id.digest) : nil)
    }

    /// Checks ballots of one committee: one entry each, nil for a stranger or a bad signature.
    package mutating func check(
        _ ballots: [Ballot], in context: VotingContext, committee: Committee
    ) -> [Verified<Ballot>?] {
        let known = ballots.map { $0.epoch == context.epoch ? committee.key(of: $0.signer) : nil }
        let claims = zip(ballots, known).compactMap { ballot, key in
            key.map {
                SM2.Claim(
                    key: $0, message: context.signedMessage(ballot.statement, view: ballot.view),
                    signature: ballot.signature)
            }
        }
        var verdicts = scheme.verify(claims)[...]
        return zip(ballots, known).map { ballot, key in
            guard key != nil, verdicts.removeFirst() else { return nil }
            return Verified(ballot)
        }
    }

    /// Checks one ballot: nil for a stranger's and for a bad signature.
    package mutating func check(
        _ ballot: Ballot, in context: VotingContext, committee: Committee
    ) -> Verified<Ballot>? {
        guard ballot.epoch == context.epoch, let key = committee.key(of: ballot.signer) else { return nil }
        let claim = SM2.Claim(
            key: key, message: context.signedMessage(ballot.statement, view: ballot.view),
            signature: ballot.signature)
        return scheme.verify([claim])[0] ? Verified(ballot) : nil
    }

    /// Checks one certificate of a quorum.
    /// - Spec: CONS-5.
    package mutating func check(
        _ certificate: QuorumCertificate, in context: VotingContext, committee: Committee
    ) throws(CertificateError) -> Verified<QuorumCertificate> {
        let message = context.signedMessage(certificate.statement, view: certificate.view)
        if let error = check(certificate.signatures, over: message, committee: committee) { throw error }
        return Verified(certificate, digest: certificate.block.digest)
    }

    /// Checks that a quorum gave a view up, and the notarization it rests on.
    /// - Spec: CONS-6.
    package mutating func check(
        _ certificate: NullityCertificate, in context: VotingContext, committee: Committee
    ) throws(CertificateError) -> Verified<NullityCertificate> {
        let level = certificate.votes.map { $0.level }.max() ?? .zero
        let base = certificate.base?.view ?? .zero
        guard base >= level || Mutant.baseBelowLevel.isOn, base < certificate.view else { throw .inconsistent }
        if let qc = certificate.base { _ = try check(qc, in: context, committee: committee) }
        guard certificate.votes.count >= committee.quorum else {
            throw .tooFew(found: certificate.votes.count, needed: committee.quorum)
        }
        var claims: [SM2.Claim] = []
        for vote in certificate.votes {
            guard let key = committee.key(of: vote.signer) else { throw .unknownSigner(vote.signer) }
            let message = context.signedMessage(.nullify(level: vote.level), view: certificate.view)
            claims.append(SM2.Claim(key: key, message: message, signature: vote.signature))
        }
        for (index, good) in scheme.verify(claims).enumerated() where !good {
            throw .badSignature(certificate.votes[index].signer)
        }
        return Verified(certificate)
    }

    /// Checks that a committee handed over to the next one.
    /// - Returns: the proof; its digest is the closing block's identifier.
    /// - Throws: `.inconsistent` where it is about another epoch or chain, or its parts contradict each other.
    /// - Spec: PROOF-6.
    package mutating func check(
        _ proof: EpochProof, in context: VotingContext, committee: Committee
    ) throws(CertificateError) -> Verified<EpochProof> {
        let (closing, certificate) = (proof.closing, proof.certificate)
        guard closing.epoch == context.epoch, closing.chain == context.chain,
            // Not `next`: the greatest epoch has no successor.
            proof.committee.epoch == context.epoch.advanced(by: 1),
            closing.nextCommittee == proof.committee.id, let last = proof.last,
            certificate.kind == .finality, certificate.block == last.id, certificate.view == last.view
        else { throw .inconsistent }
        _ = try check(certificate, in: context, committee: committee)
        return Verified(proof, digest: closing.id.digest)
    }

    /// Checks a proposal: its leader's signature, the certificate it rests on, and the finality it carries.
    ///
    /// The leader's signature comes first: only a leader can make us pay for its certificates (consensus.md
    /// 2.17).
    /// - Spec: CONS-8.
    package mutating func check(
        _ proposal: Proposal, in context: VotingContext, committee: Committee
    ) throws(CertificateError) -> Verified<Proposal> {
        let header = proposal.header
        guard header.chain == context.chain, header.epoch == context.epoch,
            header.proposer == committee.leader(of: header.view), let leader = committee.key(of: header.proposer),
            // Not `next`: the view is the sender's word, and the greatest one has no successor.
            proposal.entry.view.advanced(by: 1) == header.view,
            proposal.entry.parent.map({ $0.block == header.parent }) ?? true
        else { throw .inconsistent }
        let id = header.id
        let claim = SM2.Claim(
            key: leader, message: context.signedProposal(id), signature: proposal.signature)
        guard scheme.verify([claim])[0] else { throw .badSignature(header.proposer) }
        switch proposal.entry {
        case .epochStart: guard header.view.value == 1 else { throw .inconsistent }
        case .quorum(let certificate): _ = try check(certificate, in: context, committee: committee)
        case .nullity(let certificate): _ = try check(certificate, in: context, committee: committee)
        }
        if let finality = proposal.finality {
            guard finality.kind == .finality else { throw .inconsistent }
            _ = try check(finality, in: context, committee: committee)
        }
        return Verified(proposal, digest: id.digest)
    }

    /// Only for the check of an offer, which has a file of its own.
    func verified(_ offer: SnapshotOffer) -> Verified<SnapshotOffer> { Verified(offer, digest: offer.header.id.digest) }

    /// Checks that a quorum of the committee signed one message.
    package mutating func check(
        _ seals: [QuorumCertificate.Seal], over message: [UInt8], committee: Committee
    ) -> CertificateError? {
        guard seals.count >= committee.quorum else {
            return .tooFew(found: seals.count, needed: committee.quorum)
        }
        var claims: [SM2.Claim] = []
        for seal in seals {
            guard let key = committee.key(of: seal.signer) else { return .unknownSigner(seal.signer) }
            claims.append(SM2.Claim(key: key, message: message, signature: seal.signature))
        }
        for (index, good) in scheme.verify(claims).enumerated() where !good {
            return .badSignature(seals[index].signer)
        }
        return nil
    }
}
