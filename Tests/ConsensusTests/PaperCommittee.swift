// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi

/// A keyed hash in a signature's clothes: as good as one among friends, and a hundred times as fast.
struct PaperScheme: SignatureScheme {
    static func sign(_ message: [UInt8], by key: SM2.PublicKey) -> SM2.Signature {
        let digest = SM3.hash(key.bytes + message)
        return SM2.Signature(r: digest, s: digest)
    }

    func verify(_ claims: [SM2.Claim]) -> [Bool] {
        claims.map { PaperScheme.sign($0.message, by: $0.key) == $0.signature }
    }
}

/// A committee whose signatures anybody here can make.
struct PaperCommittee {
    let committee: Committee
    let context: VotingContext
    let genesis = BlockID(SM3.hash([0]))

    init(_ count: Int) {
        var random = SeededRandom(seed: 3)
        let label = Label(literal: "v")
        let validators = (0..<count).map { _ in
            Validator(
                key: SM2.ThrowAwaySigner(from: &random).publicKey, name: label, organization: label,
                failureDomain: label)
        }
        guard
            let committee = Committee(epoch: .zero, validators: validators, parameters: ConsensusParameters())
        else { preconditionFailure("distinct keys make a committee") }
        self.committee = committee
        context = VotingContext(chain: .zero, epoch: .zero, committee: committee.id)
    }

    private func key(_ index: ValidatorIndex) -> SM2.PublicKey { committee.validators[index.value].key }

    func ballot(_ statement: Statement, _ view: View, by signer: ValidatorIndex) -> Ballot {
        let signature = PaperScheme.sign(context.signedMessage(statement, view: view), by: key(signer))
        return Ballot(epoch: .zero, view: view, statement: statement, signer: signer, signature: signature)
    }

    func proposal(_ header: Header, _ entry: EntryCertificate, _ finality: QuorumCertificate?) -> Proposal {
        Proposal(
            header: header, entry: entry, finality: finality,
            signature: PaperScheme.sign(context.signedProposal(header.id), by: key(header.proposer)))
    }

    /// A header for a view; `salt` tells two of one view apart.
    func header(_ view: View, _ height: Height, on parent: BlockID?, salt: UInt64 = 0) -> Header {
        Header(
            chain: .zero, epoch: .zero, view: view, height: height, parent: parent ?? genesis,
            timestamp: Timestamp(height.value * 1_000 + salt), proposer: committee.leader(of: view),
            payload: .empty, execHeight: .zero, execRoot: .zero, nextCommittee: nil)
    }

    func verified(_ ballot: Ballot) -> Verified<Ballot>? {
        var checker = SignatureChecker(PaperScheme())
        return checker.check([ballot], in: context, committee: committee)[0]
    }

    func verified(_ proposal: Proposal) -> Verified<Proposal>? {
        var checker = SignatureChecker(PaperScheme())
        return try? checker.check(proposal, in: context, committee: committee)
    }

    func verified(_ certificate: QuorumCertificate?) -> Verified<QuorumCertificate>? {
        var checker = SignatureChecker(PaperScheme())
        return certificate.flatMap { try? checker.check($0, in: context, committee: committee) }
    }

    func verified(_ certificate: NullityCertificate) -> Verified<NullityCertificate>? {
        var checker = SignatureChecker(PaperScheme())
        return try? checker.check(certificate, in: context, committee: committee)
    }
}
