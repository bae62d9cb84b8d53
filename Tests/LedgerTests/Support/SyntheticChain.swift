// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi

/// A whole chain without consensus and without execution: blocks of deposits, their receipts, one history,
/// committees that follow each other, and every certificate anyone may ask for.
struct SyntheticChain<Scheme: SigningScheme> {
    struct Shape {
        var validators = 4
        /// Committee changes.
        var handovers = 0
        var blocksPerEpoch = 4
        var transactionsPerBlock = 3
        var name = "main"
        /// Where the committees' keys start in the table of throw-away keys.
        var firstKey = 0
        /// Empty blocks between a closing block and the header its finality is about.
        var tail = 0
    }

    let shape: Shape
    let scheme = Scheme()
    let committees: [Committee]
    let id: ChainID
    let contents: [[UInt8]]
    private(set) var headers: [Header] = []
    private(set) var leaves: [HistoryLeaf] = []
    /// The history's root after each height.
    private(set) var roots: [Digest] = []
    private(set) var transactions: [[SignedTransaction]] = []
    private(set) var receipts: [[Receipt]] = []
    private(set) var handovers: [EpochProof] = []

    static var depositor: ThrowAwayKey { ThrowAwayKey(400) }

    static func committee(_ shape: Shape, epoch: UInt64) -> Committee {
        let validators = (0..<shape.validators).map { place in
            Validator(
                key: key(shape, epoch: epoch, place).publicKey, name: Label("v\(place)")!,
                organization: Label("省厅\(place)")!,
                failureDomain: Label("cloud-\(place % 4)")!)
        }
        return Committee(epoch: Epoch(epoch), validators: validators, parameters: ConsensusParameters())!
    }

    /// Epochs move one place on in the table, so neighbours share all keys but one, in other places.
    static func key(_ shape: Shape, epoch: UInt64, _ place: Int) -> ThrowAwayKey {
        ThrowAwayKey(shape.firstKey + Int(epoch) + place)
    }

    init(_ shape: Shape = Shape(), contents: [[UInt8]]? = nil) {
        self.shape = shape
        committees = (0...UInt64(shape.handovers)).map { Self.committee(shape, epoch: $0) }
        let spec = ChainSpec(
            name: Label(shape.name)!, founded: Timestamp(1_700_000_000_000), rules: .first,
            committee: committees[0], members: [])!
        id = spec.id
        self.contents = contents ?? [[UInt8]("一言九鼎\n".utf8)]
        append(spec.genesis, [], [])
        for epoch in 0...shape.handovers { grow(epoch) }
    }

    private mutating func grow(_ epoch: Int) {
        let last = headers.count + shape.blocksPerEpoch - 1
        for view in 1...shape.blocksPerEpoch {
            let height = UInt64(headers.count)
            let closes = headers.count == last && epoch < shape.handovers
            let first = height - UInt64(view)
            let payload = Payload((0..<shape.transactionsPerBlock).map { deposit(height: height, index: $0) })
            let header = self.header(
                after: headers[headers.count - 1], epoch: epoch, view: UInt64(view), payload: payload,
                execHeight: max(height < 2 ? 0 : height - 2, first), closes: closes)
            append(header, payload.transactions, results(of: payload, at: height))
            if closes { handovers.append(handover(epoch, closing: header)) }
        }
    }

    private func header(
        after parent: Header, epoch: Int, view: UInt64, payload: Payload, execHeight: UInt64, closes: Bool
    ) -> Header {
        Header(
            chain: id, epoch: Epoch(UInt64(epoch)), view: View(view), height: parent.height.next,
            parent: parent.id,
            timestamp: Timestamp(parent.timestamp.value + 1_000),
            proposer: committees[epoch].leader(of: View(view)),
            payload: payload, execHeight: Height(execHeight), execRoot: roots[Int(execHeight)],
            nextCommittee: closes ? committees[epoch + 1].id : nil)
    }

    private mutating func append(_ header: Header, _ transactions: [SignedTransaction], _ receipts: [Receipt]) {
        headers.append(header)
        self.transactions.append(transactions)
        self.receipts.append(receipts)
        let receiptsRoot = MerkleTree.root(of: receipts.map { MerkleTree.leafDigest($0.encoded) })
        leaves.append(
            HistoryLeaf(
                height: header.height, block: header.id, payloadRoot: header.payloadRoot,
                receiptsRoot: receiptsRoot,
                stateRoot: SM3.hash([UInt8(truncatingIfNeeded: header.height.value)])))
        roots.append(MerkleTree.root(of: leaves.map(\.digest)))
    }

    func content(height: UInt64, index: Int) -> [UInt8] {
        contents[(Int(height) * shape.transactionsPerBlock + index) % contents.count]
    }

