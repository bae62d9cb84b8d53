// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger

/// All a validator must never forget: what it has said in its current view, and what it knows best.
///
/// Constant in size; each record replaces the one before. It is durable before the vote it speaks of leaves.
/// - Spec: CONS-12; consensus.md 2.4.
package struct SafetyRecord: Hashable, Sendable, Canonical {
    package var epoch: Epoch
    package var view: View
    /// What this validator notarized in `view`.
    package var notarized: BlockID?
    /// The level of its nullification of `view`.
    package var nullified: View?
    /// The header it proposed in `view`.
    package var proposed: Header?
    package var lastFinalize: FinalizeVote?
    package var highQC: QuorumCertificate?
    package var entry: EntryCertificate
    package var finality: QuorumCertificate?
    /// Set while this validator may have said things it no longer knows of: then it says nothing (CONS-23).
    package var silence: Silence?

    /// How a validator that lost its record comes back.
    package enum Silence: Hashable, Sendable, Canonical {
        /// It does not know yet how far its forgotten self may have voted.
        case unbounded
        /// Its forgotten self voted at most in this view; it speaks again above a notarization of a later one.
        case through(View)

        package func encode(into encoder: inout Encoder) {
            switch self {
            case .unbounded: encoder.u8(1)
            case .through(let view):
                encoder.u8(2)
                view.encode(into: &encoder)
            }
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            let start = decoder.offset
            switch try decoder.u8() {
            case 1: self = .unbounded
            case 2: self = .through(try View(from: &decoder))
            case let tag: throw .unknownTag(offset: start, tag: tag)
            }
        }
    }

    /// The newest finalization a validator signed.
    package struct FinalizeVote: Hashable, Sendable, Canonical {
        package let view: View
        package let block: BlockID

        package init(view: View, block: BlockID) {
            self.view = view
            self.block = block
        }

        package func encode(into encoder: inout Encoder) {
            view.encode(into: &encoder)
            block.encode(into: &encoder)
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            view = try View(from: &decoder)
            block = try BlockID(from: &decoder)
        }
    }

    /// A validator that has said nothing in an epoch yet.
    package init(startOf epoch: Epoch) {
        self.epoch = epoch
        view = View(1)
        entry = .epochStart
    }

    package func encode(into encoder: inout Encoder) {
        epoch.encode(into: &encoder)
        view.encode(into: &encoder)
        encoder.optional(notarized)
        encoder.optional(nullified)
        encoder.optional(proposed)
        encoder.optional(lastFinalize)
        encoder.optional(highQC)
        entry.encode(into: &encoder)
        encoder.optional(finality)
        encoder.optional(silence)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        epoch = try Epoch(from: &decoder)
        view = try View(from: &decoder)
        notarized = try decoder.optional(BlockID.self)
        nullified = try decoder.optional(View.self)
        proposed = try decoder.optional(Header.self)
        lastFinalize = try decoder.optional(FinalizeVote.self)
        highQC = try decoder.optional(QuorumCertificate.self)
        entry = try EntryCertificate(from: &decoder)
        finality = try decoder.optional(QuorumCertificate.self)
        silence = try decoder.optional(Silence.self)
    }
}
