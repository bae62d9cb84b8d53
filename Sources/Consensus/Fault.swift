// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger

/// Two signed statements by one key that no honest validator makes both of. Convicts by itself, without
/// clocks.
/// - Spec: CONS-19; consensus.md 2.16.
package enum Fault: Hashable, Sendable, Canonical {
    /// Two ballots that contradict each other: two of one kind in one view that differ (E1, E3), or a finalization
    /// inside a span that its signer gave up (E2).
    case ballots(Ballot, Ballot)
    /// Two proposals in one view (E4).
    case proposals(Proposal, Proposal)

    /// Who is convicted.
    package var culprit: ValidatorIndex {
        switch self {
        case .ballots(let first, _): first.signer
        case .proposals(let first, _): first.header.proposer
        }
    }

    package var epoch: Epoch {
        switch self {
        case .ballots(let first, _): first.epoch
        case .proposals(let first, _): first.header.epoch
        }
    }

    /// True where the two statements, both signed by one key, cannot both come from an honest validator.
    package var convicts: Bool {
        switch self {
        case .ballots(let first, let second):
            guard first.epoch == second.epoch, first.signer == second.signer else { return false }
            if first.view == second.view, first.statement.kind == second.statement.kind {
                return first.statement != second.statement
            }
            return Fault.breaksPromise(first, second) || Fault.breaksPromise(second, first)
        case .proposals(let first, let second):
            return first.header.epoch == second.header.epoch && first.header.view == second.header.view
                && first.header.proposer == second.header.proposer && first.header != second.header
        }
    }

    /// A finalization in (level, view] of a nullification.
    static func breaksPromise(_ finalization: Ballot, _ nullification: Ballot) -> Bool {
        guard case .finalize = finalization.statement, case .nullify(let level) = nullification.statement else {
            return false
        }
        return level < finalization.view && finalization.view <= nullification.view
    }

    package func encode(into encoder: inout Encoder) {
        switch self {
        case .ballots(let first, let second):
            encoder.u8(1)
            first.encode(into: &encoder)
            second.encode(into: &encoder)
        case .proposals(let first, let second):
            encoder.u8(2)
            first.encode(into: &encoder)
            second.encode(into: &encoder)
        }
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        switch try decoder.u8() {
        case 1: self = .ballots(try Ballot(from: &decoder), try Ballot(from: &decoder))
        case 2: self = .proposals(try Proposal(from: &decoder), try Proposal(from: &decoder))
        case let tag: throw .unknownTag(offset: start, tag: tag)
        }
        guard convicts else { throw .notCanonical(offset: start) }
    }
}