    private func deposit(height: UInt64, index: Int) -> SignedTransaction {
        let content = content(height: height, index: index)
        let deposit = Deposit(
            businessType: Label("检测报告")!, title: Label("report \(height)-\(index)")!,
            digest: SM3.hash(content),
            size: UInt64(content.count), mediaType: Label("text/plain")!, capture: .upload)
        return signed(
            Transaction(
                chain: id, validFrom: Height(0), validUntil: Height(1_000), contract: Deposit.contract,
                method: Deposit.method, arguments: deposit.encoded, salt: height << 32 | UInt64(index),
                sender: Self.depositor.publicKey))
    }

    func signed(_ body: Transaction) -> SignedTransaction {
        let message = Transaction.signedMessage(body.id)
        return SignedTransaction(body, signature: scheme.sign(message, with: Self.depositor))
    }

    /// The first deposit of a height is new, each later one repeats the one at height 1.
    private func results(of payload: Payload, at height: UInt64) -> [Receipt] {
        payload.transactions.indices.map { index in
            let place = EvidenceNumber(height: Height(height), index: UInt64(index))
            let repeated = index > 0 && height > 1
            let reply = DepositReply(
                number: repeated ? EvidenceNumber(height: Height(1), index: 0) : place,
                recorded: Timestamp(1_700_000_000_000 + (repeated ? 1 : height) * 1_000), repeated: repeated)
            let event = Event(contract: Deposit.contract, name: Label("deposited")!, data: place.encoded)
            return Receipt(
                transaction: payload.transactions[index].id, height: Height(height), index: UInt64(index),
                outcome: Outcome(code: .success, gasUsed: Gas(412), output: reply.encoded, events: [event]))
        }
    }

    func context(_ epoch: Int) -> VotingContext {
        VotingContext(chain: id, epoch: committees[epoch].epoch, committee: committees[epoch].id)
    }

    /// A certificate by the first `quorum` members, or by the members named.
    func certificate(
        of header: Header, kind: QuorumCertificate.Kind = .finality, signers: [Int]? = nil
    ) -> QuorumCertificate {
        let epoch = Int(header.epoch.value)
        let unsigned = QuorumCertificate(kind: kind, view: header.view, block: header.id, signatures: [])
        let message = context(epoch).signedMessage(unsigned.statement, view: header.view)
        let seals = seals(over: message, epoch: epoch, signers: signers)
        return QuorumCertificate(kind: kind, view: header.view, block: header.id, signatures: seals)
    }

    func seals(over message: [UInt8], epoch: Int, signers: [Int]? = nil) -> [QuorumCertificate.Seal] {
        (signers ?? Array(0..<committees[epoch].quorum)).map { place in
            QuorumCertificate.Seal(
                signer: ValidatorIndex(place),
                signature: scheme.sign(message, with: Self.key(shape, epoch: UInt64(epoch), place)))
        }
    }

    private func handover(_ epoch: Int, closing: Header) -> EpochProof {
        var tail: [Header] = []
        for step in 0..<shape.tail {
            tail.append(
                header(
                    after: tail.last ?? closing, epoch: epoch, view: closing.view.value + UInt64(step) + 1,
                    payload: .empty, execHeight: closing.execHeight.value, closes: true))
        }
        return EpochProof(
            closing: closing, descendants: tail, certificate: certificate(of: tail.last ?? closing),
            committee: committees[epoch + 1])
    }

    var anchor: TrustAnchor { anchor(epoch: 0) }

    func anchor(epoch: Int) -> TrustAnchor {
        let name = Label(shape.name)!
        let message = TrustAnchor.signedMessage(chain: id, name: name, committee: committees[epoch])
        return TrustAnchor(
            chain: id, name: name, committee: committees[epoch], seals: seals(over: message, epoch: epoch))
    }

    /// The receipt of a deposit, attested by the newest header.
    func receipt(height: UInt64, index: Int, from epoch: Int = 0) -> EvidenceReceipt {
        EvidenceReceipt(
            transaction: transactions[Int(height)][index],
            proof: proof(height: height, index: index, from: epoch))
    }

    func proof(height: UInt64, index: Int, from epoch: Int = 0) -> ReceiptProof {
        let header = headers[headers.count - 1]
        let attested = leaves[...Int(header.execHeight.value)].map(\.digest)
        let results = receipts[Int(height)].map { MerkleTree.leafDigest($0.encoded) }
        return ReceiptProof(
            receipt: receipts[Int(height)][index], receiptPath: MerkleTree.path(to: index, in: results),
            leaf: leaves[Int(height)], historyPath: MerkleTree.path(to: Int(height), in: attested),
            header: header,
            certificate: certificate(of: header), handovers: Array(handovers.dropFirst(epoch)))
    }
}
