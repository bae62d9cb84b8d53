// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi

extension Transaction: Drawable {
    static func draw(_ random: inout SeededRandom) -> Transaction {
        Transaction(
            chain: .draw(&random), validFrom: .draw(&random), validUntil: .draw(&random),
            contract: .draw(&random),
            method: .draw(&random), arguments: random.data(max: 80), salt: random.next(),
            sender: .draw(&random))
    }
}

extension SignedTransaction: Drawable {
    static func draw(_ random: inout SeededRandom) -> SignedTransaction {
        SignedTransaction(.draw(&random), signature: .draw(&random))
    }
}

extension Submission: Drawable {
    static func draw(_ random: inout SeededRandom) -> Submission { Submission(random.list(2)) }
}

extension Payload: Drawable {
    static func draw(_ random: inout SeededRandom) -> Payload { Payload(random.list(2)) }
}

extension Header: Drawable {
    static func draw(_ random: inout SeededRandom) -> Header {
        Header(
            chain: .draw(&random), epoch: .draw(&random), view: .draw(&random), height: .draw(&random),
            parent: .draw(&random), timestamp: .draw(&random), proposer: .draw(&random), payload: .empty,
            execHeight: .draw(&random), execRoot: .draw(&random), nextCommittee: random.maybe())
    }
}

extension Statement: Drawable {
    static func draw(_ random: inout SeededRandom) -> Statement {
        switch random.below(3) {
        case 0: .notarize(.draw(&random))
        case 1: .finalize(.draw(&random))
        default: .nullify(level: .draw(&random))
        }
    }
}

extension Ballot: Drawable {
    static func draw(_ random: inout SeededRandom) -> Ballot {
        Ballot(
            epoch: .draw(&random), view: .draw(&random), statement: .draw(&random), signer: .draw(&random),
            signature: .draw(&random))
    }
}

extension QuorumCertificate.Seal: Drawable {
    static func draw(_ random: inout SeededRandom) -> QuorumCertificate.Seal {
        QuorumCertificate.Seal(signer: .draw(&random), signature: .draw(&random))
    }
}

extension SeededRandom {
    mutating func seals() -> [QuorumCertificate.Seal] {
        places(max: 5).map { QuorumCertificate.Seal(signer: $0, signature: .draw(&self)) }
    }
}

extension QuorumCertificate: Drawable {
    static func draw(_ random: inout SeededRandom) -> QuorumCertificate {
        QuorumCertificate(
            kind: random.flip() ? .finality : .notarization, view: .draw(&random), block: .draw(&random),
            signatures: random.seals())
    }
}

extension NullityCertificate: Drawable {
    static func draw(_ random: inout SeededRandom) -> NullityCertificate {
        let votes = random.places(max: 5).map {
            Vote(signer: $0, level: .draw(&random), signature: .draw(&random))
        }
        return NullityCertificate(view: .draw(&random), votes: votes, base: random.maybe())
    }
}

extension EntryCertificate: Drawable {
    static func draw(_ random: inout SeededRandom) -> EntryCertificate {
        switch random.below(3) {
        case 0: .epochStart
        case 1: .quorum(.draw(&random))
        default: .nullity(.draw(&random))
        }
    }
}

extension Proposal: Drawable {
    static func draw(_ random: inout SeededRandom) -> Proposal {
        Proposal(
            header: .draw(&random), entry: .draw(&random), finality: random.maybe(), signature: .draw(&random)
        )
    }
}

extension ConsensusParameters: Drawable {
    static func draw(_ random: inout SeededRandom) -> ConsensusParameters {
        ConsensusParameters(
            blockIntervalMillis: random.number(max: 60_000), heartbeatMillis: random.number(max: 86_400_000),
            clockToleranceMillis: random.number(max: 60_000), blockTransactionsMax: random.below(16_385))
    }
}

extension Committee: Drawable {
    static func draw(_ random: inout SeededRandom) -> Committee { draw(&random, epoch: .draw(&random)) }

