// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger

// Making a proposal, taking one in, voting for what it proposes (R3 to R5).
extension Voter {
    mutating func propose(_ header: Header) {
        guard mayPropose, header.view == view else { return }
        record.proposed = header
        // What the header rests on is written down with it: a newer notarization may come before a restart,
        // and the same header with another certificate would be no proposal at all (CONS-13).
        record.entry = justification
        // Its own draft is valid and its body is kept already: the vote for it is written down in the same record,
        // which spares a flush of the disk (CONS-12).
        record.notarized = header.id
        effects.append(.persist(record))
        effects.append(.signProposal(header, record.entry, finality: record.finality))
    }

    mutating func receive(_ proposal: Verified<Proposal>) {
        let header = proposal.value.header
        guard header.epoch == record.epoch, header.view >= view else { return }
        if let earlier = pending, earlier.value.header.view == header.view {
            if earlier.digest != proposal.digest {
                accuse(.proposals(earlier.value, proposal.value), kind: 0, in: header.view)
                guard Mutant.notarizeTwice.isOn else { return }
            } else {
                return
            }
        }
        if let finality = proposal.value.finality { absorb(finality) }
        switch proposal.value.entry {
        case .epochStart: break
        case .quorum(let certificate): absorb(certificate)
        case .nullity(let certificate): absorb(certificate)
        }
        guard header.view == view else { return }
        pending = proposal
        if header.proposer == me { effects.append(.broadcastProposal(proposal.value)) }
        effects.append(.judge(proposal.value))
    }

    mutating func judge(_ block: BlockID, valid: Bool) {
        guard let pending, pending.digest == block.digest, pending.value.header.view == view else { return }
        guard valid else { return nullify() }
        guard record.notarized == nil || record.notarized == block || Mutant.notarizeTwice.isOn else { return }
        // Before this validator may say anything new it may still repeat what its record says.
        guard canSpeak || record.notarized == block, me != nil else { return }
        if record.notarized != block {
            record.notarized = block
            effects.append(.persist(record))
        }
        say(.notarize(block), in: view)
    }
}
