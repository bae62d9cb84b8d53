// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Testing

/// LED-7, LED-8 and what a certificate needs to be one (CONS-5 to CONS-8, PROOF-5).
@Suite struct CertificateTests {
    typealias Chain = SyntheticChain<HashScheme>
    let chain = Chain(.init(handovers: 1))

    private func error(_ certificate: QuorumCertificate) -> CertificateError? {
        var checker = SignatureChecker(HashScheme())
        do {
            _ = try checker.check(certificate, in: chain.context(0), committee: chain.committees[0])
            return nil
        } catch { return error }
    }

    @Test("any two quorums share an honest member, for n = 1 to 100 (LED-7)")
    func arithmetic() {
        for count in 1...100 {
            let committee = Committee(
                epoch: .zero,
                validators: (0..<count).map {
                    Validator(
                        key: ThrowAwayKey($0).publicKey, name: Label("v")!, organization: Label("o")!,
                        failureDomain: Label("d")!)
                }, parameters: ConsensusParameters())!
            let (f, q) = (committee.faultsMax, committee.quorum)
            #expect(f == (count - 1) / 3 && q == count - f && 3 * f < count)
            #expect(2 * q - count > f, "two quorums of \(count) share an honest member")
            #expect(count - f >= q, "the honest of \(count) suffice")
        }
    }

    @Test("a block is verified where every signature in it is good, and every identifier is told (LED-4, LED-5)")
    func blocks() throws {
        let (header, good) = (chain.headers[2], chain.transactions[2])
        var checker = SignatureChecker(HashScheme())
        let block = try #require(Block(header: header, payload: Payload(good)))
        let (ids, verified) = checker.check(block)
        #expect(ids == good.map(\.id))
        #expect(verified?.value == block && verified?.id == header.id && verified?.digest == block.id.digest)
        for index in good.indices {
            var transactions = good
            transactions[index] = SignedTransaction(good[index].body, signature: good[(index + 1) % 3].signature)
            let payload = Payload(transactions)
            let forged = Header(
                chain: header.chain, epoch: header.epoch, view: header.view, height: header.height,
                parent: header.parent, timestamp: header.timestamp, proposer: header.proposer, payload: payload,
                execHeight: header.execHeight, execRoot: header.execRoot, nextCommittee: nil)
            let (ids, verified) = checker.check(try #require(Block(header: forged, payload: payload)))
            #expect(ids == good.map(\.id) && verified == nil)
        }
        let empty = try #require(Block(header: chain.headers[0], payload: .empty))
        #expect(checker.check(empty).ids.isEmpty && checker.check(empty).verified?.value == empty)
    }

    @Test("a committee has 1 to 100 members and no key twice (LED-8)")
    func committees() {
        let one = chain.committees[0].validators
        #expect(Committee(epoch: .zero, validators: [], parameters: ConsensusParameters()) == nil)
        #expect(Committee(epoch: .zero, validators: one + [one[2]], parameters: ConsensusParameters()) == nil)
        let many = (0..<101).map {
            Validator(
                key: ThrowAwayKey($0).publicKey, name: one[0].name, organization: one[0].organization,
                failureDomain: one[0].failureDomain)
        }
        #expect(Committee(epoch: .zero, validators: many, parameters: ConsensusParameters()) == nil)
        #expect(chain.committees[0].id != chain.committees[1].id)
    }

    @Test("too few, unknown, foreign or badly signed: each is refused with its own reason (PROOF-5)")
    func refusals() {
        let header = chain.headers[2]
        let good = chain.certificate(of: header)
        #expect(error(good) == nil)
        #expect(error(chain.certificate(of: header, signers: [0, 1, 2, 3])) == nil)
        #expect(error(chain.certificate(of: header, signers: [1, 3])) == .tooFew(found: 2, needed: 3))
        func with(_ seals: [QuorumCertificate.Seal]) -> QuorumCertificate {
            QuorumCertificate(kind: good.kind, view: good.view, block: good.block, signatures: seals)
        }
        let last = QuorumCertificate.Seal(signer: ValidatorIndex(3), signature: good.signatures[0].signature)
        #expect(
            error(with(good.signatures + [last])) == .badSignature(ValidatorIndex(3)),
            "one bad seal spoils four")
        let stranger = QuorumCertificate.Seal(
            signer: ValidatorIndex(99), signature: good.signatures[0].signature)
        #expect(error(with(good.signatures + [stranger])) == .unknownSigner(ValidatorIndex(99)))
        let later = QuorumCertificate(
            kind: good.kind, view: good.view.next, block: good.block, signatures: good.signatures)
        #expect(error(later) == .badSignature(ValidatorIndex(0)), "a vote holds in its own view only")
        let other = QuorumCertificate(
            kind: .notarization, view: good.view, block: good.block, signatures: good.signatures)
        #expect(error(other) == .badSignature(ValidatorIndex(0)), "a finalization is no notarization")
        let next = chain.certificate(of: chain.headers[6])
        #expect(error(next) != nil, "the next epoch's votes count for nothing in this one")
    }

