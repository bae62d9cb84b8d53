// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi

/// What a validator says in one view. Three kinds; the level of a nullification is what makes one
/// certificate enough to justify any later proposal (consensus.md 0).
/// - Spec: CONS-1, CONS-2.
package enum Statement: Hashable, Sendable, Canonical {
    /// "This block is available and valid."
    case notarize(BlockID)
    /// "I hold a quorum of notarizations of this block and will never nullify its view."
    case finalize(BlockID)
    /// "I give this view up; I have finalized nothing above `level` up to this view, and never will."
    case nullify(level: View)

    package func encode(into encoder: inout Encoder) {
        switch self {
        case .notarize(let block):
            encoder.u8(1)
            block.encode(into: &encoder)
        case .finalize(let block):
            encoder.u8(2)
            block.encode(into: &encoder)
        case .nullify(let level):
            encoder.u8(3)
            level.encode(into: &encoder)
        }
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        switch try decoder.u8() {
        case 1: self = .notarize(try BlockID(from: &decoder))
        case 2: self = .finalize(try BlockID(from: &decoder))
        case 3: self = .nullify(level: try View(from: &decoder))
        case let tag: throw .unknownTag(offset: start, tag: tag)
        }
    }
}

/// Where a statement holds: one chain, one epoch, one committee, one view. Part of every signed byte string,
/// so that no vote can be replayed anywhere else.
package struct VotingContext: Hashable, Sendable {
    package let chain: ChainID
    package let epoch: Epoch
    package let committee: CommitteeID

    package init(chain: ChainID, epoch: Epoch, committee: CommitteeID) {
        self.chain = chain
        self.epoch = epoch
        self.committee = committee
    }

    /// The bytes a validator signs for a statement about a view: "JDB1" and everything that fixes its
    /// meaning (CONS-3).
    package func signedMessage(_ statement: Statement, view: View) -> [UInt8] {
        var encoder = Encoder(reserving: 128)
        encoder.raw([0x4a, 0x44, 0x42, 0x31])
        chain.encode(into: &encoder)
        if !Mutant.oldEpochCertificates.isOn {
            epoch.encode(into: &encoder)
            committee.encode(into: &encoder)
        }
        view.encode(into: &encoder)
        statement.encode(into: &encoder)
        return encoder.bytes
    }

    /// The bytes a leader signs for a proposal: "JDP1" and the block's identifier (CONS-4).
    package func signedProposal(_ block: BlockID) -> [UInt8] {
        var encoder = Encoder(reserving: 4 + 2 * Digest.byteCount)
        encoder.raw([0x4a, 0x44, 0x50, 0x31])
        committee.encode(into: &encoder)
        block.encode(into: &encoder)
        return encoder.bytes
    }
}

/// One validator's signed statement.
package struct Ballot: Hashable, Sendable, Canonical {
    package let epoch: Epoch
    package let view: View
    package let statement: Statement
    package let signer: ValidatorIndex
    package let signature: SM2.Signature

    package init(
        epoch: Epoch, view: View, statement: Statement, signer: ValidatorIndex, signature: SM2.Signature
    ) {
        self.epoch = epoch
        self.view = view
        self.statement = statement
        self.signer = signer
        self.signature = signature
    }

    package func encode(into encoder: inout Encoder) {
        epoch.encode(into: &encoder)
        view.encode(into: &encoder)
        statement.encode(into: &encoder)
        signer.encode(into: &encoder)
        signature.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        epoch = try Epoch(from: &decoder)
        view = try View(from: &decoder)
        statement = try Statement(from: &decoder)
        signer = try ValidatorIndex(from: &decoder)
        signature = try SM2.Signature(from: &decoder)
    }
}

/// A quorum said the same of one block: notarized it, or finalized it.
///
/// Signers strictly ascending, one signature each; SM2 does not aggregate, so it is a list. 440 B at n = 4.
/// - Spec: CONS-5.
package struct QuorumCertificate: Hashable, Sendable, Canonical {
    package enum Kind: UInt8, Sendable {
        case notarization = 1
        case finality = 2
    }

    package let kind: Kind
    package let view: View
    package let block: BlockID
    package let signatures: [Seal]

    /// One validator's signature in a certificate.
    package struct Seal: Hashable, Sendable, Canonical {
        package let signer: ValidatorIndex
        package let signature: SM2.Signature

        package init(signer: ValidatorIndex, signature: SM2.Signature) {
            self.signer = signer
            self.signature = signature
        }

        package func encode(into encoder: inout Encoder) {
            signer.encode(into: &encoder)
            signature.encode(into: &encoder)
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            signer = try ValidatorIndex(from: &decoder)
            signature = try SM2.Signature(from: &decoder)
        }
    }

    package init(kind: Kind, view: View, block: BlockID, signatures: [Seal]) {
        self.kind = kind
        self.view = view
        self.block = block
        self.signatures = signatures
    }

    package var statement: Statement { kind == .notarization ? .notarize(block) : .finalize(block) }

    package func encode(into encoder: inout Encoder) {
        encoder.u8(kind.rawValue)
        view.encode(into: &encoder)
        block.encode(into: &encoder)
        encoder.list(signatures)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        let tag = try decoder.u8()
        guard let kind = Kind(rawValue: tag) else { throw .unknownTag(offset: start, tag: tag) }
        self.kind = kind
        view = try View(from: &decoder)
        block = try BlockID(from: &decoder)
        let list = decoder.offset
        signatures = try decoder.list(of: Seal.self, max: Limits.validatorsMax)
        let isAscending = zip(signatures, signatures.dropFirst()).allSatisfy { $0.signer < $1.signer }
        guard isAscending || Mutant.countSignersTwice.isOn else {
            throw .notCanonical(offset: list)
        }
    }
}