    static func draw(_ random: inout SeededRandom, epoch: Epoch) -> Committee {
        let validators = random.keys(1 + random.below(3)).map {
            Validator(
                key: $0, name: .draw(&random), organization: .draw(&random), failureDomain: .draw(&random))
        }
        return Committee(epoch: epoch, validators: validators, parameters: .draw(&random))!
    }
}

extension Member: Drawable {
    static func draw(_ random: inout SeededRandom) -> Member { draw(&random, key: .draw(&random)) }

    static func draw(_ random: inout SeededRandom, key: SM2.PublicKey) -> Member {
        Member(
            key: key, name: .draw(&random), organization: .draw(&random), roles: .draw(&random),
            groups: [.draw(&random), .draw(&random)], person: random.maybe(), certificate: random.maybe(),
            encryptionKey: random.maybe())
    }
}

extension RoleSet: Drawable {
    /// Never two of the three offices.
    static func draw(_ random: inout SeededRandom) -> RoleSet { RoleSet(bits: UInt16(random.below(1 << 6))) }
}

extension Organization: Drawable {
    static func draw(_ random: inout SeededRandom) -> Organization {
        Organization(
            id: Label("o" + random.text())!, name: .draw(&random), creditCode: random.maybe(), region: random.maybe(),
            cloud: .draw(&random), site: .draw(&random))
    }
}

extension CreditCode: Drawable {
    static func draw(_ random: inout SeededRandom) -> CreditCode {
        let body = (0..<17).map { _ in Array("0123456789ABCDEFGHJKLMNPQRTUWXY".utf8)[random.below(31)] }
        return CreditCode(ascii: body + [CreditCode.check(of: body[...])!])!
    }
}

extension RegionCode: Drawable {
    static func draw(_ random: inout SeededRandom) -> RegionCode {
        RegionCode(110_000 + UInt32(random.below(720_000)))!
    }
}

extension FoundingPolicy: Drawable {
    static func draw(_ random: inout SeededRandom) -> FoundingPolicy {
        FoundingPolicy(resource: random.data(max: 20), text: random.data(max: 40))
    }
}

extension ChainSpec: Drawable {
    /// Drawn again where an organisation's id came out too long.
    static func draw(_ random: inout SeededRandom) -> ChainSpec {
        while true {
            let members = random.keys(random.below(3)).map { Member.draw(&random, key: $0) }
            let spec = ChainSpec(
                name: Label("c" + random.text())!, founded: .draw(&random), rules: .draw(&random),
                committee: .draw(&random, epoch: .zero), organizations: random.list(1), members: members,
                policies: random.list(1))
            if let spec { return spec }
        }
    }
}

extension TrustAnchor: Drawable {
    static func draw(_ random: inout SeededRandom) -> TrustAnchor {
        TrustAnchor(
            chain: .draw(&random), name: .draw(&random), committee: .draw(&random), seals: random.seals())
    }
}

extension EpochProof: Drawable {
    static func draw(_ random: inout SeededRandom) -> EpochProof {
        EpochProof(
            closing: .draw(&random), descendants: random.list(2), certificate: .draw(&random),
            committee: .draw(&random))
    }
}

extension ReceiptProof: Drawable {
    static func draw(_ random: inout SeededRandom) -> ReceiptProof {
        ReceiptProof(
            receipt: .draw(&random), receiptPath: .draw(&random), leaf: .draw(&random),
            historyPath: .draw(&random),
            header: .draw(&random), certificate: .draw(&random), handovers: random.list(1))
    }
}

extension EvidenceReceipt: Drawable {
    static func draw(_ random: inout SeededRandom) -> EvidenceReceipt {
        EvidenceReceipt(transaction: .draw(&random), proof: .draw(&random))
    }
}

extension StateProof: Drawable {
    static func draw(_ random: inout SeededRandom) -> StateProof {
        StateProof(
            key: random.data(max: 70), value: random.flip() ? random.data(max: 70) : nil,
            sparse: .draw(&random),
            leaf: .draw(&random), historyPath: .draw(&random), header: .draw(&random),
            certificate: .draw(&random),
            handovers: random.list(1))
    }
}
