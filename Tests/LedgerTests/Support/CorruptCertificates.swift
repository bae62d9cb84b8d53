// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi

extension Corruptions {
    private var proof: ReceiptProof { plain.proof(height: 2, index: 0) }

    private func plainCase(_ certificate: QuorumCertificate, header: Header? = nil) -> [UInt8] {
        plain.receipt(height: 2, index: 0).with(header: header, certificate: certificate).encoded
    }

    /// A header like `header` that a faulty quorum might sign.
    private func altered(
        _ header: Header, execHeight: UInt64? = nil, height: UInt64? = nil, epoch: UInt64? = nil
    )
        -> Header
    {
        Header(
            chain: header.chain, epoch: epoch.map { Epoch($0) } ?? header.epoch, view: header.view,
            height: height.map { Height($0) } ?? header.height, parent: header.parent,
            timestamp: header.timestamp,
            proposer: header.proposer, payload: Payload(plain.transactions[4]),
            execHeight: execHeight.map { Height($0) } ?? header.execHeight, execRoot: header.execRoot,
            nextCommittee: header.nextCommittee)
    }

    mutating func addCertificates() {
        let header = proof.header
        let good = proof.certificate
        func named(_ seals: [QuorumCertificate.Seal], view: View? = nil) -> QuorumCertificate {
            QuorumCertificate(kind: .finality, view: view ?? good.view, block: good.block, signatures: seals)
        }
        let ahead = altered(header, execHeight: header.execHeight.value + 1)
        append("attests-ahead", plainCase(plain.certificate(of: ahead), header: ahead), 2109)
        let low = altered(header, height: header.execHeight.value)
        append("attests-itself", plainCase(plain.certificate(of: low), header: low), 2109)
        append("notarized-only", plainCase(plain.certificate(of: header, kind: .notarization)), 2110)
        append("other-header", plainCase(plain.certificate(of: plain.headers[3])), 2110)
        append("other-view", plainCase(named(good.signatures, view: View(9))), 2110)
        append("too-few", plainCase(plain.certificate(of: header, signers: [0, 3])), 2111)
        append("no-signers", plainCase(named([])), 2111)
        let swapped = [(0, 1), (1, 0), (2, 2)].map { seal in
            QuorumCertificate.Seal(
                signer: ValidatorIndex(seal.0), signature: good.signatures[seal.1].signature)
        }
        append("signatures-swapped", plainCase(named(swapped)), 2111)
        let stranger = QuorumCertificate.Seal(
            signer: ValidatorIndex(4), signature: good.signatures[0].signature)
        append("stranger", plainCase(named(good.signatures + [stranger])), 2111)
        let twice = [good.signatures[0], good.signatures[0], good.signatures[1]]
        append("signer-twice", plainCase(named(twice)), 2101)
        append("signers-descending", plainCase(named(good.signatures.reversed())), 2101)
        let elsewhere = SyntheticChain<Scheme>(.init(name: "other"))
        let other = TrustAnchor(
            chain: plain.id, name: Label("main")!, committee: lone.committees[0],
            seals: lone.seals(
                over: TrustAnchor.signedMessage(
                    chain: plain.id, name: Label("main")!, committee: lone.committees[0]), epoch: 0))
        append("other-committee", plain.receipt(height: 2, index: 0).encoded, 2111, trust: other.encoded)
        append("other-chain-same-committee", elsewhere.receipt(height: 2, index: 0).encoded, 2103)
        let foreign = elsewhere.proof(height: 2, index: 0)
        append(
            "other-chain-header",
            plain.receipt(height: 2, index: 0).with(header: foreign.header, certificate: foreign.certificate)
                .encoded,
            2103)
    }

    mutating func addHandovers() {
        let receipt = moved.receipt(height: 2, index: 1)
        let all = moved.handovers
        func add(_ name: String, _ handovers: [EpochProof], _ code: Int) {
            append(name, receipt.with(handovers: handovers).encoded, code, trust: moved.anchor.encoded)
        }
        func first(
            tail: [Header]? = nil, certificate: QuorumCertificate? = nil, committee: Committee? = nil
        ) -> [EpochProof] {
            [
                EpochProof(
                    closing: all[0].closing, descendants: tail ?? all[0].descendants,
                    certificate: certificate ?? all[0].certificate, committee: committee ?? all[0].committee)
            ] + all.dropFirst()
        }
        add("handovers-missing", [], 2113)
        add("handovers-short", Array(all.dropLast()), 2113)
        add("handovers-gap", [all[0], all[2]], 2112)
        add("handovers-swapped", [all[1], all[0], all[2]], 2112)
        add("handovers-repeated", [all[0], all[0], all[1], all[2]], 2112)
        let few = moved.certificate(of: all[0].descendants[0], signers: [0, 1])
        add("handover-too-few", first(certificate: few), 2112)
        add("handover-of-closing", first(certificate: moved.certificate(of: all[0].closing)), 2112)
        add("handover-tail-cut", first(tail: []), 2112)
        add("handover-tail-foreign", first(tail: all[1].descendants), 2112)
        add("handover-committee", first(committee: all[1].committee), 2112)
        // The attack the parents are checked for: a made-up closing block that names the forger's committee, held up by
        // a header that really is final.
        let forged = Committee(
            epoch: Epoch(1), validators: lone.committees[0].validators, parameters: ConsensusParameters())!
        let real = all[0].closing
        let closing = Header(
            chain: real.chain, epoch: real.epoch, view: real.view, height: real.height, parent: real.parent,
            timestamp: real.timestamp, proposer: real.proposer, payload: .empty, execHeight: real.execHeight,
            execRoot: real.execRoot, nextCommittee: forged.id)
        let usurper = EpochProof(
            closing: closing, descendants: all[0].descendants, certificate: all[0].certificate,
            committee: forged)
        add("handover-forged-closing", [usurper], 2112)
        // A header of the old epoch, whose committee has handed over: the changes lead past it.
        let old = moved.headers[3]
        append(
            "handover-useless",
            receipt.with(
                header: altered(moved.headers.last!, epoch: 0), certificate: moved.certificate(of: old)
            )
            .encoded, 2113, trust: moved.anchor.encoded)
    }

    private mutating func append(_ name: String, _ receipt: [UInt8], _ code: Int, trust: [UInt8]? = nil) {
        record(
            ReceiptCase(
                name: name, receipt: receipt, trust: trust ?? plain.anchor.encoded,
                content: plain.contents[0],
                code: code))
    }
}

extension EvidenceReceipt {
    /// This receipt with some of its parts replaced.
    func with(
        transaction: SignedTransaction? = nil, outcome: Outcome? = nil, receiptPath: MerklePath? = nil,
        leaf: HistoryLeaf? = nil, historyPath: MerklePath? = nil, header: Header? = nil,
        certificate: QuorumCertificate? = nil, handovers: [EpochProof]? = nil
    ) -> EvidenceReceipt {
        let old = proof.receipt
        let receipt = Receipt(
            transaction: old.transaction, height: old.height, index: old.index,
            outcome: outcome ?? old.outcome)
        return EvidenceReceipt(
            transaction: transaction ?? self.transaction,
            proof: ReceiptProof(
                receipt: receipt, receiptPath: receiptPath ?? proof.receiptPath, leaf: leaf ?? proof.leaf,
                historyPath: historyPath ?? proof.historyPath, header: header ?? proof.header,
                certificate: certificate ?? proof.certificate, handovers: handovers ?? proof.handovers))
    }
}