/// A quorum gave a view up: no block strictly between `base.view` and `view` is or ever will be final.
/// - Spec: CONS-6.
package struct NullityCertificate: Hashable, Sendable, Canonical {
    package struct Vote: Hashable, Sendable, Canonical {
        package let signer: ValidatorIndex
        package let level: View
        package let signature: SM2.Signature

        package init(signer: ValidatorIndex, level: View, signature: SM2.Signature) {
            self.signer = signer
            self.level = level
            self.signature = signature
        }

        package func encode(into encoder: inout Encoder) {
            signer.encode(into: &encoder)
            level.encode(into: &encoder)
            signature.encode(into: &encoder)
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            signer = try ValidatorIndex(from: &decoder)
            level = try View(from: &decoder)
            signature = try SM2.Signature(from: &decoder)
        }
    }

    package let view: View
    package let votes: [Vote]
    /// A notarization at or above every level voted, nil while none exists in the epoch (level 0).
    package let base: QuorumCertificate?

    package init(view: View, votes: [Vote], base: QuorumCertificate?) {
        self.view = view
        self.votes = votes
        self.base = base
    }

    package func encode(into encoder: inout Encoder) {
        view.encode(into: &encoder)
        encoder.list(votes)
        encoder.optional(base)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        view = try View(from: &decoder)
        let list = decoder.offset
        votes = try decoder.list(of: Vote.self, max: Limits.validatorsMax)
        guard zip(votes, votes.dropFirst()).allSatisfy({ $0.signer < $1.signer }) else {
            throw .notCanonical(offset: list)
        }
        base = try decoder.optional(QuorumCertificate.self)
    }
}

/// What lets a validator enter a view, and by itself justifies a proposal in it.
/// - Spec: CONS-7.
package enum EntryCertificate: Hashable, Sendable, Canonical {
    /// View 1 of an epoch needs no certificate.
    case epochStart
    case quorum(QuorumCertificate)
    case nullity(NullityCertificate)

    /// The view this leads out of.
    package var view: View {
        switch self {
        case .epochStart: .zero
        case .quorum(let certificate): certificate.view
        case .nullity(let certificate): certificate.view
        }
    }

    /// The notarization whose block a proposal justified by this extends; nil for the epoch's first parent.
    package var parent: QuorumCertificate? {
        switch self {
        case .epochStart: nil
        case .quorum(let certificate): certificate
        case .nullity(let certificate): certificate.base
        }
    }

    package func encode(into encoder: inout Encoder) {
        switch self {
        case .epochStart: encoder.u8(0)
        case .quorum(let certificate):
            encoder.u8(1)
            certificate.encode(into: &encoder)
        case .nullity(let certificate):
            encoder.u8(2)
            certificate.encode(into: &encoder)
        }
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        switch try decoder.u8() {
        case 0: self = .epochStart
        case 1: self = .quorum(try QuorumCertificate(from: &decoder))
        case 2: self = .nullity(try NullityCertificate(from: &decoder))
        case let tag: throw .unknownTag(offset: start, tag: tag)
        }
    }
}

/// A leader's signed header and the one certificate that justifies it. The payload travels beside it.
///
/// A class, and never changed: half a kilobyte with references in it goes from the wire to the voter, and each hand on
/// the way would copy and count all of it.
/// - Spec: CONS-8.
package final class Proposal: Hashable, Sendable, Canonical {
    package let header: Header
    package let entry: EntryCertificate
    /// The newest finality the leader knows.
    package let finality: QuorumCertificate?
    package let signature: SM2.Signature

    package init(
        header: Header, entry: EntryCertificate, finality: QuorumCertificate?, signature: SM2.Signature
    ) {
        self.header = header
        self.entry = entry
        self.finality = finality
        self.signature = signature
    }

    package func encode(into encoder: inout Encoder) {
        header.encode(into: &encoder)
        entry.encode(into: &encoder)
        encoder.optional(finality)
        signature.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        header = try Header(from: &decoder)
        entry = try EntryCertificate(from: &decoder)
        finality = try decoder.optional(QuorumCertificate.self)
        signature = try SM2.Signature(from: &decoder)
    }

    package static func == (left: Proposal, right: Proposal) -> Bool {
        left === right
            || left.header == right.header && left.entry == right.entry && left.finality == right.finality
                && left.signature == right.signature
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(signature) }
}