    @Test("signers that repeat or descend are not even a certificate's bytes (PROOF-5)")
    func order() {
        let good = chain.certificate(of: chain.headers[2])
        for seals in [
            Array(good.signatures.reversed()), [good.signatures[0], good.signatures[0], good.signatures[1]],
        ] {
            let bad = QuorumCertificate(
                kind: good.kind, view: good.view, block: good.block, signatures: seals)
            #expect(throws: DecodeError.self) { try QuorumCertificate(decoding: bad.encoded) }
            let message = TrustAnchor.signedMessage(
                chain: chain.id, name: Label("main")!, committee: chain.committees[0])
            #expect(!message.isEmpty)
            let anchor = TrustAnchor(
                chain: chain.id, name: Label("main")!, committee: chain.committees[0], seals: seals)
            #expect(throws: DecodeError.self) { try TrustAnchor(decoding: anchor.encoded) }
        }
    }

    @Test("a proposal after the greatest view there is gets refused and traps nothing (CONS-8)")
    func greatestView() {
        let last = View(View.max)
        let header = chain.headers[2]
        let entry = EntryCertificate.nullity(NullityCertificate(view: last, votes: [], base: nil))
        let signature = SM2.Signature(r: .zero, s: .zero)
        for view in [View.zero, View(1), last] {
            let claimed = Header(
                chain: header.chain, epoch: header.epoch, view: view, height: header.height,
                parent: header.parent,
                timestamp: header.timestamp, proposer: chain.committees[0].leader(of: view), payload: .empty,
                execHeight: header.execHeight, execRoot: header.execRoot, nextCommittee: nil)
            let proposal = Proposal(header: claimed, entry: entry, finality: nil, signature: signature)
            var checker = SignatureChecker(HashScheme())
            #expect(throws: CertificateError.inconsistent) {
                try checker.check(proposal, in: chain.context(0), committee: chain.committees[0])
            }
        }
    }

    @Test("a proposal must extend the block its certificate justifies, and its leader signs first (CONS-8)")
    func parent() {
        let good = chain.headers[3]
        let scheme = HashScheme()
        for (parent, bad) in [(good.parent, false), (chain.headers[1].id, true)] {
            let header = Header(
                chain: good.chain, epoch: good.epoch, view: good.view, height: good.height, parent: parent,
                timestamp: good.timestamp, proposer: good.proposer, payload: .empty,
                execHeight: good.execHeight,
                execRoot: good.execRoot, nextCommittee: nil)
            let entry = EntryCertificate.quorum(chain.certificate(of: chain.headers[2], kind: .notarization))
            let key = Chain.key(chain.shape, epoch: 0, good.proposer.value)
            let signature = scheme.sign(chain.context(0).signedProposal(header.id), with: key)
            let proposal = Proposal(header: header, entry: entry, finality: nil, signature: signature)
            var checker = SignatureChecker(scheme)
            let verdict = try? checker.check(proposal, in: chain.context(0), committee: chain.committees[0])
            #expect((verdict == nil) == bad)
        }
    }

    @Test("a committee change to the epoch after the last there is gets refused and traps nothing (PROOF-6)")
    func greatestEpoch() throws {
        let far = Chain.committee(chain.shape, epoch: 0)
        let committee = Committee(
            epoch: Epoch(Epoch.max), validators: far.validators, parameters: far.parameters)!
        let message = TrustAnchor.signedMessage(chain: chain.id, name: Label("main")!, committee: committee)
        let anchor = TrustAnchor(
            chain: chain.id, name: Label("main")!, committee: committee,
            seals: chain.seals(over: message, epoch: 0))
        var client = try LightClient(anchor: anchor, scheme: HashScheme())
        let old = chain.handovers[0].closing
        let closing = Header(
            chain: chain.id, epoch: committee.epoch, view: old.view, height: old.height, parent: old.parent,
            timestamp: old.timestamp, proposer: old.proposer, payload: .empty, execHeight: old.execHeight,
            execRoot: old.execRoot, nextCommittee: chain.committees[1].id)
        let handover = EpochProof(
            closing: closing, descendants: [], certificate: chain.handovers[0].certificate,
            committee: chain.committees[1])
        let receipt = chain.receipt(height: 2, index: 0).with(handovers: [handover])
        #expect(throws: ProofError.handover(index: 0)) {
            try client.verify(receipt, fileDigest: SM3.hash(LightClientTests.content), fileSize: 13)
        }
    }
}
