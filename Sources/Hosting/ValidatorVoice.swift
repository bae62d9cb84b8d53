// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi

/// A validator's own key at work: signs what its replica orders and checks each signature before anyone else sees it.
///
/// A device that signs wrongly is found out here; the chain then stops on this node with JD-1506.
struct ValidatorVoice {
    private let signer: any Signer
    private let me: ValidatorIndex
    private let committee: Committee
    private let context: VotingContext
    private var checker = SignatureChecker(SM2.Verifier(tableBytesMax: 1 << 20))

    /// A voice in the epoch a replica is in.
    /// - Returns: nil where the key is not of the committee.
    init?<Store>(_ signer: any Signer, in replica: Replica<Store>) {
        guard let me = replica.committee.index(of: signer.publicKey) else { return nil }
        self.signer = signer
        self.me = me
        committee = replica.committee
        context = replica.votingContext
    }

    mutating func ballot(_ statement: Statement, _ view: View) throws(HostFailure) -> Verified<Ballot> {
        let signature = try signature(of: context.signedMessage(statement, view: view))
        let ballot = Ballot(
            epoch: committee.epoch, view: view, statement: statement, signer: me, signature: signature)
        guard let verified = checker.check(ballot, in: context, committee: committee) else {
            throw HostFailure(.signer, "the signing key gave a signature that does not verify")
        }
        return verified
    }

    mutating func proposal(
        _ header: Header, _ entry: EntryCertificate, _ finality: QuorumCertificate?
    ) throws(HostFailure) -> Verified<Proposal> {
        let signature = try signature(of: context.signedProposal(header.id))
        let proposal = Proposal(header: header, entry: entry, finality: finality, signature: signature)
        do {
            return try checker.check(proposal, in: context, committee: committee)
        } catch {
            throw HostFailure(.signer, "the signing key gave a proposal that does not verify: \(error)")
        }
    }

    private func signature(of message: [UInt8]) throws(HostFailure) -> SM2.Signature {
        do { return try signer.sign(message) } catch { throw HostFailure(error) }
    }
}
